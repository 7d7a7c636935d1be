"""The IAM prefixes of services, and the IAM actions of API calls, for `aws-sdk:` integrations.

A test compares these tables with every call of these services and with IAM's list of actions.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Mapping

# The IAM prefix of a service, by its name in the SDK. A service that is missing here is refused: IAM may call it
# differently, and an action with a wrong prefix never matches.
IAM_PREFIXES: Mapping[str, str] = {
    "athena": "athena",
    "batch": "batch",
    "bedrockruntime": "bedrock",
    "cloudwatch": "cloudwatch",
    "cloudwatchlogs": "logs",
    "codebuild": "codebuild",
    "comprehend": "comprehend",
    "dynamodb": "dynamodb",
    "ecs": "ecs",
    "eventbridge": "events",
    "firehose": "firehose",
    "glue": "glue",
    "kinesis": "kinesis",
    "kms": "kms",
    "lambda": "lambda",
    "rekognition": "rekognition",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sesv2": "ses",
    "sfn": "states",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "textract": "textract",
    "translate": "translate",
}

# Services many of whose calls have an action with another name, or none in IAM's list. Only their calls in
# IAM_ACTIONS are known.
ONLY_NAMED_CALLS = frozenset({"cloudwatch", "glue", "s3"})

# The actions of calls that don't follow from the call's name. An empty tuple means that the call is refused: it needs
# several actions on resources that its arguments don't name, or an action that is missing in IAM's list.
IAM_ACTIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("batch", "cancelJobs"): (),
    ("batch", "terminateJobs"): (),
    ("batch", "terminateServiceJobs"): (),
    ("bedrockruntime", "converse"): ("bedrock:InvokeModel",),
    ("bedrockruntime", "converseStream"): (),
    ("bedrockruntime", "invokeModelWithBidirectionalStream"): (),
    ("bedrockruntime", "startAsyncInvoke"): (),
    ("cloudwatch", "getMetricData"): ("cloudwatch:GetMetricData",),
    ("cloudwatch", "putMetricData"): ("cloudwatch:PutMetricData",),
    ("cloudwatchlogs", "getLogObject"): (),
    ("dynamodb", "batchExecuteStatement"): (),
    ("dynamodb", "executeStatement"): (),
    ("dynamodb", "executeTransaction"): (),
    ("dynamodb", "transactGetItems"): (),
    ("dynamodb", "transactWriteItems"): (),
    ("glue", "getCrawler"): ("glue:GetCrawler",),
    ("glue", "getJobRun"): ("glue:GetJobRun",),
    ("glue", "startCrawler"): ("glue:StartCrawler",),
    ("glue", "startJobRun"): ("glue:StartJobRun",),
    ("kms", "reEncrypt"): (),
    ("lambda", "getLayerVersionByArn"): (),
    ("lambda", "invoke"): ("lambda:InvokeFunction",),
    ("lambda", "invokeAsync"): ("lambda:InvokeFunction",),
    ("lambda", "invokeWithResponseStream"): ("lambda:InvokeFunction",),
    ("s3", "abortMultipartUpload"): ("s3:AbortMultipartUpload",),
    ("s3", "completeMultipartUpload"): ("s3:PutObject",),
    ("s3", "createMultipartUpload"): ("s3:PutObject",),
    ("s3", "deleteObject"): ("s3:DeleteObject",),
    ("s3", "deleteObjectTagging"): ("s3:DeleteObjectTagging",),
    ("s3", "getBucketLocation"): ("s3:GetBucketLocation",),
    ("s3", "getObject"): ("s3:GetObject",),
    ("s3", "getObjectTagging"): ("s3:GetObjectTagging",),
    ("s3", "headBucket"): ("s3:ListBucket",),
    ("s3", "headObject"): ("s3:GetObject",),
    ("s3", "listMultipartUploads"): ("s3:ListBucketMultipartUploads",),
    ("s3", "listObjectVersions"): ("s3:ListBucketVersions",),
    ("s3", "listObjects"): ("s3:ListBucket",),
    ("s3", "listObjectsV2"): ("s3:ListBucket",),
    ("s3", "listParts"): ("s3:ListMultipartUploadParts",),
    ("s3", "putObject"): ("s3:PutObject",),
    ("s3", "putObjectTagging"): ("s3:PutObjectTagging",),
    ("s3", "restoreObject"): ("s3:RestoreObject",),
    ("s3", "uploadPart"): ("s3:PutObject",),
    ("sns", "publishBatch"): ("sns:Publish",),
    ("sqs", "changeMessageVisibilityBatch"): ("sqs:ChangeMessageVisibility",),
    ("sqs", "deleteMessageBatch"): ("sqs:DeleteMessage",),
    ("sqs", "sendMessageBatch"): ("sqs:SendMessage",),
}


def iam_actions(service: str, api: str) -> tuple[str, ...]:
    """The actions of a call. The service must be in IAM_PREFIXES; an empty tuple means that the actions are unknown."""
    if (service, api) in IAM_ACTIONS:
        return IAM_ACTIONS[service, api]
    if service in ONLY_NAMED_CALLS:
        return ()
    return (f"{IAM_PREFIXES[service]}:{api[0].upper()}{api[1:]}",)
