"""What the deploy and plan roles may do: the calls of recorded deploys, on names that are written here."""

from __future__ import annotations

from collections.abc import Iterator

from environments.files import load
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.deployers import Deployers
from mapspan.review.iam.accounts import Accounts, Bucket, Role, Statement
from mapspan.review.iam.simulator import Call
from tests.iam.deploy_accounts import (
    ADMIN,
    BOUNDARY,
    DEPLOY,
    MAY_ALL,
    NOT_RECORDED,
    PLAN,
    READER,
    RUNS,
    SIDES,
    STATE,
    STATE_KEY,
    bootstrapped_accounts,
    calls_of,
    calls_on_aws,
    in_runs,
)
from tests.iam.mutations.expectation import NOBODY, Expectation, Kind

PLACE = "us-east-1:111111111111"
BUCKETS = [
    f"arn:aws:s3:::mapspan-local-{name}-111111111111-us-east-1" for name in ("runs", "inventory", "replica", "output")
]
FUNCTIONS = ("list-objects", "process-objects", "summarize-run")
FUNCTION = f"({'|'.join(FUNCTIONS)})"
ROLES = rf"arn:aws:iam::111111111111:role/mapspan-local-({FUNCTION}|state-machine|schedule)"
KINDS = [
    Kind(ROLES),
    Kind("|".join(BUCKETS)),
    Kind(rf"arn:aws:lambda:{PLACE}:function:mapspan-local-{FUNCTION}"),
    Kind(rf"arn:aws:logs:{PLACE}:log-group:/aws/lambda/mapspan-local-.*"),  # all names would be too long, as below
    Kind(rf"arn:aws:logs:{PLACE}:log-group:/aws/vendedlogs/states/mapspan-local.*"),
    Kind(r"arn:aws:logs:us-east-1:222222222222:log-group:/aws/lambda/mapspan-local-merge-statements.*"),
    Kind(rf"arn:aws:cloudwatch:{PLACE}:alarm:mapspan-local-.*"),
    Kind(rf"arn:aws:cloudwatch:{PLACE}:alarm:.*", actions=["cloudwatch:DescribeAlarms"]),  # AWS asks for all
    Kind(rf"arn:aws:scheduler:{PLACE}:schedule/mapspan-local/.+"),
    *(Kind(rf"{bucket}/.*", actions=["s3:DeleteObject", "s3:DeleteObjectVersion"]) for bucket in BUCKETS),
    Kind(rf"{RUNS}/code/.+"),
]
RIGHT = {
    "iam:PermissionsBoundary": BOUNDARY["target"],
    "iam:PassedToService": "lambda.amazonaws.com",
    "s3:prefix": "code/0.zip",
    "kms:GranteePrincipal": READER,
    "kms:GrantOperations": "Decrypt",
    **in_runs(f"{RUNS}/code/0.zip"),
}
ALARMS = "arn:aws:cloudwatch:us-east-1:111111111111:"
HARMLESS = {
    **{f"FindAlarms: {ALARMS}alarm:* → {ALARMS}{end}": "the call takes alarms only" for end in ("alarm*", "*")},
    "DeployRoles: any principal": "the condition names the principals",
}
# Of a bucket, terraform's provider reads about fifteen configurations, and newer ones read more.
CONFIGURATIONS = "s3:GetBucket*"


def deploy_roles() -> Expectation:
    """The four roles, their trust, and the denials that protect them."""
    accounts = bootstrapped_accounts()
    calls = [
        *calls_of("deploy", DEPLOY),
        *calls_on_aws(DEPLOY),
        *_not_recorded(),
        *_configurations(),
        *_destroys(),
        *_plans(),
        *_assumes(),
    ]
    return Expectation(
        name="deploy and plan roles",
        accounts=accounts,
        owners=[*DEPLOY.values(), *PLAN.values()],
        calls=calls,
        refused=list(_refused()),
        kinds=KINDS,
        federated=_github(),
        contexts=[RIGHT, {"iam:PassedToService": "s3.amazonaws.com"}],
        harmless=HARMLESS,
        always_sent=[("kms:CreateGrant", "kms:GrantOperations")],  # without operations there is no grant
        any_owner=["s3:CreateBucket"],  # a new bucket belongs to nobody yet
    )


def _assumes() -> Iterator[Call]:
    """A person in the target account, each role again, and from there on to its partner."""
    for roles in (DEPLOY, PLAN):
        for role in roles.values():
            yield Call(roles["target"], "sts:AssumeRole", role)
        yield Call(ADMIN, "sts:AssumeRole", roles["target"])


