"""docs/settings.md: every setting of an environment, from the settings groups in environments/."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Literal, get_args, get_origin, get_type_hints

from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from environments import values
from environments.environment import Environment
from environments.tags import Tags

INTRODUCTION = """\
# Settings

<!-- Written by `make docs` from environments/*.py: edit the descriptions there. -->

Each file `environments/<name>.toml` is one environment. Its file name is the environment's name: it is the id of the
CDKTF stack and part of each resource's name. A name consists of lower-case letters, digits and single hyphens. The
environment variable `MAPSPAN_ENVIRONMENTS` names another directory of such files, absolute or relative to the checkout.

The file `environments/defaults.toml` is not an environment. It holds what all environments share, and each file may set
it differently.

The settings are checked before anything else happens. All errors are reported together, each with its file, its field
and what to write. Numbers are whole numbers. A default of "none" means that the setting may be left out.
"""

# A type of environments/values.py, in words.
WORDS: Mapping[object, str] = {
    values.AccountId: "AWS account id: 12 digits, in quotes",
    values.Region: "AWS Region",
    values.RoleArn: "ARN of a role",
    values.KeyArn: "ARN of a KMS key",
    values.PolicyArn: "ARN of a managed policy",
    values.RolePath: "path of IAM",
    values.NamePrefix: "beginning of a name",
    values.Moment: "time or age",
    values.TopicArn: "ARN of a standard SNS topic",
    values.BucketName: "bucket name",
    values.InventoryId: "id of an inventory configuration",
    values.EmailAddress: "email address",
    values.Timezone: "time zone",
    values.LogRetentionDays: f"days, one of {', '.join(map(str, values.LOG_RETENTION_DAYS))}",
    values.Prefix: "key prefix",
    values.OutputPrefix: "key prefix",
    values.JobPath: "path, relative to the checkout",
    values.CheckoutPath: "path, relative to the checkout",
    values.ImageUri: "URI of an image with its digest",
    values.LoopbackUrl: "address: `http://127.0.0.1:<port>`",
    values.ScheduleExpression: "rate or cron expression",
    tuple[values.Prefix, ...]: "list of key prefixes",
    tuple[str, ...]: "list of texts",
    tuple[values.StorageClass, ...]: "list of S3 storage classes",
    tuple[values.SubnetId, ...]: "list of ids of subnets",
    tuple[values.SecurityGroupId, ...]: "list of ids of security groups",
    Tags: "table of text values",
    dict[values.VariableName, values.LiteralText]: "table of text values",
    tuple[values.SecretArn, ...]: "list of ARNs",
    bool: "`true` or `false`",
}

# The end of a setting's name, and the unit it means.
UNITS = {"_days": "days", "_hours": "hours", "_seconds": "seconds", "_mb": "MB", "_percentage": "percent"}


def settings_page() -> str:
    """The whole page, in Markdown."""
    sections = [INTRODUCTION]
    for table, description, group in _groups("", "The settings above the first table of the file.", Environment):
        heading = f"## `[{table}]`" if table else "## Top level"
        rows = "\n".join(_rows(group, hidden={"name"} if group is Environment else set()))
        sections.append(f"{heading}\n\n{description}\n\n{rows}\n")
    return "\n".join(sections)


def _groups(table: str, description: str, group: type[BaseModel]) -> Iterator[tuple[str, str, type[BaseModel]]]:
    """Each TOML table with its description and its settings group: `group` itself, then the groups within it."""
    yield table, description, group
    for name, field in group.model_fields.items():
        if inner := _inner_group(field):
            yield from _groups(f"{table}.{name}".removeprefix("."), _table_description(field), inner)


def _inner_group(field: FieldInfo) -> type[BaseModel] | None:
    for annotation in (field.annotation, *get_args(field.annotation)):
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return annotation
    return None


def _table_description(field: FieldInfo) -> str:
    return f"{field.description} This table is {'required' if field.is_required() else 'optional'}."


def _rows(group: type[BaseModel], hidden: set[str]) -> Iterator[str]:
    yield "| setting | type | default | description |"
    yield "| --- | --- | --- | --- |"
    hints = get_type_hints(group, include_extras=True)
    for name, field in group.model_fields.items():
        if name not in hidden and _inner_group(field) is None:
            cells = (f"`{name}`", _type(name, hints[name], field), _default(field), str(field.description))
            yield f"| {' | '.join(cells)} |"


def _type(name: str, hint: object, field: FieldInfo) -> str:
    """The type in words, with the unit and the bounds of a number, or the most elements of a list."""
    required = _without_none(hint)
    if get_origin(required) is Literal:
        *first, last = (f'`"{choice}"`' for choice in get_args(required))
        return f"{', '.join(first)} or {last}"
    if required in WORDS:
        most = _bound(field, MaxLen, "max_length")
        return WORDS[required] + (f", at most {most}" if most else "")
    if (get_args(required) or (required,))[0] is not int:
        raise TypeError(f"{name}: the type {required} is missing in WORDS")
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "number")
    lowest, highest = _bound(field, Ge, "ge"), _bound(field, Le, "le")
    bounds = f", {lowest} to {highest}" if highest else f", at least {lowest}" if lowest else ""
    return unit + bounds


def _without_none(hint: object) -> object:
    inner = [argument for argument in get_args(hint) if argument is not NoneType]
    return inner[0] if NoneType in get_args(hint) else hint


def _bound(field: FieldInfo, kind: type, attribute: str) -> str | None:
    bound = next((getattr(item, attribute) for item in field.metadata if isinstance(item, kind)), None)
    return None if bound is None else f"{bound:,}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return "none" if field.default is None else f"`{json.dumps(field.default)}`"
