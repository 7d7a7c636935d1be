"""S3 Inventory configurations: kept and shown, as AWS does, and never delivered. MiniStack knows none.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketInventoryConfiguration.html
"""

from collections.abc import Awaitable, Callable

Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Awaitable[Response]]

_MISSING = (
    b"<Error><Code>NoSuchConfiguration</Code><Message>The specified configuration does not exist.</Message></Error>"
)


def keep_inventories(handler: Handler) -> Handler:
    """What is put for a bucket is what is got; with the bucket, its configurations go."""
    kept: dict[tuple[str, str], bytes] = {}

    async def keeping(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Response:
        bucket, _, key = path.lstrip("/").partition("/")
        if key or "inventory" not in query:
            answer = await handler(method, path, headers, body, query)
            if method == "DELETE" and not key and not query and answer[0] < 300:
                for name in [name for name in kept if name[0] == bucket]:
                    del kept[name]
            return answer
        name = bucket, query.get("id", [""])[0]
        if method == "PUT":
            kept[name] = body
            return _answer(204)
        if name not in kept:
            return _answer(404, _MISSING)
        if method == "GET":
            return _answer(200, kept[name])
        del kept[name]
        return _answer(204)

    return keeping


def _answer(status: int, body: bytes = b"") -> Response:
    return status, {"Content-Type": "application/xml"}, body  # headers of its own: MiniStack adds to them
