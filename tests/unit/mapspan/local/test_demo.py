"""The demo's options."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from mapspan.checkout import CommandError
from mapspan.local.demo import demo


def test_keep_is_refused_with_a_key_source_that_local_toml_does_not_have() -> None:
    with pytest.raises(CommandError, match='set key_source = "inventory" there'):
        demo(objects=1, keep=True, console=Console(file=io.StringIO()), key_source="inventory")
