"""Unanswered: why a question has no answer this time."""

from __future__ import annotations


class Unanswered(Exception):  # noqa: N818 - not an error: AWS can't be asked yet, or the local cloud never
    """Why a question has no answer this time."""
