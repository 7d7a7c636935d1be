"""The permissions for Terraform to create, change and destroy each kind of resource of an environment.

Resources are matched by the environment's name, `<prefix>-…`, except those that AWS names itself. The resource types of
each action:
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modules.bucket_reference import BucketReference
from modules.location import Location
from modules.pipeline.workflow.names import CODE
from modules.statements import Statements
from modules.statements.keys import DECRYPT, ENCRYPT, key_statement


def allow(
    sid: str, actions: Sequence[str], resource: str | list[str], condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """An Allow statement."""
    statement = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def all_of(service: str, actions: str) -> list[str]:
    """The actions of one service, from their names with spaces between."""
    return [f"{service}:{action}" for action in actions.split()]


def in_account(location: Location, condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The condition that a bucket belongs to this account, with another one: its name may become someone else's.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
    """
    return {**(condition or {}), "StringEquals": {"aws:ResourceAccount": location.account_id}}


def pass_roles(arns: Sequence[str], passed_to: Sequence[str]) -> Statements:
    """Let these services use the roles."""
    services = [f"{service}.amazonaws.com" for service in passed_to]
    return [
        allow("PassRoles", ["iam:PassRole"], list(arns), {"StringEquals": {"iam:PassedToService": services}}),
    ]


def roles(arns: Sequence[str], passed_to: Sequence[str], *, boundary_arn: str) -> Statements:
    """Create and change the roles, only with the boundary: nobody gets further through a role that they create.

    IAM has this condition for the calls that give a role permissions, and for no others:
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
    """
    bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary_arn}}
    return [
        allow("BoundRoles", all_of("iam", "CreateRole PutRolePolicy PutRolePermissionsBoundary"), list(arns), bounded),
        allow(
            "ManageRoles",
            [
                *all_of("iam", "UpdateRole UpdateAssumeRolePolicy DeleteRole DeleteRolePolicy TagRole UntagRole"),
                *all_of("iam", "GetRole GetRolePolicy ListRolePolicies ListAttachedRolePolicies"),
                "iam:ListInstanceProfilesForRole",
            ],
            list(arns),
        ),
        *pass_roles(arns, passed_to),
    ]


def read_boundary(arn: str) -> Statements:
    """Read the boundary: `review` and `deploy` compare it with what the environment needs."""
    return [allow("ReadBoundary", all_of("iam", "GetPolicy GetPolicyVersion"), arn)]


def functions(arns: list[str], *, limits_concurrency: bool = False) -> Statements:
    """Create and change functions, replace their code, and perhaps reserve concurrency for them."""
    actions = (
        "CreateFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration"
        " DeleteFunction ListVersionsByFunction GetFunctionCodeSigningConfig TagResource UntagResource"
    )
    if limits_concurrency:
        actions += " PutFunctionConcurrency DeleteFunctionConcurrency"
    return [allow("ManageFunctions", all_of("lambda", actions), arns)]


def code(runs: BucketReference, *, destroyable: bool) -> Statements:
    """Keep the code in the runs bucket that is too large for a direct upload; Lambda reads it as the caller.

    Terraform deletes an object with all its versions, which it lists. A destroyable bucket's may be listed anyway.
    """
    below_code = {"StringLike": {"s3:prefix": f"{CODE}*"}}
    find = allow("FindCode", ["s3:ListBucketVersions"], runs.arn, in_account(runs.location, below_code))
    actions = (
        "PutObject AbortMultipartUpload GetObject DeleteObject DeleteObjectVersion PutObjectTagging GetObjectTagging"
    )
    keep = allow("KeepCode", all_of("s3", actions), f"{runs.arn}/{CODE}*", in_account(runs.location))
    statements = [keep, *([] if destroyable else [find])]
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


def image(uri: str) -> Statements:
    """Lambda reads an image as the caller, and asks whether the repository's policy lets Lambda read it too.

    https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#gettingstarted-images-permissions
    """
    registry, _, path = uri.partition("@")[0].partition("/")
    account_id, _, _, region, *_ = registry.split(".")
    repository = Location(account_id=account_id, region=region).arn("ecr", f"repository/{path.partition(':')[0]}")
    return [allow("ReadImage", all_of("ecr", "BatchGetImage GetDownloadUrlForLayer GetRepositoryPolicy"), repository)]


def logs(location: Location, names: Sequence[str]) -> Statements:
    """Create log groups, set how long they keep their events, and the company's key if there is one."""
    actions = (
        "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy ListTagsForResource TagResource"
        " UntagResource"
    )
    if location.log_kms_key_arn is not None:
        actions += " AssociateKmsKey DisassociateKmsKey"
    # Some of these calls name a group with `:*` at the end.
    groups = [location.arn("logs", f"log-group:{name}*") for name in names]
    return [
        allow("ManageLogGroups", all_of("logs", actions), groups),
        allow("FindLogGroups", ["logs:DescribeLogGroups"], "*"),  # AWS defines no narrower resource
    ]


