"""Which Resources of Tasks Step Functions recognizes. The local cloud runs some of them: see task.py.
https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
"""

import re

import sfnx.integrations

CALLBACK = ".waitForTaskToken"
PATTERNS = ("", ".sync", ".sync:2", CALLBACK)

_SDK = re.compile(r"arn:aws[\w-]*:states:::aws-sdk:([a-z0-9]+):([a-zA-Z0-9]+)(\.\w+)?")
_OPTIMIZED = re.compile(r"arn:aws[\w-]*:states:::([a-z0-9-]+):([a-zA-Z0-9]+)(\..+)?")
_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?")
_ACTIVITY = re.compile(r"arn:aws[\w-]*:states:[a-z0-9-]+:\d{12}:activity:[^:]+")

# The actions of the optimized integrations.
# https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
_ACTIONS = {
    "apigateway": "invoke",
    "athena": "startQueryExecution stopQueryExecution getQueryExecution getQueryResults",
    "batch": "submitJob",
    "bedrock": "invokeModel createModelCustomizationJob",
    "codebuild": "startBuild stopBuild batchDeleteBuilds batchGetReports startBuildBatch stopBuildBatch"
    " retryBuildBatch deleteBuildBatch",
    "databrew": "startJobRun",
    "dynamodb": "getItem putItem updateItem deleteItem",
    "ecs": "runTask",
    "eks": "call runJob createCluster deleteCluster createNodegroup deleteNodegroup createFargateProfile"
    " deleteFargateProfile",
    "elasticmapreduce": "createCluster setClusterTerminationProtection terminateCluster addStep cancelStep"
    " modifyInstanceFleetByName modifyInstanceGroupByName",
    "emr-containers": "createVirtualCluster deleteVirtualCluster startJobRun",
    "emr-serverless": "createApplication startApplication stopApplication deleteApplication startJobRun cancelJobRun",
    "events": "putEvents",
    "glue": "startJobRun",
    "http": "invoke",
    "lambda": "invoke",
    "mediaconvert": "createJob",
    "sagemaker": "createEndpoint createEndpointConfig createHyperParameterTuningJob createLabelingJob createModel"
    " createProcessingJob createTrainingJob createTransformJob updateEndpoint",
    "sns": "publish",
    "sqs": "sendMessage",
    "states": "startExecution",
}


def is_activity(resource: str) -> bool:
    return bool(_ACTIVITY.fullmatch(resource))


def pattern(resource: str) -> str:
    """How the Task waits: `.sync`, `.sync:2` or `.waitForTaskToken`; empty if only for the answer."""
    name = resource.rpartition(":::")[2]
    return name[name.index(".") :] if "." in name else ""


def is_known(resource: str) -> bool:
    """Whether Step Functions recognizes a Resource. An unknown service of the AWS SDK takes seconds to find out."""
    if match := _SDK.fullmatch(resource):
        service, action, waits = match.groups(default="")
        return waits in {"", CALLBACK} and _is_sdk_action(service, action)
    if match := _OPTIMIZED.fullmatch(resource):
        service, action, waits = match.groups(default="")
        return waits in PATTERNS and action in _ACTIONS.get(service, "").split()
    return is_activity(resource) or bool(_FUNCTION.fullmatch(resource))


def _is_sdk_action(service: str, action: str) -> bool:
    try:
        model = sfnx.integrations.sdk_service(service, "{}")
    except sfnx.integrations.ResourceError:
        return False
    return action in sfnx.integrations.operation_names(model)
