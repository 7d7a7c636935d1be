"""Item readers: what in S3 becomes the items of a distributed Map.

Each class is one kind of dataset, with `ItemReader` as their base class. The bucket must be in the state machine's own
account and Region.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from modules.asl.query_language import (
    Path,
    QueryLanguage,
    argument_fields,
    arguments_field,
    choice_errors,
    language_errors,
    owner_errors,
    path_fields,
    text_errors,
    whole_number_errors,
)
from modules.asl.quotas import MAX_ITEMS

GET_OBJECT = "arn:aws:states:::s3:getObject"
LIST_OBJECTS = "arn:aws:states:::s3:listObjectsV2"

# The fields of ReaderConfig in JSONata. AWS refuses any other.
READER_CONFIG_FIELDS = (
    "InputType",
    "ManifestType",
    "Transformation",
    "CSVHeaderLocation",
    "CSVHeaders",
    "CSVDelimiter",
    "ItemsPointer",
    "MaxItems",
)

CsvDelimiter = Literal["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"]
CSV_DELIMITERS = ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")


@dataclass(frozen=True, kw_only=True)
class ItemReader:
    """The fields of every reader."""

    resource: ClassVar[str]

    bucket: str
    """The name of a bucket in the machine's own account and Region, or an expression."""
    expected_bucket_owner: str | None = None
    """The 12-digit account that must own the bucket. It guards against a bucket name that someone else has taken over.
    Default: any account."""
    max_items: int | str | None = None
    """How many items are read at most, up to 100,000,000; 0 means no limit, as recorded on AWS. Default: no limit."""

    def arguments(self) -> dict[str, object]:
        """The arguments of the S3 call."""
        return {"Bucket": self.bucket, "ExpectedBucketOwner": self.expected_bucket_owner}

    def config(self) -> dict[str, object]:
        """The ReaderConfig without MaxItems."""
        return {}

    def errors(self, language: QueryLanguage) -> Iterator[str]:
        """An error for each field that AWS would refuse."""
        arguments = f"ItemReader.{arguments_field(language)}"
        for name, value in self.arguments().items():
            yield from text_errors(f"{arguments}.{name}", value, language)
        yield from owner_errors(f"{arguments}.ExpectedBucketOwner", self.expected_bucket_owner)
        yield from whole_number_errors(
            "ItemReader.ReaderConfig.MaxItems", self.max_items, language, least=0, most=MAX_ITEMS
        )

    def render(self, language: QueryLanguage) -> dict[str, object]:
        """The ItemReader field."""
        rendered: dict[str, object] = {"Resource": self.resource}
        if config := {**self.config(), **path_fields({"MaxItems": self.max_items})}:
            rendered["ReaderConfig"] = config
        rendered[arguments_field(language)] = argument_fields(language, self.arguments())
        return rendered


@dataclass(frozen=True, kw_only=True)
class Csv:
    """How a CSV file is read."""

    headers: tuple[str, ...] | None = None
    """The names of the columns, for a file without a header row. Default: the file's first row contains them."""
    delimiter: CsvDelimiter | None = None
    """What separates the columns: COMMA, PIPE, SEMICOLON, SPACE or TAB. Default: COMMA."""

    def config(self) -> dict[str, object]:
        """The CSV fields of ReaderConfig."""
        rendered: dict[str, object] = {"CSVHeaderLocation": "FIRST_ROW" if self.headers is None else "GIVEN"}
        if self.headers is not None:
            rendered["CSVHeaders"] = list(self.headers)
        if self.delimiter is not None:
            rendered["CSVDelimiter"] = self.delimiter
        return rendered

    def errors(self) -> Iterator[str]:
        """An error for each field that AWS would refuse."""
        yield from choice_errors("ItemReader.ReaderConfig.CSVDelimiter", self.delimiter, CSV_DELIMITERS)
        if self.headers is None:
            return
        where = "ItemReader.ReaderConfig.CSVHeaders"
        if not self.headers:
            yield f"{where}: write at least one header, or None if they are in the first row"
        for header in self.headers:
            if not isinstance(header, str) or not header:
                yield f"{where}: a header must be a text, not {header!r}"
        if len(set(self.headers)) < len(self.headers):
            yield f"{where}: two headers have the same name: {', '.join(map(str, self.headers))}"


