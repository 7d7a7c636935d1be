// Choice states evaluated by JSONata's reference implementation, down to the variable `refusal`.
// In: [{"choices": [{"Condition", "Assign"}, …], "inputs": […]}, …]. Out: for each input the `refusal` of the
// choice that matches, or null, as one list for each object.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const jsonata = createRequire(require.resolve("asl-validator"))("jsonata");
const states = JSON.parse(readFileSync(0, "utf8"));

const evaluated = (template, input) => jsonata(template.slice(2, -2)).evaluate(undefined, { states: { input } });

async function choose(choices, input) {
  for (const { Condition, Assign } of choices) {
    const matches = await evaluated(Condition, input);
    if (typeof matches !== "boolean") throw new Error(`${Condition} is ${matches}`);
    if (matches) return Assign.refusal ? await evaluated(Assign.refusal, input) : null;
  }
  return null;
}

const chosen = states.map(({ choices, inputs }) => Promise.all(inputs.map((input) => choose(choices, input))));
console.log(JSON.stringify(await Promise.all(chosen)));
