"""The tests. They read environments of their own, and so do the commands that they start.

The files in `environments/` and `jobs/` belong to the user of a checkout: no test depends on them.
"""

import os
from pathlib import Path

ENVIRONMENTS = Path(__file__).parent / "fixtures" / "environments"

# Before any import of `environments.directory`, which reads it.
os.environ["MAPSPAN_ENVIRONMENTS"] = str(ENVIRONMENTS)
