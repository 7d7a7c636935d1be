"""Which Tasks invoke a Lambda function, and how many invocations run at a time."""

import os

# Each concurrent invocation is a Python process on this machine. Further ones wait for their turn.
CONCURRENT_INVOCATIONS = max(8, 4 * (os.cpu_count() or 1))


def invokes_function(resource: str) -> bool:
    return resource.startswith(("arn:aws:lambda:", "arn:aws:states:::lambda:"))