@dataclass(frozen=True, kw_only=True)
class S3Objects(ItemReader):
    """The objects below a prefix, one item each: `{"Etag", "Key", "LastModified", "Size", "StorageClass"}`.

    "Folders" of the console, which are empty objects whose key ends with a slash, are items too.
    """

    resource: ClassVar[str] = LIST_OBJECTS

    prefix: str | None = None
    """What the keys begin with, or an expression. End it with a slash: `run1` also matches `run10`. Default: the whole
    bucket."""

    def arguments(self) -> dict[str, object]:
        """The arguments of the S3 call."""
        return {**super().arguments(), "Prefix": self.prefix}


@dataclass(frozen=True, kw_only=True)
class S3ObjectContents(S3Objects):
    """The contents of the objects below a prefix, as one stream of items (LOAD_AND_FLATTEN).

    In this way, many files feed one Map without being merged.
    """

    input_type: Literal["CSV", "JSON", "JSONL", "PARQUET"]
    """The format of every object below the prefix."""
    csv: Csv | None = None
    """How CSV is read; for no other format. Default: the first row contains the headers."""
    items_pointer: str | None = None
    """Where in a JSON file the array is: a JSON Pointer such as `/orders/open`. Default: the file is the array."""

    def config(self) -> dict[str, object]:
        """The ReaderConfig without MaxItems."""
        return {
            "InputType": self.input_type,
            "Transformation": "LOAD_AND_FLATTEN",
            **(self.csv.config() if self.csv else Csv().config() if self.input_type == "CSV" else {}),
            **pointer(self.items_pointer),
        }

    def errors(self, language: QueryLanguage) -> Iterator[str]:
        """An error for each field that AWS would refuse."""
        yield from super().errors(language)
        yield from choice_errors(
            "ItemReader.ReaderConfig.InputType", self.input_type, ("CSV", "JSON", "JSONL", "PARQUET")
        )
        yield from csv_errors(self.csv, self.input_type)
        yield from pointer_errors(self.items_pointer, self.input_type)


@dataclass(frozen=True, kw_only=True)
class S3File(ItemReader):
    """The fields of every reader of one file.

    A file has at most 10 GB. AWS recognizes GZIP and ZSTD by the file's name and metadata.
    """

    resource: ClassVar[str] = GET_OBJECT

    key: str
    """The file's key, or an expression."""
    version_id: str | None = None
    """The file's version in a versioned bucket, or an expression. Default: the current version."""

    def arguments(self) -> dict[str, object]:
        """The arguments of the S3 call."""
        return {**super().arguments(), "Key": self.key, "VersionId": self.version_id}


@dataclass(frozen=True, kw_only=True)
class JsonFile(S3File):
    """An array in a JSON file."""

    items_pointer: str | None = None
    """Where the array is: a JSON Pointer (RFC 6901) such as `/orders/open`. Default: the file is the array."""

    def config(self) -> dict[str, object]:
        """The ReaderConfig without MaxItems."""
        return {"InputType": "JSON", **pointer(self.items_pointer)}

    def errors(self, language: QueryLanguage) -> Iterator[str]:
        """An error for each field that AWS would refuse."""
        yield from super().errors(language)
        yield from pointer_errors(self.items_pointer, "JSON")


@dataclass(frozen=True, kw_only=True)
class JsonLinesFile(S3File):
    """A file of JSON objects, one a line."""

    def config(self) -> dict[str, object]:
        """The ReaderConfig without MaxItems."""
        return {"InputType": "JSONL"}


@dataclass(frozen=True, kw_only=True)
class CsvFile(S3File):
    """A CSV file. Each row becomes an object of its columns, all of them text.

    A backslash starts an escape, and AWS drops unknown escapes silently: never put S3 keys into a CSV file.
    """

    csv: Csv = field(default_factory=Csv)
    """How the file is read. Default: its first row contains the headers, and a comma separates columns."""

    def config(self) -> dict[str, object]:
        """The ReaderConfig without MaxItems."""
        return {"InputType": "CSV", **self.csv.config()}

    def errors(self, language: QueryLanguage) -> Iterator[str]:
        """An error for each field that AWS would refuse."""
        yield from super().errors(language)
        yield from self.csv.errors()


