"""What a VPC costs: a function's role may attach to the settings' subnets and groups, and its code may not."""

from __future__ import annotations

from environments.company import VpcSettings
from mapspan.review.iam.accounts import Accounts, Role
from mapspan.review.iam.simulator import Call
from modules.location import Location
from modules.statements.network import attach
from tests.iam.mutations.expectation import NOBODY, Expectation, Kind
from tests.iam.pipeline_accounts import FUNCTIONS, PROCESS, REGION, TARGET, document

EC2 = f"arn:aws:ec2:{REGION}:{TARGET}"
INTERFACE, SUBNET, GROUP = (
    f"{EC2}:{name}"
    for name in ("network-interface/eni-1", "subnet/subnet-0123456789abcdef0", "security-group/sg-0123456789abcdef0")
)
CALLS = [
    *(Call(PROCESS, "ec2:CreateNetworkInterface", arn) for arn in (INTERFACE, SUBNET, GROUP)),
    *(Call(PROCESS, f"ec2:{action}", INTERFACE) for action in (
        "DeleteNetworkInterface", "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses")),
    *(Call(PROCESS, f"ec2:Describe{what}") for what in ("NetworkInterfaces", "Subnets")),
]  # fmt: skip
HARMLESS = {
    f"{sid}: {EC2}:network-interface/* → {EC2}:{end}": "the calls take nothing else of that name"
    for sid, ends in (
        ("CreateInterfaces", ("network-interface*", "network-*")),
        ("DeleteInterfaces", ("network-interface*", "network-*", "*")),
    )
    for end in ends
}
BY_THE_CODE = {"lambda:SourceFunctionArn": FUNCTIONS["process-objects"]}


def network() -> Expectation:
    """The role of one function."""
    needs = attach(
        location=Location(account_id=TARGET, region=REGION),
        vpc=VpcSettings(subnet_ids=("subnet-0123456789abcdef0",), security_group_ids=("sg-0123456789abcdef0",)),
        function_arn=FUNCTIONS["process-objects"],
    )
    policies = {need: document(*statements) for need, statements in needs.items()}
    return Expectation(
        name="VPC",
        accounts=Accounts(roles={PROCESS: Role(policies=policies, trust=NOBODY)}),
        owners=[PROCESS],
        calls=CALLS,
        refused=[Call(call.principal, call.action, call.resource, BY_THE_CODE) for call in CALLS],
        harmless=HARMLESS,
        kinds=[Kind(rf"{EC2}:network-interface/.*")],
    )
