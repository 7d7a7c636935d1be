"""A loopback S3: lists, reads, writes and deletes, fast enough never to be the bottleneck, with latency and faults.

A bucket named after a shape and a count (`dates-3000000`) has that many keys; any other exists once written to.
Path style only; no signature is checked. `python -m benchmarks.stand_in` runs one, so does `running`.
"""

from __future__ import annotations

import asyncio
import re
import socket
from typing import NamedTuple
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import unescape

from .buckets import Bucket, KeyPage, ShapedBucket, StoredBucket, etag, in_xml
from .faults import Fault, Faults
from .shapes import shape_of

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CONTENT = b"<Contents><Key>"
_BETWEEN_KEYS = (
    b"</Key><LastModified>2026-01-15T08:31:07.000Z</LastModified><ETag>&quot;9b2cf535f27731c974343645a3985328&quot;"
    b"</ETag><Size>48213</Size><StorageClass>STANDARD</StorageClass></Contents>"
)
_INTERNAL = "InternalError", "We encountered an internal error. Please try again."
_ERRORS: dict[Fault | None, tuple[int, str, str]] = {
    "slow_down": (503, "SlowDown", "Please reduce your request rate."),
    "error_in_200": (200, *_INTERNAL),
    "access_denied": (403, "AccessDenied", "Access Denied"),
    "internal_error": (500, *_INTERNAL),
}
_REASONS = {200: "OK", 204: "No Content", 206: "Partial Content", 304: "Not Modified"}


class Request(NamedTuple):
    method: str
    bucket: str
    key: bytes
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        if self.key or self.method == "POST":
            return {"GET": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject", "POST": "DeleteObjects"}.get(
                self.method, "HeadObject"
            )
        return "ListObjectsV2" if self.method == "GET" else "CreateBucket"


class Response(NamedTuple):
    status: int
    body: bytes = b""
    headers: tuple[str, ...] = ()


class StandIn:
    """The buckets and what is done to requests on their way."""

    def __init__(self, *, latency_seconds: float = 0.0, faults: Faults | None = None, counting: bool = False) -> None:
        self.latency_seconds = latency_seconds
        self.faults = faults or Faults()
        self.counting = counting
        self.buckets: dict[str, Bucket] = {}
        self.requests: dict[str, int] = {}
        self.connections = 0

    def bucket(self, name: str) -> Bucket | None:
        if name not in self.buckets and (shape := shape_of(name)):
            self.buckets[name] = ShapedBucket(shape)
        return self.buckets.get(name)

    def stored(self, name: str) -> StoredBucket:
        """An ordinary bucket, made if need be."""
        bucket = self.buckets.setdefault(name, StoredBucket(counting=self.counting))
        assert isinstance(bucket, StoredBucket), name  # noqa: S101 # a caller's mistake
        return bucket

    def answer(self, request: Request) -> tuple[Response, Fault | None]:
        """The response, and the fault that is still to befall it on its way."""
        operation = request.operation
        self.requests[operation] = self.requests.get(operation, 0) + 1
        fault = self.faults.draw(operation, request.bucket)
        if fault in _ERRORS:
            return _error(*_ERRORS[fault]), None
        if request.method == "PUT":
            bucket = self.stored(request.bucket)
            if request.key:
                bucket.put(request.key, request.body)
            return Response(200, headers=(f"ETag: {etag(request.body)}",)), None
        found = self.bucket(request.bucket)
        if found is None:
            return _error(404, "NoSuchBucket", "The specified bucket does not exist"), None
        if operation == "ListObjectsV2":
            return _listed(found, request, empty=fault == "empty_page"), fault
        return (_deleted if operation == "DeleteObjects" else _object)(found, request), fault


def _deleted(bucket: Bucket, request: Request) -> Response:
    for key in re.findall(rb"<Key>([^<]*)</Key>", request.body):
        bucket.delete(unescape(key.decode(), {"&quot;": '"', "&#xA;": "\n", "&#10;": "\n", "&#13;": "\r"}).encode())
    return Response(200, b'<?xml version="1.0" encoding="UTF-8"?><DeleteResult></DeleteResult>')


