"""PipelineStack: one environment's whole deployment. It wires; the modules make."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cdktf
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from environments.settings import Environment, Lister, Processor, Summarizer
from modules.alarm_topic import AlarmTopic
from modules.alarms import Alarms
from modules.asl import pipeline
from modules.dashboard import Dashboard
from modules.handover import Handover
from modules.location import Location
from modules.private_bucket import PrivateBucket
from modules.providers import deploy_role, provider
from modules.python_function import PythonFunction
from modules.readable_stack import ReadableStack
from modules.schedule import Schedule
from modules.source_access import SourceAccess
from modules.state_backend import state_backend
from modules.state_machine import StateMachine
from modules.statements import Statements, functions
from modules.statements.source import source_statements

LAMBDAS = Path(__file__).parent.parent / "lambdas"
FUNCTIONS = ("list_objects", "process_objects", "summarize_run")
# https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
EXPRESS_LIMIT_SECONDS = 300


class PipelineStack(ReadableStack):
    """Lists the source account's bucket and processes every object of it, in the target account."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, environment.name)
        self.environment = environment
        self.location = Location(account_id=environment.target.account_id, region=environment.region)
        state_backend(self, environment=environment.name, settings=environment.state_backend, region=environment.region)
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
        self.list_objects = self._list_objects()
        self.process_objects = self._process_objects()
        self.summarize_run = self._summarize_run()
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
            map_label=pipeline.LABEL,
            functions=list(self._function_names.values()),
            runs_bucket=environment.runs_bucket,
            alarm_arns=self.alarms.arns,
        )
        self._outputs(source_access)

    @property
    def source_bucket_arn(self) -> str:
        return self.location.bucket_arn(self.environment.source.bucket)

    @property
    def runs_bucket_arn(self) -> str:
        return self.location.bucket_arn(self.environment.runs_bucket)

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

    def _source_access(self) -> Mapping[str, str]:
        """The source account's side, as far as we may make it; returns the outputs that say what becomes of it."""
        environment, source = self.environment, self.environment.source
        reader = self.process_objects.role.arn
        if source.bucket_policy == "handover" or self.source_provider is None:
            return self._handover().outputs
        access = SourceAccess(
            self,
            "source_access",
            provider=self.source_provider,
            location=Location(account_id=source.account_id, region=environment.source_region),
            bucket=source.bucket,
            bucket_policy=source.bucket_policy,
            statements=source_statements(
                bucket_arn=self.source_bucket_arn,
                prefixes=source.prefixes,
                lister_principal=self.list_objects.role.arn,
                reader_principal=reader,
                sid_prefix=environment.sid_prefix if source.bucket_policy == "merge" else "",
            ),
            prefix=environment.prefix,
            log_retention_days=environment.log_retention_days,
        )
        if source.kms_key_arn:
            access.grant_key(source.kms_key_arn, reader)
        return {"source_bucket_policy": access.consequence}

    def _handover(self) -> Handover:
        environment, source = self.environment, self.environment.source
        return Handover(
            self,
            "handover",
            environment=environment.name,
            bucket=source.bucket,
            bucket_arn=self.source_bucket_arn,
            account_id=source.account_id,
            target=environment.target.account_id,
            prefixes=source.prefixes,
            lister=self.location.role_arn(f"{environment.prefix}-list-objects"),
            reader=self.location.role_arn(f"{environment.prefix}-process-objects"),
            sid_prefix=environment.sid_prefix,
            key_arn=source.kms_key_arn,
        )

    def _list_objects(self) -> PythonFunction:
        settings = self.environment
        return self._function(
            "list_objects",
            sizing=settings.list_objects,
            environment={
                **self._source_variables,
                **self._runs_variables,
                "LIST_THREADS": str(settings.list_objects.threads),
                "KEYS_PER_PART": str(settings.list_objects.keys_per_part),
                "MALLOC_ARENA_MAX": "2",  # measured: memory stays flat, where one arena a thread doubles it
            },
            needs=functions.list_objects(
                source_bucket_arn=self.source_bucket_arn,
                prefixes=settings.source.prefixes,
                runs_bucket_arn=self.runs_bucket_arn,
                runs_key_arn=settings.kms_key_arn,
            ),
        )

    def _process_objects(self) -> PythonFunction:
        settings = self.environment
        return self._function(
            "process_objects",
            sizing=settings.process_objects,
            environment={**self._source_variables, "READ_THREADS": str(settings.process_objects.threads)},
            needs=functions.process_objects(
                source_bucket_arn=self.source_bucket_arn,
                prefixes=settings.source.prefixes,
                source_key_arn=settings.source.kms_key_arn,
            ),
            reserved_concurrency=settings.process_objects.reserved_concurrency,
        )

    def _summarize_run(self) -> PythonFunction:
        return self._function(
            "summarize_run",
            sizing=self.environment.summarize_run,
            environment=self._runs_variables,
            needs=functions.summarize_run(
                runs_bucket_arn=self.runs_bucket_arn, runs_key_arn=self.environment.kms_key_arn
            ),
        )

    def _function(
        self,
        id_: str,
        *,
        sizing: Lister | Processor | Summarizer,
        environment: Mapping[str, str],
        needs: Mapping[str, Statements],
        reserved_concurrency: int | None = None,
    ) -> PythonFunction:
        """The function whose package directory is `lambdas/<id_>`."""
        return PythonFunction(
            self,
            id_,
            name=self._function_names[id_],
            source=LAMBDAS / id_,
            location=self.location,
            environment=environment,
            needs=needs,
            memory_mb=sizing.memory_mb,
            timeout_seconds=sizing.timeout_seconds,
            log_retention_days=self.environment.log_retention_days,
            reserved_concurrency=reserved_concurrency,
        )

    @property
    def _source_variables(self) -> dict[str, str]:
        source = self.environment.source
        return {
            "SOURCE_BUCKET": source.bucket,
            "SOURCE_ACCOUNT_ID": source.account_id,
            "SOURCE_REGION": self.environment.source_region,
        }

    @property
    def _runs_variables(self) -> dict[str, str]:
        return {
            "RUNS_BUCKET": self.environment.runs_bucket,
            "RUNS_ACCOUNT_ID": self.environment.target.account_id,
        }

    def _state_machine(self) -> StateMachine:
        environment = self.environment
        called = (self.list_objects, self.process_objects, self.summarize_run)
        return StateMachine(
            self,
            "state_machine",
            name=environment.prefix,
            location=self.location,
            definition=pipeline.definition(
                list_objects_arn=self.list_objects.arn,
                process_objects_arn=self.process_objects.arn,
                summarize_run_arn=self.summarize_run.arn,
                runs_bucket=environment.runs_bucket,
                runs_account_id=environment.target.account_id,
                prefixes=environment.source.prefixes or ("",),
                execution_type=environment.map.execution_type,
                max_concurrency=environment.map.max_concurrency,
                max_items_per_batch=environment.map.max_items_per_batch,
                tolerated_failure_percentage=environment.map.tolerated_failure_percentage,
                tolerated_failure_count=environment.map.tolerated_failure_count,
                # The function's own timeout comes first, and says more.
                child_timeout_seconds=environment.process_objects.timeout_seconds + 10,
            ),
            bounds=pipeline.BOUNDS,
            kms_keys={environment.runs_bucket: environment.kms_key_arn} if environment.kms_key_arn else None,
            log_retention_days=environment.log_retention_days,
            before=[each.function for each in called],
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
            map_label=pipeline.LABEL,
            functions=self._function_names,
            # The other two use what time they have, and go on in the next invocation.
            timeouts_seconds={"process_objects": environment.process_objects.timeout_seconds},
            child_limit_seconds=EXPRESS_LIMIT_SECONDS if environment.map.execution_type == "EXPRESS" else None,
            tolerated_failure_percentage=environment.map.tolerated_failure_percentage or 0,
            schedule_group=self.schedule.group if self.schedule else None,
            topic_arns=[topic_arn] if topic_arn else [],
        )

    @property
    def _function_names(self) -> dict[str, str]:
        """The functions' names by what they are called in plan addresses."""
        prefix = self.environment.prefix
        return {id_: f"{prefix}-{id_.replace('_', '-')}" for id_ in FUNCTIONS}

    def _outputs(self, source_access: Mapping[str, str]) -> None:
        environment = self.environment
        arn, region = self.state_machine.arn, environment.region
        console = f"https://{region}.console.aws.amazon.com"
        outputs = {
            "state_machine_arn": arn,
            "state_machine_console": f"{console}/states/home?region={region}#/statemachines/view/{arn}",
            "runs_bucket": environment.runs_bucket,
            "runs_bucket_console": f"{console}/s3/buckets/{environment.runs_bucket}?region={region}",
            "dashboard_console": f"{console}/cloudwatch/home?region={region}#dashboards/dashboard/{environment.prefix}",
            "source_bucket": environment.source.bucket,
            "start_command": f"aws stepfunctions start-execution --region {region} --state-machine-arn {arn}",
            **source_access,
        }
        if environment.local_cloud_url is not None:
            outputs["local_cloud_url"] = "${var.local_cloud_url}"
        outputs_scope = Construct(self, "outputs")
        ready = [f"{made.terraform_resource_type}.{made.friendly_unique_id}" for made in self.state_machine.ready]
        for name, value in outputs.items():
            # A run started before its role may start children fails: nothing here is told before that.
            output = cdktf.TerraformOutput(outputs_scope, name, value=value)
            output.override_logical_id(name)
            output.add_override("depends_on", ready)  # cdktf's own argument renders what terraform refuses
