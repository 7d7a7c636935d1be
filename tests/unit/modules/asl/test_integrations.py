"""Each integration with jobs or data gets the permissions of AWS's documented policies, on its own resources."""

from __future__ import annotations

from typing import Any

import pytest

from modules.asl.permissions import UnderivableError
from tests.fixtures.machines import ACCOUNT, REGION, STATES, State, derive, granted, machine, of_task, task

HERE = f"{REGION}:{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/job"


def rule(name: str) -> set[tuple[str, str]]:
    arn = f"arn:aws:events:{HERE}:rule/StepFunctionsGetEvent{name}Rule"
    return {(f"events:{action}", arn) for action in ("PutTargets", "PutRule", "DescribeRule")}


def of(actions: str, *resources: str) -> set[tuple[str, str]]:
    """(action, ARN) pairs from "service:One Two" and resources, relative to the service in this account and Region."""
    service, _, names = actions.partition(":")
    return {
        (
            f"{service}:{name}",
            resource if resource == "*" or resource.startswith("arn:") else f"arn:aws:{service}:{HERE}:{resource}",
        )
        for name in names.split()
        for resource in resources
    }


JOBS: list[tuple[str, State, State, set[tuple[str, str]], set[tuple[str, str]]]] = [
    # integration, arguments, bounds, what it needs, what .sync needs beyond that
    (
        "glue:startJobRun",
        {"JobName": "clean"},
        {},
        of("glue:StartJobRun", "job/clean"),
        of("glue:GetJobRun GetJobRuns BatchStopJobRun", "job/clean"),
    ),
    (
        "batch:submitJob",
        {"JobName": "x", "JobDefinition": "render", "JobQueue": "fast", "Tags": {"a": "b"}},
        {},
        of("batch:SubmitJob", "job-definition/render", "job-definition/render:*", "job-queue/fast", "job/*")
        | of("batch:TagResource", "job-definition/render", "job-definition/render:*", "job/*"),
        of("batch:TerminateJob", "job/*") | of("batch:DescribeJobs", "*") | rule("sForBatchJobs"),
    ),
    (
        "codebuild:startBuild",
        {"ProjectName": "site"},
        {},
        of("codebuild:StartBuild", "project/site"),
        of("codebuild:StopBuild BatchGetBuilds BatchGetReports", "project/site") | rule("ForCodeBuildStartBuild"),
    ),
    (
        "emr-serverless:startJobRun",
        {"ApplicationId": "00f", "ExecutionRoleArn": ROLE},
        {},
        of("emr-serverless:StartJobRun", "/applications/00f") | of("iam:PassRole", ROLE),
        of("emr-serverless:GetJobRun CancelJobRun", "/applications/00f/jobruns/*") | rule("sForEMRServerlessJob"),
    ),
    (
        "emr-serverless:cancelJobRun",
        {"ApplicationId": "00f", "JobRunId": "{% $run %}"},
        {},
        of("emr-serverless:CancelJobRun", "/applications/00f/jobruns/*"),
        of("emr-serverless:GetJobRun", "/applications/00f/jobruns/*") | rule("sForEMRServerlessJob"),
    ),
    (
        "emr-serverless:startApplication",
        {"ApplicationId": "{% $a %}"},
        {"ApplicationId": "00f"},
        of("emr-serverless:StartApplication", "/applications/00f"),
        of("emr-serverless:GetApplication StopApplication", "/applications/00f") | rule("sForEMRServerlessApplication"),
    ),
    (
        "emr-serverless:createApplication",
        {"Name": "a", "Tags": {}},
        {},
        of("emr-serverless:CreateApplication", "/*")
        | of("emr-serverless:TagResource", "/applications/*")
        | of(
            "iam:CreateServiceLinkedRole",
            f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ops.emr-serverless.amazonaws.com/"
            "AWSServiceRoleForAmazonEMRServerless*",
        ),
        of("emr-serverless:GetApplication DeleteApplication", "/applications/*") | rule("sForEMRServerlessApplication"),
    ),
    *(
        (
            f"sagemaker:create{kind}Job",
            {f"{kind}JobName": f"{{% {kind} %}}", **role},
            {f"{kind}JobName": "nightly-"},
            of(f"sagemaker:Create{kind}Job AddTags ListTags", f"{resource}/nightly-*")
            | (of("iam:PassRole", ROLE) if role else set()),
            of(f"sagemaker:Describe{kind}Job Stop{kind}Job", f"{resource}/nightly-*")
            | rule(f"sForSageMaker{rule_}Jobs"),
        )
        for kind, resource, rule_, role in (
            ("Training", "training-job", "Training", {"RoleArn": ROLE}),
            ("Transform", "transform-job", "Transform", {}),
            ("Processing", "processing-job", "Processing", {"RoleArn": ROLE}),
            (
                "HyperParameterTuning",
                "hyper-parameter-tuning-job",
                "Tuning",
                {"TrainingJobDefinition": {"RoleArn": ROLE}},
            ),
        )
    ),
    (
        "mediaconvert:createJob",
        {"Role": ROLE, "Settings": {}, "JobTemplate": "hd"},
        {},
        of("mediaconvert:CreateJob", "presets/*", "queues/Default", "jobTemplates/hd") | of("iam:PassRole", ROLE),
        of("mediaconvert:GetJob CancelJob", "jobs/*") | rule("sForMediaConvertJob"),
    ),
]


