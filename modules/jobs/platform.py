"""Platform: the machine and the Python that a job's packages are built for."""

from __future__ import annotations

import platform
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from packaging.markers import default_environment

Architecture = Literal["arm64", "x86_64"]

# The functions' Python: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
LAMBDA_PYTHON = "3.13"
_MACHINES: Mapping[Architecture, str] = {"arm64": "aarch64", "x86_64": "x86_64"}
# The python3.13 runtime is Amazon Linux 2023, with glibc 2.34: https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html
# Measured: pip takes a platform literally, so that manylinux_2_28 alone finds no wheel for manylinux_2_17.
_GLIBC_MINORS = range(17, 35)


@dataclass(frozen=True)
class Platform:
    """What wheels must fit.

    Args:
        name: what to call it in a message.
        architecture: as Lambda calls it.
        tag: what distinguishes its packages from those of another platform.
        pip_arguments: the options that let pip choose its wheels.
        markers: the environment that requirements' markers are evaluated in.
    """

    name: str
    architecture: Architecture
    tag: str
    pip_arguments: tuple[str, ...] = ()
    markers: Mapping[str, str] = field(default_factory=dict)


def lambda_platform(architecture: Architecture) -> Platform:
    """Lambda's, for functions of this architecture."""
    machine = _MACHINES[architecture]
    tags = [*(f"manylinux_2_{minor}_{machine}" for minor in _GLIBC_MINORS), f"manylinux2014_{machine}"]
    return Platform(
        name=f"Lambda ({architecture}, Python {LAMBDA_PYTHON})",
        architecture=architecture,
        tag=f"lambda-{LAMBDA_PYTHON}-{machine}",
        pip_arguments=(
            *(argument for tag in tags for argument in ("--platform", tag)),
            *("--python-version", LAMBDA_PYTHON, "--implementation", "cp"),
        ),
        markers={
            "implementation_name": "cpython",
            "implementation_version": f"{LAMBDA_PYTHON}.0",
            "os_name": "posix",
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{LAMBDA_PYTHON}.0",
            "python_version": LAMBDA_PYTHON,
            "sys_platform": "linux",
        },
    )


def this_machine() -> Platform:
    """This machine's, with the Python that runs this: what the local cloud and `mapspan try` run."""
    version = platform.python_version()
    arm = platform.machine().lower() in ("arm64", "aarch64")
    return Platform(
        name=f"this machine ({platform.machine()}, Python {version})",
        architecture="arm64" if arm else "x86_64",
        tag=f"{sysconfig.get_platform()}-{platform.python_implementation()}-{version}",
        markers={name: str(value) for name, value in default_environment().items()},
    )
