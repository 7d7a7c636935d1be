"""The zip of a Lambda function: the same bytes for the same files."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

# The oldest time that a zip can hold: a file's own time would change the package without changing the code.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_EXECUTABLE = 0o100


def package(source: Path) -> bytes:
    """Zip the package directory `source`, with what it shares with other functions."""
    return zip_files(package_files(source))


def package_files(source: Path) -> dict[Path, Path]:
    """The Python files of the package directory `source`, below its own name: the file of each path in the zip.

    A directory `shared` beside it is packaged too, as `<parent>/shared`, so that a function imports it by the same
    name (`lambdas.shared`) in Lambda and here.
    """
    shared = source.parent / "shared"
    files = {path.relative_to(source.parent): path for path in source.rglob("*.py")}
    return files | {path.relative_to(source.parent.parent): path for path in shared.rglob("*.py")}


def zip_files(files: Mapping[Path, Path]) -> bytes:
    """Zip the file of each path. Stored, not deflated: zlib's output differs between versions."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, path in sorted(files.items()):
            info = zipfile.ZipInfo(name.as_posix(), date_time=_EPOCH)
            executable = path.stat().st_mode & _EXECUTABLE
            info.external_attr = (0o755 if executable else 0o644) << 16
            info.create_system = 3  # Unix, on whatever system it is built
            archive.writestr(info, path.read_bytes())
    return buffer.getvalue()


def code_hash(content: bytes) -> str:
    """The hash by which Lambda and Terraform recognize a package: base64 of its SHA-256."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
