"""Functions as the local cloud runs them: from their zip, with the runtime's packages alone."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from local_cloud.process import LocalCloud
from tests.unit.local_cloud.deployment import Deployment, zipped

LOOK_AROUND = """
import importlib.util, os, subprocess
def handler(event, context):
    found = [name for name in event if importlib.util.find_spec(name)]
    tool = os.path.join(os.environ["LAMBDA_TASK_ROOT"], "tool")
    said = subprocess.run([tool], capture_output=True, text=True).stdout if os.path.exists(tool) else None
    return {"found": found, "said": said, "directory": os.getcwd() == os.environ["LAMBDA_TASK_ROOT"]}
"""


@pytest.fixture
def deployment(local_cloud: LocalCloud) -> Iterator[Deployment]:
    deployment = Deployment(local_cloud)
    yield deployment
    deployment.functions.delete_function(FunctionName=deployment.name)  # ends its workers


def invoke(deployment: Deployment, event: Any) -> Any:
    answer = deployment.functions.invoke(FunctionName=deployment.name, Payload=json.dumps(event))
    return json.load(answer["Payload"])


def test_a_function_finds_the_standard_library_boto3_and_nothing_else_that_is_installed(deployment: Deployment) -> None:
    deployment.create_function(LOOK_AROUND)
    names = [
        "json",
        "sqlite3",
        "boto3",
        "urllib3",
        "pydantic",
        "pip",
        "pytest",
        "rich",
        "modules",
        "lambdas",
        "ministack",
    ]
    assert invoke(deployment, names) == {
        "found": ["json", "sqlite3", "boto3", "urllib3"],
        "said": None,
        "directory": True,
    }


def test_a_package_that_is_not_in_the_zip_is_an_import_error(deployment: Deployment) -> None:
    deployment.create_function("import pydantic\ndef handler(event, context): ...\n")
    error = invoke(deployment, None)
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert error["errorMessage"] == "Unable to import module 'function': No module named 'pydantic'"


def test_new_code_replaces_the_unpacked_one_and_its_programs_can_run(deployment: Deployment) -> None:
    deployment.create_function(LOOK_AROUND)
    assert invoke(deployment, [])["said"] is None
    content = io.BytesIO(zipped(LOOK_AROUND))
    with zipfile.ZipFile(content, "a") as archive:
        program = zipfile.ZipInfo("tool")
        program.external_attr = 0o755 << 16
        archive.writestr(program, "#!/bin/sh\necho works\n")
    deployment.functions.update_function_code(FunctionName=deployment.name, ZipFile=content.getvalue())
    assert invoke(deployment, [])["said"] == "works\n"
