"""What a call needs beyond its own action is derived, or the call is refused: never a silent gap."""

from __future__ import annotations

from typing import Any

import pytest

from modules.asl.permissions import UnderivableError
from tests.fixtures.machines import (
    ACCOUNT,
    LAMBDA,
    REGION,
    State,
    derive,
    distributed,
    granted,
    machine,
    of_task,
    reader,
)

OBJECT = {"Bucket": "b", "Key": "k"}
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
COPY = "aws-sdk:s3:copyObject"
LABELS = "aws-sdk:rekognition:detectLabels"


def errors(integration: str, arguments: object, **options: Any) -> list[str]:
    with pytest.raises(UnderivableError) as refusal:
        of_task(integration, arguments, **options)
    return refusal.value.errors


def conditions(needs: dict[str, Any]) -> list[Any]:
    return [
        statement["Condition"] for statements in needs.values() for statement in statements if "Condition" in statement
    ]


@pytest.mark.parametrize("call", ["putObject", "createMultipartUpload"])
@pytest.mark.parametrize(
    ("argument", "action"),
    [
        ({"Tagging": "a=b"}, "s3:PutObjectTagging"),
        ({"ACL": "bucket-owner-full-control"}, "s3:PutObjectAcl"),
        ({"GrantRead": "id=1"}, "s3:PutObjectAcl"),
        ({"ObjectLockMode": "COMPLIANCE"}, "s3:PutObjectRetention"),
        ({"ObjectLockRetainUntilDate": "{% $until %}"}, "s3:PutObjectRetention"),
        ({"ObjectLockLegalHoldStatus": "ON"}, "s3:PutObjectLegalHold"),
    ],
)
def test_an_argument_of_a_put_costs_its_own_action(call: str, argument: State, action: str) -> None:
    plain = granted(of_task(f"aws-sdk:s3:{call}", OBJECT))
    assert granted(of_task(f"aws-sdk:s3:{call}", OBJECT | argument)) - plain == {(action, "arn:aws:s3:::b/k")}


def test_a_bound_of_one_entry_does_not_replace_the_literals_of_the_others() -> None:
    entries: State = {"Entries": [{"EventBusName": "orders"}, {"EventBusName": "{% $bus %}"}]}
    buses = {
        resource
        for _, resource in granted(of_task("events:putEvents", entries, bounds={"Call": {"EventBusName": "late"}}))
    }
    assert buses == {f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{bus}" for bus in ("orders", "late")}
    objects: State = {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}, {"Key": "{% $key %}"}]}}
    derived = granted(of_task("aws-sdk:s3:deleteObjects", objects, bounds={"Call": {"Key": "old/"}}))
    assert derived == {("s3:DeleteObject", f"arn:aws:s3:::b/{key}") for key in ("k", "old/*")}


def test_a_key_that_is_no_text_is_not_left_out() -> None:
    assert errors("aws-sdk:s3:getObject", {"Bucket": "b", "Key": 5})[0].startswith("Call: Key is not in the definition")


def test_a_bound_of_the_resource_leaves_no_action_out() -> None:
    derived = of_task("aws-sdk:s3:putObject", {"Tagging": "a=b"}, bounds={"Call": {"Resource": "arn:aws:s3:::b/*"}})
    assert granted(derived) == {(f"s3:{name}", "arn:aws:s3:::b/*") for name in ("PutObject", "PutObjectTagging")}


