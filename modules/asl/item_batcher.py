"""ItemBatcher: how many items one child execution gets.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

from modules.asl.query_language import (
    QueryLanguage,
    Template,
    path_fields,
    template_errors,
    whole_number_errors,
)
from modules.asl.quotas import MAX_PAYLOAD_BYTES


@dataclass(frozen=True, kw_only=True)
class ItemBatcher:
    """Batches of items, each the input `{"Items": […], "BatchInput": …}` of one child execution.

    At least one of the two limits is set, and the first one that is reached ends the batch.
    """

    max_items_per_batch: int | str | None = None
    """How many items one batch holds at most, at least 1. Default: no limit."""
    max_input_bytes_per_batch: int | str | None = None
    """How many bytes the child's input has at most, up to 262,144 (256 KiB), `batch_input` included. Default:
    262,144."""
    batch_input: Template | None = None
    """A template that every child gets as `BatchInput`, beside its `Items`. Default: none."""

    def errors(self, language: QueryLanguage) -> Iterator[str]:
        """An error for each field that AWS would refuse."""
        yield from whole_number_errors("ItemBatcher.MaxItemsPerBatch", self.max_items_per_batch, language, least=1)
        yield from whole_number_errors(
            "ItemBatcher.MaxInputBytesPerBatch",
            self.max_input_bytes_per_batch,
            language,
            least=1,
            most=MAX_PAYLOAD_BYTES,
        )
        if self.max_items_per_batch is None and self.max_input_bytes_per_batch is None:
            yield "ItemBatcher: set MaxItemsPerBatch, MaxInputBytesPerBatch or both"
        yield from template_errors("ItemBatcher.BatchInput", self.batch_input, language)

    def render(self) -> dict[str, object]:
        """The ItemBatcher field. The query languages differ only in the fields that end in Path."""
        rendered = path_fields(
            {
                "MaxItemsPerBatch": self.max_items_per_batch,
                "MaxInputBytesPerBatch": self.max_input_bytes_per_batch,
            }
        )
        if self.batch_input is not None:
            rendered["BatchInput"] = self.batch_input
        return rendered
