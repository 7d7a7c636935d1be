"""The permissions for Terraform to create, change and destroy one environment, by need, in each of its two accounts.

Resources are matched by the environment's name, `<prefix>-…`, except those that AWS names itself. The resource types of
each action:
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modules.bucket_reference import BucketReference
from modules.location import Location
from modules.pipeline.workflow.names import CODE
from modules.resource_names import batch_replication_role, function_name, replication_role
from modules.statements import Statements
from modules.statements.keys import DECRYPT, ENCRYPT, key_statement

_READS = ("Get", "List", "Describe", "Validate")
_PASSED_TO = ("lambda", "states", "scheduler")


def target(
    *,
    prefix: str,
    location: Location,
    runs_bucket: BucketReference,
    image: str | None,
    notifies: bool,
    destroyable: bool,
) -> dict[str, Statements]:
    """The permissions in the target account.

    Args:
        runs_bucket: takes the code that is too large for a direct upload.
        image: the URI of the container image in Amazon ECR that contains the job, if there is one.
        notifies: whether the environment has its own alarm topic with a KMS key.
        destroyable: whether the data buckets may be deleted, together with their objects.
    """
    return {
        "roles": _roles(location.role_arn(f"{prefix}-*"), _PASSED_TO),
        "functions": _functions(location.arn("lambda", f"function:{prefix}-*")),
        "logs": _logs(
            location,
            [f"/aws/lambda/{prefix}-*", f"/aws/vendedlogs/states/{prefix}", f"/aws/vendedlogs/states/{prefix}:*"],
        ),
        "code": _code(runs_bucket, destroyable=destroyable),
        **({"image": _image(image)} if image else {}),
        "state-machine": _state_machine(location.arn("states", f"stateMachine:{prefix}")),
        "buckets": _buckets(location, prefix, destroyable=destroyable),
        "alarms": _alarms(location, prefix),
        "schedule": _schedule(location, prefix),
        **({"alarm-topic": _topic(location, f"{prefix}-alarms", destroyable=destroyable)} if notifies else {}),
    }


def source(
    *,
    prefix: str,
    location: Location,
    bucket: str,
    merges: bool,
    inventories: bool = False,
    replicates: bool = False,
    key: tuple[str, str] | None = None,
) -> dict[str, Statements]:
    """The permissions in the source account, if anything is deployed there.

    Args:
        merges: whether our function changes the bucket policy. Terraform itself may change it in any case: it could do
            so through the function, and it must when an environment changes from "own" to "merge".
        inventories: whether an inventory of the bucket is configured.
        replicates: whether replication of the bucket is configured, with its roles.
        key: the ARN of the KMS key that encrypts the bucket's objects, and the ARN of the role that decrypts them.
    """
    bucket_arn = location.bucket_arn(bucket)
    needs: dict[str, Statements] = {
        "source-bucket": [_allow("FindSourceBucket", _all("s3", "ListBucket GetBucketWebsite"), bucket_arn)],
        "bucket-policy": [
            _allow("ChangeBucketPolicy", _all("s3", "GetBucketPolicy PutBucketPolicy DeleteBucketPolicy"), bucket_arn)
        ],
    }
    if merges:
        needs |= _merge_function(location, function_name(prefix, "merge_statements"))
    if inventories:
        configure = _all("s3", "GetInventoryConfiguration PutInventoryConfiguration")
        needs["inventory"] = [_allow("ConfigureInventory", configure, bucket_arn)]
    if replicates:
        needs["replication"] = _replication(location, prefix, bucket_arn)
    if key is not None:
        needs["source-key"] = _key_grants(*key)
    return needs


def state(*, bucket_arn: str, key: str, writes: bool) -> dict[str, Statements]:
    """Read and lock the Terraform state of one environment, as a plan does too, and write it if `writes`."""
    return {
        "state": [
            _allow("FindState", ["s3:ListBucket"], bucket_arn),
            _allow("KeepState", ["s3:GetObject", *(["s3:PutObject"] if writes else [])], f"{bucket_arn}/{key}"),
            _allow("LockState", _all("s3", "GetObject PutObject DeleteObject"), f"{bucket_arn}/{key}.tflock"),
        ]
    }


def assume(*, roles: Sequence[str]) -> dict[str, Statements]:
    """Assume other roles, or the own role again: Terraform assumes the role of each account by its name."""
    return {"assume": [_allow("AssumeRoles", ["sts:AssumeRole"], list(roles))]}


def leave_alone(*, roles: Sequence[str]) -> dict[str, Statements]:
    """Deny any change of the deploy and plan roles, whose names may match the environment's."""
    return {
        "own-roles": [
            {"Sid": "LeaveDeployRolesAlone", "Effect": "Deny", "Action": "iam:*", "Resource": list(roles)},
        ]
    }


