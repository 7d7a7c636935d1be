"""Starts the States server.

GATEWAY_PORT=… MAPSPAN_GATEWAY_PORT=… python -m local_cloud.step_functions
"""

import logging
import os
import tempfile
from pathlib import Path

from local_cloud.lifeline import die_with_parent
from local_cloud.protocol import HOST
from local_cloud.step_functions.server import serve


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    die_with_parent()
    endpoint_url = f"http://{HOST}:{os.environ['MAPSPAN_GATEWAY_PORT']}"
    serve(int(os.environ["GATEWAY_PORT"]), endpoint_url, Path(tempfile.gettempdir()))


main()
