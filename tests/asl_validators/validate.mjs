// Two validators of the Amazon States Language behind one process: a JSON line in, a JSON line out.
// In: {"validator": "asl_validator" | "language_service", "definition": {…}}. Out: {"complaints": ["…"]}.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);

// asl-validator builds its schemas for every definition, which takes 70 ms: give it those of its first call.
const requireForIt = createRequire(require.resolve("asl-validator"));
const ajv = requireForIt("ajv");
const Ajv = ajv.default;
let built;
ajv.default = function (options) {
  if (built) built.addKeyword = () => built; // It already has the keywords that would be added.
  return (built ??= new Ajv(options));
};

const aslValidator = require("asl-validator");
const { getLanguageService, TextDocument } = require("amazon-states-language-service");

const service = getLanguageService({});

const validators = {
  asl_validator(definition) {
    return aslValidator(definition).errors.map((error) => error.message ?? error.Message ?? JSON.stringify(error));
  },
  async language_service(definition) {
    const text = JSON.stringify(definition, null, 1);
    const document = TextDocument.create("file:///definition.asl.json", "json", 1, text);
    const diagnostics = await service.doValidation(document, service.parseJSONDocument(document));
    return diagnostics.map(({ message, range }) => `${document.getText(range).slice(0, 80)}: ${message}`);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { validator, definition } = JSON.parse(line);
  let answer;
  try {
    answer = { complaints: await validators[validator](definition) };
  } catch (error) {
    answer = { crash: String(error.stack) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
