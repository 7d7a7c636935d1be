"""Where terraform finds its AWS provider: the registry, or a mirror on a machine without internet."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

# The version that cdktf-cdktf-provider-aws 20.1.0 binds; a test compares it with the synthesized stacks.
AWS_PROVIDER_VERSION = "5.100.0"
_ADDRESS = "registry.terraform.io/hashicorp/aws"
_PLACES = (Path("/opt"), Path("/usr"))
_DEPTH = 3


def cli_configuration(build: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment variables that let terraform find its provider; empty if it needs none.

    A mirror is used only if the person has no terraform CLI configuration, and if a mirror below /opt or /usr has
    exactly this version. https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
    """
    configured = [environ.get("TF_CLI_CONFIG_FILE"), Path.home() / ".terraformrc"]
    if any(file and Path(file).is_file() for file in configured):
        return {}
    mirror = find_mirror(_PLACES)
    if mirror is None:
        cache = build / "terraform-plugins"
        cache.mkdir(parents=True, exist_ok=True)
        # Without a cache, each new working directory would download 600 MB again.
        return {"TF_PLUGIN_CACHE_DIR": str(cache), "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1"}
    build.mkdir(parents=True, exist_ok=True)
    file = build / "terraform.tfrc"
    # In one step: a terraform that runs beside this one must never read half of the file.
    with tempfile.NamedTemporaryFile("w", dir=build, delete=False, encoding="utf-8") as written:
        written.write(
            "provider_installation {\n"
            f'  filesystem_mirror {{\n    path    = "{mirror}"\n    include = ["{_ADDRESS}"]\n  }}\n'
            f'  direct {{\n    exclude = ["{_ADDRESS}"]\n  }}\n'
            "}\n"
        )
    Path(written.name).replace(file)
    return {"TF_CLI_CONFIG_FILE": str(file)}


def find_mirror(places: tuple[Path, ...]) -> Path | None:
    """The first directory that mirrors the pinned AWS provider, in one of `places` or a few levels below."""
    provider = f"{_ADDRESS}/{AWS_PROVIDER_VERSION}"
    for place in places:
        for depth in range(_DEPTH + 1):
            for directory in sorted(place.glob("*/" * depth + provider)):
                return directory.parents[len(Path(provider).parts) - 1]
    return None
