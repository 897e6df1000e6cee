"""Photographs: what is let in, what is taken out of them, and what stays when one is removed."""

import random
import struct
import zlib
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_diagnosis, make_family, make_survivor
from tests.pictures import CAMERA, encoded, from_a_phone, jpeg, make_photograph, opened, png
from tracker import crypto
from tracker.clock import FixedClock
from tracker.engine.partial_dates import PartialDate
from tracker.errors import Forbidden, Invalid, NotFound
from tracker.models import Attachment, AttachmentContent, AuditEvent, Role, Survivor
from tracker.policy import Actor, Scope
from tracker.services import images
from tracker.services.attachments import (
    PhotographInput,
    add_photograph,
    photograph_content,
    photograph_thumbnail,
    photographs_of,
    remove_photograph,
)

ENTERED = PhotographInput(title="Mole on the left shoulder", body_site="shoulder", note="With a ruler")


@pytest.fixture
def survivor(session: Session) -> Survivor:
    return make_survivor(session, make_clinic(session))


@pytest.fixture
def actor(session: Session, survivor: Survivor) -> Actor:
    return make_actor(session, survivor.clinic)


def kept(session: Session, row: Attachment) -> bytes | None:
    """The bytes in the table, as they lie there."""
    return session.scalar(sa.select(AttachmentContent.content).where(AttachmentContent.attachment_id == row.id))


