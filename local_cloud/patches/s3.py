"""S3 requests that MiniStack answers otherwise than AWS."""

from ministack.services import s3  # type: ignore[import-untyped] # it has no types

from local_cloud.patches.handler import Handler, Response


def expect_bucket_owner(handler: Handler) -> Handler:
    """`x-amz-expected-bucket-owner`: a bucket of another owner is a 403.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
    """

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Response:
        source = headers.get("x-amz-copy-source", "").lstrip("/")
        for header, bucket in (
            ("x-amz-expected-bucket-owner", path.lstrip("/").partition("/")[0]),
            ("x-amz-source-expected-bucket-owner", source.partition("/")[0]),
        ):
            expected, owner = headers.get(header), s3._bucket_owner_account(bucket)
            if expected and owner and expected != owner:
                refusal = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
                return 403, {"Content-Type": "application/xml"}, b"" if method == "HEAD" else refusal.encode()
        return await handler(method, path, headers, body, query)

    return handle


def answer_request_payment(handler: Handler) -> Handler:
    """GetBucketRequestPayment. MiniStack knows it as `request-payment` only.

    Under its real name it answers with a listing, which XML 1.0 can't carry for every key.
    """

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Response:
        if method == "GET" and "requestPayment" in query:
            query = {**query, "request-payment": [""]}
        return await handler(method, path, headers, body, query)

    return handle
