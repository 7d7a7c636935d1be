"""The permissions for Terraform to create, change and destroy one environment, by need, in each of its two accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modules.bucket_reference import BucketReference
from modules.location import Location
from modules.resource_names import (
    alarm_topic,
    batch_replication_role,
    function_name,
    pipeline_functions,
    pipeline_roles,
    replication_role,
)
from modules.statements import Statements
from modules.statements import deploy_resources as resources
from modules.statements.deploy_resources import all_of, allow, in_account

_READS = ("Get", "List", "Describe", "Validate")
_NOT_FOR_PLANS = ("s3:ListBucketVersions", "iam:ListInstanceProfilesForRole")  # asked before something is deleted
_PASSED_TO = ("lambda", "states", "scheduler")


def target(
    *,
    prefix: str,
    location: Location,
    boundary_arn: str,
    runs_bucket: BucketReference,
    buckets: Sequence[str],
    expiring_buckets: Sequence[str],
    image: str | None,
    notifies: bool,
    in_vpc: bool,
    destroyable: bool,
) -> dict[str, Statements]:
    """The permissions in the target account.

    Args:
        boundary_arn: the permissions boundary of every role that may be created.
        runs_bucket: takes the code that is too large for a direct upload.
        buckets: the environment's own buckets.
        expiring_buckets: those of them with a lifecycle rule.
        image: the URI of the container image in Amazon ECR that contains the job, if there is one.
        notifies: whether the environment has its own alarm topic.
        in_vpc: whether the functions run in a VPC.
        destroyable: whether the data buckets may be deleted, together with their objects.
    """
    role_arns = [location.role_arn(name) for name in pipeline_roles(prefix)]
    functions = pipeline_functions(prefix)
    return {
        "roles": [
            *resources.roles(role_arns, _PASSED_TO, boundary_arn=boundary_arn),
            *resources.read_boundary(boundary_arn),
        ],
        "functions": resources.functions(
            [location.arn("lambda", f"function:{name}") for name in functions], limits_concurrency=True
        ),
        "logs": resources.logs(
            location,
            [f"/aws/lambda/{prefix}-", f"/aws/vendedlogs/states/{prefix}"],  # whole names would be too long
        ),
        "code": resources.code(runs_bucket, destroyable=destroyable),
        **({"image": resources.image(image)} if image else {}),
        "state-machine": resources.state_machine(location.arn("states", f"stateMachine:{prefix}")),
        "buckets": resources.buckets(location, buckets, expiring=expiring_buckets, destroyable=destroyable),
        "alarms": [
            *resources.alarms(location, prefix),
            *(resources.topic(location, alarm_topic(prefix)) if notifies else []),
        ],
        "schedule": resources.schedule(location, prefix),
        **({"network": resources.find_network()} if in_vpc else {}),
    }


def source(
    *,
    prefix: str,
    location: Location,
    boundary_arn: str,
    bucket: str,
    previous_buckets: Sequence[str] = (),
    merges: bool,
    inventories: bool = False,
    replicates: bool = False,
    key: tuple[str, str] | None = None,
) -> dict[str, Statements]:
    """The permissions in the source account, if anything is deployed there. It creates no role: bootstrap does.

    Args:
        previous_buckets: source buckets from before, from whose policies the next deploy removes our statements.
        merges: whether our function changes the bucket policy. Terraform itself may change it in any case: it could do
            so through the function, and it must when an environment changes from "own" to "merge".
        inventories: whether an inventory of the bucket is configured.
        replicates: whether replication of the bucket is configured.
        key: the ARN of the KMS key that encrypts the bucket's objects, and the ARN of the role that decrypts them.
    """
    arns = [location.bucket_arn(name) for name in (bucket, *previous_buckets)]
    ours = in_account(location)
    find = all_of("s3", "ListBucket GetBucketWebsite")
    policy = all_of("s3", "GetBucketPolicy PutBucketPolicy DeleteBucketPolicy")
    needs: dict[str, Statements] = {
        "boundary": resources.read_boundary(boundary_arn),
        # HeadBucket needs s3:ListBucket. Under a replication, no plan asks for the bucket.
        **({} if replicates else {"source-bucket": [allow("FindSourceBucket", find, arns, ours)]}),
        "bucket-policy": [allow("ChangeBucketPolicy", policy, arns, ours)],
    }
    if merges:
        needs |= _merge_function(location, function_name(prefix, "merge_statements"))
    if inventories:
        configure = all_of("s3", "GetInventoryConfiguration PutInventoryConfiguration")
        needs["inventory"] = [allow("ConfigureInventory", configure, arns, ours)]
    if replicates:
        needs["replication"] = _replication(location, prefix, arns)
    if key is not None:
        needs["source-key"] = _key_grants(*key)
    return needs


def write_state(*, bucket_arn: str, key: str, location: Location) -> dict[str, Statements]:
    """Read, write and lock the Terraform state of one environment."""
    ours = in_account(location)
    lock = all_of("s3", "GetObject PutObject DeleteObject")
    return {
        "state": [
            allow("FindState", ["s3:ListBucket"], bucket_arn, ours),
            allow("KeepState", all_of("s3", "GetObject PutObject"), f"{bucket_arn}/{key}", ours),
            allow("LockState", lock, f"{bucket_arn}/{key}.tflock", ours),
        ]
    }


def read_state(*, bucket_arn: str, key: str, location: Location) -> dict[str, Statements]:
    """Read the Terraform state of one environment, without its lock."""
    ours = in_account(location)
    return {
        "state": [
            allow("FindState", ["s3:ListBucket"], bucket_arn, ours),
            allow("ReadState", ["s3:GetObject"], f"{bucket_arn}/{key}", ours),
        ]
    }


def assume(*, roles: Sequence[str]) -> dict[str, Statements]:
    """Assume other roles, or the own role again: Terraform assumes the role of each account by its name."""
    return {"assume": [allow("AssumeRoles", ["sts:AssumeRole"], list(roles))]}


def leave_alone(*, roles: Sequence[str]) -> dict[str, Statements]:
    """Deny any change of the deploy and plan roles and of any boundary, whatever else the role may get."""
    return {
        "own-roles": [
            {"Sid": "LeaveDeployRolesAlone", "Effect": "Deny", "Action": "iam:*", "Resource": list(roles)},
            {
                "Sid": "LeaveBoundariesAlone",
                "Effect": "Deny",
                "Action": all_of(
                    "iam",
                    "CreatePolicyVersion DeletePolicy DeletePolicyVersion SetDefaultPolicyVersion"
                    " DeleteRolePermissionsBoundary",
                ),
                "Resource": "*",
            },
        ]
    }


def reading(needs: Mapping[str, Statements]) -> dict[str, Statements]:
    """The part of the needs that a plan has: the actions that only read."""
    reads: dict[str, Statements] = {}
    for need, statements in needs.items():
        kept = []
        for statement in statements:
            actions = [
                action
                for action in statement["Action"]
                if action.partition(":")[2].startswith(_READS) and action not in _NOT_FOR_PLANS
            ]
            if actions:
                kept.append({**statement, "Action": actions})
        if kept:
            reads[need] = kept
    return reads


def _merge_function(location: Location, name: str) -> dict[str, Statements]:
    function, role_arns = location.arn("lambda", f"function:{name}"), [location.role_arn(name)]
    return {
        "roles": resources.pass_roles(role_arns, ("lambda",)),
        "functions": [*resources.functions([function]), allow("MergeStatements", ["lambda:InvokeFunction"], function)],
        "logs": resources.logs(location, [f"/aws/lambda/{name}"]),
    }


def _replication(location: Location, prefix: str, bucket_arns: Sequence[str]) -> Statements:
    actions = "GetReplicationConfiguration PutReplicationConfiguration GetBucketVersioning PutBucketVersioning"
    roles = [location.role_arn(name) for name in (replication_role(prefix), batch_replication_role(prefix))]
    return [
        allow("ConfigureReplication", all_of("s3", actions), list(bucket_arns), in_account(location)),
        *resources.pass_roles(roles[:1], ("s3",)),
    ]


def _key_grants(key_arn: str, reader_role_arn: str) -> Statements:
    """Grants on the source bucket's KMS key, only for the reader and only to decrypt.

    KMS has no condition on which grant is revoked: the role may revoke any grant of this key.
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    only_decrypt = {
        "StringEquals": {"kms:GranteePrincipal": reader_role_arn},
        "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]},
    }
    return [
        allow("GrantKey", ["kms:CreateGrant"], key_arn, only_decrypt),
        allow("FindAndRevokeGrants", ["kms:ListGrants", "kms:RevokeGrant"], key_arn),
    ]
