"""Writes a thumbnail of each JPEG and PNG to the output, under the same key and in the same format."""

from __future__ import annotations

import io
import os

from PIL import Image, ImageOps

from lambdas.job import Skip, SourceObject

# The longer side of a thumbnail.
MAX_SIDE_PIXELS = int(os.environ.get("MAX_SIDE_PIXELS", "512"))
# One image that takes all memory would cost its whole batch. 50 million pixels take 200 MB while they are decoded, and
# a file of a few kilobytes may declare many more.
MAX_PIXELS = 50_000_000
MAX_FILE_BYTES = 100 * 1024 * 1024
FORMATS = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}


class ImageTooLarge(Exception):  # noqa: N818 # as a cause shows it
    """The image would take too much memory."""


def process(obj: SourceObject) -> dict[str, int]:
    """The result: the thumbnail's width, height and bytes."""
    with obj.open() as file:
        start = file.read(8)
        format_ = next((name for first, name in FORMATS.items() if start.startswith(first)), None)
        if format_ is None:
            raise Skip("not a JPEG or PNG")
        if obj.size > MAX_FILE_BYTES:
            raise ImageTooLarge(f"{obj.size:,} bytes, more than {MAX_FILE_BYTES:,}")
        data = _thumbnail(start + file.read(), format_)
    obj.output.put(obj.key, data.getvalue(), content_type=Image.MIME[format_])
    with Image.open(data) as thumbnail:
        return {"width": thumbnail.width, "height": thumbnail.height, "bytes": len(data.getvalue())}


def _thumbnail(data: bytes, format_: str) -> io.BytesIO:
    """The image, shrunk to the bound, and turned as its EXIF orientation says."""
    with Image.open(io.BytesIO(data), formats=[format_]) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ImageTooLarge(f"{image.width} x {image.height} pixels, more than {MAX_PIXELS:,}")
        profile = image.info.get("icc_profile")
        # Before anything else, as a JPEG is then decoded at a lower resolution.
        image.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
        thumbnail = ImageOps.exif_transpose(image)
    written = io.BytesIO()
    thumbnail.save(written, format_, icc_profile=profile)
    return written
