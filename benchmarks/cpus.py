"""Which CPUs a process of a benchmark has.

A function of 1,769 MB has one vCPU: every lister gets one, and the S3 stand-in the others, so that neither takes the
other's. Python's threads also hand their lock on faster where they share a CPU.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""

from __future__ import annotations

import os
import sys


def lister_has_one() -> None:
    """Leave the calling process one CPU, for good."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def stand_in_has_the_others() -> None:
    """Leave the calling process every CPU but the lister's, if there is another."""
    if sys.platform == "linux":
        mine = os.sched_getaffinity(0)
        os.sched_setaffinity(0, mine - {max(mine)} or mine)
