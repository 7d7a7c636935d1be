"""Schedule: starts runs by itself, with a role that may do nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import cdktf
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.scheduler_schedule import (
    SchedulerSchedule,
    SchedulerScheduleFlexibleTimeWindow,
    SchedulerScheduleTarget,
    SchedulerScheduleTargetRetryPolicy,
)
from cdktf_cdktf_provider_aws.scheduler_schedule_group import SchedulerScheduleGroup
from constructs import Construct

from modules.location import Location
from modules.role_policies import grant
from modules.statements.schedule import start_runs
from modules.statements.trust import trust_schedules
from modules.terraform_template import json_literal

# An hour late is late enough: the next time has its own run.
RETRY = SchedulerScheduleTargetRetryPolicy(maximum_event_age_in_seconds=3600, maximum_retry_attempts=10)


class Schedule(Construct):
    """An EventBridge Scheduler schedule, in a group of its own, which is what its role's trust can name.

    Args:
        name: the schedule's and its group's name; its role is called `<name>-schedule`.
        location: where the schedule lives.
        expression: rate(...) or cron(...), in `timezone`.
        prefixes: what a run lists; none gives the machine's own default.
        state_machine_arn: the machine to start.
        ready: what must exist before an execution may be started.

    Exposes `group`, the group's name.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        location: Location,
        expression: str,
        timezone: str,
        prefixes: Sequence[str],
        state_machine_arn: str,
        ready: Sequence[cdktf.ITerraformDependable],
    ) -> None:
        super().__init__(scope, id_)
        self.group = name
        group = SchedulerScheduleGroup(self, "group", name=name)
        trusted = trust_schedules(
            account_id=location.account_id, group_arn=location.arn("scheduler", f"schedule-group/{name}")
        )
        role = IamRole(self, "role", name=f"{name}-schedule", assume_role_policy=json_literal(trusted))
        policies = grant(self, role, start_runs(state_machine_arn=state_machine_arn))
        SchedulerSchedule(
            self,
            "this",
            name=name,
            group_name=group.name,
            description="Starts runs.",
            schedule_expression=expression,
            schedule_expression_timezone=timezone,
            flexible_time_window=SchedulerScheduleFlexibleTimeWindow(mode="OFF"),
            target=SchedulerScheduleTarget(
                arn=state_machine_arn,
                role_arn=role.arn,
                input=json_literal({"prefixes": list(prefixes)} if prefixes else {}),
                retry_policy=RETRY,
            ),
            depends_on=[*policies, *ready],
        )