def _github() -> dict[str, list[Statement]]:
    def trusted(*claims: str) -> list[Statement]:
        provider = "token.actions.githubusercontent.com"
        return [
            {
                "Sid": "GitHub",
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::111111111111:oidc-provider/{provider}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{provider}:aud": "sts.amazonaws.com",
                        f"{provider}:sub": [f"repo:team/pipelines:{claim}" for claim in claims],
                    }
                },
            }
        ]

    return {
        DEPLOY["target"]: trusted("environment:local"),
        PLAN["target"]: trusted("pull_request", "ref:refs/heads/main"),
    }


def _destroys() -> Iterator[Call]:
    """`local` may be destroyed with all objects in its buckets."""
    for bucket in BUCKETS:
        for action in ("DeleteObject", "DeleteObjectVersion"):
            yield Call(DEPLOY["target"], f"s3:{action}", f"{bucket}/a")


def _configurations() -> Iterator[Call]:
    for role in (DEPLOY["target"], PLAN["target"]):
        yield Call(role, CONFIGURATIONS, RUNS)


def _plans() -> Iterator[Call]:
    yield from calls_of("plan", PLAN)
    yield Call(PLAN["target"], "states:ValidateStateMachineDefinition")  # asked when a definition has changed
    for side in SIDES:  # `review` compares the boundary with what the environment needs
        yield from (Call(PLAN[side], f"iam:{action}", BOUNDARY[side]) for action in ("GetPolicy", "GetPolicyVersion"))
    yield Call(PLAN["target"], "s3:ListBucket", STATE)
    yield Call(PLAN["target"], "s3:GetObject", STATE_KEY)


def _not_recorded() -> Iterator[Call]:
    where = {
        "iam": "arn:aws:iam::111111111111:role/mapspan-local-list-objects",
        "lambda": f"arn:aws:lambda:{PLACE}:function:mapspan-local-list-objects",
        "logs": f"arn:aws:logs:{PLACE}:log-group:/aws/vendedlogs/states/mapspan-local",
        "scheduler": f"arn:aws:scheduler:{PLACE}:schedule/mapspan-local/mapspan-local",
    }
    for action in NOT_RECORDED:
        yield Call(DEPLOY["target"], action, where[action.split(":")[0]])
    for name in FUNCTIONS:  # the recorded changes are those of the machine's group
        for action in ("DeleteRetentionPolicy", "TagResource", "UntagResource"):
            group = f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/mapspan-local-{name}"
            yield Call(DEPLOY["target"], f"logs:{action}", group)
    # The function that merges policies: other code, settings or tags.
    function, merge = DEPLOY["source"], "us-east-1:222222222222"
    for action in ("UpdateFunctionCode", "UpdateFunctionConfiguration", "TagResource", "UntagResource"):
        yield Call(function, f"lambda:{action}", f"arn:aws:lambda:{merge}:function:mapspan-local-merge-statements")
    for action in ("DeleteRetentionPolicy", "TagResource", "UntagResource"):
        group = f"arn:aws:logs:{merge}:log-group:/aws/lambda/mapspan-local-merge-statements"
        yield Call(function, f"logs:{action}", group)


def _refused() -> Iterator[Call]:
    """Whatever else a role may get, it changes no deploy role and no boundary."""
    for side, account in SIDES.items():
        for role in (DEPLOY[side], PLAN[side]):
            yield Call(DEPLOY[side], "iam:PutRolePolicy", role)
        for action in ("CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion"):
            yield Call(DEPLOY[side], f"iam:{action}", BOUNDARY[side])
            yield Call(DEPLOY[side], f"iam:{action}", f"arn:aws:iam::{account}:policy/companys")
        yield Call(DEPLOY[side], "iam:DeleteRolePermissionsBoundary", f"arn:aws:iam::{account}:role/any")


def state_bucket() -> Expectation:
    """The bucket of Terraform's states, which takes nothing over plain HTTP."""
    prod = load("prod")
    (state, *_) = stacks(prod, Deployers(principals=[ADMIN]))
    bucket = str(prod.state_backend.bucket)
    policy = state.template["Resources"]["StateBucketPolicy"]["Properties"]["PolicyDocument"]
    admin = f"arn:aws:iam::{prod.target.account_id}:role/admin"
    accounts = Accounts(
        roles={admin: Role(policies={"all": MAY_ALL}, trust=NOBODY)},
        buckets={bucket: Bucket(account_id=prod.target.account_id, policy=policy)},
    )
    arn = f"arn:aws:s3:::{bucket}"
    calls = [Call(admin, "s3:ListBucket", arn), Call(admin, "s3:GetObject", f"{arn}/mapspan/prod/terraform.tfstate")]
    return Expectation(name="state bucket", accounts=accounts, owners=[bucket], calls=calls)
