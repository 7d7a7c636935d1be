"""The States server: JSON 1.0 over HTTP, behind MiniStack, which authenticates the caller and asks IAM."""

import json
import logging
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local_cloud.protocol import ACCOUNT_HEADER, HOST, REGION_HEADER
from local_cloud.step_functions.authorization import Roles
from local_cloud.step_functions.caller import Caller
from local_cloud.step_functions.errors import ApiError
from local_cloud.step_functions.execution_api import ExecutionApi
from local_cloud.step_functions.machine_api import MachineApi
from local_cloud.step_functions.run import Tasks
from local_cloud.step_functions.store import Store
from local_cloud.step_functions.task import Integrations

logger = logging.getLogger(__name__)

Action = Callable[[dict[str, Any], Caller], dict[str, Any]]


def actions(store: Store, tasks: Tasks, roles: Roles) -> dict[str, Action]:
    """The actions by the API's names: the method `create_state_machine` is CreateStateMachine."""
    apis = (MachineApi(store, roles), ExecutionApi(store, tasks, roles))
    return {
        name.title().replace("_", ""): getattr(api, name)
        for api in apis
        for name in dir(api)
        if not name.startswith("_")
    }


def answer(known: dict[str, Action], name: str, request: dict[str, Any], caller: Caller) -> tuple[int, dict[str, Any]]:
    """The HTTP status and body of a call."""
    if name not in known:
        message = f"The local cloud has no Step Functions action {name}."
        return 400, {"__type": "UnknownOperationException", "message": message}
    try:
        return 200, known[name](request, caller)
    except ApiError as refusal:
        return 400, {"__type": refusal.code, "message": refusal.message}
    except KeyError as missing:
        return 400, {
            "__type": "ValidationException",
            "message": f"1 validation error detected: Value at {missing} failed to satisfy constraint:"
            " Member must not be null",
        }
    except Exception:
        logger.exception("%s failed", name)
        return 500, {"__type": "InternalFailure", "message": "see step-functions.log"}


def serve(port: int, endpoint_url: str, scratch: Path) -> None:
    known = actions(Store(scratch), Integrations(), Roles(endpoint_url))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # of the two writes, head and body, the second would wait for an acknowledgement

        def do_GET(self) -> None:
            self._send(200, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            name = re.sub(r"^.*\.", "", self.headers.get("x-amz-target", ""))
            caller = Caller(self.headers.get(ACCOUNT_HEADER, ""), self.headers.get(REGION_HEADER, ""))
            self._send(*answer(known, name, json.loads(body or b"{}"), caller))

        def _send(self, status: int, content: dict[str, Any]) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Does nothing: MiniStack logs the calls."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # the default is five, and a watched run makes more calls at once

    Server((HOST, port), Handler).serve_forever()
