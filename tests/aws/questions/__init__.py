"""The questions in the order in which they are asked: first what needs no pipeline."""

from __future__ import annotations

from collections.abc import Sequence

from tests.aws.question import Question
from tests.aws.questions import (
    access_point,
    bare_strings,
    child_names,
    denied,
    denied_start,
    dispatch_rate,
    empty_key_list,
    empty_prefix,
    expected_bucket_owner,
    inventory_keys,
    listed_objects,
    nasty_keys,
    replication,
    result_files,
    retry,
    threshold_and_redrive,
    unread_items,
)

QUESTIONS: Sequence[Question] = (
    denied_start.QUESTION,
    expected_bucket_owner.QUESTION,
    empty_key_list.QUESTION,
    empty_prefix.QUESTION,
    bare_strings.QUESTION,
    inventory_keys.QUESTION,
    result_files.QUESTION,
    child_names.QUESTION,
    listed_objects.QUESTION,
    unread_items.QUESTION,
    dispatch_rate.QUESTION,
    access_point.QUESTION,
    nasty_keys.QUESTION,
    denied.QUESTION,
    threshold_and_redrive.QUESTION,
    retry.QUESTION,
    replication.QUESTION,
)