def refusal(content: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        images.cleaned(content)
    assert refused.value.field == "content"
    return str(refused.value)


def test_a_photograph_comes_back_with_all_that_was_said_of_it(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    diagnosis = make_diagnosis(session, survivor, "Melanoma", position=1)
    entered = replace(ENTERED, taken_on=PartialDate(2024, 5), diagnosis_id=diagnosis.id)
    row = add_photograph(session, survivor.id, entered, jpeg(40, 20), actor=actor, clock=clock)
    session.expire_all()
    [found] = photographs_of(session, survivor.id, actor=actor).rows
    assert (found.id, found.title) == (row.id, "Mole on the left shoulder")
    assert (found.body_site, found.note) == ("shoulder", "With a ruler")
    assert (found.taken_on, found.diagnosis_id) == (PartialDate(2024, 5), diagnosis.id)
    content = photograph_content(session, survivor.id, row.id, actor=actor)
    assert (content.content_type, found.content_type) == ("image/jpeg", "image/jpeg")
    assert (found.byte_count, found.width_px, found.height_px) == (len(content.content), 40, 20)
    assert opened(content.content).convert("RGB").getpixel((5, 5)) in {(254, 0, 0), (255, 0, 0), (253, 0, 0)}


def test_what_lies_in_the_table_is_no_picture_without_the_key(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    row = add_photograph(session, survivor.id, ENTERED, jpeg(), actor=actor, clock=clock)
    stored = kept(session, row)
    assert stored is not None and b"JFIF" not in stored
    with pytest.raises(OSError):
        opened(stored)
    assert opened(crypto.decrypt_bytes(stored)).format == "JPEG"


def test_place_device_and_comment_are_taken_out_and_the_picture_stands_upright() -> None:
    taken = from_a_phone()
    assert CAMERA.encode() in taken and b"taken at home" in taken
    clean = images.cleaned(taken)
    assert (clean.width_px, clean.height_px) == (20, 40)
    for trace in (CAMERA.encode(), b"Exif", b"taken at home"):
        assert trace not in clean.content
    assert len(opened(clean.content).getexif()) == 0


def test_words_inside_a_png_are_taken_out_too() -> None:
    words = PngInfo()
    words.add_text("Author", "A name that must not stay")
    clean = images.cleaned(png(pnginfo=words))
    assert b"A name that must not stay" not in clean.content and clean.content_type == "image/png"


@pytest.mark.parametrize("mode, becomes", [("1", "RGB"), ("L", "L"), ("LA", "RGBA"), ("P", "RGB"), ("RGBA", "RGBA"), ("I;16", "RGB")])  # fmt: skip
def test_every_kind_of_png_is_kept_in_a_common_one(mode: str, becomes: str) -> None:
    clean = images.cleaned(png(mode=mode))
    assert opened(clean.content).mode == becomes
    assert opened(images.thumbnail(clean.content)).format == "JPEG"


@pytest.mark.parametrize("mode", ["L", "CMYK", "YCbCr"])
def test_every_kind_of_jpeg_is_kept_in_a_common_one(mode: str) -> None:
    clean = images.cleaned(encoded(Image.new(mode, (9, 5)), "JPEG"))
    assert clean.content_type == "image/jpeg" and opened(clean.content).mode in ("L", "RGB")


def test_of_a_picture_with_several_frames_the_first_is_kept() -> None:
    frames = {"save_all": True, "append_images": [Image.new("RGB", (40, 20), "blue")]}
    several = jpeg_of_frames(**frames)
    assert opened(several).format == "MPO"
    clean = images.cleaned(several)
    assert opened(clean.content).format == "JPEG" and getattr(opened(clean.content), "n_frames", 1) == 1


def jpeg_of_frames(**options: Any) -> bytes:
    return encoded(Image.new("RGB", (40, 20), "red"), "MPO", **options)


def test_colors_meant_in_another_way_are_told_in_the_usual_one() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    clean = images.cleaned(jpeg(color="#c08040", icc_profile=profile))
    red, green, blue = opened(clean.content).getpixel((5, 5))  # type: ignore[misc]  # an RGB picture
    assert abs(red - 0xC0) < 5 and abs(green - 0x80) < 5 and abs(blue - 0x40) < 5
    assert "icc_profile" not in opened(clean.content).info
    assert images.cleaned(jpeg(icc_profile=b"not a profile")).width_px == 40


@pytest.mark.parametrize(
    "content",
    [
        b"GIF89a" + b"0" * 60,
        encoded(Image.new("RGB", (4, 4)), "GIF"),
        encoded(Image.new("RGB", (4, 4)), "BMP"),
        encoded(Image.new("RGB", (4, 4)), "TIFF"),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7",
        b"MZ\x90\x00",
        b"x",
    ],
)
def test_bytes_that_are_no_photograph_are_refused_whatever_their_name(content: bytes) -> None:
    assert refusal(content) == images.NO_IMAGE


@pytest.mark.parametrize("content", [jpeg()[:200], jpeg(400, 300)[:-400], png()[:50], png()[:-16]])
def test_a_damaged_photograph_is_refused(content: bytes) -> None:
    assert refusal(content) == images.DAMAGED


def test_no_photograph_at_all_is_asked_for() -> None:
    assert refusal(b"") == "Choose a photograph"


def test_ten_megabytes_are_let_in_and_not_a_byte_more() -> None:
    small = jpeg()
    assert images.cleaned(small + b"\0" * (images.LARGEST_BYTES - len(small))).width_px == 40
    assert refusal(small + b"\0" * (images.LARGEST_BYTES - len(small) + 1)) == images.TOO_LARGE


@pytest.mark.parametrize("width, height", [(10_000, 5_001), (20_000, 10_000), (60_000, 60_000)])
def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused_before_it_does(width: int, height: int) -> None:
    content = encoded(Image.new("1", (width, height)), "PNG", optimize=False) if width < 50_000 else _claims(60_000)
    assert len(content) < images.LARGEST_BYTES
    assert refusal(content) == images.TOO_MANY_PIXELS


def _claims(size: int) -> bytes:
    """A tiny PNG whose header says that it is this wide and high."""
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return png()[:8] + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png()[33:]


def test_whatever_the_bytes_are_they_are_kept_or_refused_with_a_sentence() -> None:
    chance = random.Random(20261124)
    sources = [encoded(Image.effect_noise((48, 48), 90), "PNG"), from_a_phone()]
    said = set()
    for _turn in range(1500):
        content = bytearray(chance.choice(sources))
        for _each in range(chance.randint(1, 4)):
            content[chance.randrange(min(len(content), chance.choice([60, 400, len(content)])))] = chance.randrange(256)
        try:
            images.cleaned(bytes(content))
        except Invalid as refused:
            said.add(str(refused))
    assert said <= {images.NO_IMAGE, images.DAMAGED, images.TOO_MANY_PIXELS} and images.DAMAGED in said


@pytest.mark.parametrize(
    "given, field",
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"body_site": "x" * 121}, "body_site"),
        ({"note": "x" * 2001}, "note"),
        ({"taken_on": date(2026, 11, 24)}, "taken_on"),
        ({"taken_on": PartialDate(2027)}, "taken_on"),
        ({"taken_on": PartialDate(2007, 2)}, "taken_on"),
        ({"diagnosis_id": UUID(int=0)}, "diagnosis_id"),
    ],
)
def test_what_cannot_be_said_of_a_photograph_is_refused_at_its_field(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        add_photograph(session, survivor.id, replace(ENTERED, **given), jpeg(), actor=actor, clock=clock)
    assert refused.value.field == field
    assert photographs_of(session, survivor.id, actor=actor).rows == ()


@pytest.mark.parametrize("taken_on", [date(2026, 11, 23), PartialDate(2026), PartialDate(2007, 3), None])
def test_a_date_that_can_be_is_let_in_however_little_is_known(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, taken_on: Any
) -> None:
    row = add_photograph(session, survivor.id, replace(ENTERED, taken_on=taken_on), jpeg(), actor=actor, clock=clock)
    assert row.taken_on == (PartialDate.of(taken_on) if isinstance(taken_on, date) else taken_on)


def test_the_diagnosis_of_somebody_else_is_refused(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    theirs = make_diagnosis(session, make_survivor(session, survivor.clinic, diagnosis=None))
    with pytest.raises(Invalid, match="Choose the diagnosis"):
        add_photograph(session, survivor.id, replace(ENTERED, diagnosis_id=theirs.id), jpeg(), actor=actor, clock=clock)


def test_adding_and_removing_are_in_the_history_without_the_picture(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    row = add_photograph(
        session, survivor.id, replace(ENTERED, taken_on=PartialDate(2024)), jpeg(), actor=actor, clock=clock
    )
    remove_photograph(session, survivor.id, row.id, reason=" Shows somebody else ", actor=actor, clock=clock)
    session.flush()
    events = {event.action: event for event in session.scalars(sa.select(AuditEvent))}
    added, removed = events["photograph.added"], events["photograph.removed"]
    assert (added.survivor_id, added.subject_id, added.actor) == (survivor.id, row.id, actor.name)
    assert added.after is not None and added.after["taken_on"] == "2024" and added.after["sha256"] == row.sha256
    assert removed.reason == "Shows somebody else"
    assert removed.before is not None and removed.before["removed_at"] is None
    assert removed.after is not None and removed.after["removed_at"] is not None
    assert "JFIF" not in str(added.after)


def test_a_removed_photograph_is_gone_and_that_it_was_there_stays(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    row, other = (make_photograph(session, survivor, clock, title=title) for title in ("First", "Second"))
    remove_photograph(session, survivor.id, row.id, reason="Blurred", actor=actor, clock=clock)
    assert kept(session, row) is None and kept(session, other) is not None
    assert [each.id for each in photographs_of(session, survivor.id, actor=actor).rows] == [other.id]
    assert session.get(Attachment, row.id) is not None and row.removed_at == clock.now()
    for look in (photograph_content, photograph_thumbnail):
        with pytest.raises(NotFound):
            look(session, survivor.id, row.id, actor=actor)
    with pytest.raises(NotFound):
        remove_photograph(session, survivor.id, row.id, reason="Again", actor=actor, clock=clock)


def test_a_removal_needs_a_reason(session: Session, survivor: Survivor, actor: Actor, clock: FixedClock) -> None:
    row = make_photograph(session, survivor, clock)
    with pytest.raises(Invalid) as refused:
        remove_photograph(session, survivor.id, row.id, reason="  ", actor=actor, clock=clock)
    assert refused.value.field == "reason" and kept(session, row) is not None


def test_only_those_who_care_for_the_survivor_see_a_photograph_and_only_clinicians_change_it(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    row = make_photograph(session, survivor, clock)
    coordinator = make_actor(session, survivor.clinic, Role.COORDINATOR)
    assert photograph_content(session, survivor.id, row.id, actor=coordinator).content
    assert photographs_of(session, survivor.id, actor=coordinator).may_edit is False
    with pytest.raises(Forbidden):
        remove_photograph(session, survivor.id, row.id, reason="x", actor=coordinator, clock=clock)
    with pytest.raises(Forbidden):
        add_photograph(session, survivor.id, ENTERED, jpeg(), actor=coordinator, clock=clock)
    mother = make_family(session, survivor)
    proxy = Actor(name="Maria", user_id=mother.id, scopes=(Scope(Role.PROXY, survivor_id=survivor.id),))
    elsewhere = make_actor(session, make_clinic(session))
    for stranger, refusal_kind in ((proxy, Forbidden), (elsewhere, NotFound)):
        with pytest.raises(refusal_kind):
            photograph_content(session, survivor.id, row.id, actor=stranger)
        with pytest.raises(refusal_kind):
            photographs_of(session, survivor.id, actor=stranger)


def test_a_photograph_is_not_reached_through_another_survivor(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    row = make_photograph(session, survivor, clock)
    sibling = make_survivor(session, survivor.clinic)
    for attempt in ((sibling.id, row.id), (survivor.id, uuid4())):
        with pytest.raises(NotFound):
            photograph_content(session, *attempt, actor=actor)


def test_a_thumbnail_is_small_and_keeps_its_shape(session: Session, survivor: Survivor, actor: Actor, clock: FixedClock) -> None:  # fmt: skip
    row = add_photograph(session, survivor.id, ENTERED, jpeg(2000, 1000), actor=actor, clock=clock)
    small = photograph_thumbnail(session, survivor.id, row.id, actor=actor)
    assert (opened(small.content).size, small.content_type) == ((640, 320), "image/jpeg")
    assert opened(photograph_content(session, survivor.id, row.id, actor=actor).content).size == (2000, 1000)


def test_what_is_clear_in_a_png_is_white_in_its_thumbnail() -> None:
    small = opened(images.thumbnail(images.cleaned(png(mode="RGBA")).content))
    assert small.getpixel((5, 5)) == (255, 255, 255)
