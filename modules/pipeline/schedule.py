"""Schedule: starts runs at set times, with a role that may do nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.scheduler_schedule import (
    SchedulerSchedule,
    SchedulerScheduleFlexibleTimeWindow,
    SchedulerScheduleTarget,
    SchedulerScheduleTargetRetryPolicy,
)
from cdktf_cdktf_provider_aws.scheduler_schedule_group import SchedulerScheduleGroup
from constructs import Construct

from environments.settings import ScheduleSettings
from modules.location import Location
from modules.pipeline.workflow.input_rule import STARTED_BY
from modules.resource_names import schedule_role
from modules.role_policies import grant, service_role
from modules.state_machine import StateMachine
from modules.statements.schedule import start_runs
from modules.statements.trust import trust_schedules
from modules.terraform_template import json_literal

# A run that is over an hour late is not worth starting: the next one has its own time.
RETRY = SchedulerScheduleTargetRetryPolicy(maximum_event_age_in_seconds=3600, maximum_retry_attempts=10)

# What a scheduled run's input says of who started it.
SCHEDULE = "schedule"


def schedule_group(
    scope: Construct,
    *,
    name: str,
    location: Location,
    settings: ScheduleSettings | None,
    state_machine: StateMachine,
) -> str | None:
    """Create the schedule if the environment has one; returns the name of its group, else None."""
    if settings is None:
        return None
    return Schedule(
        scope, "schedule", name=name, location=location, settings=settings, state_machine=state_machine
    ).group


class Schedule(Construct):
    """An EventBridge Scheduler schedule, in a group of its own, which the trust policy of its role names.

    Args:
        name: the name of the schedule and of its group; its role is called `<name>-schedule`.
        location: where the schedule lives.
        settings: when a run starts, and the prefixes it lists; without any, the machine's own default.
        state_machine: the machine to start, once it is ready.

    Exposes `group`, the group's name.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        location: Location,
        settings: ScheduleSettings,
        state_machine: StateMachine,
    ) -> None:
        super().__init__(scope, id_)
        self.group = name
        group = SchedulerScheduleGroup(self, "group", name=name)
        role, policies = self._role(name, location, state_machine)
        SchedulerSchedule(
            self,
            "this",
            name=name,
            group_name=group.name,
            description="Starts runs.",
            schedule_expression=settings.expression,
            schedule_expression_timezone=settings.timezone,
            flexible_time_window=SchedulerScheduleFlexibleTimeWindow(mode="OFF"),
            target=SchedulerScheduleTarget(
                arn=state_machine.arn,
                role_arn=role.arn,
                input=json_literal(_run_input(settings.prefixes)),
                retry_policy=RETRY,
            ),
            depends_on=[*policies, *state_machine.ready],
        )

    def _role(
        self, name: str, location: Location, state_machine: StateMachine
    ) -> tuple[IamRole, Sequence[IamRolePolicy]]:
        trust = trust_schedules(
            account_id=location.account_id, group_arn=location.arn("scheduler", f"schedule-group/{name}")
        )
        role = service_role(
            self,
            "role",
            name=schedule_role(name),
            trust=trust,
            location=location,
        )
        return role, grant(self, role, start_runs(state_machine_arn=state_machine.arn))


def _run_input(prefixes: Sequence[str]) -> dict[str, object]:
    return {STARTED_BY: SCHEDULE, **({"prefixes": list(prefixes)} if prefixes else {})}
