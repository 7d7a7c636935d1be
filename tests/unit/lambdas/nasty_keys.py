"""Keys that break naive code, and how to make more of them."""

from hypothesis import strategies as st

NASTY_KEYS = [
    "a+b",
    "a b",
    " leading and trailing ",
    "100%",
    "%41",
    "%2541",
    "%%FF",
    "a&b",
    "a&amp;b",
    "<Key>x</Key>",
    "</ListBucketResult>",
    'say "hi"',
    "back\\slash \\x41 \\n",
    "new\nline",
    "carriage\rreturn",
    "tab\tand\x01control\x1f\x7f",
    "line\u2028separator",
    "next\u0085line",
    "nul-free \ufffd\ufeff\uffff",
    "e\u0301 and \u00e9",
    "😀/🏝️",
    "\U0010fffd",
    "é" * 512,
    "folder/",
    "a//b///",
    "../x/./y",
    "~!*'();:@,?#[]{}|^`$=",
]

# What S3 allows: up to 1,024 bytes of UTF-8. No lone surrogates, and no NUL.
keys = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40
) | st.sampled_from(NASTY_KEYS)
# Keys that lie close together and begin alike, as in real buckets.
alike_keys = st.text("ab/0", min_size=1, max_size=7)
