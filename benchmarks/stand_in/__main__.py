"""`python -m benchmarks.stand_in`: serves until it is stopped, and says where on its first line."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc

from .server import Connection, StandIn


async def _serve(stand_in: StandIn, port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(stand_in), "127.0.0.1", port)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201 # a command's output
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--latency-seconds", type=float, default=0.0, help="before every answer")
    parser.add_argument("--keep", action="store_true", help="keep what is written, not only its number of lines")
    options = parser.parse_args()
    gc.freeze()
    stand_in = StandIn(latency_seconds=options.latency_seconds, counting=not options.keep)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(stand_in, options.port))
