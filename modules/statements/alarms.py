"""The policies of the topic that alarms notify, and of its KMS key."""

from __future__ import annotations

from collections.abc import Mapping

from modules.statements import Statements


def publish_alarms(*, topic_arn: str, account_id: str, alarms_arn: str) -> Statements:
    """The topic's policy: CloudWatch may publish, only for the alarms that match `alarms_arn`.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    """
    return [
        {
            "Sid": "PublishAlarms",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": _from_alarms(account_id, alarms_arn),
        }
    ]


def encrypt_alarms(*, account_arn: str, account_id: str, alarms_arn: str) -> Statements:
    """The key's policy: the account's administrators may manage it, and CloudWatch may encrypt what its alarms publish.

    SNS's own key can't allow the second. In a key policy, the resource `*` is the key itself:
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    """
    return [
        {
            "Sid": "AdministerKey",
            "Effect": "Allow",
            "Principal": {"AWS": account_arn},
            "Action": "kms:*",  # lets IAM policies grant access: without it, nobody could ever change the key again
            "Resource": "*",  # the key itself, see above
        },
        {
            "Sid": "EncryptAlarms",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],  # both kinds of data key, as SNS requires
            "Resource": "*",  # the key itself, see above
            "Condition": _from_alarms(account_id, alarms_arn),
        },
    ]


def _from_alarms(account_id: str, alarms_arn: str) -> Mapping[str, Mapping[str, str]]:
    return {"StringEquals": {"aws:SourceAccount": account_id}, "ArnLike": {"aws:SourceArn": alarms_arn}}
