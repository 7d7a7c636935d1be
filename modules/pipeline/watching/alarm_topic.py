"""AlarmTopic: an encrypted SNS topic that CloudWatch's alarms notify."""

from __future__ import annotations

import cdktf
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from modules.location import Location
from modules.role_policies import policy_json
from modules.statements.alarms import encrypt_alarms, publish_alarms


class AlarmTopic(Construct):
    """A topic with a key of its own, since CloudWatch may not use SNS's, and an address that is subscribed to it.

    Args:
        name: the topic's name, and its key's alias.
        location: where the topic lives.
        alarms_prefix: what the names of the alarms begin with that may notify it.
        email: the address; SNS asks its owner to confirm.
        destroyable: whether terraform may delete the key.

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
        destroyable: bool,
    ) -> None:
        super().__init__(scope, id_)
        self.arn = location.arn("sns", name)
        account_id = location.account_id
        alarms_arn = location.arn("cloudwatch", f"alarm:{alarms_prefix}-*")  # each alarm of the environment
        key = KmsKey(
            self,
            "key",
            description=f"Encrypts what {name} publishes.",
            enable_key_rotation=True,
            tags={"Name": name},  # by which its deploy role knows it: KMS names keys itself
            lifecycle=None if destroyable else cdktf.TerraformResourceLifecycle(prevent_destroy=True),
            policy=policy_json(
                encrypt_alarms(account_arn=location.account_arn, account_id=account_id, alarms_arn=alarms_arn)
            ),
        )
        KmsAlias(self, "key_alias", name=f"alias/{name}", target_key_id=key.key_id)
        topic = SnsTopic(self, "this", name=name, kms_master_key_id=key.arn)
        SnsTopicPolicy(
            self,
            "policy",
            arn=topic.arn,
            policy=policy_json(publish_alarms(topic_arn=self.arn, account_id=account_id, alarms_arn=alarms_arn)),
        )
        SnsTopicSubscription(self, "email", topic_arn=topic.arn, protocol="email", endpoint=email)
