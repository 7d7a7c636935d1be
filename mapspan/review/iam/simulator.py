"""IAM's decisions, from npm `@cloud-copilot/iam-simulate` in a process of its own (docs/decisions/0060).

The engine is optional: it is AGPL-3.0-or-later, and so is `simulate.mjs`, the program that links it. Without it a
simulator raises EngineMissingError, which says how to install it.

The engine has traps, and each of them raises here: a Resource that is not an ARN matches everything, a misspelt action
never matches, a misspelt context key is silently ignored, and an error is not a denial.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self, cast

from mapspan.review.iam.accounts import Accounts, Document, StatementLocation

SCRIPT = Path(__file__).with_name("simulate.mjs")
NODE = Path(sys.prefix, "bin", "node")
INSTALL_ENGINE = "npm ci --ignore-scripts --include=optional"
INSTALL_NODE = "make setup"
_ENGINE_MISSING = 69  # the exit code of simulate.mjs

Decision = Literal["Allowed", "ImplicitlyDenied", "ExplicitlyDenied"]
Side = Literal["both", "identity", "resource"]

# Stands for every account but the two of the environment.
STRANGER = "999999999999"

EVERYTHING: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
# The engine doesn't know encryption contexts. In policies and calls alike, a key that KMS calls have and no policy here
# uses stands for the one that S3 sends.
OBJECT_CONTEXT = "kms:EncryptionContext:aws:s3:arn"
OBJECT_CONTEXT_STAND_IN = "kms:RequestAlias"


class UndecidableError(Exception):
    """No decision is possible: an unknown action, a resource that the action doesn't take, an unsound policy."""


class EngineMissingError(UndecidableError):
    """The engine, or the node that runs it, isn't installed."""

    def __init__(self, command: str) -> None:
        super().__init__(f"the engine isn't installed; install it with `{command}`")


@dataclass(frozen=True)
class Call:
    """One call. Its principal is a role's ARN, or a service such as states.amazonaws.com."""

    principal: str
    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        context = "".join(f" {key}={value}" for key, value in self.context.items())
        return f"{self.principal.rsplit('/')[-1]} {self.action} {self.resource}{context}"


