const search = document.getElementById("search");
if (search) {
  const [input, output] = [search.querySelector("input"), search.querySelector("output")];
  const rows = [...document.querySelectorAll("#failed-keys tr")].map(row => [row, row.textContent.toLowerCase()]);
  const narrow = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(word => word);
    let shown = 0;
    for (const [row, text] of rows) {
      row.hidden = !words.every(word => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    output.value = words.length ? `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")}` : "";
  };
  input.addEventListener("input", narrow);
  search.hidden = false;
  narrow();
}
