"""Step Functions' calls, forwarded to our own server."""

import asyncio
import http.client

from ministack.core import responses  # type: ignore[import-untyped] # it has no types

from local_cloud.patches.handler import Handler, Response
from local_cloud.protocol import ACCOUNT_HEADER, HOST, REGION_HEADER


def forward_to_step_functions(port: int) -> Handler:
    """Passes calls on to the States server, once MiniStack has authenticated the caller and asked IAM."""

    def forward(headers: dict[str, str], body: bytes) -> Response:
        connection = http.client.HTTPConnection(HOST, port, timeout=60)
        try:
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            return response.status, {"Content-Type": "application/x-amz-json-1.0"}, response.read()
        finally:
            connection.close()

    async def handle(
        _method: str, _path: str, headers: dict[str, str], body: bytes, _query: dict[str, list[str]]
    ) -> Response:
        caller = {ACCOUNT_HEADER: responses.get_account_id(), REGION_HEADER: responses.get_region()}
        return await asyncio.to_thread(forward, {"x-amz-target": headers.get("x-amz-target", ""), **caller}, body)

    return handle
