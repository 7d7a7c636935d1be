"""PipelineStack: one environment's whole deployment. It wires; the modules make."""

from __future__ import annotations

from collections.abc import Mapping

import cdktf
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from environments.environment import Environment
from modules.asl.execution_type import EXPRESS_LIMIT_SECONDS
from modules.bucket_reference import BucketReference
from modules.location import Location
from modules.pipeline.functions import PipelineFunctions
from modules.pipeline.handover import Handover
from modules.pipeline.key_sources import KeySource
from modules.pipeline.key_sources.inventory import Inventory
from modules.pipeline.key_sources.listing import Listing
from modules.pipeline.key_sources.replication import Replication
from modules.pipeline.outputs import outputs
from modules.pipeline.schedule import Schedule
from modules.pipeline.source_access import SourceAccess
from modules.pipeline.state_backend import state_backend
from modules.pipeline.watching.alarm_topic import AlarmTopic
from modules.pipeline.watching.alarms import Alarms
from modules.pipeline.watching.dashboard import Dashboard
from modules.pipeline.workflow import definition as pipeline
from modules.pipeline.workflow.names import MAP_LABEL
from modules.private_bucket import PrivateBucket
from modules.providers import deploy_role, provider
from modules.readable_stack import ReadableStack
from modules.state_machine import StateMachine
from modules.statements.source import source_statements


