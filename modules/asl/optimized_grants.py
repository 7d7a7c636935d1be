"""The permissions of the optimized integrations. Those with jobs and with data in S3 are in `integrations/`.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

from collections.abc import Iterator, Mapping

from modules.asl.grant import Grant
from modules.asl.integrations import (
    api_gateway,
    athena,
    batch,
    bedrock,
    codebuild,
    emr_serverless,
    glue,
    http_task,
    media_convert,
    sagemaker,
)
from modules.asl.machine_location import is_arn
from modules.asl.nested_states import RunTimeValue, member
from modules.asl.resource_arns import (
    execution_arns,
    function_arns,
    queue_arns,
    table_arns,
    task_definition_arns,
    topic_arns,
)
from modules.asl.run_a_job import Derive, Waits, completion_events, waits_for_job
from modules.asl.statement import Condition
from modules.asl.task import Task, grant


def invoke_function(task: Task, _waits: Waits) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html"""
    yield from grant("invoke-functions", "InvokeFunctions", ("lambda:InvokeFunction",), function_arns(task))


def send_message(task: Task, _waits: Waits) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html"""
    yield from grant("send-messages", "SendMessages", ("sqs:SendMessage",), queue_arns(task))


def publish(task: Task, _waits: Waits) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html"""
    yield from grant("publish-messages", "PublishMessages", ("sns:Publish",), topic_arns(task))


def use_table(action: str) -> Derive:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-ddb.html"""

    def derive(task: Task, _waits: Waits) -> Iterator[Grant]:
        yield from grant("use-tables", action, (f"dynamodb:{action}",), table_arns(task))

    return derive


def put_events(task: Task, _waits: Waits) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html"""
    if task.has("EndpointId"):
        task.refuse("sends to a global endpoint, which has an event bus in each of two Regions")
        return
    entries = task.state.argument("Entries")
    buses: list[str] = []
    if isinstance(entries, list):
        for entry in entries:
            bus = member(entry, "EventBusName")
            buses += task.bounds.values(
                task.state.name, "EventBusName", "default" if bus is None else bus, '"<event bus>"'
            )
    else:
        source = entries.source if isinstance(entries, RunTimeValue) else "Entries are missing"
        buses = task.require("EventBusName", f"is known only at run time ({source})", '"<event bus>"')
    arns = [bus if is_arn(bus) else task.location.arn("events", f"event-bus/{bus}") for bus in buses]
    yield from grant("put-events", "PutEvents", ("events:PutEvents",), arns)


def start_execution(task: Task, waits: Waits) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html"""
    machines = task.values("StateMachineArn", '"<state machine ARN>"')
    yield from grant("start-executions", "StartExecutions", ("states:StartExecution",), machines)
    if waits_for_job(waits):
        executions = [execution for machine in machines for execution in execution_arns(task, machine)]
        yield from grant(
            "start-executions",
            "WatchAndStopExecutions",
            ("states:DescribeExecution", "states:StopExecution"),
            executions,
        )
        yield from completion_events(task, "start-executions", "StepFunctionsGetEventsForStepFunctionsExecutionRule")


def run_task(task: Task, waits: Waits) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html"""
    if task.has("VolumeConfigurations"):
        task.refuse("attaches volumes, for which ECS takes another role")
        return
    clusters = (
        task.arns("Cluster", "ecs", "cluster/")
        if task.has("Cluster")
        else [task.location.arn("ecs", "cluster/default")]
    )
    in_cluster: Condition = {"ArnEquals": {"ecs:cluster": clusters}}
    yield from grant("run-tasks", "RunTasks", ("ecs:RunTask",), task_definition_arns(task), in_cluster)
    roles = task.require(
        "PassRole", "is known only from the task definition", '["<task role ARN>", "<execution role ARN>"]'
    )
    to_ecs: Condition = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    yield from grant("run-tasks", "PassTaskRoles", ("iam:PassRole",), roles, to_ecs)
    # A task's ARN is known only when it runs, so any task is allowed.
    any_task = [task.location.arn("ecs", "task/*")]
    if any(task.has(argument) for argument in ("Tags", "PropagateTags", "EnableECSManagedTags")):
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
        as_it_runs: Condition = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
        yield from grant("run-tasks", "TagTasks", ("ecs:TagResource",), any_task, as_it_runs)
    if waits_for_job(waits):
        yield from grant("run-tasks", "WatchAndStopTasks", ("ecs:DescribeTasks", "ecs:StopTask"), any_task, in_cluster)
        yield from completion_events(task, "run-tasks", "StepFunctionsGetEventsForECSTaskRule")


OPTIMIZED: Mapping[tuple[str, str], Derive] = {
    ("lambda", "invoke"): invoke_function,
    ("sqs", "sendMessage"): send_message,
    ("sns", "publish"): publish,
    ("dynamodb", "getItem"): use_table("GetItem"),
    ("dynamodb", "putItem"): use_table("PutItem"),
    ("dynamodb", "updateItem"): use_table("UpdateItem"),
    ("dynamodb", "deleteItem"): use_table("DeleteItem"),
    ("events", "putEvents"): put_events,
    ("states", "startExecution"): start_execution,
    ("ecs", "runTask"): run_task,
    ("apigateway", "invoke"): api_gateway.invoke_api,
    ("http", "invoke"): http_task.call_endpoint,
    ("athena", "startQueryExecution"): athena.start_query,
    ("athena", "stopQueryExecution"): athena.use_query("StopQueryExecution"),
    ("athena", "getQueryExecution"): athena.use_query("GetQueryExecution"),
    ("athena", "getQueryResults"): athena.use_query("GetQueryResults"),
    ("batch", "submitJob"): batch.submit_job,
    ("bedrock", "invokeModel"): bedrock.invoke_model,
    ("codebuild", "startBuild"): codebuild.start_build,
    ("emr-serverless", "createApplication"): emr_serverless.create_application,
    ("emr-serverless", "startApplication"): emr_serverless.change_application("Start", undone_by="Stop"),
    ("emr-serverless", "stopApplication"): emr_serverless.change_application("Stop"),
    ("emr-serverless", "deleteApplication"): emr_serverless.change_application("Delete"),
    ("emr-serverless", "startJobRun"): emr_serverless.start_job_run,
    ("emr-serverless", "cancelJobRun"): emr_serverless.cancel_job_run,
    ("glue", "startJobRun"): glue.start_job_run,
    ("mediaconvert", "createJob"): media_convert.create_job,
    ("sagemaker", "createTrainingJob"): sagemaker.create_job(sagemaker.TRAINING),
    ("sagemaker", "createTransformJob"): sagemaker.create_job(sagemaker.TRANSFORM),
    ("sagemaker", "createProcessingJob"): sagemaker.create_job(sagemaker.PROCESSING),
    ("sagemaker", "createHyperParameterTuningJob"): sagemaker.create_job(sagemaker.TUNING),
    ("sagemaker", "createModel"): sagemaker.create_model,
    ("sagemaker", "createEndpointConfig"): sagemaker.create_endpoint_config,
    ("sagemaker", "createEndpoint"): sagemaker.use_endpoint("CreateEndpoint"),
    ("sagemaker", "updateEndpoint"): sagemaker.use_endpoint("UpdateEndpoint"),
}
