"""The types of states and the fields of those that permissions follow from: a misspelt one would be a silent gap.

https://states-language.net/spec.html#state-types, and AWS's pages on Task, Parallel and Map states.
"""

import difflib
from collections.abc import Iterator, Mapping

from modules.asl.label import label_errors

_COMMON = ("Type", "Comment", "QueryLanguage", "Next", "End", "InputPath", "OutputPath", "Output", "Assign")
_CALLING = ("Parameters", "Arguments", "ResultSelector", "ResultPath", "Retry", "Catch")
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Task": (
        *("Resource", "Credentials"),
        *("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"),
    ),
    "Parallel": ("Branches",),
    "Map": (
        *("ItemProcessor", "Iterator", "ItemReader", "Items", "ItemsPath", "ItemSelector", "ItemBatcher"),
        *("ResultWriter", "Label", "MaxConcurrency", "MaxConcurrencyPath"),
        *("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
        *("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ),
}
_TYPES = (*_FIELDS, "Pass", "Choice", "Wait", "Succeed", "Fail")
_MODES = ("INLINE", "DISTRIBUTED")


def field_errors(state: Mapping[str, object], path: str) -> Iterator[str]:
    """An error for an unknown type, an unknown field of a Task, Parallel or Map, and a wrong mode or label of a Map."""
    type_ = state.get("Type")
    if type_ not in _TYPES:
        yield f"{path}.Type: {type_!r} is not a type of state{_suggestion(type_, _TYPES)}"
    elif type_ in _FIELDS:
        fields = (*_COMMON, *_CALLING, *_FIELDS[str(type_)])
        for name in state:
            if name not in fields:
                yield f"{path}.{name}: unknown field of a {type_} state{_suggestion(name, fields)}"
    if isinstance(label := state.get("Label"), str):
        # A wildcard here would widen the statements about the Map's children.
        yield from (f"{path}.{error}" for error in label_errors(label))
    for field in ("ItemProcessor", "Iterator"):
        processor = state.get(field)
        config = processor.get("ProcessorConfig") if isinstance(processor, Mapping) else None
        mode = config.get("Mode", "INLINE") if isinstance(config, Mapping) else "INLINE"
        if mode not in _MODES:
            yield f"{path}.{field}.ProcessorConfig.Mode: must be {' or '.join(_MODES)}, not {mode!r}"


def _suggestion(word: object, known: tuple[str, ...]) -> str:
    """The end of an error: the name that was probably meant, or the names that exist."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(str(word).lower(), by_lower, n=1)
    return f": did you mean {by_lower[close[0]]}?" if close else f": write one of {', '.join(known)}"