def test_a_delete_past_governance_retention_may_bypass_it() -> None:
    bypass = {"BypassGovernanceRetention": True}
    assert ("s3:BypassGovernanceRetention", "arn:aws:s3:::b/k") in granted(
        of_task("aws-sdk:s3:deleteObject", OBJECT | bypass)
    )
    assert ("s3:BypassGovernanceRetention", "arn:aws:s3:::b/k") in granted(
        of_task("aws-sdk:s3:deleteObjects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}]}} | bypass)
    )


def test_a_kms_key_in_the_arguments_may_be_used_through_s3() -> None:
    derived = of_task("aws-sdk:s3:putObject", OBJECT | {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY})
    assert ("kms:GenerateDataKey", KEY) in granted(derived)
    assert conditions(derived) == [{"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}]
    assert "SSEKMSKeyId" in errors("aws-sdk:s3:putObject", OBJECT | {"SSEKMSKeyId": "{% $k %}"})[0]


def test_a_copy_reads_its_source_with_its_tags_and_writes_them() -> None:
    assert granted(of_task(COPY, OBJECT | {"CopySource": "a/in%20x"})) == {
        ("s3:GetObject", "arn:aws:s3:::a/in x"),
        ("s3:GetObjectTagging", "arn:aws:s3:::a/in x"),
        ("s3:PutObject", "arn:aws:s3:::b/k"),
        ("s3:PutObjectTagging", "arn:aws:s3:::b/k"),
    }


def test_a_copy_that_replaces_the_tags_does_not_read_them() -> None:
    assert granted(of_task(COPY, OBJECT | {"CopySource": "/a/x", "TaggingDirective": "REPLACE"})) == {
        ("s3:GetObject", "arn:aws:s3:::a/x"),
        ("s3:PutObject", "arn:aws:s3:::b/k"),
    }


def test_a_copy_of_a_version_reads_that_version() -> None:
    actions = {
        action
        for action, resource in granted(of_task(COPY, OBJECT | {"CopySource": "a/x?versionId=1"}))
        if resource.endswith("a/x")
    }
    assert actions == {"s3:GetObjectVersion", "s3:GetObjectVersionTagging"}


def test_a_copy_from_a_source_that_only_the_run_knows_needs_its_bound() -> None:
    opaque = OBJECT | {"CopySource": "{% $source %}"}
    assert errors(COPY, opaque)[0].startswith("Call: CopySource is known only at run time")
    derived = granted(of_task(COPY, opaque, bounds={"Call": {"CopySource": "a/in/"}}))
    assert {("s3:GetObject", "arn:aws:s3:::a/in/*"), ("s3:GetObjectVersion", "arn:aws:s3:::a/in/*")} <= derived
    built = OBJECT | {"CopySource": "{% 'a/' & $key %}"}
    assert ("s3:GetObjectVersion", "arn:aws:s3:::a/in/*") not in granted(
        of_task(COPY, built, bounds={"Call": {"CopySource": "a/in/"}})
    )


def test_a_copy_uses_the_keys_of_both_buckets() -> None:
    derived = of_task(COPY, OBJECT | {"CopySource": "a/x"}, kms_keys={"a": "arn:read", "b": "arn:write"})
    assert {("kms:Decrypt", "arn:read"), ("kms:GenerateDataKey", "arn:write")} <= granted(derived)
    assert ("kms:GenerateDataKey", "arn:read") not in granted(derived)


def test_a_part_that_is_copied_reads_its_source() -> None:
    derived = granted(of_task("aws-sdk:s3:uploadPartCopy", OBJECT | {"CopySource": "a/x"}))
    assert derived == {("s3:GetObject", "arn:aws:s3:::a/x"), ("s3:PutObject", "arn:aws:s3:::b/k")}


@pytest.mark.parametrize(
    ("objects", "actions"),
    [
        ([{"Key": "k"}], {"s3:DeleteObject"}),
        ([{"Key": "k"}, {"Key": "k", "VersionId": "1"}], {"s3:DeleteObject", "s3:DeleteObjectVersion"}),
        ([{"Key": "k", "VersionId": "1"}], {"s3:DeleteObjectVersion"}),
    ],
)
def test_a_delete_of_many_objects_names_each(objects: object, actions: set[str]) -> None:
    derived = granted(of_task("aws-sdk:s3:deleteObjects", {"Bucket": "b", "Delete": {"Objects": objects}}))
    assert derived == {(action, "arn:aws:s3:::b/k") for action in actions}


def test_a_delete_of_objects_that_only_the_run_knows_needs_their_bound() -> None:
    by_key: State = {"Bucket": "b", "Delete": {"Objects": "{% $states.input.Items.{'Key': Key} %}"}}
    assert errors("aws-sdk:s3:deleteObjects", by_key)[0].startswith("Call: Key is known only at run time")
    derived = of_task("aws-sdk:s3:deleteObjects", by_key, bounds={"Call": {"Key": "old/"}})
    assert granted(derived) == {("s3:DeleteObject", "arn:aws:s3:::b/old/*")}
    versions: State = {"Bucket": "b", "Delete": {"Objects": "{% $v.{'Key': Key, 'VersionId': VersionId} %}"}}
    derived = of_task("aws-sdk:s3:deleteObjects", versions, bounds={"Call": {"Key": "old/"}})
    assert {action for action, _ in granted(derived)} == {"s3:DeleteObject", "s3:DeleteObjectVersion"}
    opaque: State = {"Bucket": "b", "Delete": {"Objects": "{% $objects %}"}}
    bounds = {"Call": {"Key": "old/"}}
    assert errors("aws-sdk:s3:deleteObjects", opaque, bounds=bounds)[0].startswith("Call: VersionId ")
    derived = of_task("aws-sdk:s3:deleteObjects", opaque, bounds={"Call": {"Key": "old/", "VersionId": "any"}})
    assert {action for action, _ in granted(derived)} == {"s3:DeleteObject", "s3:DeleteObjectVersion"}
    derived = of_task("aws-sdk:s3:deleteObjects", opaque, bounds={"Call": {"Key": "old/", "VersionId": "none"}})
    assert {action for action, _ in granted(derived)} == {"s3:DeleteObject"}


def test_the_attributes_of_an_object_cost_two_actions() -> None:
    attributes = {"ObjectAttributes": ["ETag"]}
    assert granted(of_task("aws-sdk:s3:getObjectAttributes", OBJECT | attributes)) == {
        (f"s3:{action}", "arn:aws:s3:::b/k") for action in ("GetObject", "GetObjectAttributes")
    }
    assert granted(of_task("aws-sdk:s3:getObjectAttributes", OBJECT | attributes | {"VersionId": "1"})) == {
        (f"s3:{action}", "arn:aws:s3:::b/k") for action in ("GetObjectVersion", "GetObjectVersionAttributes")
    }


@pytest.mark.parametrize(
    "bucket",
    [
        f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/mine",
        "mine-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias",
        "data--use1-az4--x-s3",
        "data-*",
    ],
)
def test_a_bucket_that_is_no_plain_bucket_is_refused(bucket: str) -> None:
    assert "pass bounds=" in errors("aws-sdk:s3:getObject", {"Bucket": bucket, "Key": "k"})[0]
    over = distributed(
        ItemReader={"Resource": "arn:aws:states:::s3:getObject", "Arguments": {"Bucket": bucket, "Key": "k"}}
    )
    with pytest.raises(UnderivableError, match=r"Map: ItemReader\.Bucket"):
        derive(machine(Map=over))


def test_uploads_are_listed_without_a_condition_that_aws_does_not_know() -> None:
    assert not conditions(of_task("aws-sdk:s3:listMultipartUploads", {"Bucket": "b", "Prefix": "p/"}))


def test_a_restore_that_selects_into_a_bucket_is_refused() -> None:
    assert (
        "pass explicit=" in errors("aws-sdk:s3:restoreObject", OBJECT | {"RestoreRequest": {"OutputLocation": {}}})[0]
    )


def test_an_image_in_s3_is_read_with_the_permissions_of_the_caller() -> None:
    image = {"Image": {"S3Object": {"Bucket": "b", "Name": "k.jpg"}}}
    assert ("s3:GetObject", "arn:aws:s3:::b/k.jpg") in granted(of_task(LABELS, image))
    image["Image"]["S3Object"]["Version"] = "1"
    assert ("s3:GetObjectVersion", "arn:aws:s3:::b/k.jpg") in granted(of_task(LABELS, image))
    document = {"Document": {"S3Object": {"Bucket": "b", "Name": "{% $k %}"}}, "FeatureTypes": ["TABLES"]}
    assert errors("aws-sdk:textract:analyzeDocument", document)[0].startswith("Call: S3Object.Name is known only")
    derived = of_task("aws-sdk:textract:analyzeDocument", document, bounds={"Call": {"S3Object.Name": "in/"}})
    assert ("s3:GetObject", "arn:aws:s3:::b/in/*") in granted(derived)


def test_an_image_that_only_the_run_knows_needs_a_bound() -> None:
    opaque = {"Image": "{% $image %}"}
    assert errors(LABELS, opaque)[0].startswith("Call: S3Object is known only at run time")
    derived = of_task(LABELS, opaque, bounds={"Call": {"S3Object": "b/in/"}})
    assert ("s3:GetObject", "arn:aws:s3:::b/in/*") in granted(derived)
    assert not {action for action, _ in granted(of_task(LABELS, {"Image": {"Bytes": "{% $b %}"}}))} & {"s3:GetObject"}


def test_both_images_of_a_comparison_are_read() -> None:
    images = {name: {"S3Object": {"Bucket": "b", "Name": name}} for name in ("SourceImage", "TargetImage")}
    derived = granted(of_task("aws-sdk:rekognition:compareFaces", images))
    assert {("s3:GetObject", f"arn:aws:s3:::b/{name}") for name in images} <= derived


def test_the_output_of_a_document_analysis_is_written() -> None:
    arguments = {
        "DocumentLocation": {"S3Object": {"Bucket": "b", "Name": "k"}},
        "OutputConfig": {"S3Bucket": "out", "S3Prefix": "pages"},
    }
    derived = granted(of_task("aws-sdk:textract:startDocumentTextDetection", arguments))
    assert {("s3:GetObject", "arn:aws:s3:::b/k"), ("s3:PutObject", "arn:aws:s3:::out/pages/*")} <= derived
    assert "KMSKeyId" in errors("aws-sdk:textract:startDocumentTextDetection", arguments | {"KMSKeyId": KEY})[0]


def test_translating_from_auto_detects_the_language() -> None:
    def actions(language: str) -> set[str]:
        arguments = {"Text": "x", "SourceLanguageCode": language, "TargetLanguageCode": "en"}
        return {action for action, _ in granted(of_task("aws-sdk:translate:translateText", arguments))}

    assert (
        actions("auto")
        == actions("{% $language %}")
        == {"translate:TranslateText", "comprehend:DetectDominantLanguage"}
    )
    assert actions("da") == {"translate:TranslateText"}


def test_code_of_a_function_in_s3_is_read() -> None:
    code = {"FunctionName": "work", "S3Bucket": "b", "S3Key": "k.zip"}
    derived = granted(of_task("aws-sdk:lambda:updateFunctionCode", code))
    assert derived == {("lambda:UpdateFunctionCode", f"{LAMBDA}:work"), ("s3:GetObject", "arn:aws:s3:::b/k.zip")}
    derived = granted(of_task("aws-sdk:lambda:updateFunctionCode", code | {"S3ObjectVersion": "1"}))
    assert ("s3:GetObjectVersion", "arn:aws:s3:::b/k.zip") in derived
    assert "ImageUri" in errors("aws-sdk:lambda:updateFunctionCode", {"FunctionName": "work", "ImageUri": "x"})[0]


def test_a_key_that_is_named_by_its_alias_is_allowed_by_that_alias() -> None:
    derived = of_task("aws-sdk:kms:encrypt", {"KeyId": "alias/mine", "Plaintext": "x"})
    assert granted(derived) == {("kms:Encrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*")}
    assert conditions(derived) == [{"ForAnyValue:StringEquals": {"kms:ResourceAliases": ["alias/mine"]}}]
    alias = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/mine"
    assert granted(of_task("aws-sdk:kms:encrypt", {"KeyId": alias})) == {
        ("kms:Encrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*")
    }
    assert granted(of_task("aws-sdk:kms:encrypt", {"KeyId": KEY})) == {("kms:Encrypt", KEY)}


@pytest.mark.parametrize(
    "tags", [{"Tags": [{"Key": "a"}]}, {"PropagateTags": "TASK_DEFINITION"}, {"EnableECSManagedTags": True}]
)
def test_tags_of_an_ecs_task_may_be_set_only_while_it_is_run(tags: State) -> None:
    bounds = {"Call": {"PassRole": "arn:aws:iam::1:role/task"}}
    plain = granted(of_task("ecs:runTask", {"TaskDefinition": "work"}, bounds=bounds))
    derived = of_task("ecs:runTask", {"TaskDefinition": "work"} | tags, bounds=bounds)
    assert granted(derived) - plain == {("ecs:TagResource", f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/*")}
    assert {"StringEquals": {"ecs:CreateAction": "RunTask"}} in conditions(derived)


@pytest.mark.parametrize(
    ("integration", "arguments"),
    [
        ("dynamodb:exportTableToPointInTime", {"TableArn": "arn:t", "S3Bucket": "b"}),
        ("dynamodb:importTable", {"S3BucketSource": {"S3Bucket": "b"}}),
        ("dynamodb:restoreTableFromBackup", {"TargetTableName": "t"}),
        ("dynamodb:enableKinesisStreamingDestination", {"TableName": "t"}),
        ("cloudwatchlogs:createExportTask", {"logGroupName": "g"}),
        ("ssm:startAutomationExecution", {"DocumentName": "d"}),
        ("ecs:createService", {"TaskDefinition": "t"}),
        ("lambda:updateFunctionConfiguration", {"FunctionName": "f", "VpcConfig": {}}),
        ("lambda:updateFunctionConfiguration", {"FunctionName": "f", "Layers": []}),
        ("lambda:createEventSourceMapping", {"FunctionName": "f"}),
        ("athena:createDataCatalog", {"Name": "c"}),
        ("secretsmanager:createSecret", {"Name": "s", "KmsKeyId": "k"}),
        ("sns:createTopic", {"Name": "t", "Tags": []}),
        ("kms:createGrant", {"KeyId": "k"}),
        ("firehose:createDeliveryStream", {"DeliveryStreamName": "d"}),
        ("secretsmanager:batchGetSecretValue", {"SecretIdList": ["s"]}),
        ("athena:getTableMetadata", {"CatalogName": "AwsDataCatalog"}),
        ("ssm:putParameter", {"Name": "p", "KeyId": "k"}),
        ("ssm:getParameter", {"Name": "/aws/reference/secretsmanager/db"}),
        ("ecs:runTask", {"TaskDefinition": "t", "VolumeConfigurations": []}),
        ("eventbridge:putEvents", {"EndpointId": "e.x", "Entries": []}),
        ("bedrockruntime:invokeModelWithResponseStream", {"ModelId": "m"}),
    ],
)
def test_a_call_that_needs_another_services_permissions_is_refused(integration: str, arguments: State) -> None:
    assert "pass explicit=" in errors(f"aws-sdk:{integration}", arguments, bounds={})[0]


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("limit", f"{REGION}:{ACCOUNT}:parameter/limit"),
        ("/app/limit:3", f"{REGION}:{ACCOUNT}:parameter/app/limit"),
        ("/aws/service/ami", f"{REGION}::parameter/aws/service/ami"),
    ],
)
def test_a_parameter_is_named_without_its_version(name: str, arn: str) -> None:
    derived = granted(of_task("aws-sdk:ssm:getParameter", {"Name": name}))
    assert derived == {("ssm:GetParameter", f"arn:aws:ssm:{arn}")}


def test_faces_are_searched_in_their_collection() -> None:
    arguments: State = {"CollectionId": "staff", "Image": {"S3Object": {"Bucket": "b", "Name": "k"}}}
    collection = f"arn:aws:rekognition:{REGION}:{ACCOUNT}:collection/staff"
    assert granted(of_task("aws-sdk:rekognition:searchFacesByImage", arguments)) == {
        ("rekognition:SearchFacesByImage", collection),
        ("s3:GetObject", "arn:aws:s3:::b/k"),
    }


def test_a_batch_of_items_names_its_tables() -> None:
    items: State = {"RequestItems": {"orders": [], "lines": []}}
    assert granted(of_task("aws-sdk:dynamodb:batchWriteItem", items)) == {
        ("dynamodb:BatchWriteItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}")
        for table in ("orders", "lines")
    }
    assert errors("aws-sdk:dynamodb:batchWriteItem", {"RequestItems": "{% $items %}"})[0].startswith("Call: TableName ")


def test_a_transaction_needs_the_action_of_each_item_on_its_table() -> None:
    items: State = {
        "TransactItems": [
            {"Put": {"TableName": "orders", "Item": {}}},
            {"ConditionCheck": {"TableName": "stock"}},
            {"Update": {"TableName": "{% $t %}"}},
        ]
    }
    tables = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"
    assert granted(of_task("aws-sdk:dynamodb:transactWriteItems", items, bounds={"Call": {"TableName": "late"}})) == {
        ("dynamodb:PutItem", f"{tables}/orders"),
        ("dynamodb:ConditionCheckItem", f"{tables}/stock"),
        ("dynamodb:UpdateItem", f"{tables}/late"),
    }
    opaque = {"TransactItems": "{% $items %}"}
    assert errors("aws-sdk:dynamodb:transactGetItems", opaque)[0].startswith("Call: TransactItems ")
    assert granted(of_task("aws-sdk:dynamodb:transactGetItems", opaque, bounds={"Call": {"TransactItems": "a"}})) == {
        ("dynamodb:GetItem", f"{tables}/a")
    }


def test_a_recording_is_read_and_its_transcript_is_written_with_the_permissions_of_the_caller() -> None:
    arguments: State = {
        "TranscriptionJobName": "{% $name %}",
        "Media": {"MediaFileUri": "s3://b/in/a.mp3"},
        "OutputBucketName": "out",
        "OutputKey": "texts/",
    }
    job = f"arn:aws:transcribe:{REGION}:{ACCOUNT}:transcription-job/call-*"
    bounds = {"Call": {"TranscriptionJobName": "call-*"}}
    assert granted(of_task("aws-sdk:transcribe:startTranscriptionJob", arguments, bounds=bounds)) == {
        ("transcribe:StartTranscriptionJob", job),
        ("s3:GetObject", "arn:aws:s3:::b/in/a.mp3"),
        ("s3:PutObject", "arn:aws:s3:::out/texts/*"),
    }
    late = arguments | {"Media": {"MediaFileUri": "{% $uri %}"}, "OutputEncryptionKMSKeyId": "k"}
    assert "OutputEncryptionKMSKeyId" in errors("aws-sdk:transcribe:startTranscriptionJob", late)[0]
    del late["OutputEncryptionKMSKeyId"]
    assert "Media.MediaFileUri" in errors("aws-sdk:transcribe:startTranscriptionJob", late, bounds=bounds)[0]


def test_the_role_of_a_notification_is_passed_to_the_service_alone() -> None:
    channel = {"RoleArn": "arn:aws:iam::1:role/r", "SNSTopicArn": "arn:t"}
    video: State = {"Video": {"S3Object": {"Bucket": "b", "Name": "k"}}, "NotificationChannel": channel}
    derived = of_task("aws-sdk:rekognition:startLabelDetection", video)
    assert ("iam:PassRole", "arn:aws:iam::1:role/r") in granted(derived)
    assert {"StringEquals": {"iam:PassedToService": "rekognition.amazonaws.com"}} in conditions(derived)


def test_an_inventory_whose_manifest_only_the_run_knows_needs_a_bound_for_its_data_files() -> None:
    over = machine(Map=distributed(ItemReader=reader({"ManifestType": "S3_INVENTORY"}, Key="{% $manifest %}")))
    bounds: Any = {"Map": {"ItemReader.Key": "inventory/"}}
    with pytest.raises(UnderivableError, match=r"Map: ItemReader\.DataFiles "):
        derive(over, bounds=bounds)
    bounds["Map"]["ItemReader.DataFiles"] = "data/inventory/data/"
    assert ("s3:GetObject", "arn:aws:s3:::data/inventory/data/*") in granted(derive(over, bounds=bounds))


def test_a_distributed_map_in_the_old_form_runs_children_too() -> None:
    state = distributed()
    state["Iterator"] = state.pop("ItemProcessor")
    assert set(derive(machine(Map=state))) == {"run-map"}


def test_data_that_looks_like_an_argument_is_not_one() -> None:
    item = {"TableName": "orders", "Item": {"Tags": {"S": "x"}, "RoleArn": {"S": "y"}}}
    assert {action for action, _ in granted(of_task("aws-sdk:dynamodb:putItem", item))} == {"dynamodb:PutItem"}
    payload = {"FunctionName": "work", "Payload": {"Role": "admin"}}
    assert {action for action, _ in granted(of_task("aws-sdk:lambda:invoke", payload))} == {"lambda:InvokeFunction"}
