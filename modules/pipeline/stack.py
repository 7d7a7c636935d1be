"""PipelineStack: one environment's whole deployment. It wires; the modules create."""

from __future__ import annotations

from constructs import Construct

from environments.environment import Environment
from modules.pipeline import buckets
from modules.pipeline.account_providers import account_providers
from modules.pipeline.console_links import console_links
from modules.pipeline.functions import PipelineFunctions
from modules.pipeline.job_needs import job_needs, job_variables
from modules.pipeline.job_output import job_output
from modules.pipeline.key_sources.key_source import key_source
from modules.pipeline.outputs import outputs
from modules.pipeline.pipeline_machine import pipeline_machine
from modules.pipeline.schedule import schedule_group
from modules.pipeline.source_side import source_side
from modules.pipeline.state_backend import state_backend
from modules.pipeline.watching.alarm_topic import alarm_topics
from modules.pipeline.watching.alarms import Alarms
from modules.pipeline.watching.dashboard import Dashboard
from modules.pipeline.workflow.names import map_labels
from modules.private_bucket import PrivateBucket
from modules.readable_stack import ReadableStack


class PipelineStack(ReadableStack):
    """Processes every object of the source account's bucket, in the target account."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, environment.name)
        name, location = environment.prefix, buckets.target_location(environment)
        runs = buckets.runs_bucket(environment)
        state_backend(
            self,
            environment=environment.name,
            settings=environment.state_backend,
            key=environment.state_key,
            region=environment.region,
        )
        source_provider = account_providers(self, environment)
        runs_bucket = PrivateBucket(
            self,
            "runs_bucket",
            name=runs.name,
            location=location,
            expire_after_days=environment.run_retention_days,
            expiring_prefixes=buckets.WRITTEN_BY_RUNS,
            old_version_days=buckets.old_version_days(environment),
            destroyable=environment.is_local,
            kms_key_arn=runs.key_arn,
        )

        functions = PipelineFunctions(
            self,
            prefix=name,
            location=location,
            log_retention_days=environment.log_retention_days,
            runs=runs,
            runs_bucket=runs_bucket,
            vpc=environment.company.vpc,
            local=environment.is_local,
        )
        keys = key_source(self, environment, functions=functions, provider=source_provider)
        functions.process_objects(
            settings=environment.job,
            variables=job_variables(environment, objects=keys.objects),
            needs=job_needs(environment),
        )
        results = job_output(self, environment)
        functions.summarize_run(
            settings=environment.summarize_run, incremental=environment.select.changed_since is not None
        )
        machine = pipeline_machine(self, environment, functions=functions, key_source=keys)
        access = source_side(self, environment, functions=functions, key_source=keys, provider=source_provider)
        group = schedule_group(self, name=name, location=location, settings=environment.schedule, state_machine=machine)

        alarms = Alarms(
            self,
            "alarms",
            prefix=name,
            environment=environment.name,
            key_source=environment.key_source,
            location=location,
            state_machine_arn=machine.arn,
            functions=functions.names,
            map_settings=environment.map,
            job=environment.job,
            schedule_group=group,
            topic_arns=alarm_topics(self, prefix=name, location=location, settings=environment.alarms),
        )
        Dashboard(
            self,
            "dashboard",
            name=name,
            location=location,
            state_machine_arn=machine.arn,
            maps=map_labels(environment.key_source),
            functions=list(functions.names.values()),
            runs_bucket=runs.name,
            alarm_arns=alarms.arns,
        )
        links = console_links(environment, state_machine_arn=machine.arn)
        outputs(self, {**links, **keys.outputs, **results, **access, **functions.outputs}, after=machine.ready)
