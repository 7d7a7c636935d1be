"""A key list of the runs bucket: the state that looks for one in the input, and the reader of one."""

import json

from modules.asl.item_reader import S3ObjectContents
from modules.pipeline.workflow.key_sources import KeySourceStates
from modules.pipeline.workflow.names import KEY_LIST_GIVEN


def key_list_reader(*, runs_bucket: str, runs_account_id: str) -> S3ObjectContents:
    """Reads the key list of the variable `key_list`, all its parts."""
    return S3ObjectContents(
        bucket=runs_bucket,
        prefix="{% $key_list.prefix %}",
        expected_bucket_owner=runs_account_id,
        input_type="JSONL",
    )


def key_list_given(key_source: KeySourceStates, *, key_list_map: str) -> dict[str, object]:
    """A key list in the input goes to `key_list_map` as it is; otherwise the key source finds the keys."""
    # Literals inside the expression: JSONata reads JSON's strings as they are.
    default_prefixes = json.dumps(list(key_source.prefixes), ensure_ascii=False)
    return {
        KEY_LIST_GIVEN: {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": "{% $exists($states.input.key_list) %}",
                    # With its slash, because run1 also matches run10. Null: how many keys it holds is counted later.
                    "Assign": {
                        "key_list": {
                            "prefix": "{% $replace($states.input.key_list.prefix, /\\/$/, '') & '/' %}",
                        },
                        "listed": None,
                        **({} if key_source.reader is None else {"cut_off": False}),
                    },
                    "Next": key_list_map,
                }
            ],
            "Assign": {
                "prefixes": (
                    "{% $exists($states.input.prefix) ? [$states.input.prefix]"
                    " : $exists($states.input.prefixes) ? $states.input.prefixes"
                    f" : {default_prefixes} %}}"
                ),
                "max_keys": "{% $exists($states.input.max_keys) ? $states.input.max_keys : null %}",
                "key_list": None,
                "checkpoint": None,
            },
            "Default": next(iter(key_source.states())),
        },
    }