class Simulator:
    """The process that runs the engine; use it as a context manager.

    Raises EngineMissingError on entry if the engine or node isn't installed.
    """

    def __init__(self) -> None:
        try:
            self._node = subprocess.Popen(  # noqa: S603 — our own script, run by the project's own node
                [NODE, SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        except FileNotFoundError as error:
            raise EngineMissingError(INSTALL_NODE) from error
        # With PIPE for both, Popen has both.
        self._questions, self._answers = cast(IO[str], self._node.stdin), cast(IO[str], self._node.stdout)
        # Accounts are frozen, so each is checked once. The object is kept so that no other one gets its id.
        self._sound: dict[int, Accounts] = {}

    def __enter__(self) -> Self:
        try:
            self._ask(ask="actions", patterns=[])
        except UndecidableError:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(BrokenPipeError):
            self._questions.close()
        self._answers.close()
        self._node.wait(timeout=10)

    def check(self, accounts: Accounts) -> None:
        """Raise UndecidableError for policies that would make every decision worthless."""
        if id(accounts) in self._sound:
            return
        unknown = [(location, f"there is no action {action}") for location, action in self.unknown_actions(accounts)]
        if problems := [*accounts.unsound(), *unknown]:
            raise UndecidableError("\n".join(f"{location}: {reason}" for location, reason in problems))
        self._sound[id(accounts)] = accounts

    def unknown_actions(self, accounts: Accounts) -> list[tuple[StatementLocation, str]]:
        """The actions that statements name and that IAM's data doesn't have."""
        actions = list(accounts.actions())
        matching = self._ask(ask="actions", patterns=sorted({action for _, action in actions}))["matching"]
        return [(location, action) for location, action in actions if not matching[action]]

    def decide(self, accounts: Accounts, call: Call) -> Decision:
        """IAM's answer to one call."""
        self.check(accounts)
        simulation = self._simulation(accounts, call.principal, call.resource, call.context, action=call.action)
        answer = self._ask(ask="decide", simulation=simulation)
        keys = {OBJECT_CONTEXT_STAND_IN if key == OBJECT_CONTEXT else key for key in call.context}
        if ignored := set(answer["ignored"]) & keys:
            raise UndecidableError(f"{call}: the call has no {', '.join(sorted(ignored))}")
        decision: Decision = answer["decision"]
        return decision

    def allows(self, accounts: Accounts, call: Call) -> bool:
        """Whether IAM lets a call through."""
        return self.decide(accounts, call) == "Allowed"

    def sweep(
        self,
        accounts: Accounts,
        principal: str,
        resources: Sequence[str],
        *,
        context: Mapping[str, str] | None = None,
        side: Side = "both",
        thorough: bool = False,
        services: Sequence[str] = (),
    ) -> set[tuple[str, str]]:
        """Every (action, resource) that a principal is allowed, of all actions that IAM knows.

        A side that is too wide alone doesn't show while the other side blocks. `side="identity"` therefore lets the
        resources' policies allow everything, and `side="resource"` the principal's own; denials stay in force.

        Args:
            resources: "*" among them stands for the actions that take no resource.
            thorough: ask about the actions that no Allow names, too, which are denied without asking otherwise.
            services: limits the actions to those of these services; all of IAM's by default.
        """
        self.check(accounts)
        simulations = [
            self._simulation(accounts, principal, resource, context or {}, side=side) for resource in resources
        ]
        answer = self._ask(ask="sweep", simulations=simulations, thorough=thorough, services=services)
        if not services and answer["considered"] < 1000 * len(resources):
            raise UndecidableError(f"only {answer['considered']} actions were considered: where are IAM's?")
        return {(action, resource) for action, resource in answer["allowed"]}

    def _simulation(
        self,
        accounts: Accounts,
        principal: str,
        resource: str,
        context: Mapping[str, str],
        *,
        action: str = "",
        side: Side = "both",
    ) -> dict[str, object]:
        role = accounts.roles.get(principal)
        identity_policies = list(role.policies.values()) if role else []
        account = principal.split(":")[4] if principal.startswith("arn:") else ""
        owner = accounts.account_of(resource) or (account if resource == "*" else STRANGER)
        resource_policy = accounts.policy_of(resource, action)
        if side == "resource":
            identity_policies = [without_principal(EVERYTHING), *denials(identity_policies)]
        elif side == "identity":
            resource_policy = merged(EVERYTHING, denials([resource_policy] if resource_policy else []))
        usual_context = {"aws:SecureTransport": "true", "aws:ResourceAccount": owner}
        if account:
            usual_context |= {"aws:PrincipalArn": principal, "aws:PrincipalAccount": account}
        return {
            "request": {
                "principal": principal,
                "action": action,
                "resource": {"resource": resource, "accountId": owner},
                "contextVariables": {**usual_context, **context},
            },
            "identityPolicies": [
                {"name": str(number), "policy": policy} for number, policy in enumerate(identity_policies)
            ],
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
            **({"resourcePolicy": resource_policy} if resource_policy else {}),
        }

    def _ask(self, **question: object) -> dict[str, Any]:
        """The process's answer to one question.

        Raises:
            EngineMissingError: the process ended because the engine isn't installed.
            UndecidableError: the question has no decision, or the process ended for another reason.
        """
        line = ""
        with contextlib.suppress(BrokenPipeError):
            self._questions.write(json.dumps(question).replace(OBJECT_CONTEXT, OBJECT_CONTEXT_STAND_IN) + "\n")
            self._questions.flush()
            line = self._answers.readline()
        if not line:
            if self._node.wait(timeout=10) == _ENGINE_MISSING:
                raise EngineMissingError(INSTALL_ENGINE)
            raise UndecidableError(
                f"the simulator ended; its reason is on stderr. Install it again: `{INSTALL_ENGINE}`"
            )
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise UndecidableError(f"{answer['error']}: {json.dumps(question)[:500]}")
        return answer


def denials(documents: Iterable[Document]) -> list[Document]:
    """The documents' denials, without their allowances."""
    documents_of_denials = [
        {**document, "Statement": [statement for statement in document["Statement"] if statement["Effect"] == "Deny"]}
        for document in documents
    ]
    return [document for document in documents_of_denials if document["Statement"]]


def merged(document: Document, others: Iterable[Document]) -> Document:
    """One document with the statements of several."""
    statements = [statement for other in others for statement in other["Statement"]]
    return {**document, "Statement": [*document["Statement"], *statements]}


def without_principal(document: Document) -> Document:
    """A resource's policy as an identity's."""
    return {
        **document,
        "Statement": [
            {name: value for name, value in statement.items() if name != "Principal"}
            for statement in document["Statement"]
        ],
    }
