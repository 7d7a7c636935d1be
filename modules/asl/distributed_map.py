"""DistributedMap: a Map state whose items run as child executions, thousands at a time.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from modules.asl.execution_type import EXECUTION_TYPES, EXPRESS, STANDARD, ExecutionType
from modules.asl.item_batcher import ItemBatcher
from modules.asl.item_reader import ItemReader
from modules.asl.label import label_errors
from modules.asl.query_language import (
    UNSET,
    DefinitionError,
    QueryLanguage,
    Template,
    Unset,
    choice_errors,
    is_expression,
    language_errors,
    path_fields,
    percentage_errors,
    template_errors,
    whole_number_errors,
)
from modules.asl.quotas import MAX_CONCURRENCY
from modules.asl.result_writer import ResultWriter

# The default quota of concurrent function invocations in an account: more children would only be throttled.
DEFAULT_MAX_CONCURRENCY = 1_000


@dataclass(frozen=True, kw_only=True)
class DistributedMap:
    """A distributed Map as a typed object. `render` returns the state, which may be anywhere in a definition.

    Items come from one place: `item_reader`, `items` (JSONata), `items_path` (JSONPath), or else the state's input.
    A field that AWS's page calls `MaxConcurrency` is `max_concurrency` here. A number may be an expression: `{% … %}`
    in JSONata, a path that begins with `$` in JSONPath.
    """

    item_processor: Mapping[str, object]
    """The child workflow as plain ASL: `{"StartAt": …, "States": {…}}`. Each child execution runs it once."""
    execution_type: ExecutionType = STANDARD
    """The type of the child executions. STANDARD children may run any state for up to a year, and run once. EXPRESS
    children are cheaper and faster, end after five minutes, and suit idempotent work. Default: STANDARD."""
    item_reader: ItemReader | None = None
    """Reads the items from S3: a file, an inventory, or the objects below a prefix. Default: none."""
    items: Sequence[object] | str | None = None
    """The items in JSONata: an array, or an expression that results in one. Default: the state's input."""
    items_path: str | None = None
    """The path of the array in the state's input, in JSONPath. AWS ignores it beside a reader. Default: `$`."""
    item_selector: Template | None = None
    """The input of each child, in place of the item: a template, which reads the item as
    `$states.context.Map.Item.Value` (JSONPath: `$$.Map.Item.Value`). Default: the item itself."""
    item_batcher: ItemBatcher | None = None
    """Gives each child a batch of items instead of one. Default: one item per child."""
    max_concurrency: int | str | None = DEFAULT_MAX_CONCURRENCY
    """How many child executions run at the same time, at most 10,000; 0 and None mean 10,000. Default: 1,000, Lambda's
    quota of an account unless AWS has raised it."""
    tolerated_failure_percentage: float | str | None = None
    """The Map Run fails once more than this percentage of its items has failed, 0 to 100. With both tolerances set, the
    first one that is exceeded fails it. Default: 0, so one failed item fails it."""
    tolerated_failure_count: int | str | None = None
    """The Map Run fails once more than this many of its items have failed. Default: 0."""
    label: str | None = None
    """The part of the Map Run's and its children's ARNs that names this state, 1 to 40 characters, without white space
    and without any of `?*<>{}[]:;,\\|^~$#%&"` and the backquote. Default: a UUID."""
    result_writer: ResultWriter | None = None
    """Writes the children's results to S3. Without it they are the state's result, at most 256 KiB. Default: none."""
    retry: Sequence[Mapping[str, object]] = ()
    """The state's Retry, as plain ASL. It starts a new Map Run over every item; a redrive repeats only the failed ones.
    Default: none."""
    catch: Sequence[Mapping[str, object]] = ()
    """The state's Catch, as plain ASL. A caught Map Run can't be redriven. Default: none."""
    assign: Mapping[str, object] | None = None
    """Variables that the state sets, in both languages: `{"name": value or expression}`. Default: none."""
    output: Template | None = None
    """The state's output in JSONata. It reads the children's results as `$states.result`. Default: the results."""
    input_path: str | Unset | None = UNSET
    """The path of the part of the input that the state uses, in JSONPath; None is JSON null. Default: `$`."""
    result_selector: Mapping[str, object] | None = None
    """A template that shapes the result before `result_path`, in JSONPath. Default: the result itself."""
    result_path: str | Unset | None = UNSET
    """Where in the input the result is inserted, in JSONPath; None (JSON null) discards it. Default: `$`."""
    output_path: str | Unset | None = UNSET
    """The path of the part that becomes the state's output, in JSONPath; None is JSON null. Default: `$`."""
    comment: str | None = None
    """A text for the reader of the definition. Default: none."""
    next: str | None = None
    """The state that follows. Default: none, so the state is an end."""

    def errors(self, language: QueryLanguage) -> list[str]:
        """An error for each field that AWS would refuse or ignore; empty if the state is valid."""
        return [
            *(["Comment: must not be empty"] if self.comment == "" else ()),
            *self._processor_errors(),
            *self._item_errors(language),
            *self._limit_errors(language),
            *(label_errors(self.label) if self.label is not None else ()),
            *(self.result_writer.errors(language) if self.result_writer else ()),
            *self._result_errors(language),
            *transition_errors(self.retry, self.catch),
        ]

    def render(self, language: QueryLanguage = "JSONata") -> dict[str, object]:
        """The state as a plain dict. In JSONata it names its query language, so it fits into any definition.

        Raises DefinitionError with all errors.
        """
        if errors := self.errors(language):
            raise DefinitionError(errors)
        fields: dict[str, object] = {
            "Type": "Map",
            "QueryLanguage": "JSONata" if language == "JSONata" else None,
            "Comment": self.comment,
            "ItemReader": self.item_reader and self.item_reader.render(language),
            "Items": self.items if self.items is None or isinstance(self.items, str) else list(self.items),
            "ItemsPath": self.items_path,
            "ItemSelector": self.item_selector,
            "ItemBatcher": self.item_batcher and self.item_batcher.render(),
            **path_fields(
                {
                    "MaxConcurrency": self.max_concurrency,
                    "ToleratedFailurePercentage": self.tolerated_failure_percentage,
                    "ToleratedFailureCount": self.tolerated_failure_count,
                }
            ),
            "Label": self.label,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": self.execution_type},
                **self.item_processor,
            },
            "ResultWriter": self.result_writer and self.result_writer.render(language),
            "ResultSelector": self.result_selector,
            "Assign": self.assign,
            "Output": self.output,
            "Retry": [dict(retrier) for retrier in self.retry] or None,
            "Catch": [dict(catcher) for catcher in self.catch] or None,
        }
        return {
            **{name: value for name, value in fields.items() if value is not None},
            **{name: path for name, path in self._paths().items() if path is not UNSET},
            **({"Next": self.next} if self.next is not None else {"End": True}),
        }

    def _paths(self) -> dict[str, str | Unset | None]:
        return {"InputPath": self.input_path, "ResultPath": self.result_path, "OutputPath": self.output_path}

    def _processor_errors(self) -> Iterator[str]:
        yield from choice_errors("ItemProcessor.ProcessorConfig.ExecutionType", self.execution_type, EXECUTION_TYPES)
        if "ProcessorConfig" in self.item_processor:
            yield "ItemProcessor.ProcessorConfig: remove it; execution_type sets it"
        states = self.item_processor.get("States")
        if not isinstance(states, Mapping) or not states:
            yield "ItemProcessor.States: must contain at least one state"
            return
        if self.item_processor.get("StartAt") not in states:
            yield f"ItemProcessor.StartAt: unknown state {self.item_processor.get('StartAt')!r}"
        if self.execution_type == EXPRESS:
            yield from express_errors(states, "ItemProcessor.States")

    def _item_errors(self, language: QueryLanguage) -> Iterator[str]:
        yield from self._source_errors()
        if self.item_reader:
            yield from self.item_reader.errors(language)
        if self.items is not None and language == "JSONPath":
            yield "Items: belongs to JSONata; use ItemsPath in JSONPath"
        elif isinstance(self.items, str):
            if is_expression(self.items):
                yield from language_errors("Items", self.items, language)
            else:
                yield f"Items: must be an array or an expression, {{% … %}}, not {self.items!r}"
        if self.items_path is not None:
            if language == "JSONata":
                yield "ItemsPath: belongs to JSONPath; use Items in JSONata"
            elif not self.items_path.startswith("$"):
                yield f"ItemsPath: a path begins with $, not {self.items_path!r}"
        yield from template_errors("ItemSelector", self.item_selector, language)
        if self.item_batcher:
            yield from self.item_batcher.errors(language)

    def _source_errors(self) -> Iterator[str]:
        """Errors of items that come from two places."""
        if self.item_reader and self.items_path is not None:
            yield "ItemsPath: AWS ignores it beside ItemReader; remove it, or the ItemReader"
        elif self.items is not None and (self.item_reader or self.items_path is not None):
            first, second = ("ItemReader", "Items") if self.item_reader else ("Items", "ItemsPath")
            yield f"{second}: the items come from {first} already; keep one of the two"

    def _limit_errors(self, language: QueryLanguage) -> Iterator[str]:
        yield from whole_number_errors("MaxConcurrency", self.max_concurrency, language, least=0, most=MAX_CONCURRENCY)
        yield from percentage_errors("ToleratedFailurePercentage", self.tolerated_failure_percentage, language)
        yield from whole_number_errors("ToleratedFailureCount", self.tolerated_failure_count, language, least=0)

    def _result_errors(self, language: QueryLanguage) -> Iterator[str]:
        yield from template_errors("Assign", self.assign, language)
        if language == "JSONPath":
            if self.output is not None:
                yield "Output: belongs to JSONata; use ResultSelector, ResultPath and OutputPath in JSONPath"
            yield from template_errors("ResultSelector", self.result_selector, language)
            for name, path in self._paths().items():
                if isinstance(path, str) and not path.startswith("$"):
                    yield f"{name}: a path begins with $, not {path!r}"
            return
        yield from template_errors("Output", self.output, language)
        if self.result_selector is not None:
            yield "ResultSelector: belongs to JSONPath; use Output in JSONata"
        for name, path in self._paths().items():
            if path is not UNSET:
                yield f"{name}: belongs to JSONPath; use {'Arguments' if name == 'InputPath' else 'Output'} in JSONata"


