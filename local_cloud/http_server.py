"""The HTTP server in front of MiniStack: uvicorn, which takes less CPU for a request than MiniStack's own."""

import resource

import uvicorn
from ministack import app  # type: ignore[import-untyped] # it has no types

from local_cloud.protocol import HOST

# As MiniStack's own server has it: a client may send the next request on its connection this much later.
_KEEP_ALIVE_SECONDS = 75


def serve(port: int) -> None:
    """Serves MiniStack on `port` until the process ends."""
    _allow_many_connections()
    uvicorn.run(
        app.app,
        host=HOST,
        port=port,
        http="httptools",
        loop="asyncio",
        ws="none",
        lifespan="on",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        # X-Forwarded-For would let a caller choose its aws:SourceIp.
        proxy_headers=False,
        # Each request begins without the account, the caller and the signature of another one.
        reset_contextvars=True,
        # MiniStack adds both headers itself, as AWS has them.
        server_header=False,
        date_header=False,
        access_log=False,
        log_config=None,
        log_level="warning",
    )


def _allow_many_connections() -> None:
    """Each thread of each Lambda worker has a connection: raise the soft limit of open files to the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
