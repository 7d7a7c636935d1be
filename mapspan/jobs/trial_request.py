"""What a trial is asked to do: the JSON on the stdin of `trial.py`."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from lambdas.shared.child_input import Item


class LocalFile(TypedDict):
    """A file, and the key of the object that it stands for."""

    path: str
    key: str


class Source(TypedDict):
    """A source bucket. `requester_pays`: whether each request agrees to pay for it."""

    bucket: str
    account_id: str
    region: str
    requester_pays: bool


class TrialRequest(TypedDict):
    """What to call the job for: `files`, or `items` of `source`, as a key list has them.

    `output`: the folder that gets what the job writes.
    """

    output: str
    files: NotRequired[list[LocalFile]]
    source: NotRequired[Source]
    items: NotRequired[list[Item]]
