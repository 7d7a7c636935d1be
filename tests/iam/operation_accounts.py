"""The accounts of an environment with a schedule and an alarm address: they add a role, a topic and its key."""

from mapspan.review.iam.accounts import Accounts
from mapspan.review.iam.simulator import Call
from modules.location import Location
from modules.statements.alarms import encrypt_alarms, publish_alarms
from modules.statements.schedule import start_runs
from modules.statements.trust import trust_schedules
from tests.iam.pipeline_accounts import ACCOUNTS, MACHINE_ARN, NAME, REGION, SOURCE, TARGET, document, role

LOCATION = Location(account_id=TARGET, region=REGION)
SCHEDULE = LOCATION.role_arn(f"{NAME}-schedule")
GROUP_ARN = LOCATION.arn("scheduler", f"schedule-group/{NAME}")
TOPIC_ARN = LOCATION.arn("sns", f"{NAME}-alarms")
KEY_ARN = LOCATION.arn("kms", "key/4c5a0000-0000-4000-8000-000000000000")
ALARMS_ARN = LOCATION.arn("cloudwatch", f"alarm:{NAME}-*")

OPERATION_ACCOUNTS = ACCOUNTS.joined(
    Accounts(
        roles={
            SCHEDULE: role(
                trust_schedules(account_id=TARGET, group_arn=GROUP_ARN), start_runs(state_machine_arn=MACHINE_ARN)
            )
        },
        resource_policies={
            TOPIC_ARN: document(*publish_alarms(topic_arn=TOPIC_ARN, account_id=TARGET, alarms_arn=ALARMS_ARN)),
            KEY_ARN: document(
                *encrypt_alarms(account_arn=LOCATION.account_arn, account_id=TARGET, alarms_arn=ALARMS_ARN)
            ),
        },
    )
)

FROM_GROUP = {"aws:SourceAccount": TARGET, "aws:SourceArn": GROUP_ARN}
FROM_ALARM = {
    "aws:SourceAccount": TARGET,
    "aws:SourceArn": LOCATION.arn("cloudwatch", f"alarm:{NAME}-runs-failed"),
}
ANOTHER_ALARM = {"aws:SourceArn": LOCATION.arn("cloudwatch", "alarm:another-runs-failed")}
ALARM_ACTIONS = [("sns:Publish", TOPIC_ARN), ("kms:Decrypt", KEY_ARN), ("kms:GenerateDataKey", KEY_ARN)]

SCHEDULE_CALLS = [Call(SCHEDULE, "states:StartExecution", MACHINE_ARN)]
SCHEDULE_ASSUME_CALLS = [Call("scheduler.amazonaws.com", "sts:AssumeRole", SCHEDULE, FROM_GROUP)]
SERVICE_CALLS = [
    *SCHEDULE_ASSUME_CALLS,
    *(Call("cloudwatch.amazonaws.com", action, resource, FROM_ALARM) for action, resource in ALARM_ACTIONS),
]
REFUSED_OPERATION_CALLS = [
    Call(SCHEDULE, "states:StartExecution", f"{MACHINE_ARN}-2"),
    Call("scheduler.amazonaws.com", "sts:AssumeRole", SCHEDULE, FROM_GROUP | {"aws:SourceAccount": SOURCE}),
    Call("scheduler.amazonaws.com", "sts:AssumeRole", SCHEDULE, FROM_GROUP | {"aws:SourceArn": f"{GROUP_ARN}-2"}),
    Call("states.amazonaws.com", "sts:AssumeRole", SCHEDULE, FROM_GROUP),
    *(
        Call(service, action, resource, FROM_ALARM | context)
        for action, resource in ALARM_ACTIONS
        for service, context in (
            ("cloudwatch.amazonaws.com", {"aws:SourceAccount": SOURCE}),
            ("cloudwatch.amazonaws.com", ANOTHER_ALARM),
            ("events.amazonaws.com", {}),
        )
    ),
]