@dataclass(frozen=True, kw_only=True)
class ParquetFile(S3File):
    """A Parquet file. Each row becomes an object. It can't be read in a particular version."""

    def config(self) -> dict[str, object]:
        """The ReaderConfig without MaxItems."""
        return {"InputType": "PARQUET"}

    def errors(self, language: QueryLanguage) -> Iterator[str]:
        """An error for each field that AWS would refuse."""
        yield from super().errors(language)
        if self.version_id is not None:
            yield f"ItemReader.{arguments_field(language)}.VersionId: not supported for a Parquet file; remove it"


@dataclass(frozen=True, kw_only=True)
class S3Inventory(S3File):
    """The objects that an S3 Inventory delivery lists. `key` is the key of its manifest.json.

    Only deliveries by AWS, in CSV.
    """

    spelling: Literal["ManifestType", "InputType"] = "ManifestType"
    """The field that marks the file as an inventory: `ManifestType`, or `InputType` for the older
    `InputType: MANIFEST`. Default: ManifestType."""

    def config(self) -> dict[str, object]:
        """The ReaderConfig without MaxItems."""
        if self.spelling == "InputType":
            return {"InputType": "MANIFEST"}
        return {"ManifestType": "S3_INVENTORY"}

    def errors(self, language: QueryLanguage) -> Iterator[str]:
        """An error for each field that AWS would refuse."""
        yield from super().errors(language)
        yield from choice_errors("ItemReader.ReaderConfig: spelling", self.spelling, ("ManifestType", "InputType"))


@dataclass(frozen=True, kw_only=True)
class AthenaManifest(S3File):
    """The rows of an UNLOAD or CTAS of Athena. `key` is the key of the manifest, which names the data files."""

    input_type: Literal["CSV", "JSONL", "PARQUET"]
    """The format of the data files."""
    csv: Csv | None = None
    """How CSV is read; for no other format. Default: the first row contains the headers."""

    def config(self) -> dict[str, object]:
        """The ReaderConfig without MaxItems."""
        return {
            "ManifestType": "ATHENA_DATA",
            "InputType": self.input_type,
            **(self.csv.config() if self.csv else Csv().config() if self.input_type == "CSV" else {}),
        }

    def errors(self, language: QueryLanguage) -> Iterator[str]:
        """An error for each field that AWS would refuse."""
        yield from super().errors(language)
        yield from choice_errors("ItemReader.ReaderConfig.InputType", self.input_type, ("CSV", "JSONL", "PARQUET"))
        yield from csv_errors(self.csv, self.input_type)


def csv_errors(csv: Csv | None, input_type: str) -> Iterator[str]:
    """Errors of the CSV fields of a reader that can read other types too."""
    if csv is None:
        return
    if input_type != "CSV":
        yield f"ItemReader.ReaderConfig.CSVHeaderLocation: belongs to InputType CSV, not {input_type}"
    yield from csv.errors()


def pointer(items_pointer: str | None) -> dict[str, object]:
    """The ItemsPointer field, if there is one."""
    return {} if items_pointer is None else {"ItemsPointer": items_pointer}


def pointer_errors(items_pointer: str | None, input_type: str) -> Iterator[str]:
    """Errors of a JSON Pointer (RFC 6901)."""
    where = "ItemReader.ReaderConfig.ItemsPointer"
    if items_pointer is None:
        return
    if input_type != "JSON":
        yield f"{where}: belongs to InputType JSON, not {input_type}"
    if isinstance(items_pointer, Path):
        yield from language_errors(where, items_pointer, "JSONata")
    elif not re.fullmatch(r"(/([^~/]|~[01])*)+", items_pointer):
        yield f"{where}: must be a JSON Pointer such as /orders, not {items_pointer!r}"
