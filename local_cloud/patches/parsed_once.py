"""Policies and settings that MiniStack parses again for each request: parsed once for each text.

What is remembered is what a text means, never a decision: each request is decided on the texts as they are then.
"""

import functools
import json
from typing import Any

from ministack.core import iam_evaluator  # type: ignore[import-untyped] # it has no types
from ministack.services import s3  # type: ignore[import-untyped] # likewise

# More texts than a local cloud has policies.
_TEXTS = 4096


def parse_policies_once() -> None:
    """IAM's policies, and those of buckets and other resources. Nothing in MiniStack changes what is parsed."""
    parse, evaluate = iam_evaluator.parse_policy_document, iam_evaluator.evaluate_resource_policy
    parse_text = functools.lru_cache(_TEXTS)(parse)

    def parse_once(document: Any) -> Any:
        return parse_text(document) if isinstance(document, str) else parse(document)

    def evaluate_parsed(document: Any, *args: Any, **kwargs: Any) -> Any:
        return evaluate(_loaded(document) if isinstance(document, str) else document, *args, **kwargs)

    iam_evaluator.parse_policy_document = parse_once
    iam_evaluator.evaluate_resource_policy = evaluate_parsed
    s3._policy_is_public = functools.lru_cache(_TEXTS)(s3._policy_is_public)


def parse_public_access_blocks_once() -> None:
    """A bucket's Block Public Access, which each request of another account asks for twice."""
    is_blocked = s3._public_access_blocked
    answers: dict[tuple[str | bytes, str], bool] = {}

    def is_blocked_by_text(owner: str, bucket: str, setting: str) -> bool:
        stored = (s3._buckets.get_scoped(owner, None, bucket) or {}).get("_public_access_block")
        if not stored or s3._request_access_point.get():  # an access point has a block of its own
            blocked: bool = is_blocked(owner, bucket, setting)
            return blocked
        if (stored, setting) not in answers:
            if len(answers) >= _TEXTS:
                answers.clear()
            answers[stored, setting] = is_blocked(owner, bucket, setting)
        return answers[stored, setting]

    s3._public_access_blocked = is_blocked_by_text


@functools.lru_cache(_TEXTS)
def _loaded(text: str) -> Any:
    """The document, or the text itself if it isn't JSON: MiniStack then finds no statement in it."""
    try:
        return json.loads(text)
    except ValueError:
        return text
