"""IAM's decisions, by npm `@cloud-copilot/iam-simulate` in a process of its own (docs/decisions/0060).

The traps it has are guarded here: a Resource that is no ARN matches everything, a misspelt action never
matches, a misspelt context key is silently ignored, and an error is no deny. Each of them raises.
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

from mapspan.review.iam.accounts import Accounts, Document

SCRIPT = Path(__file__).with_name("simulate.mjs")
NODE = Path(sys.prefix, "bin", "node")

Decision = Literal["Allowed", "ImplicitlyDenied", "ExplicitlyDenied"]
Side = Literal["both", "identity", "resource"]

# Whoever owns what is none of ours.
STRANGER = "999999999999"

EVERYTHING: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}


class UndecidableError(Exception):
    """What has no decision: an unknown action, a resource that the action doesn't take, an unsound policy."""


OBJECT_CONTEXT = "kms:EncryptionContext:aws:s3:arn"
# One that calls of KMS have and no policy here asks for.
OBJECT_CONTEXT_PLAIN = "kms:RequestAlias"


@dataclass(frozen=True)
class Call:
    """One call: who makes it (a role's ARN, or a service such as states.amazonaws.com), what, on what, and how."""

    principal: str
    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        how = "".join(f" {key}={value}" for key, value in self.context.items())
        return f"{self.principal.rsplit('/')[-1]} {self.action} {self.resource}{how}"


class Simulator:
    """The simulator's process; use it as a context manager."""

    def __init__(self) -> None:
        self._node = subprocess.Popen(  # noqa: S603 — our own script, run by the project's own node
            [NODE, SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        # With PIPE for both, Popen has both.
        self._questions, self._answers = cast(IO[str], self._node.stdin), cast(IO[str], self._node.stdout)
        # Accounts are frozen, so that each is checked once; kept, so that no other gets its id.
        self._sound: dict[int, Accounts] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._questions.close()
        self._answers.close()
        self._node.wait(timeout=10)

    def check(self, accounts: Accounts) -> None:
        """Raise UndecidableError for policies whose decisions would be worthless."""
        if id(accounts) in self._sound:
            return
        named = list(accounts.actions())
        matching = self._asked(ask="actions", patterns=sorted({action for _, action in named}))["matching"]
        unknown = [f"{place}: there is no action {action}" for place, action in named if not matching[action]]
        if wrong := [*accounts.unsound(), *unknown]:
            raise UndecidableError("\n".join(wrong))
        self._sound[id(accounts)] = accounts

    def decide(self, accounts: Accounts, call: Call) -> Decision:
        """IAM's answer to one call."""
        self.check(accounts)
        simulation = self._simulation(accounts, call.principal, call.resource, call.context, action=call.action)
        answer = self._asked(ask="decide", simulation=simulation)
        given = {OBJECT_CONTEXT_PLAIN if key == OBJECT_CONTEXT else key for key in call.context}
        if ignored := set(answer["ignored"]) & given:
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
        """Every (action, resource) of all that IAM knows that a principal is allowed.

        What is too wide on one side alone the other side still blocks, so that it can't be seen from both:
        `side="identity"` lets the resources' policies allow everything, `side="resource"` the principal's own.
        Denials stay in force. "*" among the resources stands for the actions that take no resource. Actions that
        no Allow names are denied without asking, unless `thorough`. `services` are all of IAM's, unless given.
        """
        self.check(accounts)
        simulations = [
            self._simulation(accounts, principal, resource, context or {}, side=side) for resource in resources
        ]
        answer = self._asked(ask="sweep", simulations=simulations, thorough=thorough, services=services)
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
        own = list(role.policies.values()) if role else []
        account = principal.split(":")[4] if principal.startswith("arn:") else ""
        owner = accounts.account_of(resource) or (account if resource == "*" else STRANGER)
        theirs = accounts.policy_of(resource, action)
        if side == "resource":
            own = [without_principal(EVERYTHING), *denials(own)]
        elif side == "identity":
            theirs = merged(EVERYTHING, denials([theirs] if theirs else []))
        given = {"aws:SecureTransport": "true", "aws:ResourceAccount": owner}
        if account:
            given |= {"aws:PrincipalArn": principal, "aws:PrincipalAccount": account}
        return {
            "request": {
                "principal": principal,
                "action": action,
                "resource": {"resource": resource, "accountId": owner},
                "contextVariables": {**given, **context},
            },
            "identityPolicies": [{"name": str(number), "policy": policy} for number, policy in enumerate(own)],
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
            **({"resourcePolicy": theirs} if theirs else {}),
        }

    def _asked(self, **question: object) -> dict[str, Any]:
        # The simulator knows no encryption contexts: another key stands for ours, in policies and calls alike.
        line = ""
        with contextlib.suppress(BrokenPipeError):
            self._questions.write(json.dumps(question).replace(OBJECT_CONTEXT, OBJECT_CONTEXT_PLAIN) + "\n")
            self._questions.flush()
            line = self._answers.readline()
        if not line:
            raise UndecidableError("the simulator ended, and said why on stderr: is everything installed (make setup)?")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise UndecidableError(f"{answer['error']}: {json.dumps(question)[:500]}")
        return answer


def denials(documents: Iterable[Document]) -> list[Document]:
    """What the documents deny, without what they allow."""
    found = [
        {**document, "Statement": [each for each in document["Statement"] if each["Effect"] == "Deny"]}
        for document in documents
    ]
    return [document for document in found if document["Statement"]]


def merged(document: Document, others: Iterable[Document]) -> Document:
    """One document with the statements of several."""
    return {
        **document,
        "Statement": [*document["Statement"], *(each for other in others for each in other["Statement"])],
    }


def without_principal(document: Document) -> Document:
    """A resource's policy as an identity's."""
    return {
        **document,
        "Statement": [
            {name: value for name, value in each.items() if name != "Principal"} for each in document["Statement"]
        ],
    }