def find_network() -> Statements:
    """What Lambda asks of the caller who puts a function into a VPC.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    """
    actions = all_of("ec2", "DescribeSecurityGroups DescribeSubnets DescribeVpcs")
    return [allow("FindNetwork", actions, "*")]  # EC2 defines no narrower resource


def state_machine(arn: str) -> Statements:
    """Create and change the state machine."""
    actions = (
        "CreateStateMachine DescribeStateMachine UpdateStateMachine DeleteStateMachine ListStateMachineVersions"
        " ListTagsForResource TagResource UntagResource"
    )
    return [
        allow("ManageStateMachine", all_of("states", actions), arn),
        # A definition does not belong to a machine yet, and AWS defines no narrower resource.
        allow("ValidateDefinitions", ["states:ValidateStateMachineDefinition"], "*"),
    ]


def buckets(location: Location, names: Sequence[str], *, expiring: Sequence[str], destroyable: bool) -> Statements:
    """Create and configure the buckets.

    Args:
        expiring: those that have a lifecycle rule. IAM knows no condition on what a rule deletes, and when.
        destroyable: whether they may be deleted, together with their objects.
    """
    reads = (
        "ListBucket"
        " GetBucket*"  # a bucket has about fifteen configurations, and the provider reads all of them
        " GetAccelerateConfiguration GetEncryptionConfiguration GetLifecycleConfiguration"
        " GetReplicationConfiguration"
    )
    writes = (
        "PutBucketOwnershipControls PutBucketPolicy DeleteBucketPolicy PutBucketPublicAccessBlock"
        " PutBucketTagging PutBucketVersioning PutEncryptionConfiguration"
    )
    arns, ours = [location.bucket_arn(name) for name in names], in_account(location)
    statements = [
        # A new bucket belongs to no account yet; a name that another account has can't be created.
        allow("CreateBuckets", ["s3:CreateBucket"], arns),
        allow("ManageBuckets", all_of("s3", f"{reads} {writes}"), arns, ours),
    ]
    if expiring:
        rules = [location.bucket_arn(name) for name in expiring]
        statements.append(allow("ExpireObjects", ["s3:PutLifecycleConfiguration"], rules, ours))
    if destroyable:
        every_object = [location.bucket_arn(name, "*") for name in names]
        statements += [
            allow("DeleteBuckets", all_of("s3", "DeleteBucket ListBucketVersions"), arns, ours),
            allow("EmptyBuckets", all_of("s3", "DeleteObject DeleteObjectVersion"), every_object, ours),
        ]
    return statements


def alarms(location: Location, prefix: str) -> Statements:
    """Create the alarms and the dashboard.

    The names of all alarms would be too long for a role's policies: an environment `x` reaches the alarms of `x-2` too.
    """
    tags = "ListTagsForResource TagResource UntagResource"
    dashboard_arn = f"arn:{location.partition}:cloudwatch::{location.account_id}:dashboard/{prefix}"
    return [
        allow(
            "ManageAlarms",
            all_of("cloudwatch", f"PutMetricAlarm DeleteAlarms {tags}"),
            location.arn("cloudwatch", f"alarm:{prefix}-*"),
        ),
        # CloudWatch checks access to all alarms, whatever their names: AWS defines no narrower resource.
        allow("FindAlarms", ["cloudwatch:DescribeAlarms"], location.arn("cloudwatch", "alarm:*")),
        allow("ManageDashboard", all_of("cloudwatch", "PutDashboard GetDashboard DeleteDashboards"), dashboard_arn),
    ]


def schedule(location: Location, prefix: str) -> Statements:
    """Create the schedule and its group."""
    group = "CreateScheduleGroup GetScheduleGroup DeleteScheduleGroup ListTagsForResource TagResource UntagResource"
    schedules = "CreateSchedule GetSchedule UpdateSchedule DeleteSchedule"
    return [
        allow("ManageScheduleGroup", all_of("scheduler", group), location.arn("scheduler", f"schedule-group/{prefix}")),
        allow(
            "ManageSchedules",
            all_of("scheduler", schedules),
            location.arn("scheduler", f"schedule/{prefix}/*"),  # a group is deleted with all its schedules
        ),
    ]


def topic(location: Location, name: str) -> Statements:
    """Create the alarms' topic. Its key is bootstrap's: a role that tags and manages keys could take another team's."""
    actions = (
        "CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes ListTagsForResource TagResource UntagResource"
        " Subscribe Unsubscribe GetSubscriptionAttributes"
    )
    return [allow("ManageTopic", all_of("sns", actions), location.arn("sns", name))]
