"""What each key source creates in which account, and what it asks the source account's owner to set up."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from environments.files import load
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.deployers import Deployers
from modules.asl.nested_states import nested_states
from modules.pipeline.workflow.names import INVENTORY, PROCESS_KEY_LIST, PROCESS_OBJECTS, PROCESS_SHARD, REPLICATION
from tests.synth.conftest import RUNS_KEY, SOURCE_KEY, dev_with_keys, in_source_account


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return dev_with_keys(tmp_path_factory.mktemp("inventory"), bucket_policy="own", key_source=INVENTORY)


@pytest.fixture(scope="module")
def replication(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return dev_with_keys(
        tmp_path_factory.mktemp("replication"),
        bucket_policy="own",
        key_source=REPLICATION,
        map={"max_concurrency": 40},
        job={"objects_per_second": 50},
    )


def test_an_inventory_needs_no_lister_and_only_s3_may_deliver_it(inventory: Any) -> None:
    assert set(inventory["resource"]["aws_lambda_function"]) == {"process_objects", "summarize_run"}
    assert in_source_account(inventory) == {
        "aws_kms_grant.source_access_key_grant",
        "aws_s3_bucket_inventory.inventory",
        "aws_s3_bucket_policy.source_access_bucket_policy",
    }
    (reading,) = json.loads(inventory["resource"]["aws_s3_bucket_policy"]["source_access_bucket_policy"]["policy"])[
        "Statement"
    ]
    assert reading["Action"] == "s3:GetObject"
    _, deliver = json.loads(inventory["resource"]["aws_s3_bucket_policy"]["inventory_bucket_policy"]["policy"])[
        "Statement"
    ]
    assert deliver["Principal"] == {"Service": "s3.amazonaws.com"}
    assert deliver["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "444444444444"},
        "ArnLike": {"aws:SourceArn": "arn:aws:s3:::example-landing-zone-dev"},
    }
    configured = inventory["resource"]["aws_s3_bucket_inventory"]["inventory"]
    assert configured["destination"]["bucket"]["encryption"] == {"sse_kms": {"key_id": RUNS_KEY}}
    assert json.loads(inventory["output"]["kms_key_policy_statement"]["value"])["Action"] == "kms:GenerateDataKey"
    machine = inventory["resource"]["aws_iam_role_policy"]["state_machine_use_keys"]["policy"]
    assert RUNS_KEY in machine


def test_an_existing_inventory_is_only_read(tmp_path: Path) -> None:
    existing = {"bucket": "inventories", "id": "all", "prefix": "s3/", "kms_key_arn": RUNS_KEY.replace("runs", "inv")}
    stack = dev_with_keys(tmp_path, bucket_policy="own", key_source=INVENTORY, inventory={"existing": existing})
    assert "aws_s3_bucket_inventory" not in stack["resource"]
    assert list(stack["resource"]["aws_s3_bucket"]) == ["runs_bucket"]
    policy = json.loads(stack["resource"]["aws_iam_role_policy"]["state_machine_read_items"]["policy"])
    assert "arn:aws:s3:::inventories/s3/example-landing-zone-dev/all/*" in json.dumps(policy)
    assert "inv" in stack["resource"]["aws_iam_role_policy"]["state_machine_use_keys"]["policy"]


def test_a_replica_is_filled_by_the_source_account_and_read_without_access_to_it(replication: Any) -> None:
    assert in_source_account(replication) == {
        "aws_kms_grant.replication_key_grant",
        "aws_s3_bucket_replication_configuration.replication",
        "aws_s3_bucket_versioning.replication_versioning",
    }
    assert "source_access_bucket_policy" not in replication["resource"]["aws_s3_bucket_policy"]
    environment = replication["resource"]["aws_lambda_function"]["process_objects"]["environment"]["variables"]
    assert environment["SOURCE_BUCKET"] == "mapspan-dev-replica-333333333333-eu-west-1"
    assert environment["SOURCE_ACCOUNT_ID"] == "333333333333"
    for name, policy in replication["resource"]["aws_iam_role_policy"].items():
        assert "444444444444" not in policy["policy"], name
        assert "example-landing-zone-dev" not in policy["policy"], name
    (rule,) = replication["resource"]["aws_s3_bucket_replication_configuration"]["replication"]["rule"]
    assert rule["source_selection_criteria"] == {"sse_kms_encrypted_objects": {"status": "Enabled"}}
    assert rule["destination"]["encryption_configuration"] == {"replica_kms_key_id": RUNS_KEY}
    assert rule["destination"]["access_control_translation"] == {"owner": "Destination"}
    assert "REPLACED by ours" in replication["output"]["source_bucket_replication"]["value"]


def test_both_maps_and_the_function_keep_to_the_rate(replication: Any) -> None:
    (machine,) = replication["resource"]["aws_sfn_state_machine"].values()
    states = json.loads(machine["definition"])["States"]
    for name in (PROCESS_OBJECTS, PROCESS_KEY_LIST):
        assert (states[name]["MaxConcurrency"], states[name]["ItemBatcher"]["MaxItemsPerBatch"]) == (25, 20)
    function = replication["resource"]["aws_lambda_function"]["process_objects"]
    assert function["environment"]["variables"]["OBJECT_INTERVAL_SECONDS"] == "0.5"


@pytest.mark.parametrize(
    ("stack", "labels"),
    [
        ("dev", [PROCESS_OBJECTS, PROCESS_SHARD]),
        ("inventory", [PROCESS_KEY_LIST, PROCESS_OBJECTS]),
        ("replication", [PROCESS_KEY_LIST, PROCESS_OBJECTS]),
    ],
)
def test_each_map_has_the_alarms_of_its_own_child_executions(
    request: pytest.FixtureRequest, stack: str, labels: list[str]
) -> None:
    resources = request.getfixturevalue(stack)["resource"]
    (machine,) = resources["aws_sfn_state_machine"].values()
    definition = json.loads(machine["definition"].replace("%%{", "%{"))
    states = [nested.state for nested in nested_states(definition)]
    assert sorted(str(state["Label"]) for state in states if "Label" in state) == labels
    machines = [f"arn:aws:states:eu-west-1:333333333333:stateMachine:{machine['name']}/{label}" for label in labels]

    alarms = resources["aws_cloudwatch_metric_alarm"]
    near_limit = [alarm for name, alarm in alarms.items() if name.endswith("batches_near_time_limit")]
    assert sorted(alarm["dimensions"]["StateMachineArn"] for alarm in near_limit) == machines
    assert {alarm["metric_name"] for alarm in near_limit} == {"ExecutionTime"}
    ends: dict[str, list[str]] = {}
    for alarm in (alarm for name, alarm in alarms.items() if name.endswith("batches_failing")):
        _, *metrics = (query.get("metric") for query in alarm["metric_query"])
        (child_machine,) = {metric["dimensions"]["StateMachineArn"] for metric in metrics}
        ends[child_machine] = [metric["metric_name"] for metric in metrics]
    for child_machine in machines:
        assert ends.pop(child_machine) == ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsSucceeded"]
    assert not ends


@pytest.mark.parametrize("key_source", [INVENTORY, REPLICATION])
def test_a_handover_has_a_file_a_step_and_an_output_for_everything_it_asks_for(tmp_path: Path, key_source: str) -> None:
    stack = dev_with_keys(tmp_path, bucket_policy="handover", key_source=key_source)
    assert in_source_account(stack) == set()
    assert [provider.get("alias") for provider in stack["provider"]["aws"]] == [None]
    directory = tmp_path / "handover" / "dev"
    files = {path.stem for path in directory.glob("*.json")}
    expected = {
        INVENTORY: {"bucket-policy", "key-policy-statement", "inventory"},
        REPLICATION: {
            "batch-replication-role-policy",
            "batch-replication-role-trust",
            "replication",
            "replication-role-policy",
            "replication-role-trust",
        },
    }
    assert files == expected[key_source]
    words = (directory / "README.md").read_text()
    for name in files:
        assert f"{name}.json" in words
        output = stack["output"][f"handover_{name.replace('-', '_')}"]["value"]
        assert json.loads(output) == json.loads((directory / f"{name}.json").read_text())
    assert "check-access dev" in words


def test_a_handover_asks_for_the_permissions_that_bootstrap_would_give(tmp_path: Path) -> None:
    dev_with_keys(tmp_path, bucket_policy="handover", key_source=REPLICATION)
    statements = json.loads((tmp_path / "handover" / "dev" / "replication-role-policy.json").read_text())["Statement"]
    dev = load("dev")
    source = dev.source.model_copy(update={"kms_key_arn": SOURCE_KEY})
    environment = dev.model_copy(update={"source": source, "kms_key_arn": RUNS_KEY, "key_source": REPLICATION})
    *_, stack = stacks(environment, Deployers(principals=["arn:aws:iam::333333333333:role/admin"]))
    policies = stack.template["Resources"]["ReplicationRole"]["Properties"]["Policies"]
    assert statements == [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def test_the_command_that_copies_existing_objects_runs_as_it_is_printed(replication: Any) -> None:
    command = replication["output"]["copy_existing_objects_command"]["value"]
    printed = subprocess.run(  # noqa: S602 - the command is written for a shell
        f'aws() {{ printf "%s\\n" "$@"; }}; {command}', shell=True, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert printed[:2] == ["s3control", "create-job"]
    assert "arn:aws:iam::444444444444:role/mapspan-dev-batch-replication" in printed
    generator = json.loads(printed[printed.index("--manifest-generator") + 1])["S3JobManifestGenerator"]
    assert generator["SourceBucket"] == "arn:aws:s3:::example-landing-zone-dev"
    assert json.loads(printed[printed.index("--operation") + 1]) == {"S3ReplicateObject": {}}