def reading(needs: Mapping[str, Statements]) -> dict[str, Statements]:
    """The part of the needs that a plan has: the actions that only read."""
    reads: dict[str, Statements] = {}
    for need, statements in needs.items():
        kept = []
        for statement in statements:
            actions = [action for action in statement["Action"] if action.partition(":")[2].startswith(_READS)]
            if actions:
                kept.append({**statement, "Action": actions})
        if kept:
            reads[need] = kept
    return reads


def _allow(
    sid: str, actions: Sequence[str], resource: str | list[str], condition: Mapping[str, object] | None = None
) -> dict[str, object]:
    statement = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def _all(service: str, actions: str) -> list[str]:
    return [f"{service}:{action}" for action in actions.split()]


def _roles(arn: str | list[str], passed_to: Sequence[str]) -> Statements:
    services = [f"{service}.amazonaws.com" for service in passed_to]
    return [
        _allow(
            "ManageRoles",
            _all(
                "iam",
                "CreateRole GetRole UpdateRole UpdateAssumeRolePolicy DeleteRole TagRole UntagRole"
                " PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies ListAttachedRolePolicies"
                " ListInstanceProfilesForRole",
            ),
            arn,
        ),
        _allow("PassRoles", ["iam:PassRole"], arn, {"StringEquals": {"iam:PassedToService": services}}),
    ]


def _merge_function(location: Location, name: str) -> dict[str, Statements]:
    function = location.arn("lambda", f"function:{name}")
    return {
        "roles": _roles(location.role_arn(name), ("lambda",)),
        "functions": [*_functions(function), _allow("MergeStatements", ["lambda:InvokeFunction"], function)],
        "logs": _logs(location, [f"/aws/lambda/{name}", f"/aws/lambda/{name}:*"]),
    }


def _replication(location: Location, prefix: str, bucket_arn: str) -> Statements:
    actions = "GetReplicationConfiguration PutReplicationConfiguration GetBucketVersioning PutBucketVersioning"
    roles = [location.role_arn(name) for name in (replication_role(prefix), batch_replication_role(prefix))]
    return [_allow("ConfigureReplication", _all("s3", actions), bucket_arn), *_roles(roles, ("s3",))]


def _key_grants(key_arn: str, reader_role_arn: str) -> Statements:
    """Grants on the source bucket's KMS key, only for the reader and only to decrypt."""
    only_decrypt = {
        "StringEquals": {"kms:GranteePrincipal": reader_role_arn},
        "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]},
    }
    return [
        _allow("GrantKey", ["kms:CreateGrant"], key_arn, only_decrypt),
        _allow("FindAndRevokeGrants", ["kms:ListGrants", "kms:RevokeGrant"], key_arn),
    ]


def _functions(arn: str) -> Statements:
    actions = (
        "CreateFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration"
        " DeleteFunction ListVersionsByFunction GetFunctionCodeSigningConfig"
        " PutFunctionConcurrency DeleteFunctionConcurrency TagResource UntagResource"
    )
    return [_allow("ManageFunctions", _all("lambda", actions), arn)]


def _code(runs: BucketReference, *, destroyable: bool) -> Statements:
    """Keep the code in the runs bucket that is too large for a direct upload; Lambda reads it as the caller.

    Terraform deletes an object with all its versions, which it lists. A destroyable bucket's may be listed anyway.
    """
    find = _allow("FindCode", ["s3:ListBucketVersions"], runs.arn, {"StringLike": {"s3:prefix": f"{CODE}*"}})
    actions = (
        "PutObject AbortMultipartUpload GetObject DeleteObject DeleteObjectVersion PutObjectTagging GetObjectTagging"
    )
    statements = [_allow("KeepCode", _all("s3", actions), f"{runs.arn}/{CODE}*"), *([] if destroyable else [find])]
    if runs.key_arn is not None:
        key = key_statement(
            sid="UseCodeKey",
            actions=(*DECRYPT, *ENCRYPT),
            key_arn=runs.key_arn,
            bucket_arn=runs.arn,
            prefixes=[CODE],
        )
        statements.append(key)
    return statements


def _image(uri: str) -> Statements:
    """Lambda reads an image as the caller, and asks whether the repository's policy lets Lambda read it too.

    https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#gettingstarted-images-permissions
    """
    registry, _, path = uri.partition("@")[0].partition("/")
    account_id, _, _, region, *_ = registry.split(".")
    repository = Location(account_id=account_id, region=region).arn("ecr", f"repository/{path.partition(':')[0]}")
    return [_allow("ReadImage", _all("ecr", "BatchGetImage GetDownloadUrlForLayer GetRepositoryPolicy"), repository)]


