"""The directory of the environments' files, and the names of the environments in it. Imports nothing else of ours."""

from __future__ import annotations

import os
from pathlib import Path

# The environment variable that names another directory of environments, absolute or relative to the checkout. The app
# and every command read it here. The tests set it, so that they pass whatever the environments of a checkout contain.
DIRECTORY_VARIABLE = "MAPSPAN_ENVIRONMENTS"
DIRECTORY = Path(__file__).parent.parent / (os.environ.get(DIRECTORY_VARIABLE) or "environments")

# The settings that all environments of a directory share. Each file may set them differently. It is not an environment.
DEFAULTS = "defaults"


def environment_files(directory: Path = DIRECTORY) -> list[Path]:
    """The files of the environments, sorted by name."""
    return sorted(file for file in directory.glob("*.toml") if file.stem != DEFAULTS)