def express_errors(states: Mapping[str, object], where: str, *, who: str = "EXPRESS children") -> Iterator[str]:
    """Errors of states that `who` can't run, at any depth: callbacks, .sync jobs and distributed Maps.

    https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
    """
    for name, state in states.items():
        if not isinstance(state, Mapping):
            yield f"{where}.{name}: must be an object"
            continue
        resource = state.get("Resource")
        if isinstance(resource, str) and resource.endswith((".waitForTaskToken", ".sync", ".sync:2")):
            yield f"{where}.{name}.Resource: {who} can't wait for {resource.rsplit('.')[-1]}"
        inner = state.get("ItemProcessor", state.get("Iterator"))
        config = inner.get("ProcessorConfig") if isinstance(inner, Mapping) else None
        if isinstance(config, Mapping) and config.get("Mode") == "DISTRIBUTED":
            yield f"{where}.{name}: {who} can't run a distributed Map"
        branches = state.get("Branches")
        for workflow in (*(branches if isinstance(branches, list) else ()), inner):
            if isinstance(workflow, Mapping) and isinstance(workflow.get("States"), Mapping):
                yield from express_errors(workflow["States"], f"{where}.{name}", who=who)


def transition_errors(retry: Sequence[Mapping[str, object]], catch: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """Errors of Retry and Catch: each must name its errors, with States.ALL alone and last."""
    for field, entries in (("Retry", retry), ("Catch", catch)):
        for index, entry in enumerate(entries):
            where = f"{field}[{index}].ErrorEquals"
            names = entry.get("ErrorEquals")
            if not isinstance(names, list) or not names:
                yield f"{where}: must name at least one error"
            elif "States.ALL" in names and (len(names) > 1 or index < len(entries) - 1):
                yield f"{where}: States.ALL must be alone and last"
            if field == "Catch" and not isinstance(entry.get("Next"), str):
                yield f"{field}[{index}].Next: must name a state"
