"""What CloudWatch's alarms need of the topic they notify, and of its key."""

from __future__ import annotations

from collections.abc import Mapping

from modules.statements import Statements


def publish_alarms(*, topic_arn: str, account_id: str, alarms_arn: str) -> Statements:
    """The topic's policy: CloudWatch publishes, for the alarms `alarms_arn` alone.

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
    """The key's policy: the account's administrators manage it, CloudWatch encrypts what its alarms publish.

    SNS's own key can't say the second. A key policy's `*` is the key itself:
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    """
    return [
        {
            "Sid": "AdministerKey",
            "Effect": "Allow",
            "Principal": {"AWS": account_arn},
            "Action": "kms:*",  # for IAM to share out: without it nobody could ever change the key again
            "Resource": "*",  # the key itself, see above
        },
        {
            "Sid": "EncryptAlarms",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],  # both kinds of data key, as SNS asks for
            "Resource": "*",  # the key itself, see above
            "Condition": _from_alarms(account_id, alarms_arn),
        },
    ]


def _from_alarms(account_id: str, alarms_arn: str) -> Mapping[str, Mapping[str, str]]:
    return {"StringEquals": {"aws:SourceAccount": account_id}, "ArnLike": {"aws:SourceArn": alarms_arn}}
