"""Pictures as a camera would hand them over, made up on the spot."""

from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy.orm import Session

from tracker.clock import FixedClock
from tracker.models import Attachment, Survivor
from tracker.policy import Actor
from tracker.services.attachments import PhotographInput, add_photograph

CAMERA = "Pocket Camera 9"
TURNED_RIGHT = 6
ORIENTATION, MAKE, GPS, LATITUDE = 0x0112, 0x010F, 0x8825, 2


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    written = BytesIO()
    picture.save(written, format=kind, **options)
    return written.getvalue()


def jpeg(width: int = 40, height: int = 20, color: str = "red", **options: Any) -> bytes:
    return encoded(Image.new("RGB", (width, height), color), "JPEG", **options)


def png(width: int = 40, height: int = 20, mode: str = "RGB", **options: Any) -> bytes:
    return encoded(Image.new(mode, (width, height)), "PNG", **options)


def from_a_phone() -> bytes:
    """Taken lying on its side, with the place, the device and a comment in it."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = TURNED_RIGHT, CAMERA
    exif.get_ifd(GPS)[LATITUDE] = (42.0, 21.0, 7.0)
    return jpeg(exif=exif, comment=b"taken at home")


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def make_photograph(
    session: Session, survivor: Survivor, clock: FixedClock, title: str = "Mole on the back", **given: Any
) -> Attachment:
    """A photograph of a survivor, kept as the page would keep it."""
    entered = PhotographInput(title=title, **given)
    return add_photograph(session, survivor.id, entered, jpeg(), actor=Actor.system("a test"), clock=clock)