@pytest.mark.parametrize(("integration", "arguments", "bounds", "alone", "sync"), JOBS, ids=[job[0] for job in JOBS])
def test_a_job_needs_its_call_and_sync_what_watches_and_stops_it(
    integration: str, arguments: State, bounds: State, alone: set[tuple[str, str]], sync: set[tuple[str, str]]
) -> None:
    passed: Any = {"bounds": {"Call": bounds}} if bounds else {}
    assert granted(of_task(integration, arguments, **passed)) == alone
    assert granted(of_task(f"{integration}.sync", arguments, **passed)) == alone | sync


@pytest.mark.parametrize(
    ("integration", "arguments", "service"),
    [
        ("emr-serverless:startJobRun", {"ApplicationId": "00f", "ExecutionRoleArn": ROLE}, "emr-serverless"),
        ("sagemaker:createModel", {"ModelName": "m", "ExecutionRoleArn": ROLE}, "sagemaker"),
        ("mediaconvert:createJob", {"Role": "job", "Settings": {}}, "mediaconvert"),
    ],
)
def test_a_role_may_be_passed_to_the_service_of_the_job_alone(integration: str, arguments: State, service: str) -> None:
    (statements,) = of_task(integration, arguments).values()
    (passing,) = (statement for statement in statements if statement["Action"] == ["iam:PassRole"])
    assert passing["Resource"] == [ROLE]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}


def test_only_jobs_that_step_functions_tagged_may_be_cancelled() -> None:
    (statements,) = of_task("mediaconvert:createJob.sync", {"Role": ROLE, "Settings": {}}).values()
    (watching,) = (statement for statement in statements if "mediaconvert:CancelJob" in statement["Action"])
    assert watching["Condition"] == {"StringEquals": {"aws:ResourceTag/ManagedByService": "AWSStepFunctions"}}


def test_a_name_of_sagemaker_is_in_lower_case_in_its_arn() -> None:
    derived = granted(of_task("sagemaker:createEndpoint", {"EndpointName": "A", "EndpointConfigName": "b"}))
    created = of("sagemaker:CreateEndpoint", "endpoint/A", "endpoint/a", "endpoint-config/b")
    assert created | of("sagemaker:AddTags ListTags", "endpoint/A", "endpoint/a") == derived
    configured = granted(of_task("sagemaker:createEndpointConfig", {"EndpointConfigName": "b"}))
    assert configured == of("sagemaker:CreateEndpointConfig AddTags ListTags", "endpoint-config/b")


@pytest.mark.parametrize(
    ("integration", "arguments"),
    [
        (
            "sagemaker:createTrainingJob",
            {"TrainingJobName": "x", "RoleArn": ROLE, "ResourceConfig": {"VolumeKmsKeyId": "k"}},
        ),
        ("codebuild:startBuild", {"ProjectName": "p", "ServiceRoleOverride": ROLE}),
        ("emr-serverless:createApplication", {"Name": "a", "NetworkConfiguration": {}}),
        ("apigateway:invoke", {"ApiEndpoint": "example.com", "Method": "GET", "AuthType": "IAM_ROLE"}),
        ("bedrock:invokeModel", {"ModelId": f"arn:aws:bedrock:{HERE}:prompt/1"}),
    ],
)
def test_a_job_that_needs_more_is_refused(integration: str, arguments: State) -> None:
    with pytest.raises(UnderivableError, match=r"Call: Resource .*pass explicit="):
        of_task(integration, arguments)


S3 = "arn:aws:s3:::"
QUERY: State = {
    "QueryString": "SELECT * FROM orders",
    "ResultConfiguration": {"OutputLocation": "s3://results/athena/"},
}
SOURCES: Any = {"Data": "lake/orders/", "Tables": "shop.orders"}