def _listed(bucket: Bucket, request: Request, *, empty: bool) -> Response:
    query = request.query
    url_encoded = query.get("encoding-type") == "url"
    prefix, after = query.get("prefix", "").encode(), query.get("start-after", "").encode()
    token = query.get("continuation-token")
    max_keys = min(1000, int(query.get("max-keys", "1000")))
    if empty:
        # As if S3 had looked at many keys and found none yet to return.
        page = KeyPage([], token or _token_after(bucket, prefix, after))
    else:
        page = bucket.page(prefix=prefix, after=after, token=token, max_keys=max_keys, url_encoded=url_encoded)
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
        f"<Name>{request.bucket}</Name><Prefix>{in_xml(prefix, url_encoded=url_encoded).decode()}</Prefix>",
        f"<StartAfter>{in_xml(after, url_encoded=url_encoded).decode()}</StartAfter>" if after else "",
        f"<ContinuationToken>{token}</ContinuationToken>" if token else "",
        f"<NextContinuationToken>{page.next_token}</NextContinuationToken>" if page.next_token else "",
        f"<KeyCount>{len(page.keys)}</KeyCount><MaxKeys>{max_keys}</MaxKeys>",
        "<EncodingType>url</EncodingType>" if url_encoded else "",
        f"<IsTruncated>{'true' if page.next_token else 'false'}</IsTruncated>",
    ]
    contents = _CONTENT + (_BETWEEN_KEYS + _CONTENT).join(page.keys) + _BETWEEN_KEYS if page.keys else b""
    return Response(200, b"".join(("".join(parts).encode(), contents, b"</ListBucketResult>")))


def _token_after(bucket: Bucket, prefix: bytes, after: bytes) -> str | None:
    """The token that a page of no keys would carry."""
    return bucket.page(prefix=prefix, after=after, token=None, max_keys=0, url_encoded=True).next_token


def _object(bucket: Bucket, request: Request) -> Response:
    if request.method == "DELETE":
        bucket.delete(request.key)
        return Response(204)
    body = bucket.get(request.key)
    if body is None:
        return _error(404, "NoSuchKey", "The specified key does not exist.")
    tag = etag(body)
    headers = (f"ETag: {tag}", "Content-Type: binary/octet-stream", "Accept-Ranges: bytes")
    if (wanted := request.headers.get("if-match")) and wanted.strip('"') != tag.strip('"'):
        return _error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
    if spec := re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", "")):
        start, stop = int(spec[1]), int(spec[2] or len(body) - 1) + 1
        if start >= len(body):
            return _error(416, "InvalidRange", "The requested range is not satisfiable")
        part = body[start:stop]
        return Response(206, part, (*headers, f"Content-Range: bytes {start}-{start + len(part) - 1}/{len(body)}"))
    return Response(200, body, headers)


def _error(status: int, code: str, message: str) -> Response:
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Response(status, f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'.encode())


class Connection(asyncio.Protocol):
    """HTTP/1.1 as S3's clients speak it: keep-alive, no pipelining."""

    transport: asyncio.Transport

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._received = bytearray()
        self._continued = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 # TCP is all we serve
        self.transport = transport
        # A whole page goes out in one go, and wakes the client once rather than a dozen times.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1024 * 1024)
        self._stand_in.connections += 1

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(_HEAD_END)
        if head_end < 0:
            return
        head = bytes(self._received[:head_end])
        length = int(found[1]) if (found := _LENGTH.search(head)) else 0
        body_start = head_end + len(_HEAD_END)
        if len(self._received) < body_start + length:
            if not self._continued and b"100-continue" in head:
                self._continued = True
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        request = _parse(head, bytes(self._received[body_start : body_start + length]))
        del self._received[: body_start + length]
        self._continued = False
        # The answer is made while the client waits for it anyway, as S3's own work is part of its latency.
        response, fault = self._stand_in.answer(request)
        if latency := self._stand_in.latency_seconds:
            asyncio.get_running_loop().call_later(latency, self._send, request.method, response, fault)
        else:
            self._send(request.method, response, fault)

    def _send(self, method: str, response: Response, fault: Fault | None) -> None:
        body = response.body
        if fault == "truncated":
            body = body[: len(body) // 2]
        lines = [
            f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'Error')}",
            f"Content-Length: {len(body)}",
            "Content-Type: application/xml",
            "x-amz-request-id: STANDIN",
            *response.headers,
        ]
        head = "\r\n".join(lines).encode() + _HEAD_END
        if fault == "reset":
            self.transport.write(head + body[: len(body) // 2])
            self.transport.abort()
            return
        self.transport.write(head if method == "HEAD" else head + body)


def _parse(head: bytes, body: bytes) -> Request:
    request_line, *header_lines = head.decode("latin-1").split("\r\n")
    method, target, _ = request_line.split(" ")
    path, _, query = target.partition("?")
    bucket, _, key = path.lstrip("/").partition("/")
    return Request(
        method=method,
        bucket=unquote(bucket),
        key=unquote(key).encode(),
        query={name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()},
        headers={name.lower(): value.strip() for name, _, value in (line.partition(":") for line in header_lines)},
        body=body,
    )
