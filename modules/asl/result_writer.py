"""ResultWriter: where a Map Run writes the results of its child executions, and in which form.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from modules.asl.query_language import (
    QueryLanguage,
    argument_fields,
    arguments_field,
    choice_errors,
    owner_errors,
    text_errors,
)

Transformation = Literal["NONE", "COMPACT", "FLATTEN"]
OutputType = Literal["JSON", "JSONL"]

TRANSFORMATIONS = ("NONE", "COMPACT", "FLATTEN")
OUTPUT_TYPES = ("JSON", "JSONL")


@dataclass(frozen=True, kw_only=True)
class ResultWriter:
    """Results below `<prefix>/<map run uuid>/` of a bucket in the machine's own account and Region.

    Without a bucket, `transformation` and `output_type` shape the state's result instead.
    """

    bucket: str | None = None
    """The bucket's name, or an expression. Default: none, so nothing is written."""
    prefix: str | None = None
    """What the results' keys begin with, without the slash at its end, or an expression. Default: none."""
    expected_bucket_owner: str | None = None
    """The 12-digit account that must own the bucket. It guards against a bucket name that someone else has taken over.
    Default: any account."""
    transformation: Transformation | None = None
    """The form of the results. NONE: each child with its input, output and times. COMPACT: the outputs. FLATTEN: the
    elements of the outputs that are arrays, one after another. Failed children are always written untransformed. Set
    it together with `output_type`. Default: NONE."""
    output_type: OutputType | None = None
    """The format of the files: JSON, one array, or JSONL, one line per result. Set it together with `transformation`.
    Default: JSON."""

    def errors(self, language: QueryLanguage) -> Iterator[str]:
        """An error for each field that AWS would refuse."""
        arguments = f"ResultWriter.{arguments_field(language)}"
        yield from text_errors(f"{arguments}.Bucket", self.bucket, language)
        yield from text_errors(f"{arguments}.Prefix", self.prefix, language)
        yield from text_errors(f"{arguments}.ExpectedBucketOwner", self.expected_bucket_owner, language)
        yield from owner_errors(f"{arguments}.ExpectedBucketOwner", self.expected_bucket_owner)
        if self.bucket is None:
            for name, value in (("Prefix", self.prefix), ("ExpectedBucketOwner", self.expected_bucket_owner)):
                if value is not None:
                    yield f"{arguments}.{name}: also requires a Bucket"
        yield from choice_errors("ResultWriter.WriterConfig.Transformation", self.transformation, TRANSFORMATIONS)
        yield from choice_errors("ResultWriter.WriterConfig.OutputType", self.output_type, OUTPUT_TYPES)
        if (self.transformation is None) != (self.output_type is None):
            yield "ResultWriter.WriterConfig: set both Transformation and OutputType"
        if self.bucket is None and self.transformation is None:
            yield "ResultWriter: set a Bucket, a WriterConfig or both"

    def render(self, language: QueryLanguage) -> dict[str, object]:
        """The ResultWriter field."""
        rendered: dict[str, object] = {}
        if self.bucket is not None:
            rendered["Resource"] = "arn:aws:states:::s3:putObject"
            arguments: dict[str, object] = {
                "Bucket": self.bucket,
                "ExpectedBucketOwner": self.expected_bucket_owner,
                "Prefix": self.prefix,
            }
            rendered[arguments_field(language)] = argument_fields(language, arguments)
        if self.transformation is not None:
            rendered["WriterConfig"] = {"Transformation": self.transformation, "OutputType": self.output_type}
        return rendered
