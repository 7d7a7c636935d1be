"""The list_objects function with other code at its end, for faults of a listing."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Iterator

from modules.lambda_package import package
from modules.pipeline.functions import LAMBDAS
from tests.e2e.conftest import Cloud


@contextlib.contextmanager
def lister_that(does: str, cloud: Cloud) -> Iterator[None]:
    """The list_objects function with `does` at the end of its handler.py, until the block ends."""
    name = f"{cloud.deployment.environment.prefix}-list-objects"
    original, buffer = package(LAMBDAS / "list_objects"), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(original)) as archive, zipfile.ZipFile(buffer, "w") as changed:
        for file in archive.namelist():
            added = does.encode() if file == "list_objects/handler.py" else b""
            changed.writestr(file, archive.read(file) + added)
    cloud.functions.update_function_code(FunctionName=name, ZipFile=buffer.getvalue())
    try:
        yield
    finally:
        cloud.functions.update_function_code(FunctionName=name, ZipFile=original)
