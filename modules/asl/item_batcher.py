"""ItemBatcher: how many items one child execution takes.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

from modules.asl.query_language import (
    QueryLanguage,
    Template,
    settings,
    template_errors,
    whole_number_errors,
)

# A child's input is at most 256 KiB; more than that is refused here rather than by the first full batch.
MAX_INPUT_BYTES = 262_144


@dataclass(frozen=True, kw_only=True)
class ItemBatcher:
    """Batches of items, each the input `{"Items": […], "BatchInput": …}` of one child execution.

    `max_items_per_batch` counts items, `max_input_bytes_per_batch` bytes of the child's input; at least one of
    them is given, and the one reached first ends the batch. `batch_input` is given to every child.
    """

    max_items_per_batch: int | str | None = None
    max_input_bytes_per_batch: int | str | None = None
    batch_input: Template | None = None

    def errors(self, language: QueryLanguage) -> Iterator[str]:
        """What AWS would refuse, each naming its field."""
        yield from whole_number_errors("ItemBatcher.MaxItemsPerBatch", self.max_items_per_batch, language, least=1)
        yield from whole_number_errors(
            "ItemBatcher.MaxInputBytesPerBatch",
            self.max_input_bytes_per_batch,
            language,
            least=1,
            most=MAX_INPUT_BYTES,
        )
        if self.max_items_per_batch is None and self.max_input_bytes_per_batch is None:
            yield "ItemBatcher: give MaxItemsPerBatch, MaxInputBytesPerBatch or both"
        yield from template_errors("ItemBatcher.BatchInput", self.batch_input, language)

    def render(self) -> dict[str, object]:
        """The ItemBatcher field, alike in both query languages but for Path."""
        rendered = settings(
            {
                "MaxItemsPerBatch": self.max_items_per_batch,
                "MaxInputBytesPerBatch": self.max_input_bytes_per_batch,
            }
        )
        if self.batch_input is not None:
            rendered["BatchInput"] = self.batch_input
        return rendered
