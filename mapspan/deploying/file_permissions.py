"""The permissions of a definition in a file, with what the file doesn't say from options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from modules.asl.gap import Gap
from modules.asl.permissions import UnderivableError, has_placeholder, needs
from modules.asl.query_language import DefinitionError
from modules.asl.statement import Statement
from modules.location import Location

# What stands in statements for a value that nobody gave, and the option that gives it.
_UNKNOWN = {
    "<name>": ("machine", "--name NAME"),
    "<account-id>": ("account", "--account-id ACCOUNT_ID"),
    "<region>": ("Region", "--region REGION"),
}

_ARN = re.compile(r"arn:(?P<partition>aws[a-z-]*):[a-z0-9-]*:(?P<region>[a-z0-9-]*):(?P<account_id>\d{12}|[^:]*)")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")


@dataclass(frozen=True, kw_only=True)
class FilePermissions:
    """What is derived from a definition, and what can't be."""

    derived: Mapping[str, list[Statement]]
    gaps: Sequence[Gap] = ()


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a definition doesn't say. Without an account or a Region, the only one in its ARNs is used."""

    name: str | None = None
    account_id: str | None = None
    region: str | None = None
    bounds: Mapping[str, Mapping[str, str | list[str]]] = field(default_factory=dict)
    kms_keys: Mapping[str, str] = field(default_factory=dict)
    explicit: Mapping[str, Sequence[Statement]] = field(default_factory=dict)
    logging: bool = True
    tracing: bool = True


def file_permissions(definition: Mapping[str, object], options: Options) -> FilePermissions:
    """The statements of a definition, and the gaps, each with the option to pass.

    Raises DefinitionError if it is not a definition, or its ARNs are of several partitions.
    """
    arns = [match for text in _texts(definition) for match in _ARN.finditer(text)]
    region = options.region or _only({arn["region"] for arn in arns if _REGION.fullmatch(arn["region"])})
    account_id = options.account_id or _only({arn["account_id"] for arn in arns if arn["account_id"].isdigit()})
    partition = _only({arn["partition"] for arn in arns}, several="partitions")
    if partition and region and partition != (own := Location(account_id="", region=region).partition):
        raise DefinitionError([f"the ARNs are of the partition {partition}, but {region} is in {own}: correct one"])
    try:
        derived = needs(
            definition,
            name=options.name or "<name>",
            account_id=account_id or "<account-id>",
            region=region or "<region>",
            partition=partition,
            bounds=options.bounds,
            kms_keys=options.kms_keys,
            explicit=options.explicit,
            logging=options.logging,
            tracing=options.tracing,
        )
        gaps: Sequence[Gap] = ()
    except UnderivableError as error:
        derived, gaps = dict(error.derived), error.gaps
    return FilePermissions(derived=_known(derived), gaps=[*gaps, *_unknown(derived)])


def _texts(value: object) -> Iterator[str]:
    """Every string of a definition, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _only(candidates: set[str], *, several: str | None = None) -> str | None:
    """The only candidate, None if there is none. If there are several: an error if `several` names them, else None."""
    if len(candidates) > 1 and several:
        listed = ", ".join(sorted(candidates))
        raise DefinitionError([f"the ARNs are of several {several} ({listed}), which AWS refuses: use one"])
    return candidates.pop() if len(candidates) == 1 else None


def _known(derived: Mapping[str, list[Statement]]) -> dict[str, list[Statement]]:
    """The statements without an unknown value and without a placeholder."""
    known = {
        need: [
            statement
            for statement in statements
            if not has_placeholder(statement) and not any(value in repr(statement) for value in _UNKNOWN)
        ]
        for need, statements in derived.items()
    }
    return {need: statements for need, statements in known.items() if statements}


def _unknown(derived: Mapping[str, list[Statement]]) -> Iterator[Gap]:
    """A gap for each unknown value that a statement names."""
    for value, (noun, option) in _UNKNOWN.items():
        sids = [
            statement["Sid"] for statements in derived.values() for statement in statements if value in repr(statement)
        ]
        if sids:
            names = ", ".join(dict.fromkeys(sids))
            yield Gap(reason=f"the definition doesn't name its {noun}, which is in {names}", option=option)