def test_a_query_reads_its_tables_and_data_and_writes_its_results() -> None:
    with pytest.raises(UnderivableError) as refusal:
        of_task("athena:startQueryExecution", QUERY)
    assert [error.split()[1] for error in refusal.value.errors] == ["Data", "Tables"]
    derived = granted(of_task("athena:startQueryExecution", QUERY, bounds={"Call": SOURCES}))
    tables = ("catalog", "database/default", "database/shop", "table/shop/orders")
    assert derived == {
        *of("athena:StartQueryExecution", "workgroup/primary"),
        *of("athena:GetDataCatalog", "datacatalog/*"),
        *of("s3:GetBucketLocation ListBucketMultipartUploads ListBucket", f"{S3}results"),
        *of("s3:GetObject PutObject AbortMultipartUpload ListMultipartUploadParts", f"{S3}results/athena/*"),
        *of("s3:GetBucketLocation ListBucket", f"{S3}lake"),
        *of("s3:GetObject", f"{S3}lake/orders/*"),
        *of("glue:GetDatabase GetDatabases GetTable GetTables GetPartition GetPartitions BatchGetPartition", *tables),
        *of("lakeformation:GetDataAccess", "*"),
    }
    sync = granted(of_task("athena:startQueryExecution.sync", QUERY, bounds={"Call": SOURCES}))
    assert sync - derived == of("athena:GetQueryExecution StopQueryExecution", "workgroup/primary")


@pytest.mark.parametrize("query", ["INSERT INTO shop.orders SELECT 1", "{% $query %}", "CREATE TABLE x AS SELECT 1"])
def test_a_query_that_may_write_may_change_its_tables_and_data(query: str) -> None:
    derived = granted(of_task("athena:startQueryExecution", QUERY | {"QueryString": query}, bounds={"Call": SOURCES}))
    assert {
        *of("s3:PutObject", f"{S3}lake/orders/*"),
        *of("glue:CreateTable DeleteTable", "table/shop/orders"),
    } <= derived


def test_a_work_group_may_decide_where_results_go() -> None:
    bounds = {"Call": SOURCES | {"OutputLocation": "elsewhere/"}}
    derived = granted(of_task("athena:startQueryExecution", QUERY, bounds=bounds))
    assert ("s3:PutObject", f"{S3}elsewhere/*") in derived
    assert ("s3:PutObject", f"{S3}results/athena/*") not in derived
    with pytest.raises(UnderivableError, match="Call: OutputLocation is known only from the work group"):
        of_task(
            "athena:startQueryExecution", {"QueryString": "SELECT 1", "WorkGroup": "team"}, bounds={"Call": SOURCES}
        )


@pytest.mark.parametrize("integration", ["athena:getQueryResults", "aws-sdk:athena:getQueryResults"])
def test_the_results_of_a_query_are_read_in_s3(integration: str) -> None:
    bounds = {"Call": {"WorkGroup": "team", "OutputLocation": "results/athena/"}}
    assert granted(of_task(integration, {"QueryExecutionId": "{% $id %}"}, bounds=bounds)) == {
        *of("athena:GetQueryResults", "workgroup/team"),
        *of("s3:GetObject", f"{S3}results/athena/*"),
    }


def test_an_http_task_calls_its_endpoint_through_its_connection_with_its_secret() -> None:
    connection = f"arn:aws:events:{HERE}:connection/shop/1-2"
    arguments: State = {
        "Method": "GET",
        "ApiEndpoint": "https://api.example.com/orders",
        "InvocationConfig": {"ConnectionArn": connection},
    }
    derived = of_task("http:invoke", arguments)
    assert granted(derived) == {
        *of("states:InvokeHTTPEndpoint", f"{STATES}:stateMachine:work"),
        *of("events:RetrieveConnectionCredentials", connection),
        *of("secretsmanager:GetSecretValue DescribeSecret", "secret:events!connection/shop/*"),
    }
    assert derived["call-http-endpoints"][0]["Condition"] == {
        "StringEquals": {"states:HTTPMethod": ["GET"]},
        "StringLike": {"states:HTTPEndpoint": ["https://api.example.com/orders", "https://api.example.com/orders?*"]},
    }
    old = {"Method": "GET", "ApiEndpoint": "{% $url %}", "Authentication": {"ConnectionArn": "${TfToken[TOKEN.1]}"}}
    with pytest.raises(UnderivableError) as refusal:
        of_task("http:invoke", old)
    assert [error.split()[1] for error in refusal.value.errors] == ["ApiEndpoint", "ConnectionSecret"]


