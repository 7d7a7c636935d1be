"""The first state: checks the run's input, and says where its keys come from."""

import json
from collections.abc import Mapping

from modules.pipeline.workflow.input_rule import EVERYTHING, INPUT, SELECT, STARTED_BY
from modules.pipeline.workflow.key_sources import KeySourceStates
from modules.pipeline.workflow.names import CHECK_INPUT, FIND_KEY_LIST, INVALID_INPUT, PROCESS_OBJECTS


def check_input(key_source: KeySourceStates) -> dict[str, object]:
    """A wrong input ends the run, a key list is looked for, and without one the key source finds the keys.

    All in one state: the check costs a run no state transition.
    """
    return {
        CHECK_INPUT: {
            "Type": "Choice",
            "Choices": [*(rule.choice() for rule in key_source.input_rules), _key_list_given(key_source)],
            "Assign": {
                # Literals inside the expression: JSONata reads JSON's strings as they are.
                "prefixes": (
                    "{% $exists($states.input.prefix) ? [$states.input.prefix]"
                    " : $exists($states.input.prefixes) ? $states.input.prefixes"
                    f" : {json.dumps(list(key_source.prefixes), ensure_ascii=False)} %}}"
                ),
                # A whole number, even if the input has it as 10.0.
                "max_keys": "{% $exists($states.input.max_keys) ? $floor($states.input.max_keys) : null %}",
                # All of them must hold.
                SELECT: (
                    f"{{% $exists({INPUT}.{SELECT}) ? [{_listed(key_source.select)}{INPUT}.{SELECT}]"
                    f" : [{_listed(key_source.select).rstrip(', ')}] %}}"
                ),
                **_STARTED_BY,
                "key_list": None,
                "checkpoint": None,
                "map_runs": [],
                **_NOT_LOOKED,
                **(_incremental() if key_source.incremental else {"changes": None}),
            },
            "Default": next(iter(key_source.states()), PROCESS_OBJECTS),
        },
        INVALID_INPUT: {"Type": "Fail", "Error": INVALID_INPUT, "Cause": "{% $refusal %}"},
    }


_STARTED_BY = {STARTED_BY: f"{{% $exists({INPUT}.{STARTED_BY}) ? {INPUT}.{STARTED_BY} : null %}}"}
# What only a listing finds out.
_NOT_LOOKED = {"seen": None, "looked_from": None, "looked_until": None}


def _listed(select: Mapping[str, object]) -> str:
    """The environment's selection as the first entry of a list, if it has conditions."""
    return f"{json.dumps(select, ensure_ascii=False)}, " if select else ""


def _incremental() -> dict[str, object]:
    """Which objects an incremental run lists, and whether the next run looks back to it: not to a part of a run."""
    about_keys = f"$keys({INPUT})[$not($ in {json.dumps((EVERYTHING, STARTED_BY))})]"
    return {
        "changes": f"{{% {INPUT}.{EVERYTHING} = true ? 'everything' : 'changed' %}}",
        "unrestricted": f"{{% $count({about_keys}) = 0 %}}",
    }


def _key_list_given(key_source: KeySourceStates) -> dict[str, object]:
    return {
        "Condition": "{% $exists($states.input.key_list) %}",
        # With its slash, because run1 also matches run10. Null: how many keys it holds is counted later.
        "Assign": {
            "key_list": {"prefix": "{% $replace($states.input.key_list.prefix, /\\/$/, '') & '/' %}"},
            "listed": None,
            **_STARTED_BY,
            **_NOT_LOOKED,
            **({"unrestricted": False} if key_source.incremental else {}),
            **({} if key_source.reader is None else {"cut_off": False}),
        },
        "Next": FIND_KEY_LIST,
    }
