"""The IAM prefixes of services, and the IAM actions of API calls, for `aws-sdk:` integrations.

A test compares these tables with every call of these services and with IAM's list of actions.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
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
    "transcribe": "transcribe",
    "translate": "translate",
}

# Services many of whose calls have an action with another name, or none in IAM's list. Only their calls in
# IAM_ACTIONS are known.
ONLY_NAMED_CALLS = frozenset({"cloudwatch", "glue", "s3"})

# Calls that only read need their own action alone, unless IAM_ACTIONS says otherwise.
_READS = re.compile(r"(get|list|describe|batchGet|search|filter)[A-Z]")

# The other calls that need their own action alone, by service. What is missing here is refused: it may need permissions
# in other services, for roles, keys, code, networks or streams that it names.
_OTHER_CALLS: Mapping[str, str] = {
    "athena": "terminateSession",
    "batch": "cancelJob terminateJob",
    "bedrockruntime": "applyGuardrail countTokens",
    "cloudwatchlogs": "createLogGroup createLogStream putLogEvents putRetentionPolicy deleteLogGroup deleteLogStream "
    "startQuery stopQuery",
    "codebuild": "stopBuild retryBuild stopBuildBatch",
    "comprehend": "batchDetectDominantLanguage batchDetectEntities batchDetectKeyPhrases batchDetectSentiment "
    "batchDetectSyntax batchDetectTargetedSentiment classifyDocument containsPiiEntities detectDominantLanguage "
    "detectEntities detectKeyPhrases detectPiiEntities detectSentiment detectSyntax detectTargetedSentiment "
    "detectToxicContent",
    "dynamodb": "putItem updateItem deleteItem query scan batchWriteItem deleteTable updateTimeToLive createBackup "
    "deleteBackup",
    "ecs": "stopTask",
    "eventbridge": "enableRule disableRule deleteRule removeTargets putRule putTargets",
    "firehose": "putRecord putRecordBatch",
    "kinesis": "putRecord putRecords",
    "kms": "encrypt decrypt generateDataKey generateDataKeyWithoutPlaintext generateMac verifyMac generateRandom sign "
    "verify",
    "lambda": "invoke invokeAsync publishVersion updateAlias updateFunctionCode putFunctionConcurrency "
    "deleteFunctionConcurrency",
    "rekognition": "compareFaces createCollection deleteCollection deleteFaces detectCustomLabels detectFaces "
    "detectLabels detectModerationLabels detectProtectiveEquipment detectText indexFaces recognizeCelebrities "
    "startCelebrityRecognition startContentModeration startFaceDetection startFaceSearch startLabelDetection "
    "startPersonTracking startSegmentDetection startTextDetection",
    "secretsmanager": "putSecretValue updateSecret deleteSecret restoreSecret createSecret",
    "sesv2": "sendEmail sendBulkEmail",
    "sfn": "startExecution startSyncExecution stopExecution redriveExecution updateMapRun sendTaskSuccess "
    "sendTaskFailure sendTaskHeartbeat",
    "sns": "publish publishBatch subscribe unsubscribe createTopic deleteTopic",
    "sqs": "sendMessage sendMessageBatch receiveMessage deleteMessage deleteMessageBatch changeMessageVisibility "
    "changeMessageVisibilityBatch purgeQueue createQueue deleteQueue",
    "ssm": "putParameter deleteParameter deleteParameters sendCommand cancelCommand",
    "textract": "analyzeDocument analyzeExpense analyzeID detectDocumentText startDocumentAnalysis "
    "startDocumentTextDetection startExpenseAnalysis startLendingAnalysis",
    "transcribe": "startTranscriptionJob deleteTranscriptionJob",
    "translate": "translateText",
}
OTHER_CALLS = {service: frozenset(calls.split()) for service, calls in _OTHER_CALLS.items()}

# Actions for which AWS defines no resource, so that a policy can only say `*`.
WITHOUT_RESOURCE = frozenset(
    {
        *(f"comprehend:{call[0].upper()}{call[1:]}" for call in OTHER_CALLS["comprehend"] if call.startswith("batch")),
        "comprehend:ContainsPiiEntities",
        "comprehend:DetectDominantLanguage",
        "comprehend:DetectKeyPhrases",
        "comprehend:DetectPiiEntities",
        "comprehend:DetectSentiment",
        "comprehend:DetectSyntax",
        "comprehend:DetectTargetedSentiment",
        "comprehend:DetectToxicContent",
        "kms:GenerateRandom",
        *(f"rekognition:Detect{what}" for what in ("Faces", "Labels", "ProtectiveEquipment", "Text")),
        "rekognition:CompareFaces",
        "rekognition:RecognizeCelebrities",
        *(
            f"rekognition:{verb}{job}"
            for verb in ("Start", "Get")
            for job in (
                "CelebrityRecognition",
                "ContentModeration",
                "FaceDetection",
                "LabelDetection",
                "PersonTracking",
                "SegmentDetection",
                "TextDetection",
            )
        ),
        "rekognition:GetFaceSearch",
        *(f"states:SendTask{outcome}" for outcome in ("Success", "Failure", "Heartbeat")),
        *(
            f"textract:{call[0].upper()}{call[1:]}"
            for call in OTHER_CALLS["textract"]
            if call.startswith(("start", "detect"))
        ),
        "textract:AnalyzeDocument",
        "textract:AnalyzeExpense",
        "textract:AnalyzeID",
        *(
            f"textract:Get{job}"
            for job in ("DocumentAnalysis", "DocumentTextDetection", "ExpenseAnalysis", "LendingAnalysis")
        ),
    }
)

# Actions whose resource is optional, each with the argument that names it; without it, a policy can only say `*`.
OPTIONAL_RESOURCE: Mapping[str, str] = {
    "comprehend:DetectEntities": "EndpointArn",
    "rekognition:DetectModerationLabels": "ProjectVersion",
    "translate:TranslateText": "TerminologyNames",
}

# The actions of calls that don't follow from the call's name. An empty tuple means that the call is refused: its action
# is missing in IAM's list, or it needs further ones, as a reader of Athena's catalogs needs those of Glue.
IAM_ACTIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("athena", "getDatabase"): (),
    ("athena", "getTableMetadata"): (),
    ("athena", "listDatabases"): (),
    ("athena", "listTableMetadata"): (),
    ("cloudwatch", "getMetricData"): ("cloudwatch:GetMetricData",),
    ("cloudwatch", "putMetricData"): ("cloudwatch:PutMetricData",),
    ("cloudwatchlogs", "getLogObject"): (),
    # A transaction needs the actions of its items.
    ("dynamodb", "transactGetItems"): ("dynamodb:GetItem",),
    ("dynamodb", "transactWriteItems"): (
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:ConditionCheckItem",
    ),
    ("glue", "getCrawler"): ("glue:GetCrawler",),
    ("glue", "getJobRun"): ("glue:GetJobRun",),
    ("glue", "startCrawler"): ("glue:StartCrawler",),
    ("lambda", "getLayerVersionByArn"): (),
    ("lambda", "invoke"): ("lambda:InvokeFunction",),
    ("lambda", "invokeAsync"): ("lambda:InvokeFunction",),
    ("lambda", "invokeWithResponseStream"): ("lambda:InvokeFunction",),
    ("s3", "abortMultipartUpload"): ("s3:AbortMultipartUpload",),
    ("s3", "completeMultipartUpload"): ("s3:PutObject",),
    ("s3", "copyObject"): ("s3:PutObject",),
    ("s3", "createMultipartUpload"): ("s3:PutObject",),
    ("s3", "deleteObject"): ("s3:DeleteObject",),
    ("s3", "deleteObjectTagging"): ("s3:DeleteObjectTagging",),
    ("s3", "deleteObjects"): ("s3:DeleteObject",),
    ("s3", "getBucketLocation"): ("s3:GetBucketLocation",),
    ("s3", "getObject"): ("s3:GetObject",),
    ("s3", "getObjectAttributes"): ("s3:GetObject", "s3:GetObjectAttributes"),
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
    ("s3", "uploadPartCopy"): ("s3:PutObject",),
    ("secretsmanager", "batchGetSecretValue"): (),
    ("sns", "publishBatch"): ("sns:Publish",),
    ("sqs", "changeMessageVisibilityBatch"): ("sqs:ChangeMessageVisibility",),
    ("sqs", "deleteMessageBatch"): ("sqs:DeleteMessage",),
    ("sqs", "sendMessageBatch"): ("sqs:SendMessage",),
}


def iam_actions(service: str, api: str) -> tuple[str, ...]:
    """The actions of a call. The service must be in IAM_PREFIXES; an empty tuple means that the actions are unknown."""
    if (service, api) in IAM_ACTIONS:
        return IAM_ACTIONS[service, api]
    known = service not in ONLY_NAMED_CALLS and (_READS.match(api) or api in OTHER_CALLS.get(service, ()))
    return (f"{IAM_PREFIXES[service]}:{api[0].upper()}{api[1:]}",) if known else ()
