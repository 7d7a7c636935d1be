"""A definition gives statements for each need on the narrowest resource, and an error for what can't be derived."""

import json
from typing import Any

import pytest

from modules.asl.grant import AFTER_THE_MACHINE
from modules.asl.permissions import UnderivableError, needs
from modules.asl.query_language import DefinitionError
from modules.asl.statement import allow
from modules.pipeline.workflow.definition import pipeline_bounds, pipeline_definition
from modules.pipeline.workflow.key_sources.listing import ListingStates
from tests.fixtures.machines import (
    ACCOUNT,
    LAMBDA,
    REGION,
    STATES,
    State,
    derive,
    distributed,
    granted,
    machine,
    of_task,
    reader,
    task,
)


@pytest.mark.parametrize(
    ("arguments", "function"),
    [
        ({"FunctionName": "work"}, "work"),
        ({"FunctionName": "work:live"}, "work:live"),
        ({"FunctionName": f"{ACCOUNT}:function:work"}, "work"),
        ({"FunctionName": f"{LAMBDA}:work"}, "work"),
        ({"FunctionName": f"{LAMBDA}:work:7"}, "work:7"),
        ({"FunctionName": "work", "Qualifier": "live"}, "work:live"),
    ],
)
def test_a_function_may_be_invoked_only_in_the_version_that_the_task_names(arguments: State, function: str) -> None:
    assert of_task("lambda:invoke", arguments) == {
        "invoke-functions": [allow("InvokeFunctions", ["lambda:InvokeFunction"], [f"{LAMBDA}:{function}"])]
    }


def test_a_resource_may_be_a_function_and_an_arn_may_be_a_token_of_cdktf() -> None:
    direct = machine(Call={"Type": "Task", "Resource": f"{LAMBDA}:work", "End": True})
    assert granted(derive(direct)) == {("lambda:InvokeFunction", f"{LAMBDA}:work")}
    reference = "${TfToken[TOKEN.1]}"
    assert granted(of_task("lambda:invoke", {"FunctionName": reference})) == {("lambda:InvokeFunction", reference)}


def test_a_placeholder_is_never_a_literal_in_a_policy() -> None:
    for arguments in ({"Bucket": "${Data}", "Key": "k"}, {"Bucket": "b", "Key": "${aws_s3_object.k.key}"}):
        with pytest.raises(UnderivableError, match=r"S3GetObject contains the placeholder \$\{"):
            of_task("aws-sdk:s3:getObject", arguments)
    with pytest.raises(UnderivableError, match=r"contains the placeholder \$\{Prefix\}"):
        of_task("aws-sdk:s3:listObjectsV2", {"Bucket": "b", "Prefix": "${Prefix}"})
    own = allow("Own", ["s3:GetObject"], ["arn:aws:s3:::b/${aws:PrincipalTag/team}/*", "arn:aws:s3:::b/${*}"])
    assert of_task("databrew:startJobRun", {}, explicit={"Call": [own]}) == {"explicit": [own]}


def test_an_integration_may_name_its_region_and_account() -> None:
    state = task("lambda:invoke", {"FunctionName": "work"}, Resource=f"{STATES}:lambda:invoke")
    assert derive(machine(Call=state)) == of_task("lambda:invoke", {"FunctionName": "work"})


def test_functions_of_nested_states_share_one_statement() -> None:
    inner = distributed()
    inner["ItemProcessor"]["States"] = {"Deep": task("lambda:invoke", {"FunctionName": "deep"})}
    legacy = {
        "Type": "Map",
        "Iterator": {"StartAt": "Old", "States": {"Old": task("lambda:invoke", {"FunctionName": "old"})}},
        "End": True,
    }
    inline = {"Type": "Map", "ItemProcessor": {"StartAt": "Inner", "States": {"Inner": inner}}, "End": True}
    parallel = {
        "Type": "Parallel",
        "Branches": [
            {"StartAt": "Inline", "States": {"Inline": inline}},
            {"StartAt": "Legacy", "States": {"Legacy": legacy}},
        ],
        "Next": "Last",
    }
    derived = derive(machine(Both=parallel, Last=task("lambda:invoke.waitForTaskToken", {"FunctionName": "last"})))
    assert derived["invoke-functions"] == [
        allow("InvokeFunctions", ["lambda:InvokeFunction"], [f"{LAMBDA}:{name}" for name in ("deep", "last", "old")])
    ]
    assert "run-map" in derived


