"""What counts as a photograph, told from its bytes; and the same photograph without what the camera wrote into it."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from tracker.errors import Invalid

LARGEST_BYTES = 10 * 1024 * 1024
LARGEST_PIXELS = 50_000_000
THUMBNAIL_PX = 640
QUALITY = 92
FORMATS = ("JPEG", "PNG")
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}
NO_IMAGE = "This file is not a JPEG or PNG picture. Choose a photograph saved as .jpg or .png"
DAMAGED = "This picture is damaged and cannot be opened. Save it again, or choose another"
TOO_LARGE = "The picture is larger than 10 MB. Make it smaller, and choose it again"
TOO_MANY_PIXELS = "The picture has more than 50 million pixels. Make it smaller, and choose it again"
# What Pillow raises over bytes that begin like a picture and go on as something else.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)


@dataclass(frozen=True, slots=True)
class Photograph:
    """A photograph fit to be kept: its bytes, their type and the size of the picture."""

    content: bytes
    content_type: str
    width_px: int
    height_px: int


def cleaned(content: bytes) -> Photograph:
    """The same picture upright, in plain sRGB, and without anything else: no place, no device, no comment.

    The bytes decide what it is, never a file's name. A picture of several frames keeps the first.

    Raises:
        Invalid: no JPEG or PNG, damaged, more than 10 MB, or more than 50 million pixels.
    """
    if not content:
        raise Invalid("Choose a photograph", field="content")
    if len(content) > LARGEST_BYTES:
        raise Invalid(TOO_LARGE, field="content")
    with _refusing():
        with Image.open(BytesIO(content), formats=FORMATS) as found:
            _check_size(found)
            found.verify()
        # Once verified, a picture has to be opened again.
        with Image.open(BytesIO(content), formats=FORMATS) as found:
            kept = "PNG" if found.format == "PNG" else "JPEG"
            return _encoded(_plain(found, kept), kept)


def thumbnail(content: bytes) -> bytes:
    """A small JPEG of a photograph that ``cleaned`` let through; no side longer than ``THUMBNAIL_PX``."""
    with Image.open(BytesIO(content), formats=FORMATS) as found:
        found.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX))
        found.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
        return _encoded(_on_white(found), "JPEG").content


@contextmanager
def _refusing() -> Iterator[None]:
    """What the library says about bytes that are no picture, as a sentence for whoever chose them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it grumbles over the camera's own notes, which are thrown away
            yield
    except UnidentifiedImageError:
        raise Invalid(NO_IMAGE, field="content") from None
    except Image.DecompressionBombError:
        raise Invalid(TOO_MANY_PIXELS, field="content") from None
    except BROKEN:
        raise Invalid(DAMAGED, field="content") from None


def _check_size(found: Image.Image) -> None:
    # The header tells the size; nothing is unpacked before it was looked at.
    if found.width * found.height > LARGEST_PIXELS:
        raise Invalid(TOO_MANY_PIXELS, field="content")


def _plain(found: Image.Image, kept: str) -> Image.Image:
    found.load()
    upright = _in_srgb(ImageOps.exif_transpose(found))
    if kept == "JPEG":
        return upright if upright.mode in ("L", "RGB") else upright.convert("RGB")
    return upright.convert("RGBA") if upright.mode in ("LA", "PA", "RGBA") or _has_clear(upright) else _opaque(upright)


def _has_clear(found: Image.Image) -> bool:
    return "transparency" in found.info


def _opaque(found: Image.Image) -> Image.Image:
    return found if found.mode in ("L", "RGB") else found.convert("RGB")


def _in_srgb(found: Image.Image) -> Image.Image:
    """The colors as the camera meant them, told in the usual way: the color of a lesion is part of the finding."""
    profile = found.info.get("icc_profile")
    if not profile or found.mode not in ("RGB", "CMYK"):
        return found
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        told = ImageCms.profileToProfile(found, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return found  # a profile that cannot be read says nothing about the colors
    return found if told is None else told


def _encoded(found: Image.Image, kept: str) -> Photograph:
    bare = Image.new(found.mode, found.size)
    bare.paste(found)
    written = BytesIO()
    bare.save(written, format=kept, **({"quality": QUALITY} if kept == "JPEG" else {}))
    return Photograph(written.getvalue(), TYPES[kept], bare.width, bare.height)


def _on_white(found: Image.Image) -> Image.Image:
    if found.mode != "RGBA":
        return _opaque(found)
    white = Image.new("RGB", found.size, "white")
    white.paste(found, mask=found.getchannel("A"))
    return white
