"""FunctionCode: what a Lambda function runs, and how it gets there: a zip, uploaded or through S3, or an image."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cdktf
from cdktf_cdktf_provider_aws.s3_object import S3Object
from constructs import Construct

from modules.jobs.platform import LAMBDA_PYTHON, Architecture
from modules.lambda_package import code_hash
from modules.private_bucket import PrivateBucket

RUNTIME = f"python{LAMBDA_PYTHON}"
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#function-configuration-deployment-and-execution
DIRECT_UPLOAD_LIMIT_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class CodeBucket:
    """Where zips go that are too large for a direct upload: below a prefix of a bucket, by their hash."""

    bucket: PrivateBucket
    prefix: str


@dataclass(frozen=True, kw_only=True)
class FunctionCode:
    """The code of a function: the zip `content`, or the container image `image` in its place.

    Args:
        architecture: the processor that it is built for.
        bucket: takes a zip that is too large for a direct upload.
    """

    content: bytes = b""
    image: str | None = None
    architecture: Architecture = "arm64"
    bucket: CodeBucket | None = None


@dataclass(frozen=True, kw_only=True)
class CodeArguments:
    """The arguments of the function resource that say what it runs."""

    package_type: str | None = None
    image_uri: str | None = None
    runtime: str | None = None
    handler: str | None = None
    filename: str | None = None
    s3_bucket: str | None = None
    s3_key: str | None = None
    source_code_hash: str | None = None


def code_arguments(scope: Construct, code: FunctionCode, *, handler: str) -> CodeArguments:
    """Write the code to the stack's assets, and create the S3 object that it needs, if any."""
    if code.image is not None:
        return CodeArguments(package_type="Image", image_uri=code.image)
    content, path = code.content, _asset(scope, code.content)
    python = {"runtime": RUNTIME, "handler": handler, "source_code_hash": code_hash(content)}
    if code.bucket is None or len(content) <= DIRECT_UPLOAD_LIMIT_BYTES:
        return CodeArguments(**python, filename=path)
    bucket = code.bucket.bucket
    key = f"{code.bucket.prefix}{hashlib.sha256(content).hexdigest()}.zip"
    uploaded = S3Object(scope, "code", bucket=bucket.bucket.id, key=key, source=path, depends_on=bucket.ready)
    return CodeArguments(**python, s3_bucket=uploaded.bucket, s3_key=uploaded.key)


def _asset(scope: Construct, content: bytes) -> str:
    """Write `content` to the stack's assets and return its path, relative to the stack's directory."""
    outdir = Path(cdktf.App.of(scope).outdir)
    # Assets are copied when the app is synthesized: each stack's function needs a file of its own until then.
    path = outdir / "functions" / cdktf.TerraformStack.of(scope).node.id / f"{scope.node.id}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    asset = cdktf.TerraformAsset(scope, "package", path=str(path.resolve()), type=cdktf.AssetType.FILE)
    return asset.path
