"""What Terraform must be allowed, by need, to make, change and destroy one environment: in each of its two accounts.

Everything has the environment's name, `<prefix>-…`, but for what AWS names itself. Which resource an action takes:
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modules.location import Location
from modules.statements import Statements

_READS = ("Get", "List", "Describe", "Validate")
_PASSED_TO = ("lambda", "states", "scheduler")


def target(*, prefix: str, location: Location, notifies: bool, destroyable: bool) -> dict[str, Statements]:
    """The target account's side.

    Args:
        notifies: whether the environment has an alarm topic, and a key, of its own.
        destroyable: whether the data buckets may be deleted, with the objects in them.
    """
    return {
        "roles": _roles(location.role_arn(f"{prefix}-*"), _PASSED_TO),
        "functions": _functions(location.arn("lambda", f"function:{prefix}-*")),
        "logs": _logs(
            location,
            [f"/aws/lambda/{prefix}-*", f"/aws/vendedlogs/states/{prefix}", f"/aws/vendedlogs/states/{prefix}:*"],
        ),
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
    """The source account's side, where something may be deployed there.

    Args:
        merges: whether a function of ours changes the bucket's policy. Terraform may in any case: it would through the
            function, and must when it goes over from owning to merging.
        inventories: whether an inventory of the bucket is configured.
        replicates: whether the bucket's replication is configured, with the roles for it.
        key: the ARNs of the key that the bucket's objects are encrypted with and of the role that is to decrypt them.
    """
    bucket_arn = location.bucket_arn(bucket)
    needs: dict[str, Statements] = {
        "source-bucket": [_allow("FindSourceBucket", _all("s3", "ListBucket GetBucketWebsite"), bucket_arn)],
        "bucket-policy": [
            _allow("ChangeBucketPolicy", _all("s3", "GetBucketPolicy PutBucketPolicy DeleteBucketPolicy"), bucket_arn)
        ],
    }
    if merges:
        name = f"{prefix}-merge-statements"
        function = location.arn("lambda", f"function:{name}")
        needs |= {
            "roles": _roles(location.role_arn(name), ("lambda",)),
            "functions": [*_functions(function), _allow("MergeStatements", ["lambda:InvokeFunction"], function)],
            "logs": _logs(location, [f"/aws/lambda/{name}", f"/aws/lambda/{name}:*"]),
        }
    if inventories:
        configure = _all("s3", "GetInventoryConfiguration PutInventoryConfiguration")
        needs["inventory"] = [_allow("ConfigureInventory", configure, bucket_arn)]
    if replicates:
        actions = "GetReplicationConfiguration PutReplicationConfiguration GetBucketVersioning PutBucketVersioning"
        roles = [location.role_arn(f"{prefix}-{name}") for name in ("replication", "batch-replication")]
        needs["replication"] = [
            _allow("ConfigureReplication", _all("s3", actions), bucket_arn),
            *_roles(roles, ("s3",)),
        ]
    if key is not None:
        key_arn, decrypts = key
        only = {
            "StringEquals": {"kms:GranteePrincipal": decrypts},
            "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]},
        }
        needs["source-key"] = [
            _allow("GrantKey", ["kms:CreateGrant"], key_arn, only),
            _allow("FindAndRevokeGrants", ["kms:ListGrants", "kms:RevokeGrant"], key_arn),
        ]
    return needs


def state(*, bucket_arn: str, key: str, writes: bool) -> dict[str, Statements]:
    """Read one environment's state, and lock it as a plan does too; write it, where `writes`."""
    return {
        "state": [
            _allow("FindState", ["s3:ListBucket"], bucket_arn),
            _allow("KeepState", ["s3:GetObject", *(["s3:PutObject"] if writes else [])], f"{bucket_arn}/{key}"),
            _allow("LockState", _all("s3", "GetObject PutObject DeleteObject"), f"{bucket_arn}/{key}.tflock"),
        ]
    }


def assume(*, roles: Sequence[str]) -> dict[str, Statements]:
    """Go on as other roles, or as oneself anew: Terraform assumes the role of each account by its name."""
    return {"assume": [_allow("AssumeRoles", ["sts:AssumeRole"], list(roles))]}


def leave_alone(*, roles: Sequence[str]) -> dict[str, Statements]:
    """Nobody widens the roles they deploy with, whose names may be the environment's too."""
    return {
        "own-roles": [
            {"Sid": "LeaveDeployRolesAlone", "Effect": "Deny", "Action": "iam:*", "Resource": list(roles)},
        ]
    }


def reading(needs: Mapping[str, Statements]) -> dict[str, Statements]:
    """What of the needs a plan has: the actions that only read."""
    found: dict[str, Statements] = {}
    for need, statements in needs.items():
        kept = []
        for statement in statements:
            actions = [action for action in statement["Action"] if action.partition(":")[2].startswith(_READS)]
            if actions:
                kept.append({**statement, "Action": actions})
        if kept:
            found[need] = kept
    return found


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


def _functions(arn: str) -> Statements:
    actions = (
        "CreateFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration"
        " DeleteFunction ListVersionsByFunction GetFunctionCodeSigningConfig"
        " PutFunctionConcurrency DeleteFunctionConcurrency TagResource UntagResource"
    )
    return [_allow("ManageFunctions", _all("lambda", actions), arn)]


def _logs(location: Location, names: Sequence[str]) -> Statements:
    actions = (
        "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy ListTagsForResource TagResource"
        " UntagResource"
    )
    groups = [location.arn("logs", f"log-group:{name}") for name in names]
    return [
        _allow("ManageLogGroups", _all("logs", actions), groups),
        _allow("FindLogGroups", ["logs:DescribeLogGroups"], "*"),  # AWS allows no narrower
    ]


def _state_machine(arn: str) -> Statements:
    actions = (
        "CreateStateMachine DescribeStateMachine UpdateStateMachine DeleteStateMachine ListStateMachineVersions"
        " ListTagsForResource TagResource UntagResource"
    )
    return [
        _allow("ManageStateMachine", _all("states", actions), arn),
        # A definition that is no machine's yet: AWS allows no narrower.
        _allow("ValidateDefinitions", ["states:ValidateStateMachineDefinition"], "*"),
    ]


def _buckets(location: Location, prefix: str, *, destroyable: bool) -> Statements:
    reads = (
        "ListBucket"
        " GetBucket*"  # a bucket has some fifteen configurations, and the provider reads them all
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
            _allow("EmptyBuckets", objects, location.bucket_arn(f"{prefix}-*", "*")),  # every object, to delete it
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
        # Asked about all alarms, whichever are named: AWS allows no narrower.
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
            location.arn("scheduler", f"schedule/{prefix}/*"),  # a group is deleted with whatever is in it
        ),
    ]


def _topic(location: Location, name: str, *, destroyable: bool) -> Statements:
    """KMS names its keys itself, so that ours is known by its tag."""
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
        _allow("CreateKey", ["kms:CreateKey"], "*", {"StringEquals": {"aws:RequestTag/Name": name}}),  # no id yet
        _allow("TagKey", ["kms:TagResource"], keys, {"StringEquals": {"aws:RequestTag/Name": name}}),
        _allow("ManageKey", _all("kms", key), keys, {"StringEquals": {"aws:ResourceTag/Name": name}}),
        _allow("NameKey", _all("kms", "CreateAlias DeleteAlias"), location.arn("kms", f"alias/{name}")),
        _allow("FindAliases", ["kms:ListAliases"], "*"),  # AWS allows no narrower
    ]
