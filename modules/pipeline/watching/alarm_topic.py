"""AlarmTopic: an encrypted SNS topic that CloudWatch's alarms notify."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from environments.settings import AlarmSettings
from modules.location import Location
from modules.resource_names import alarm_topic
from modules.role_policies import policy_json
from modules.statements.alarms import publish_alarms


def alarm_topics(scope: Construct, *, prefix: str, location: Location, settings: AlarmSettings) -> Sequence[str]:
    """The ARNs of the topics that the alarms notify: a new one for an email address, an existing one, or none."""
    if settings.email is not None:
        topic = AlarmTopic(
            scope,
            "alarm_topic",
            name=alarm_topic(prefix),
            location=location,
            alarms_prefix=prefix,
            email=settings.email,
        )
        return [topic.arn]
    return [settings.topic_arn] if settings.topic_arn else []


class AlarmTopic(Construct):
    """A topic with a key of its own, since CloudWatch may not use SNS's, and an email address subscribed to it.

    `mapspan bootstrap` creates the key.

    Args:
        name: the topic's name, and its key's alias.
        location: where the topic lives.
        alarms_prefix: what the names of the alarms that may notify it begin with.
        email: the address; SNS asks its owner to confirm.

    Exposes `arn`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        location: Location,
        alarms_prefix: str,
        email: str,
    ) -> None:
        super().__init__(scope, id_)
        self.arn = location.arn("sns", name)
        account_id = location.account_id
        alarms_arn = location.arn("cloudwatch", f"alarm:{alarms_prefix}-*")  # each alarm of the environment
        topic = SnsTopic(self, "this", name=name, kms_master_key_id=f"alias/{name}")
        SnsTopicPolicy(
            self,
            "policy",
            arn=topic.arn,
            policy=policy_json(publish_alarms(topic_arn=self.arn, account_id=account_id, alarms_arn=alarms_arn)),
        )
        SnsTopicSubscription(self, "email", topic_arn=topic.arn, protocol="email", endpoint=email)
