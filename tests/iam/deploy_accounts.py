"""The deploy and plan roles that bootstrap creates in both accounts, and every call that they make."""

from __future__ import annotations

import re

from environments.files import load
from mapspan.deploying.deployers import Deployers
from mapspan.review.iam.accounts import Accounts, Bucket, Document, Role
from mapspan.review.iam.simulator import Call
from tests.iam.bootstrap_roles import bootstrap_roles
from tests.iam.deploy_calls import recorded_calls, with_deploy_roles
from tests.iam.environment_variants import environment_variants

# The name starts with the environment's prefix: even so, a role must not reach itself.
LOCAL = with_deploy_roles(load("local"), "mapspan-local-deploy")
TARGET, SOURCE = LOCAL.target.account_id, LOCAL.source.account_id
ADMIN = f"arn:aws:iam::{TARGET}:role/admin"
KEYS = [f"arn:aws:kms:us-east-1:{account}:key/0" for account in (TARGET, SOURCE)]
VARIANTS = [with_deploy_roles(variant, "mapspan-local-deploy") for variant in environment_variants(KEYS)]
OUTPUT = str(VARIANTS[0].output_bucket)
TOPIC = "mapspan-local-alarms"
STATE = "arn:aws:s3:::mapspan-state"
STATE_KEY = f"{STATE}/mapspan/local/terraform.tfstate"
SIDES = {"target": TARGET, "source": SOURCE}
DEPLOY = {side: f"arn:aws:iam::{account}:role/mapspan-local-deploy" for side, account in SIDES.items()}
PLAN = {side: f"arn:aws:iam::{account}:role/mapspan-local-plan" for side, account in SIDES.items()}
BOUNDARY = {side: f"arn:aws:iam::{account}:policy/mapspan-local-boundary" for side, account in SIDES.items()}
READER = f"arn:aws:iam::{TARGET}:role/mapspan-local-process-objects"
ROLE = f"arn:aws:iam::{TARGET}:role/mapspan-local-list-objects"
REPLICATION_ROLE = f"arn:aws:iam::{SOURCE}:role/mapspan-local-replication"
MERGE_ROLE = f"arn:aws:iam::{SOURCE}:role/mapspan-local-merge-statements"
RUNS, DATA = f"arn:aws:s3:::{LOCAL.runs_bucket}", f"arn:aws:s3:::{LOCAL.source.bucket}"
STRANGER = f"arn:aws:iam::{TARGET}:role/stranger"
MAY_ALL: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
READS = re.compile(r"[a-z0-9]+:(Get|List|Describe|Validate)")
# Changes that the recorded deploys don't make, but that an edited environment may need.
NOT_RECORDED = {
    "iam:UpdateAssumeRolePolicy": "who may assume a role",
    "iam:UpdateRole": "a role's description, or its longest session",
    "lambda:DeleteFunctionConcurrency": "reserved_concurrency taken out",
    "lambda:UpdateFunctionCode": "new code",
    "logs:DeleteRetentionPolicy": "logs kept forever",
    "scheduler:UpdateSchedule": "another time",
}
# Calls that give a role permissions: IAM knows the boundary that the role has, or gets.
BOUNDED_CALLS = ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary")


def bootstrapped_accounts() -> Accounts:
    """Both accounts with the roles of all variants: a role may do what it may do in any of them."""
    roles: dict[str, Role] = {}
    for variant in VARIANTS:
        state = variant.state_backend.model_copy(update={"type": "s3", "bucket": "mapspan-state"})
        environment = variant.model_copy(update={"state_backend": state})
        for arn, role in bootstrap_roles(environment, Deployers(principals=[ADMIN], github="team/pipelines")).items():
            earlier_policies = roles[arn].policies if arn in roles else {}
            roles[arn] = Role(policies={**role.policies, **earlier_policies}, trust=role.trust)
    nobody: Document = {"Version": "2012-10-17", "Statement": []}
    others = {arn: Role(policies={"all": MAY_ALL}, trust=nobody) for arn in (ADMIN, STRANGER)}
    ours = (LOCAL.runs_bucket, LOCAL.inventory_bucket, LOCAL.replica_bucket, OUTPUT, "mapspan-state")
    owners = {**dict.fromkeys(ours, TARGET), LOCAL.source.bucket: SOURCE}
    buckets = {name: Bucket(account_id=owner) for name, owner in owners.items()}
    # Like KMS's default policy, each leaves the decision to its account's IAM policies.
    keys = {f"arn:aws:kms:us-east-1:{account}:key/{key}": account for account in SIDES.values() for key in (0, 1)}
    key_policies = {
        key: {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        }
        for key, account in keys.items()
    }
    return Accounts(roles={**roles, **others}, buckets=buckets, resource_policies=key_policies)


