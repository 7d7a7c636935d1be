"""S3 Inventory configurations, which MiniStack doesn't know: kept and read back as on AWS. Nothing is delivered.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketInventoryConfiguration.html
"""

from local_cloud.patches.handler import Handler, Response

_MISSING = (
    b"<Error><Code>NoSuchConfiguration</Code><Message>The specified configuration does not exist.</Message></Error>"
)


def keep_inventories(handler: Handler) -> Handler:
    """Keeps a bucket's configurations until they are deleted, or the bucket is."""
    configurations: dict[tuple[str, str], bytes] = {}

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Response:
        bucket, _, key = path.lstrip("/").partition("/")
        if key or "inventory" not in query:
            answer = await handler(method, path, headers, body, query)
            if method == "DELETE" and not key and not query and answer[0] < 300:
                for name in [name for name in configurations if name[0] == bucket]:
                    del configurations[name]
            return answer
        name = bucket, query.get("id", [""])[0]
        if method == "PUT":
            configurations[name] = body
            return _answer(204)
        if name not in configurations:
            return _answer(404, _MISSING)
        if method == "GET":
            return _answer(200, configurations[name])
        del configurations[name]
        return _answer(204)

    return handle


def _answer(status: int, body: bytes = b"") -> Response:
    return status, {"Content-Type": "application/xml"}, body