class PipelineStack(ReadableStack):
    """Processes every object of the source account's bucket, in the target account."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, environment.name)
        self.environment = environment
        self.location = Location(account_id=environment.target.account_id, region=environment.region)
        state_backend(
            self,
            environment=environment.name,
            settings=environment.state_backend,
            key=environment.state_key,
            region=environment.region,
        )
        self.source_provider = self._providers()
        self.runs_bucket = PrivateBucket(
            self,
            "runs_bucket",
            name=environment.runs_bucket,
            location=self.location,
            expire_after_days=environment.run_retention_days,
            destroyable=environment.is_local,
            kms_key_arn=environment.kms_key_arn,
        )
        self.functions = PipelineFunctions(
            self,
            prefix=environment.prefix,
            location=self.location,
            log_retention_days=environment.log_retention_days,
            runs=BucketReference(name=environment.runs_bucket, location=self.location, key_arn=environment.kms_key_arn),
        )
        self.key_source = self._key_source()
        self.process_objects = self.functions.process_objects(
            objects=self.key_source.objects, sizing=environment.process_objects
        )
        self.summarize_run = self.functions.summarize_run(sizing=environment.summarize_run)
        self.state_machine = self._state_machine()
        source_access = self._source_access()
        self.schedule = self._schedule()
        self.alarms = self._alarms()
        Dashboard(
            self,
            "dashboard",
            name=environment.prefix,
            location=self.location,
            state_machine_arn=self.state_machine.arn,
            map_label=MAP_LABEL,
            functions=list(self.functions.names.values()),
            runs_bucket=environment.runs_bucket,
            alarm_arns=self.alarms.arns,
        )
        told = {**self._consoles(), **self.key_source.outputs, **source_access}
        outputs(self, told, after=self.state_machine.ready)

    @property
    def source(self) -> BucketReference:
        """The source bucket, as far as the environment may process it."""
        source = self.environment.source
        return BucketReference(
            name=source.bucket,
            location=Location(account_id=source.account_id, region=self.environment.source_region),
            prefixes=source.prefixes,
            key_arn=source.kms_key_arn,
        )

    def _providers(self) -> AwsProvider | None:
        """The target's provider, which everything takes by default; returns the source's, if it is needed."""
        environment = self.environment
        local_cloud_url = None
        if environment.local_cloud_url is not None:
            # A variable, so that one synthesized stack deploys to a local cloud on any free port.
            local_cloud_url = cdktf.TerraformVariable(
                self,
                "local_cloud_url",
                type="string",
                default=environment.local_cloud_url,
                description="The local cloud's address.",
            ).string_value
        provider(
            self,
            "aws",
            account_id=environment.target.account_id,
            region=environment.region,
            tags=environment.tags,
            deploy_role_arn=deploy_role(self, "target", environment.target.deploy_role_arn),
            local_cloud_url=local_cloud_url,
        )
        if environment.source.bucket_policy == "handover":
            return None
        return provider(
            self,
            "aws_source",
            alias="source",
            account_id=environment.source.account_id,
            region=environment.source_region,
            tags=environment.tags,
            deploy_role_arn=deploy_role(self, "source", environment.source.deploy_role_arn),
            local_cloud_url=local_cloud_url,
        )

    def _key_source(self) -> KeySource:
        environment = self.environment
        if environment.key_source == "inventory":
            existing = environment.inventory.existing
            return Inventory(
                self,
                "inventory",
                name=environment.prefix,
                source=self.source,
                delivered=BucketReference(
                    name=environment.inventory_bucket,
                    location=self.location,
                    key_arn=existing.kms_key_arn if existing else environment.kms_key_arn,
                ),
                settings=environment.inventory,
                provider=self.source_provider,
                expire_after_days=environment.run_retention_days,
                destroyable=environment.is_local,
            )
        if environment.key_source == "replication":
            return Replication(
                self,
                "replication",
                name=environment.prefix,
                source=self.source,
                replica=BucketReference(
                    name=environment.replica_bucket,
                    location=self.location,
                    prefixes=environment.source.prefixes,
                    key_arn=environment.kms_key_arn,
                ),
                provider=self.source_provider,
                destroyable=environment.is_local,
            )
        return Listing(functions=self.functions, source=self.source, sizing=environment.list_objects)

    def _source_access(self) -> Mapping[str, str]:
        """What else the source account must allow, as far as we may make it; returns outputs that say so."""
        environment, source, keys = self.environment, self.environment.source, self.key_source
        if source.bucket_policy == "handover" or self.source_provider is None:
            return self._handover().outputs
        reader = self.process_objects.role.arn if keys.reads_source else None
        statements = source_statements(
            bucket_arn=self.source.arn,
            prefixes=source.prefixes,
            lister_principal=keys.lister,
            reader_principal=reader,
            sid_prefix=environment.sid_prefix if source.bucket_policy == "merge" else "",
        )
        if not statements:
            return {}
        access = SourceAccess(
            self,
            "source_access",
            provider=self.source_provider,
            location=self.source.location,
            bucket=source.bucket,
            bucket_policy=source.bucket_policy,
            statements=statements,
            prefix=environment.prefix,
            log_retention_days=environment.log_retention_days,
        )
        if reader and source.kms_key_arn:
            access.grant_key(source.kms_key_arn, reader)
        return {"source_bucket_policy": access.consequence}

    def _handover(self) -> Handover:
        """With ARNs in place of references: there is no Terraform on the other side."""
        environment, keys = self.environment, self.key_source
        names = self.functions.names
        return Handover(
            self,
            "handover",
            environment=environment.name,
            bucket=self.source,
            target=environment.target.account_id,
            lister=self.location.role_arn(names["list_objects"]) if keys.lister else None,
            reader=self.location.role_arn(names["process_objects"]) if keys.reads_source else None,
            sid_prefix=environment.sid_prefix,
            requests=keys.requests,
        )

    def _state_machine(self) -> StateMachine:
        environment, keys = self.environment, self.key_source
        map_runs = self.location.arn("states", f"mapRun:{environment.prefix}/{MAP_LABEL}:*")  # a run's is its own
        runs_keys = {environment.runs_bucket: environment.kms_key_arn} if environment.kms_key_arn else {}
        return StateMachine(
            self,
            "state_machine",
            name=environment.prefix,
            location=self.location,
            definition=pipeline.definition(
                key_source=keys.states,
                process_objects_arn=self.process_objects.arn,
                summarize_run_arn=self.summarize_run.arn,
                runs_bucket=environment.runs_bucket,
                runs_account_id=environment.target.account_id,
                execution_type=environment.map.execution_type,
                max_concurrency=environment.map.max_concurrency,
                max_items_per_batch=environment.map.max_items_per_batch,
                tolerated_failure_percentage=environment.map.tolerated_failure_percentage,
                tolerated_failure_count=environment.map.tolerated_failure_count,
                # The function's own timeout comes first, and says more.
                child_timeout_seconds=environment.process_objects.timeout_seconds + 10,
            ),
            bounds=pipeline.bounds(keys.states, map_runs_arn=map_runs),
            kms_keys={**runs_keys, **keys.machine_keys},
            log_retention_days=environment.log_retention_days,
            before=[each.function for each in self.functions.made.values()],
        )

    def _schedule(self) -> Schedule | None:
        schedule = self.environment.schedule
        if schedule is None:
            return None
        return Schedule(
            self,
            "schedule",
            name=self.environment.prefix,
            location=self.location,
            expression=schedule.expression,
            timezone=schedule.timezone,
            prefixes=schedule.prefixes,
            state_machine_arn=self.state_machine.arn,
            ready=self.state_machine.ready,
        )

    def _alarms(self) -> Alarms:
        environment = self.environment
        topic_arn = environment.alarms.topic_arn
        if environment.alarms.email is not None:
            topic = AlarmTopic(
                self,
                "alarm_topic",
                name=f"{environment.prefix}-alarms",
                location=self.location,
                alarms_prefix=environment.prefix,
                email=environment.alarms.email,
                destroyable=environment.is_local,
            )
            topic_arn = topic.arn
        return Alarms(
            self,
            "alarms",
            prefix=environment.prefix,
            location=self.location,
            state_machine_arn=self.state_machine.arn,
            map_label=MAP_LABEL,
            functions=self.functions.names,
            # The other two use what time they have, and go on in the next invocation.
            timeouts_seconds={"process_objects": environment.process_objects.timeout_seconds},
            child_limit_seconds=EXPRESS_LIMIT_SECONDS if environment.map.execution_type == "EXPRESS" else None,
            tolerated_failure_percentage=environment.map.tolerated_failure_percentage or 0,
            schedule_group=self.schedule.group if self.schedule else None,
            topic_arns=[topic_arn] if topic_arn else [],
        )

    def _consoles(self) -> dict[str, str]:
        environment = self.environment
        arn, region = self.state_machine.arn, environment.region
        console = f"https://{region}.console.aws.amazon.com"
        found = {
            "state_machine_arn": arn,
            "state_machine_console": f"{console}/states/home?region={region}#/statemachines/view/{arn}",
            "runs_bucket": environment.runs_bucket,
            "runs_bucket_console": f"{console}/s3/buckets/{environment.runs_bucket}?region={region}",
            "dashboard_console": f"{console}/cloudwatch/home?region={region}#dashboards/dashboard/{environment.prefix}",
            "source_bucket": environment.source.bucket,
            "start_command": f"aws stepfunctions start-execution --region {region} --state-machine-arn {arn}",
        }
        if environment.local_cloud_url is not None:
            found["local_cloud_url"] = "${var.local_cloud_url}"
        return found