def context(action: str) -> dict[str, str]:
    """The context of terraform's calls that the conditions for keys need."""
    if action in BOUNDED_CALLS:
        return {"iam:PermissionsBoundary": BOUNDARY["target"]}
    if action == "s3:ListBucketVersions":
        return {"s3:prefix": "code/0.zip"}
    if action == "kms:CreateGrant":
        return {"kms:GranteePrincipal": READER, "kms:GrantOperations": "Decrypt"}
    return {}


def in_runs(object_arn: str) -> dict[str, str]:
    """The context of S3's use of the runs bucket's key for an object."""
    return {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": object_arn}


def calls_of(phase: str, roles: dict[str, str]) -> list[Call]:
    return [
        Call(roles[side], action, resource, context(action))
        for side, actions in recorded_calls(phase).items()
        for action, resources in actions.items()
        for resource in resources
    ]


def calls_on_aws(roles: dict[str, str]) -> list[Call]:
    """The calls that AWS checks and the local cloud doesn't: to pass roles, to tag resources, and to keep the state.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required
    """
    target, source = roles["target"], roles["source"]
    tagging = [("iam:TagRole", ROLE), ("iam:UntagRole", ROLE)]
    for service, resource in (
        ("lambda", "function:mapspan-local-list-objects"),
        ("logs", "log-group:/aws/vendedlogs/states/mapspan-local"),
        ("states", "stateMachine:mapspan-local"),
        ("cloudwatch", "alarm:mapspan-local-runs-failed"),
        ("scheduler", "schedule-group/mapspan-local"),
        ("sns", TOPIC),
    ):
        arn = f"arn:aws:{service}:us-east-1:{TARGET}:{resource}"
        tagging += [(f"{service}:TagResource", arn), (f"{service}:UntagResource", arn)]
    return [
        *(Call(target, action, resource) for action, resource in tagging),
        *(
            Call(target, "iam:PassRole", ROLE, {"iam:PassedToService": f"{service}.amazonaws.com"})
            for service in ("lambda", "states", "scheduler")
        ),
        Call(source, "iam:PassRole", MERGE_ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
        Call(source, "iam:PassRole", REPLICATION_ROLE, {"iam:PassedToService": "s3.amazonaws.com"}),
        Call(target, "iam:PutRolePermissionsBoundary", ROLE, context("iam:CreateRole")),
        *(
            Call(roles[side], f"iam:{action}", BOUNDARY[side])
            for side in SIDES
            for action in ("GetPolicy", "GetPolicyVersion")
        ),
        Call(target, "s3:ListBucket", STATE),
        *(Call(target, f"s3:{action}", STATE_KEY) for action in ("GetObject", "PutObject")),
        *(Call(target, f"s3:{action}", f"{STATE_KEY}.tflock") for action in ("GetObject", "PutObject", "DeleteObject")),
        *(Call(target, "sts:AssumeRole", role) for role in roles.values()),
        *(Call(target, f"s3:{action}", f"{RUNS}/key-lists/a") for action in ("DeleteObject", "DeleteObjectVersion")),
        Call(target, "s3:ListBucketVersions", RUNS),
        # A large upload is in parts, and S3 uses its bucket's key for the caller.
        Call(target, "s3:AbortMultipartUpload", f"{RUNS}/code/0.zip"),
        *(
            Call(target, action, KEYS[0], in_runs(f"{RUNS}/code/0.zip"))
            for action in ("kms:Decrypt", "kms:GenerateDataKey")
        ),
    ]
