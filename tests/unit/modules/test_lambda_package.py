"""The same files make the same package."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

from modules.lambda_package import code_hash, package


def source(directory: Path) -> Path:
    function = directory / "list_objects"
    (function / "__pycache__").mkdir(parents=True)
    (function / "__init__.py").write_text("")
    (function / "handler.py").write_text("def handler(event, context): ...\n")
    (function / "__pycache__" / "handler.cpython-311.pyc").write_bytes(b"\0")
    return function


def test_the_package_contains_the_sources_below_its_own_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package(source(tmp_path)))) as archive:
        assert archive.namelist() == ["list_objects/__init__.py", "list_objects/handler.py"]


def test_shared_code_is_packaged_below_the_name_that_imports_it(tmp_path: Path) -> None:
    (tmp_path / "lambdas" / "shared").mkdir(parents=True)
    (tmp_path / "lambdas" / "shared" / "key_lists.py").write_text("")
    (tmp_path / "lambdas" / "another_function").mkdir()
    (tmp_path / "lambdas" / "another_function" / "handler.py").write_text("")
    with zipfile.ZipFile(io.BytesIO(package(source(tmp_path / "lambdas")))) as archive:
        assert archive.namelist() == [
            "lambdas/shared/key_lists.py",
            "list_objects/__init__.py",
            "list_objects/handler.py",
        ]


def test_a_new_modification_time_does_not_change_the_package(tmp_path: Path) -> None:
    function = source(tmp_path)
    before = package(function)
    os.utime(function / "handler.py", (1, 1_700_000_000))
    assert package(function) == before


def test_an_executable_stays_one(tmp_path: Path) -> None:
    function = source(tmp_path)
    (function / "handler.py").chmod(0o755)
    with zipfile.ZipFile(io.BytesIO(package(function))) as archive:
        modes = [info.external_attr >> 16 for info in archive.infolist()]
    assert modes == [0o644, 0o755]


def test_a_changed_file_changes_the_hash(tmp_path: Path) -> None:
    function = source(tmp_path)
    before = code_hash(package(function))
    (function / "handler.py").write_text("def handler(event, context): return 1\n")
    assert code_hash(package(function)) != before
