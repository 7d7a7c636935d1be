"""The job on images of its own, without a cloud."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import job
import pytest
from PIL import Image

from lambdas.job import Skip
from lambdas.job.local import local_object

SAMPLES = Path(__file__).parent / "samples"


def thumbnail(file: Path, tmp_path: Path) -> Image.Image:
    output = tmp_path / "output"
    result = job.process(local_object(file, key="images/a", output=output))
    image = Image.open(output / "images" / "a")
    assert (result["width"], result["height"]) == image.size
    assert result["bytes"] == (output / "images" / "a").stat().st_size
    return image


def test_a_photo_taken_with_the_camera_turned_stands_upright(tmp_path: Path) -> None:
    image = thumbnail(SAMPLES / "turned.jpg", tmp_path)
    assert image.format == "JPEG"
    assert image.size == (341, 512)
    assert image.getexif().get(0x0112, 1) == 1
    # The bright side of the sample, its left, is now the top.
    top, bottom = image.convert("L").getpixel((170, 10)), image.convert("L").getpixel((170, 500))
    assert isinstance(top, int)
    assert isinstance(bottom, int)
    assert top > bottom + 50


def test_a_png_keeps_its_transparency(tmp_path: Path) -> None:
    image = thumbnail(SAMPLES / "chart.png", tmp_path)
    assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (512, 384))
    assert image.getpixel((0, 0)) == (0, 0, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_has_a_thumbnail(mode: str, tmp_path: Path) -> None:
    Image.new(mode, (600, 300)).save(tmp_path / "image.png")
    assert thumbnail(tmp_path / "image.png", tmp_path).size == (512, 256)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_kind_of_jpeg_has_a_thumbnail(mode: str, tmp_path: Path) -> None:
    Image.new(mode, (300, 600)).save(tmp_path / "image.jpg")
    assert thumbnail(tmp_path / "image.jpg", tmp_path).size == (256, 512)


def test_a_small_image_stays_as_large_as_it_is(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "small.png")
    assert thumbnail(tmp_path / "small.png", tmp_path).size == (40, 30)


def chunk(name: bytes, data: bytes) -> bytes:
    """https://www.w3.org/TR/png-3/#5Chunk-layout"""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize("side", [8_000, 100_000])
def test_a_small_file_with_a_huge_image_fails(side: int, tmp_path: Path) -> None:
    header = chunk(b"IHDR", struct.pack(">II5B", side, side, 8, 0, 0, 0, 0))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b""))
    with pytest.raises((job.ImageTooLarge, Image.DecompressionBombError), match="pixels"):
        thumbnail(tmp_path / "bomb.png", tmp_path)


def test_a_file_that_would_take_too_much_memory_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "MAX_FILE_BYTES", 1_000)
    with pytest.raises(job.ImageTooLarge, match="bytes"):
        thumbnail(SAMPLES / "turned.jpg", tmp_path)


def test_half_a_photo_fails(tmp_path: Path) -> None:
    whole = (SAMPLES / "turned.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OSError, match="truncated"):
        thumbnail(tmp_path / "half.jpg", tmp_path)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"a text"])
def test_what_is_no_jpeg_or_png_is_skipped(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(Skip, match=r"^not a JPEG or PNG$"):
        thumbnail(tmp_path / "file", tmp_path)
