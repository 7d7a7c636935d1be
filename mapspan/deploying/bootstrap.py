"""What an administrator needs before the first deploy: the roles that deploy and plan, and the state bucket.

They are CloudFormation templates, because terraform has no state bucket yet (docs/decisions/0066).
"""

from __future__ import annotations

from collections.abc import Sequence

from environments.environment import Environment
from mapspan.checkout import CommandError
from mapspan.deploying.cloudformation_stack import ROLE_POLICIES_LENGTH, CloudFormationStack
from mapspan.deploying.deploy_roles import roles_of
from mapspan.deploying.deployers import Deployers
from mapspan.deploying.source_stack import source_stack
from mapspan.deploying.target_stack import target_stack
from modules.location import Location
from modules.statements import policy_document
from modules.statements.buckets import deny_plain_http


def stacks(
    environment: Environment, deployers: Deployers, *, previous_buckets: Sequence[str] = ()
) -> list[CloudFormationStack]:
    """The stacks in the order to create them: the state bucket, the target account's, the source account's.

    The state bucket is left out if the state isn't in S3, and the source account's stack under "handover". An account
    for which the settings name no deploy role gets only what a deploy can't create: the alarms' key, and the roles for
    "merge" and "replication".

    Args:
        previous_buckets: source buckets from before, whose policies still hold our statements.

    Raises:
        CommandError: the settings name no roles, or nobody or too many may assume them, or a boundary is too long.
    """
    _check_roles(environment)
    if environment.target.deploy_role_arn is not None:
        deployers.check(Location(account_id=environment.target.account_id, region=environment.region).partition)
    state_bucket = environment.state_backend.bucket
    target = target_stack(environment, deployers)
    source = source_stack(environment, deployers, previous_buckets=previous_buckets)
    if target is None and source is None:
        roles_of(environment, environment.target)
    for stack in (target, source):
        _check_lengths(environment, stack)
    return [
        *([_state(environment, state_bucket)] if state_bucket else []),
        *([target] if target else []),
        *([source] if source else []),
    ]


def _check_roles(environment: Environment) -> None:
    """A deploy role in one account needs one in the other, unless nothing is deployed there.

    Raises:
        CommandError: the settings name one of the two.
    """
    target, source = environment.target, environment.source
    if source.deploy_role_arn is not None:
        roles_of(environment, target)
    if target.deploy_role_arn is not None and source.bucket_policy != "handover":
        roles_of(environment, source)


def _check_lengths(environment: Environment, stack: CloudFormationStack | None) -> None:
    """Refuse roles that IAM can't hold.

    Raises:
        CommandError: the message names the role, and the field that is long.
    """
    for name, length in stack.policy_lengths if stack else ():
        if length > ROLE_POLICIES_LENGTH:
            raise CommandError(
                f"environments/{environment.name}.toml: source.prefixes: the policies of the role {name} would have"
                f" {length:,} characters, and IAM takes {ROLE_POLICIES_LENGTH:,}: write fewer or shorter prefixes, and"
                " a shorter name of the environment, company.name_prefix or company.<account>.role_path"
            )


def _state(environment: Environment, bucket: str) -> CloudFormationStack:
    location = Location(
        account_id=environment.target.account_id, region=environment.state_backend.region or environment.region
    )
    retain = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    resources = {
        "StateBucket": retain
        | {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": bucket,
                "VersioningConfiguration": {"Status": "Enabled"},
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                },
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "PublicAccessBlockConfiguration": dict.fromkeys(
                    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
                ),
            },
        },
        "StateBucketPolicy": retain
        | {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "StateBucket"},
                "PolicyDocument": policy_document([deny_plain_http(location.bucket_arn(bucket))]),
            },
        },
    }
    return CloudFormationStack(
        part="state",
        name=f"state-{bucket}".replace(".", "-"),
        location=location,
        description="The bucket where terraform keeps the state of mapspan's environments.",
        resources=resources,
    )
