"""The zip of a Lambda function: the same bytes for the same sources."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from pathlib import Path

# The oldest time that a zip can hold: a file's own time would change the package without changing the code.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def package(source: Path, *, job: Path | None = None) -> bytes:
    """Zip the package directory `source` below its own name: its Python files, sorted by name.

    A directory `shared` beside it is packaged too, as `<parent>/shared`, so that a function imports it by the same
    name (`lambdas.shared`) in Lambda and here. The directory `job` is packaged at the top, without its tests, and with
    it the job's API (`lambdas.job`). Stored, not deflated: zlib's output differs between versions.
    """
    shared = source.parent / "shared"
    files = {path.relative_to(source.parent): path for path in source.rglob("*.py")}
    files |= {path.relative_to(source.parent.parent): path for path in shared.rglob("*.py")}
    if job is not None:
        api = source.parent / "job"
        files |= {path.relative_to(source.parent.parent): path for path in api.rglob("*.py")}
        files |= {path.relative_to(job): path for path in job.rglob("*.py") if not path.name.startswith("test_")}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, path in sorted(files.items()):
            info = zipfile.ZipInfo(name.as_posix(), date_time=_EPOCH)
            info.external_attr = 0o644 << 16
            info.create_system = 3  # Unix, on whatever system it is built
            archive.writestr(info, path.read_bytes())
    return buffer.getvalue()


def code_hash(content: bytes) -> str:
    """The hash by which Lambda and Terraform recognize a package: base64 of its SHA-256."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
