"""The picture of a watched run is drawn from its polls, and loads nothing from elsewhere."""

from __future__ import annotations

import re

from docs.reference.watch_picture import watch_picture
from mapspan.running.progress import FailedKeys, ItemCounts, KeyCounts, Progress


def test_the_picture_shows_the_last_poll_of_processing() -> None:
    failure = FailedKeys(error="ProcessorFailed", keys=3, key="2026/a.csv", cause="ValueError: poisoned")
    going_on = Progress(
        status="RUNNING",
        phase="processing",
        seconds=9,
        map_run_arns=("arn",),
        keys=KeyCounts(batches=4, ended_batches=4, succeeded=397, failed=3, pending=600),
        items=ItemCounts(total=1_000, succeeded=400, pending=600),
        failures=(failure,),
    )
    ended = Progress(status="SUCCEEDED", phase="ended", seconds=20, map_run_arns=("arn",))
    svg = watch_picture([going_on, ended], "mapspan watch local")
    text = re.sub(r"<[^>]*>", "", svg).replace("&#160;", " ")
    assert "2026/a.csv: ValueError: poisoned (ProcessorFailed, 3 keys)" in text
    assert "succeeded 397" in text
    assert "url(" not in re.sub(r"url\(#", "", svg)