def test_a_map_may_run_watch_stop_and_redrive_only_its_own_children() -> None:
    watched = [f"{STATES}:execution:work:*", f"{STATES}:execution:work/Work:*"]
    assert derive(machine(Map=distributed()))["run-map"] == [
        allow("StartChildExecutions", ["states:StartExecution"], [f"{STATES}:stateMachine:work"]),
        allow("WatchChildExecutions", ["states:DescribeExecution"], watched),
        allow("StopChildExecutions", ["states:StopExecution"], watched),
        allow("RedriveChildExecutions", ["states:RedriveExecution"], [f"{STATES}:execution:work/Work:*"]),
    ]


def test_express_children_cannot_be_stopped_so_a_map_may_not_stop_them() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html"""
    granted_to_express = granted(derive(machine(Map=distributed("EXPRESS"))))
    assert granted(derive(machine(Map=distributed()))) - granted_to_express == {
        ("states:StopExecution", f"{STATES}:execution:work:*"),
        ("states:StopExecution", f"{STATES}:execution:work/Work:*"),
    }


def test_a_map_without_a_label_may_redrive_children_of_any_label() -> None:
    state = distributed()
    del state["Label"]
    assert ("states:RedriveExecution", f"{STATES}:execution:work/*:*") in granted(derive(machine(Map=state)))


def test_what_a_task_and_a_map_both_need_is_granted_once() -> None:
    look = task("aws-sdk:s3:listObjectsV2", {"Bucket": "data", "Prefix": "a/"}, Next="Map")
    del look["End"]
    over = distributed(ItemReader=reader({"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"}, Prefix="a/"))
    derived = derive(machine(Look=look, Map=over))
    assert list(derived) == ["read-items", "run-map"]
    assert derived["read-items"] == derive(machine(Map=over))["read-items"]


def test_a_task_does_not_rely_on_the_policy_that_comes_after_the_machine() -> None:
    start = task("aws-sdk:sfn:startExecution", {"StateMachineArn": f"{STATES}:stateMachine:work"}, Next="Map")
    del start["End"]
    assert list(derive(machine(Start=start, Map=distributed()))) == ["call-services", "run-map"]


def test_an_inline_map_needs_no_permissions() -> None:
    state = distributed()
    del state["ItemProcessor"]["ProcessorConfig"]
    assert derive(machine(Map=state)) == {}


def test_only_the_policy_that_names_the_machine_comes_after_it() -> None:
    derived = needs(machine(Map=distributed()), name="work", account_id=ACCOUNT, region=REGION)
    assert set(derived) == {"run-map", "deliver-logs", "trace"}
    naming = {need for need, statements in derived.items() if ":stateMachine:work" in json.dumps(statements)}
    assert naming == AFTER_THE_MACHINE


@pytest.mark.parametrize(
    ("item_reader", "read"),
    [
        (reader({"InputType": "JSON"}, Key="a/items.json"), {("s3:GetObject", "data/a/items.json")}),
        (reader({"InputType": "JSONL"}, Key="a", VersionId="1"), {("s3:GetObjectVersion", "data/a")}),
        (reader({}, Prefix="in/"), {("s3:ListBucket", "data")}),
        (
            reader({"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"}, Prefix="in/"),
            {("s3:ListBucket", "data"), ("s3:GetObject", "data/in/*")},
        ),
        (
            reader({"ManifestType": "S3_INVENTORY"}, Key="inv/src/daily/2026-11-01T00-00Z/manifest.json"),
            {
                ("s3:GetObject", "data/inv/src/daily/2026-11-01T00-00Z/manifest.json"),
                ("s3:GetObject", "data/inv/src/daily/data/*"),
            },
        ),
        (
            reader({"InputType": "MANIFEST"}, Key="src/daily/2026-11-01T00-00Z/manifest.json"),
            {
                ("s3:GetObject", "data/src/daily/2026-11-01T00-00Z/manifest.json"),
                ("s3:GetObject", "data/src/daily/data/*"),
            },
        ),
    ],
)
def test_each_reader_may_read_only_what_it_names(item_reader: State, read: set[tuple[str, str]]) -> None:
    derived = derive(machine(Map=distributed(ItemReader=item_reader)))
    expected = {(action, f"arn:aws:s3:::{path}") for action, path in read}
    assert granted({"read-items": derived["read-items"]}) == expected


def test_listing_is_limited_to_the_prefix() -> None:
    def conditions(prefix: object, **options: Any) -> list[object]:
        derived = derive(machine(Map=distributed(ItemReader=reader({}, Prefix=prefix))), **options)
        return [statement.get("Condition") for statement in derived["read-items"]]

    assert conditions("in/") == [{"StringEquals": {"s3:prefix": "in/"}}]
    bounds = {"Map": {"ItemReader.Prefix": ["in/", "also/"]}}
    assert conditions("{% $p %}", bounds=bounds) == [
        {"StringLike": {"s3:prefix": "in/*"}},
        {"StringLike": {"s3:prefix": "also/*"}},
    ]


@pytest.mark.parametrize(
    ("owner", "condition"),
    [
        ("222222222222", {"StringEquals": {"s3:prefix": "in/", "aws:ResourceAccount": "222222222222"}}),
        ("{% $owner %}", {"StringEquals": {"s3:prefix": "in/"}}),
        (None, {"StringEquals": {"s3:prefix": "in/"}}),
    ],
)
def test_the_owner_that_a_reader_expects_limits_the_role_too(owner: str | None, condition: object) -> None:
    expected = {"ExpectedBucketOwner": owner} if owner else {}
    derived = derive(machine(Map=distributed(ItemReader=reader({}, Prefix="in/", **expected))))
    assert [statement.get("Condition") for statement in derived["read-items"]] == [condition]


def test_the_owner_of_a_manifests_bucket_does_not_limit_the_bucket_of_the_data() -> None:
    manifest = reader(
        {"ManifestType": "ATHENA_DATA", "InputType": "PARQUET"}, Key="out/a.csv", ExpectedBucketOwner="222222222222"
    )
    derived = derive(
        machine(Map=distributed(ItemReader=manifest)), bounds={"Map": {"ItemReader.DataFiles": "lake/unload/"}}
    )
    limited = {statement["Resource"][0]: "Condition" in statement for statement in derived["read-items"]}
    assert limited == {"arn:aws:s3:::data/out/a.csv": True, "arn:aws:s3:::lake/unload/*": False}


def test_the_owner_that_an_s3_call_expects_limits_the_role_too() -> None:
    arguments = {"Bucket": "b", "Key": "k", "ExpectedBucketOwner": "222222222222"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Arguments": arguments}
    derived = derive(machine(Get=task))
    (statement,) = next(iter(derived.values()))
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceAccount": "222222222222"}}


def test_an_athena_manifest_needs_a_bound_for_its_data_files() -> None:
    manifest = reader({"ManifestType": "ATHENA_DATA", "InputType": "PARQUET"}, Key="out/manifest.csv")
    definition = machine(Map=distributed(ItemReader=manifest))
    with pytest.raises(UnderivableError, match=r"Map: ItemReader.DataFiles .*pass bounds="):
        derive(definition)
    derived = derive(definition, bounds={"Map": {"ItemReader.DataFiles": "lake/unload/"}})
    assert ("s3:GetObject", "arn:aws:s3:::lake/unload/*") in granted(derived)


@pytest.mark.parametrize(
    ("prefix", "resource"),
    [
        ("runs", "out/runs/*"),
        ("runs/", "out/runs/*"),
        (None, "out/*"),
        ("${TfToken[TOKEN.1]}", "out/${TfToken[TOKEN.1]}/*"),
    ],
)
def test_results_are_written_below_their_prefix(prefix: str | None, resource: str) -> None:
    arguments = {"Bucket": "out"} | ({} if prefix is None else {"Prefix": prefix})
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Arguments": arguments}
    derived = derive(machine(Map=distributed(ResultWriter=writer)))
    assert granted({"": derived["write-results"]}) == {
        (f"s3:{action}", f"arn:aws:s3:::{resource}")
        for action in ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload")
    }


def test_a_reader_whose_arguments_are_one_expression_is_refused() -> None:
    item_reader = {"Resource": "arn:aws:states:::s3:getObject", "Arguments": "{% $reader %}"}
    with pytest.raises(UnderivableError, match="Map: ItemReader takes its arguments from one expression"):
        derive(machine(Map=distributed(ItemReader=item_reader)))


def test_a_writer_without_a_bucket_needs_no_permissions() -> None:
    writer = {"WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}}
    assert set(derive(machine(Map=distributed(ResultWriter=writer)))) == {"run-map"}


def test_kms_keys_may_be_used_only_for_their_buckets_and_only_through_s3() -> None:
    definition = machine(
        Map=distributed(
            ItemReader=reader({"InputType": "JSON"}, Key="a"),
            ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "out", "Prefix": "r"}},
            End=False,
            Next="Put",
        ),
        Put=task("aws-sdk:s3:putObject", {"Bucket": "out", "Key": "done"}),
    )
    assert "use-keys" not in derive(definition)
    through_s3: Any = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    assert derive(definition, kms_keys={"data": "arn:read", "out": "arn:write", "other": "arn:never"})["use-keys"] == [
        allow("DecryptObjects", ["kms:Decrypt"], ["arn:read"], through_s3),
        allow("EncryptObjects", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], ["arn:write"], through_s3),
    ]


@pytest.mark.parametrize(
    ("integration", "arguments", "expected"),
    [
        (
            "sqs:sendMessage.waitForTaskToken",
            {"QueueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/jobs.fifo"},
            {("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs.fifo")},
        ),
        ("sns:publish", {"TopicArn": "arn:aws:sns:r:1:t"}, {("sns:Publish", "arn:aws:sns:r:1:t")}),
        (
            "dynamodb:putItem",
            {"TableName": "orders"},
            {("dynamodb:PutItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders")},
        ),
        (
            "aws-sdk:dynamodb:query",
            {"TableName": "orders", "IndexName": "by-day"},
            {("dynamodb:Query", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders/index/by-day")},
        ),
        (
            "events:putEvents",
            {"Entries": [{"Detail": {}, "EventBusName": "orders"}, {"Detail": {}}]},
            {
                ("events:PutEvents", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/orders"),
                ("events:PutEvents", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"),
            },
        ),
        (
            "states:startExecution",
            {"StateMachineArn": f"{STATES}:stateMachine:other"},
            {("states:StartExecution", f"{STATES}:stateMachine:other")},
        ),
        (
            "states:startExecution.sync:2",
            {"StateMachineArn": f"{STATES}:stateMachine:other"},
            {
                ("states:StartExecution", f"{STATES}:stateMachine:other"),
                ("states:DescribeExecution", f"{STATES}:execution:other:*"),
                ("states:StopExecution", f"{STATES}:execution:other:*"),
                *(
                    (
                        f"events:{action}",
                        f"arn:aws:events:{REGION}:{ACCOUNT}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule",
                    )
                    for action in ("PutTargets", "PutRule", "DescribeRule")
                ),
            },
        ),
        ("aws-sdk:s3:headObject", {"Bucket": "b", "Key": "k"}, {("s3:GetObject", "arn:aws:s3:::b/k")}),
        ("aws-sdk:s3:listObjectsV2", {"Bucket": "b", "Prefix": "p/"}, {("s3:ListBucket", "arn:aws:s3:::b")}),
        ("aws-sdk:lambda:invoke", {"FunctionName": "work"}, {("lambda:InvokeFunction", f"{LAMBDA}:work")}),
        (
            "aws-sdk:secretsmanager:getSecretValue",
            {"SecretId": "db"},
            {("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-??????")},
        ),
        (
            "aws-sdk:sqs:sendMessageBatch",
            {"QueueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/jobs", "Entries": []},
            {("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs")},
        ),
        (
            "aws-sdk:ssm:getParameter",
            {"Name": "/app/limit"},
            {("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/app/limit")},
        ),
        (
            "aws-sdk:sfn:describeExecution",
            {"ExecutionArn": f"{STATES}:execution:other:1"},
            {("states:DescribeExecution", f"{STATES}:execution:other:1")},
        ),
    ],
)
def test_each_integration_needs_its_own_call_on_its_own_resource(
    integration: str, arguments: State, expected: set[tuple[str, str]]
) -> None:
    assert granted(of_task(integration, arguments)) == expected


def test_an_ecs_task_may_pass_its_roles_only_to_ecs_and_run_only_in_its_cluster() -> None:
    arguments = {"Cluster": "batch", "TaskDefinition": "work"}
    with pytest.raises(UnderivableError, match=r'Call: PassRole .*pass bounds=\{"Call": \{"PassRole"'):
        of_task("ecs:runTask.sync", arguments)
    derived = of_task("ecs:runTask.sync", arguments, bounds={"Call": {"PassRole": "arn:aws:iam::1:role/task"}})
    by_sid = {statement["Sid"]: statement for statement in derived["run-tasks"]}
    in_cluster = {"ArnEquals": {"ecs:cluster": [f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/batch"]}}
    assert by_sid["RunTasks"]["Resource"] == [f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/work:*"]
    assert by_sid["RunTasks"]["Condition"] == by_sid["WatchAndStopTasks"]["Condition"] == in_cluster
    assert by_sid["PassTaskRoles"]["Resource"] == ["arn:aws:iam::1:role/task"]
    assert by_sid["PassTaskRoles"]["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    assert set(by_sid) == {"RunTasks", "PassTaskRoles", "WatchAndStopTasks", "ReceiveCompletionEvents"}


def test_a_call_as_another_role_needs_only_the_permission_to_assume_it() -> None:
    state = task("lambda:invoke", {"FunctionName": "theirs"}, Credentials={"RoleArn": "arn:aws:iam::2:role/theirs"})
    assert derive(machine(Call=state)) == {
        "assume-roles": [allow("AssumeRoles", ["sts:AssumeRole"], ["arn:aws:iam::2:role/theirs"])]
    }


def test_states_that_call_nothing_need_no_permissions() -> None:
    activity = {"Type": "Task", "Resource": f"{STATES}:activity:by-hand", "Next": "Rest"}
    assert derive(machine(Ask=activity, Rest={"Type": "Wait", "Seconds": 1, "End": True})) == {}


@pytest.mark.parametrize(
    ("integration", "arguments", "field"),
    [
        ("lambda:invoke", {"FunctionName": "{% $f %}"}, "FunctionName"),
        ("lambda:invoke", {}, "FunctionName"),
        ("lambda:invoke", {"FunctionName": "work", "Qualifier": "{% $q %}"}, "Qualifier"),
        ("sqs:sendMessage", {"QueueUrl": "${TfToken[TOKEN.1]}"}, "QueueUrl"),
        ("dynamodb:getItem", {"TableName": "{% $t %}"}, "TableName"),
        ("events:putEvents", {"Entries": "{% $entries %}"}, "EventBusName"),
        ("events:putEvents", {"Entries": [{"EventBusName": "{% $bus %}"}]}, "EventBusName"),
        ("states:startExecution", {"StateMachineArn": "{% $m %}"}, "StateMachineArn"),
        ("states:startExecution.sync", {"StateMachineArn": "${TfToken[TOKEN.1]}"}, "Executions"),
        ("aws-sdk:s3:getObject", {"Bucket": "b", "Key": "{% $k %}"}, "Key"),
        ("aws-sdk:s3:getObject", {"Bucket": "b", "Key": "what*ever?"}, "Key"),
        ("aws-sdk:sesv2:sendEmail", {}, "Resource"),
    ],
)
def test_a_value_that_only_the_run_knows_is_an_error_until_its_bound_is_passed(
    integration: str, arguments: object, field: str
) -> None:
    with pytest.raises(UnderivableError) as refusal:
        of_task(integration, arguments)
    (error,) = refusal.value.errors
    assert error.startswith(f"Call: {field} ")
    assert f'pass bounds={{"Call": {{"{field}": ' in error
    derived = of_task(integration, arguments, bounds={"Call": {field: "arn:aws:any:::thing"}})
    assert "arn:aws:any:::thing" in json.dumps(derived)
    assert "*" not in {resource for _, resource in granted(derived)}


@pytest.mark.parametrize(
    ("integration", "arguments"),
    [
        ("lambda:invoke", "{% $everything %}"),
        ("databrew:startJobRun.sync", {"Name": "job"}),
        ("sagemaker:createLabelingJob.sync", {"LabelingJobName": "job"}),
        ("sns:publish", {"PhoneNumber": "+4512345678"}),
        ("aws-sdk:quantumledger:doIt", {}),
        ("aws-sdk:dynamodb:executeTransaction", {"TransactStatements": []}),
        ("aws-sdk:s3:selectObjectContent", {"Bucket": "b", "Key": "k"}),
        ("aws-sdk:s3:putBucketPolicy", {"Bucket": "b", "Policy": "{}"}),
        ("aws-sdk:glue:createGlossary", {"Name": "g"}),
        (
            "aws-sdk:batch:registerJobDefinition",
            {"JobDefinitionName": "d", "ContainerProperties": {"JobRoleArn": "arn:aws:iam::1:role/r"}},
        ),
        ("aws-sdk:lambda:createFunction", {"FunctionName": "f", "Role": "arn:aws:iam::1:role/r"}),
    ],
)
def test_an_unknown_integration_is_an_error_until_its_statements_are_passed(integration: str, arguments: State) -> None:
    with pytest.raises(UnderivableError) as refusal:
        of_task(integration, arguments)
    (error,) = refusal.value.errors
    assert error.startswith("Call: Resource ")
    assert 'pass explicit={"Call": ' in error
    statement = allow("Mine", ["glue:StartJobRun"], ["arn:aws:glue:::job/job"])
    assert of_task(integration, arguments, explicit={"Call": [statement]}) == {"explicit": [statement]}


def test_the_gaps_of_all_states_are_reported_together() -> None:
    definition = machine(
        First=task("lambda:invoke", {"FunctionName": "{% $f %}"}, Next="Map"),
        Map=distributed(
            ItemReader=reader({}, Prefix="{% $p %}"),
            ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "{% $b %}"}},
        ),
    )
    with pytest.raises(UnderivableError) as refusal:
        derive(definition)
    assert [error.split(" is ")[0] for error in refusal.value.errors] == [
        "First: FunctionName",
        "Map: ItemReader.Prefix",
        "Map: ResultWriter.Bucket",
    ]


def test_an_unused_bound_or_statement_is_an_error() -> None:
    with pytest.raises(UnderivableError) as refusal:
        of_task(
            "lambda:invoke",
            {"FunctionName": "work"},
            bounds={"Call": {"FunctionNam": "work"}, "Cal": {"FunctionName": "work"}},
            explicit={"Cull": []},
        )
    assert len(refusal.value.errors) == 3


def test_jsonpath_fields_are_read_by_their_own_names() -> None:
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "work", "Payload.$": "$"},
        "Next": "Late",
    }
    late = call | {"Parameters": {"FunctionName.$": "$.function"}, "Next": "Modern"}
    modern = task("lambda:invoke", {"FunctionName": "{% $f %}"}, QueryLanguage="JSONata")
    definition = machine(Call=call, Late=late, Modern=modern)
    del definition["QueryLanguage"]
    derived = derive(definition, bounds={"Late": {"FunctionName": "one"}, "Modern": {"FunctionName": ["two", "three"]}})
    assert {resource.split(":")[-1] for _, resource in granted(derived)} == {"work", "one", "two", "three"}


def test_something_that_is_not_a_definition_is_refused() -> None:
    with pytest.raises(DefinitionError, match="has no States"):
        derive({"StartAt": "Nowhere"})
    with pytest.raises(DefinitionError, match="must be an object"):
        derive(["a list"])  # type: ignore[arg-type]  # a file may contain one
    branch = {"StartAt": "Twice", "States": {"Twice": {"Type": "Pass", "End": True}}}
    with pytest.raises(DefinitionError, match="Twice: another state has the same name"):
        derive(machine(Both={"Type": "Parallel", "Branches": [branch, branch], "End": True}))


def test_no_statement_of_the_pipeline_is_wider_than_its_prefix() -> None:
    key_source = ListingStates(list_objects_arn=f"{LAMBDA}:list", prefixes=[""])
    definition = pipeline_definition(
        key_source=key_source,
        process_objects_arn=f"{LAMBDA}:process",
        summarize_run_arn=f"{LAMBDA}:summarize",
        runs_bucket="runs",
        runs_account_id=ACCOUNT,
        execution_type="EXPRESS",
        max_concurrency=10,
        max_items_per_batch=10,
        child_timeout_seconds=60,
    )
    with pytest.raises(UnderivableError):
        derive(definition)
    derived = derive(definition, bounds=pipeline_bounds(key_source, map_runs_arn=f"{STATES}:mapRun:work/*:*"))
    assert list(derived) == ["invoke-functions", "read-items", "write-results", "run-map", "call-services"]
    assert ("states:DescribeMapRun", f"{STATES}:mapRun:work/*:*") in granted(derived)
    assert ("s3:GetObject", "arn:aws:s3:::runs/key-lists/*") in granted(derived)
    assert ("s3:PutObject", "arn:aws:s3:::runs/map-runs/*") in granted(derived)
    list_items = next(statement for statement in derived["read-items"] if statement["Action"] == ["s3:ListBucket"])
    assert list_items["Condition"] == {
        "StringLike": {"s3:prefix": "key-lists/*"},
        "StringEquals": {"aws:ResourceAccount": ACCOUNT},
    }
    assert not {resource for _, resource in granted(derived)} & {"*", "arn:aws:s3:::runs/*"}
