"""Listing: a function of the target account lists the source bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from environments.select import SelectSettings
from environments.settings import ListObjectsSettings
from modules.bucket_reference import BucketReference
from modules.pipeline.functions import PipelineFunctions
from modules.pipeline.handover import Request
from modules.pipeline.workflow.key_sources.listing import ListingStates


class Listing:
    """The function that lists `source` and writes a key list of the objects that `select` selects.

    `listers`: how many invocations list a large bucket at a time.
    """

    reads_source = True
    machine_keys: Mapping[str, str] = {}
    requests: Sequence[Request] = ()
    outputs: Mapping[str, str] = {}

    def __init__(
        self,
        *,
        functions: PipelineFunctions,
        source: BucketReference,
        settings: ListObjectsSettings,
        listers: int,
        select: SelectSettings,
    ) -> None:
        incremental = select.changed_since is not None
        function = functions.list_objects(
            source=source,
            settings=settings,
            listers=listers,
            overlap_days=select.overlap_days if incremental else None,
        )
        self.objects = source
        self.lister: str = function.role_arn
        self.states = ListingStates(
            list_objects_arn=function.arn,
            prefixes=source.prefixes or ("",),
            select=select.conditions,
            incremental=source.name if incremental else None,
        )