API = {"ApiEndpoint": f"abc.execute-api.{REGION}.amazonaws.com", "Method": "GET", "Stage": "live", "Path": "/pets/1"}


def test_an_api_is_invoked_with_iam_only_if_the_call_is_signed() -> None:
    assert of_task("apigateway:invoke", API) == {}
    signed = granted(of_task("apigateway:invoke", API | {"AuthType": "IAM_ROLE"}))
    assert signed == of("execute-api:Invoke", "abc/live/GET/pets/1")
    late = API | {"AuthType": "RESOURCE_POLICY", "Path": "{% $path %}"}
    derived = granted(of_task("apigateway:invoke.waitForTaskToken", late, bounds={"Call": {"Path": "/pets/"}}))
    assert derived == of("execute-api:Invoke", "abc/live/GET/pets/*")


MODEL = "anthropic.claude-3-haiku-20240307-v1:0"


@pytest.mark.parametrize("integration", ["bedrock:invokeModel", "aws-sdk:bedrockruntime:converse"])
def test_a_model_is_invoked_in_its_region_alone(integration: str) -> None:
    foundation = f"arn:aws:bedrock:{REGION}::foundation-model/{MODEL}"
    assert granted(of_task(integration, {"ModelId": MODEL, "Body": {}})) == of("bedrock:InvokeModel", foundation)
    provisioned = f"arn:aws:bedrock:{HERE}:provisioned-model/1"
    assert granted(of_task(integration, {"ModelId": provisioned})) == of("bedrock:InvokeModel", provisioned)


def test_a_profile_invokes_its_model_in_any_region_through_itself_alone() -> None:
    profile = f"arn:aws:bedrock:{HERE}:inference-profile/eu.{MODEL}"
    for model in (f"eu.{MODEL}", profile):
        first, second = of_task("bedrock:invokeModel", {"ModelId": model})["invoke-models"]
        assert first["Resource"] == [profile]
        assert second["Resource"] == [f"arn:aws:bedrock:*::foundation-model/{MODEL}"]
        assert second["Condition"] == {"StringEquals": {"bedrock:InferenceProfileArn": profile}}


def test_the_input_and_output_of_a_model_and_its_guardrail_are_derived() -> None:
    arguments: State = {
        "ModelId": MODEL,
        "Input": {"S3Uri": "s3://b/in.json"},
        "Output": {"S3Uri": "{% $out %}"},
        "GuardrailIdentifier": "g1",
    }
    derived = granted(of_task("bedrock:invokeModel", arguments, bounds={"Call": {"Output.S3Uri": "b/out/"}}))
    assert {
        *of("s3:GetObject", f"{S3}b/in.json"),
        *of("s3:PutObject", f"{S3}b/out/*"),
        *of("bedrock:ApplyGuardrail", "guardrail/g1"),
    } <= derived


@pytest.mark.parametrize(
    ("sdk", "optimized", "arguments", "bounds"),
    [
        ("glue:startJobRun", "glue:startJobRun", {"JobName": "x"}, {}),
        ("batch:submitJob", "batch:submitJob", {"JobDefinition": "d", "JobQueue": "q"}, {}),
        ("sagemaker:createModel", "sagemaker:createModel", {"ModelName": "m", "ExecutionRoleArn": ROLE}, {}),
        ("athena:startQueryExecution", "athena:startQueryExecution", QUERY, SOURCES),
        (
            "emrserverless:startJobRun",
            "emr-serverless:startJobRun",
            {"ApplicationId": "a", "ExecutionRoleArn": ROLE},
            {},
        ),
    ],
)
def test_the_same_call_by_the_sdk_needs_the_same(sdk: str, optimized: str, arguments: State, bounds: State) -> None:
    passed: Any = {"bounds": {"Call": bounds}} if bounds else {}
    assert of_task(f"aws-sdk:{sdk}", arguments, **passed) == of_task(optimized, arguments, **passed)


def test_an_integration_in_jsonpath_needs_the_same() -> None:
    state = task("batch:submitJob.sync", {}, Parameters={"JobDefinition.$": "$.definition", "JobQueue": "q"})
    del state["Arguments"]
    definition = machine(Call=state)
    del definition["QueryLanguage"]
    derived = granted(derive(definition, bounds={"Call": {"JobDefinition": "render:3"}}))
    assert ("batch:SubmitJob", f"arn:aws:batch:{HERE}:job-definition/render:3") in derived