def _logs(location: Location, names: Sequence[str]) -> Statements:
    actions = (
        "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy ListTagsForResource TagResource"
        " UntagResource"
    )
    groups = [location.arn("logs", f"log-group:{name}") for name in names]
    return [
        _allow("ManageLogGroups", _all("logs", actions), groups),
        _allow("FindLogGroups", ["logs:DescribeLogGroups"], "*"),  # AWS defines no narrower resource
    ]


def _state_machine(arn: str) -> Statements:
    actions = (
        "CreateStateMachine DescribeStateMachine UpdateStateMachine DeleteStateMachine ListStateMachineVersions"
        " ListTagsForResource TagResource UntagResource"
    )
    return [
        _allow("ManageStateMachine", _all("states", actions), arn),
        # A definition does not belong to a machine yet, and AWS defines no narrower resource.
        _allow("ValidateDefinitions", ["states:ValidateStateMachineDefinition"], "*"),
    ]


def _buckets(location: Location, prefix: str, *, destroyable: bool) -> Statements:
    reads = (
        "ListBucket"
        " GetBucket*"  # a bucket has about fifteen configurations, and the provider reads all of them
        " GetAccelerateConfiguration GetEncryptionConfiguration GetLifecycleConfiguration"
        " GetReplicationConfiguration"
    )
    writes = (
        "CreateBucket PutBucketOwnershipControls PutBucketPolicy DeleteBucketPolicy PutBucketPublicAccessBlock"
        " PutBucketTagging PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration"
    )
    buckets = location.bucket_arn(f"{prefix}-*")
    statements = [_allow("ManageBuckets", _all("s3", f"{reads} {writes}"), buckets)]
    if destroyable:
        objects = _all("s3", "DeleteObject DeleteObjectVersion")
        statements += [
            _allow("DeleteBuckets", _all("s3", "DeleteBucket ListBucketVersions"), buckets),
            _allow(
                "EmptyBuckets", objects, location.bucket_arn(f"{prefix}-*", "*")
            ),  # every object, because it is deleted
        ]
    return statements


def _alarms(location: Location, prefix: str) -> Statements:
    tags = "ListTagsForResource TagResource UntagResource"
    dashboard = f"arn:{location.partition}:cloudwatch::{location.account_id}:dashboard/{prefix}"
    return [
        _allow(
            "ManageAlarms",
            _all("cloudwatch", f"PutMetricAlarm DeleteAlarms {tags}"),
            location.arn("cloudwatch", f"alarm:{prefix}-*"),
        ),
        # CloudWatch checks access to all alarms, whatever their names: AWS defines no narrower resource.
        _allow("FindAlarms", ["cloudwatch:DescribeAlarms"], location.arn("cloudwatch", "alarm:*")),
        _allow("ManageDashboard", _all("cloudwatch", "PutDashboard GetDashboard DeleteDashboards"), dashboard),
    ]


def _schedule(location: Location, prefix: str) -> Statements:
    group = "CreateScheduleGroup GetScheduleGroup DeleteScheduleGroup ListTagsForResource TagResource UntagResource"
    schedules = "CreateSchedule GetSchedule UpdateSchedule DeleteSchedule"
    return [
        _allow("ManageScheduleGroup", _all("scheduler", group), location.arn("scheduler", f"schedule-group/{prefix}")),
        _allow(
            "ManageSchedules",
            _all("scheduler", schedules),
            location.arn("scheduler", f"schedule/{prefix}/*"),  # a group is deleted with all its schedules
        ),
    ]


def _topic(location: Location, name: str, *, destroyable: bool) -> Statements:
    """KMS names keys itself, so our key is recognized by its tag."""
    topic = (
        "CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes ListTagsForResource TagResource UntagResource"
        " Subscribe Unsubscribe GetSubscriptionAttributes"
    )
    key = (
        "DescribeKey GetKeyPolicy PutKeyPolicy GetKeyRotationStatus EnableKeyRotation ListResourceTags"
        " TagResource UntagResource CreateAlias DeleteAlias"
    ) + (" ScheduleKeyDeletion" if destroyable else "")
    keys = location.arn("kms", "key/*")
    return [
        _allow("ManageTopic", _all("sns", topic), location.arn("sns", name)),
        _allow(
            "CreateKey", ["kms:CreateKey"], "*", {"StringEquals": {"aws:RequestTag/Name": name}}
        ),  # it has no id yet
        _allow("TagKey", ["kms:TagResource"], keys, {"StringEquals": {"aws:RequestTag/Name": name}}),
        _allow("ManageKey", _all("kms", key), keys, {"StringEquals": {"aws:ResourceTag/Name": name}}),
        _allow("NameKey", _all("kms", "CreateAlias DeleteAlias"), location.arn("kms", f"alias/{name}")),
        _allow("FindAliases", ["kms:ListAliases"], "*"),  # AWS defines no narrower resource
    ]
