"""`mapspan permissions` prints a role's policies in the form that is asked for, and says what is missing."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from examples import nightly_check
from mapspan.checkout import CommandError
from mapspan.deploying.file_permissions import Options, file_permissions
from mapspan.main import commands
from modules.asl.nested_states import nested_states
from modules.asl.query_language import DefinitionError
from modules.terraform_template import read_literal
from tests.fixtures.machines import ACCOUNT, LAMBDA, REGION, State, distributed, machine, reader, task

INVOKE = task("lambda:invoke", {"FunctionName": f"{LAMBDA}:work"})
UNKNOWN = task("databrew:startJobRun.sync", {"Name": "job"})


def run(file: Path, *options: str) -> Result:
    return CliRunner().invoke(commands, ["permissions", str(file), *options])


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(definition: object, name: str = "work.asl.json") -> Path:
        file = tmp_path / name
        file.write_text(definition if isinstance(definition, str) else json.dumps(definition))
        return file

    return write


def sids(result: Result) -> list[str]:
    return [statement["Sid"] for statement in json.loads(result.stdout)["Statement"]]


def test_the_command_of_the_readme_gives_the_example_its_role(tmp_path: Path) -> None:
    """A distributed Map nested in a Parallel, in YAML and JSONPath, with placeholders."""
    values = nightly_check.substitutions(
        check_function_arn=f"{LAMBDA}:check", announce_function_arn=f"{LAMBDA}:announce", bucket="b", prefix="in/"
    )
    (tmp_path / "values.json").write_text(json.dumps(values))
    options = ("--name", "nightly", "--format", "terraform")
    result = run(nightly_check.DEFINITION, *options, "--substitute", str(tmp_path / "values.json"))
    assert result.exit_code == 0
    assert 'resource "aws_iam_role_policy" "run_map"' in result.stdout
    assert f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:nightly" in result.stdout
    assert "${" not in result.stdout
    assert run(nightly_check.DEFINITION, *options).exit_code == 1


def test_one_policy_document_is_printed(written: Any) -> None:
    result = run(written(machine(Call=INVOKE)), "--no-logging", "--no-tracing")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "InvokeFunctions",
                "Effect": "Allow",
                "Action": ["lambda:InvokeFunction"],
                "Resource": [f"{LAMBDA}:work"],
            }
        ],
    }


def test_one_document_has_each_sid_once(written: Any, tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    statement = {"Sid": "InvokeFunctions", "Effect": "Allow", "Action": "databrew:StartJobRun", "Resource": "*"}
    mine.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    result = run(written(machine(Call=INVOKE, Brew=UNKNOWN)), "--explicit", f"Brew={mine}")
    assert sids(result) == ["InvokeFunctions", "DeliverLogs", "Trace", "InvokeFunctions2"]


def test_a_document_for_each_need_and_the_statements_alone(written: Any) -> None:
    file = written(machine(Call=INVOKE))
    policies = json.loads(run(file, "--format", "policies").stdout)
    statements = json.loads(run(file, "--format", "json").stdout)
    assert set(policies) == {"invoke-functions", "deliver-logs", "trace"}
    assert {need: document["Statement"] for need, document in policies.items()} == statements


def test_terraform_has_a_resource_for_each_need_without_templates(written: Any) -> None:
    object_ = {"Bucket": "b", "Key": "%{if x}"}
    file = written(machine(Map=distributed(Next="Get", End=False), Get=task("aws-sdk:s3:getObject", object_)))
    place = ["--name", "work", "--account-id", ACCOUNT, "--region", REGION]
    resources = json.loads(run(file, *place, "--format", "terraform-json").stdout)["resource"]["aws_iam_role_policy"]
    assert list(resources) == ["run_map", "call_services", "deliver_logs", "trace"]
    assert resources["run_map"]["role"] == "${var.state_machine_role}"
    get = read_literal(resources["call_services"]["policy"])["Statement"][0]
    assert get["Resource"] == ["arn:aws:s3:::b/%{if x}"]
    hcl = run(file, *place, "--format", "terraform").stdout
    assert hcl.count('resource "aws_iam_role_policy" "') == 4
    assert '"arn:aws:s3:::b/%%{if x}"' in hcl
    assert hcl.index("so there is no cycle") < hcl.index('"run_map"') < hcl.index('"call_services"')


def test_placeholders_that_are_left_are_named_and_nothing_is_printed(written: Any, tmp_path: Path) -> None:
    file = written(json.dumps(machine(Call=task("lambda:invoke", {"FunctionName": "${Fn}"}))))
    with pytest.raises(CommandError, match=r"placeholders without a value: Fn; .*--substitute FILE"):
        CliRunner().invoke(commands, ["permissions", str(file)], catch_exceptions=False)
    values = tmp_path / "values.yaml"
    values.write_text(f"Fn: {LAMBDA}:work\n")
    result = run(file, "--substitute", str(values))
    assert result.exit_code == 0
    assert "${" not in result.stdout
    assert f"{LAMBDA}:work" in result.stdout


def test_a_statement_with_a_placeholder_is_not_printed(written: Any, tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text('{"Effect": "Allow", "Action": "databrew:StartJobRun", "Resource": "${Job}"}')
    result = run(written(machine(Call=INVOKE, Brew=UNKNOWN)), "--explicit", f"Brew={mine}")
    assert result.exit_code == 1
    assert "${" not in result.stdout
    assert "Explicit contains the placeholder ${Job}" in result.stderr


def test_yaml_and_json_give_the_same(written: Any) -> None:
    yaml = f"""
    StartAt: Call
    States:
      Call:
        Type: Task
        Resource: arn:aws:states:::lambda:invoke
        Parameters: {{FunctionName: "{LAMBDA}:work", Payload.$: $}}
        End: true
    """
    assert run(written(yaml, "work.asl.yaml")).stdout == run(written(machine(Call=INVOKE))).stdout


def test_what_is_missing_names_the_option_and_the_rest_is_printed(written: Any) -> None:
    late = task("lambda:invoke", {"FunctionName": "{% $f %}"})
    result = run(written(machine(Call=INVOKE, Late=late, Brew=UNKNOWN, Map=distributed())))
    assert result.exit_code == 1
    assert sids(result) == ["InvokeFunctions", "DeliverLogs", "Trace"]
    errors = result.stderr.splitlines()
    assert len(errors) == 3
    assert errors[0].endswith("""--bounds '{"Late": {"FunctionName": "<function name or ARN>"}}'""")
    assert errors[1].endswith("pass --explicit Brew=FILE, a policy document of its statements")
    assert errors[2].endswith("pass --name NAME")


def test_the_options_that_errors_name_are_accepted(written: Any, tmp_path: Path) -> None:
    late = task("lambda:invoke", {"FunctionName": "{% $f %}"})
    file = written({"QueryLanguage": "JSONata", "StartAt": "It's", "States": {"It's": late, "B=w": UNKNOWN}})
    first, second = run(file).stderr.splitlines()
    mine = tmp_path / "mine.json"
    mine.write_text('[{"Effect": "Allow", "Action": "databrew:StartJobRun", "Resource": "*"}]')
    option = second.partition("pass ")[2].rpartition(", a policy")[0].replace("FILE", str(mine))
    place = ["--account-id", ACCOUNT, "--region", REGION]
    result = run(file, *shlex.split(first.partition("pass ")[2]), *shlex.split(option), *place)
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_name_an_account_and_a_region_are_asked_for_only_if_a_statement_needs_them(written: Any) -> None:
    assert run(written(machine(Call=task("aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"})))).exit_code == 0
    result = run(written(machine(Call=task("lambda:invoke", {"FunctionName": "work"}))))
    assert [line.partition("pass ")[2] for line in result.stderr.splitlines()] == [
        "--account-id ACCOUNT_ID",
        "--region REGION",
    ]


@pytest.mark.parametrize(("partition", "region"), [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")])
def test_derived_arns_are_of_the_partition_of_the_definition(written: Any, partition: str, region: str) -> None:
    over = distributed(ItemReader=reader({"InputType": "JSON"}, Key="k"), Next="Call", End=False)
    definition = machine(Map=over, Call=task("dynamodb:putItem", {"TableName": "t"}))
    file = written(json.dumps(definition).replace("arn:aws:", f"arn:{partition}:"))
    partial = run(file)
    assert f"arn:{partition}:s3:::data/k" in partial.stdout
    result = run(file, "--name", "work", "--account-id", ACCOUNT, "--region", region)
    assert result.exit_code == 0
    assert "arn:aws:" not in partial.stdout + result.stdout
    with pytest.raises(DefinitionError, match="partition"):
        file_permissions(json.loads(file.read_text()), Options(region="eu-west-1"))


def test_policies_that_are_too_long_for_a_role_are_reported(written: Any) -> None:
    def calls(count: int) -> dict[str, object]:
        return machine(**{f"S{n}": task("lambda:invoke", {"FunctionName": f"{LAMBDA}:work-{n}"}) for n in range(count)})

    assert "10,240" not in run(written(calls(50))).stderr
    result = run(written(calls(200)))
    assert "more than the 10,240 of a role's inline policies" in result.stderr
    assert result.exit_code == 0


def test_arns_of_two_partitions_are_refused(written: Any) -> None:
    text = json.dumps(machine(Call=INVOKE)).replace("arn:aws:states", "arn:aws-cn:states")
    with pytest.raises(CommandError, match=r"several partitions \(aws, aws-cn\)"):
        CliRunner().invoke(commands, ["permissions", str(written(text))], catch_exceptions=False)


@pytest.mark.parametrize(
    "options",
    [
        ["--bounds", "{"],
        ["--bounds", "[]"],
        ["--bounds", '{"Call": "x"}'],
        ["--bounds", '{"Call": {"FunctionName": []}}'],
        ["--bounds", '{"Call": {"FunctionName": [1]}}'],
        ["--kms-keys", '{"b": "alias/x"}'],
        ["--kms-keys", "x"],
        ["--explicit", "Call"],
        ["--explicit", "Call=none.json"],
        ["--substitute", "none.json"],
        ["--name", "a b"],
        ["--account-id", "1"],
        ["--region", "*"],
    ],
)
def test_an_option_of_another_form_is_an_error_that_names_it(written: Any, options: list[str]) -> None:
    with pytest.raises(CommandError) as refusal:
        CliRunner().invoke(
            commands, ["permissions", str(written(machine(Call=INVOKE))), *options], catch_exceptions=False
        )
    assert options[0] in str(refusal.value) or "none.json" in str(refusal.value)


@pytest.mark.parametrize(
    "statement",
    [
        "x",
        {"Effect": "Deny", "Action": "a:B", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "a:B", "Resource": "*"},
        {"Effect": "Allow", "Action": [1], "Resource": "*"},
        {"Effect": "Allow", "Action": "a:B", "Resource": []},
        {"Effect": "Allow", "Action": "a:B", "Resource": "*", "Condition": "x"},
    ],
)
def test_explicit_statements_that_do_not_allow_are_refused(written: Any, tmp_path: Path, statement: object) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps(statement))
    arguments = ["permissions", str(written(machine(Call=INVOKE))), "--explicit", f"Call={mine}"]
    with pytest.raises(CommandError, match=r"mine\.json: a statement"):
        CliRunner().invoke(commands, arguments, catch_exceptions=False)


@pytest.mark.parametrize(
    "broken",
    [
        {"Branches": 1},
        {"Branches": [1]},
        {"Branches": {"a": 1}},
        {"ItemProcessor": []},
        {"ItemProcessor": {"ProcessorConfig": "DISTRIBUTED"}},
        {"Iterator": "x"},
        {"ItemReader": "x"},
        {"ItemReader": {"ReaderConfig": []}},
        {"ResultWriter": []},
        {"Resource": 1},
    ],
)
def test_a_field_of_another_type_is_named(broken: State) -> None:
    field = next(iter(broken))
    with pytest.raises(DefinitionError, match=rf"the definition\.States\.Map\.{field}"):
        list(nested_states(machine(Map=distributed() | broken)))


# Names and values that mean something in a definition, so that the fuzz goes deep.
NAMES_TEXT = """
States QueryLanguage Type Resource Arguments Parameters Branches ItemProcessor Iterator ProcessorConfig Mode
ExecutionType ItemReader ReaderConfig ManifestType InputType ResultWriter Bucket Key Prefix Label Credentials
RoleArn FunctionName FunctionName.$ Qualifier TableName RequestItems Delete Objects CopySource QueueUrl TopicArn
Entries EventBusName StateMachineArn Cluster TaskDefinition Tags Image S3Object Name KeyId SecretId WorkGroup
QueryString ResultConfiguration OutputLocation ApiEndpoint Method Path AuthType InvocationConfig ConnectionArn
ModelId Input Output S3Uri JobName JobQueue JobDefinition ApplicationId JobRunId ExecutionRoleArn Role Queue
TrainingJobName EndpointName SSEKMSKeyId OutputConfig S3Bucket S3Prefix DocumentPages GuardrailIdentifier
"""
NAMES = st.sampled_from(NAMES_TEXT.split())
RESOURCES = st.sampled_from(
    [
        *(f"arn:aws:states:::aws-sdk:{call}" for call in ("s3:copyObject", "s3:deleteObjects", "s3:getObject")),
        *(f"arn:aws:states:::aws-sdk:{call}" for call in ("dynamodb:batchGetItem", "kms:encrypt", "sqs:sendMessage")),
        *(
            f"arn:aws:states:::aws-sdk:{call}"
            for call in ("textract:startDocumentAnalysis", "secretsmanager:getSecretValue")
        ),
        *(f"arn:aws:states:::{call}" for call in ("lambda:invoke", "events:putEvents", "ecs:runTask.sync")),
        *(
            f"arn:aws:states:::{call}"
            for call in ("athena:startQueryExecution.sync", "http:invoke", "apigateway:invoke")
        ),
        *(
            f"arn:aws:states:::{call}"
            for call in ("bedrock:invokeModel", "batch:submitJob.sync", "glue:startJobRun.sync")
        ),
        *(f"arn:aws:states:::{call}" for call in ("mediaconvert:createJob.sync", "sagemaker:createTrainingJob.sync")),
        *(
            f"arn:aws:states:::{call}"
            for call in ("emr-serverless:startJobRun.sync", "s3:getObject", "states:startExecution.sync")
        ),
    ]
)
TEXTS = st.one_of(
    st.sampled_from(
        ["Task", "Map", "DISTRIBUTED", "S3_INVENTORY", "JSONata", "{% $x %}", "$.x", "arn:aws:", "a/b", "s3://"]
    ),
    RESOURCES,
    st.text(max_size=4),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.floats(allow_nan=False), TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)
STATES = st.fixed_dictionaries(
    {"Type": st.sampled_from(["Task", "Map", "Parallel"]), "Resource": RESOURCES},
    optional={
        "Parameters": st.dictionaries(NAMES, VALUES, max_size=5),
        "ItemProcessor": VALUES,
        "Branches": VALUES,
        "ItemReader": st.dictionaries(NAMES, VALUES, max_size=4),
        "Credentials": VALUES,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(VALUES, st.builds(lambda states: {"States": states}, st.dictionaries(st.text(max_size=3), STATES))))
@example({"States": {"a": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:deleteObjects", "Parameters": {}}}})
def test_any_json_gives_statements_or_an_error_and_never_a_traceback(definition: Any) -> None:
    try:
        permissions = file_permissions(definition, Options())
    except DefinitionError as error:
        assert str(error)  # noqa: PT017 - either outcome is fine
    else:
        for statement in (statement for statements in permissions.derived.values() for statement in statements):
            assert all(isinstance(resource, str) for resource in statement["Resource"])
        assert all(gap.for_command() for gap in permissions.gaps)
