"""A machine with a distributed Map, with its function, role and bucket, in the real local cloud."""

import io
import json
import time
import uuid
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local_cloud.process import REGION, SOURCE_ACCOUNT, TARGET_ACCOUNT, LocalCloud

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient

CODE = """
class BatchFailed(Exception):
    pass
def handler(event, context):
    if any(item.get("Bad") for item in event["Items"]):
        raise BatchFailed("a bad item")
    return [{"Key": item["Key"]} for item in event["Items"]]
"""


def zipped(code: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("function.py", code)
    return archive.getvalue()


def trust(service: str, **condition: Any) -> str:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(*grants: tuple[str | list[str], str | list[str]]) -> str:
    statements = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in grants]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@dataclass
class Deployment:
    """Every resource is called `name`. The role has one inline policy for each need, called as the need."""

    cloud: LocalCloud
    name: str = field(default_factory=lambda: f"unit-{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.iam: IAMClient = self.cloud.client("iam")
        self.functions: LambdaClient = self.cloud.client("lambda")
        self.s3: S3Client = self.cloud.client("s3")
        self.states: SFNClient = self.cloud.client("stepfunctions")
        self.source: S3Client = self.cloud.client("s3", SOURCE_ACCOUNT)
        self.machine_arn = f"arn:aws:states:{REGION}:{TARGET_ACCOUNT}:stateMachine:{self.name}"
        self.function_role = f"{self.name}-function"
        self.function_arn = f"arn:aws:lambda:{REGION}:{TARGET_ACCOUNT}:function:{self.name}"

    def create(self, code: str = CODE) -> None:
        self.create_function(code)
        self.s3.create_bucket(Bucket=self.name)
        self.create_role()
        for need in self.policies():
            self.grant(need)
        self.create_machine(self.definition())

    def create_function(self, code: str) -> None:
        self.iam.create_role(RoleName=self.function_role, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
        self.functions.create_function(
            FunctionName=self.name,
            Runtime="python3.13",
            Role=self.role_arn(self.function_role),
            Handler="function.handler",
            Code={"ZipFile": zipped(code)},
            Timeout=10,
        )

    def create_role(self) -> None:
        self.iam.create_role(
            RoleName=self.name,
            AssumeRolePolicyDocument=trust(
                "states.amazonaws.com",
                StringEquals={"aws:SourceAccount": TARGET_ACCOUNT},
                ArnLike={"aws:SourceArn": self.machine_arn},
            ),
        )

    def create_machine(self, definition: dict[str, Any]) -> None:
        self.states.create_state_machine(
            name=self.name, roleArn=self.role_arn(self.name), definition=json.dumps(definition)
        )

    def role_arn(self, name: str) -> str:
        return f"arn:aws:iam::{TARGET_ACCOUNT}:role/{name}"

    def policies(self) -> dict[str, str]:
        bucket, executions = f"arn:aws:s3:::{self.name}", self.machine_arn.replace("stateMachine", "execution")
        return {
            "read-items": allow(("s3:ListBucket", bucket), ("s3:GetObject", f"{bucket}/keys/*")),
            "write-results": allow(("s3:PutObject", f"{bucket}/results/*")),
            "invoke-functions": allow(("lambda:InvokeFunction", self.function_arn)),
            "run-map": allow(
                ("states:StartExecution", self.machine_arn),
                ("states:DescribeExecution", [f"{executions}:*", f"{executions}/*:*"]),
                ("states:RedriveExecution", f"{executions}/*:*"),
            ),
        }

    def grant(self, need: str) -> None:
        self.iam.put_role_policy(RoleName=self.name, PolicyName=need, PolicyDocument=self.policies()[need])

    def revoke(self, need: str) -> None:
        self.iam.delete_role_policy(RoleName=self.name, PolicyName=need)

    def definition(self, **fields: Any) -> dict[str, Any]:
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": self.function_arn, "Payload": "{% $states.input %}"},
            "Output": "{% $states.result.Payload %}",
            "End": True,
        }
        map_state = {
            "Type": "Map",
            "Label": "Each",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:listObjectsV2",
                "Arguments": {"Bucket": self.name, "Prefix": "keys/", "ExpectedBucketOwner": TARGET_ACCOUNT},
                "ReaderConfig": {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
            },
            "ItemBatcher": {"MaxItemsPerBatch": 10, "MaxInputBytesPerBatch": 131_072},
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                "StartAt": "Work",
                "States": {"Work": task},
            },
            "ResultWriter": {
                "Resource": "arn:aws:states:::s3:putObject",
                "Arguments": {"Bucket": self.name, "Prefix": "{% 'results/' & $states.context.Execution.Name %}"},
                "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"},
            },
            "End": True,
            **fields,
        }
        return {"QueryLanguage": "JSONata", "StartAt": "Each", "States": {"Each": map_state}}

    def put_keys(self, keys: list[str], bad: frozenset[str] = frozenset(), part: str = "part-0") -> None:
        items = [{"Key": key, "Bad": True} if key in bad else {"Key": key} for key in keys]
        body = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
        self.s3.put_object(Bucket=self.name, Key=f"keys/{part}.jsonl", Body=body.encode())

    def start(self, data: Any = None) -> str:
        return self.states.start_execution(stateMachineArn=self.machine_arn, input=json.dumps(data or {}))[
            "executionArn"
        ]

    def wait_for_end(self, arn: str) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while (execution := self.states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return dict(execution)

    def map_run(self, arn: str) -> dict[str, Any]:
        [entry] = self.states.list_map_runs(executionArn=arn)["mapRuns"]
        return dict(self.states.describe_map_run(mapRunArn=entry["mapRunArn"]))

    def results(self, details: dict[str, str], name: str) -> list[Any]:
        """The lines of the files that the manifest lists under `name`."""
        manifest = json.loads(self.s3.get_object(Bucket=details["Bucket"], Key=details["Key"])["Body"].read())
        texts = [
            self.s3.get_object(Bucket=self.name, Key=file["Key"])["Body"].read().decode()
            for file in manifest["ResultFiles"][name]
        ]
        return [json.loads(line) for text in texts for line in text.split("\n") if line]
