"""Messages are read over shoulders: nothing in them may tell what they are about."""

import csv
import random
import re
from dataclasses import dataclass, fields
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from jinja2 import Environment, meta
from jinja2.exceptions import UndefinedError

from tests.shared import PROJECT
from tracker.messaging import compose as composing
from tracker.messaging.base import Outgoing
from tracker.messaging.compose import ALLOWED, TEMPLATES, compose, telephone
from tracker.services.outbox import Claimed

PACK = PROJECT / "tracker" / "guidelines" / "packs" / "childhood-cancer" / "2026.1"
NAMED_IN = {
    "tests.csv": ("name", "plain_name"),
    "diagnoses.csv": ("diagnosis", "synonyms"),
    "exposures.csv": ("label", "plain_label"),
}
CLINICAL = {
    *("cancer", "tumor", "tumour", "oncology", "oncologist", "survivor", "survivors", "survivorship", "screening"),
    *("chemotherapy", "radiation", "therapy", "treatment", "diagnosis", "relapse", "recurrence", "surveillance"),
    *("test", "tests", "result", "results", "scan", "exam", "overdue", "due", "appointment", "visit", "checkup"),
    *("hospital", "pediatric", "children", "child", "patient", "health", "medical", "doctor", "nurse", "late"),
}
# Plain English that happens to stand in the name of some test, too.
PLAIN = {"clinic", "from", "have", "questions", "your"}
# Every word a message may be made of. A new one is a decision, taken here.
NEUTRAL = {
    *("you", "have", "a", "message", "from", "your", "clinic", "hello", "sign", "in", "to", "read", "it"),
    *("questions", "call", "us", "at", "get", "this", "because", "asked", "write", "stop", "these", "messages"),
}
FILES = sorted(TEMPLATES.glob("*.txt"))
BASE = "https://tracker.example"
KEY = UUID(int=7)


@dataclass(frozen=True)
class Message:
    clinic_phone: str
    to: str = "maria@family.example"
    id: UUID = KEY


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def protected() -> set[str]:
    """Clinical words, and every word of four letters in the name of a diagnosis, a test or a treatment."""
    found = set(CLINICAL)
    for file, columns in NAMED_IN.items():
        with (PACK / file).open(encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                found |= {word for column in columns for word in words(row[column]) if len(word) > 3}
    return found - PLAIN


PROTECTED = protected()


def written(message: Outgoing) -> str:
    return f"{message.subject}\n{message.text}".replace(BASE, "")


def test_the_list_of_protected_words_is_a_long_one() -> None:
    assert len(PROTECTED) > 400
    assert {"leukemia", "echocardiogram", "doxorubicin", "cancer"} <= PROTECTED


def test_there_are_templates_to_look_at() -> None:
    assert "reminder.txt" in [file.name for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_template_uses_only_what_it_may_know(file: Path) -> None:
    assert meta.find_undeclared_variables(Environment().parse(file.read_text())) <= set(ALLOWED)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_template_consists_of_neutral_words(file: Path) -> None:
    text = re.sub(r"{[{%].*?[%}]}", " ", file.read_text())
    assert words(text) <= NEUTRAL


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_subject_is_one_line_and_says_nothing_but_who_writes(file: Path) -> None:
    message = compose(file.stem, Message("617-555-0100"), base_url=BASE)
    assert message.subject == "You have a message from your clinic"


def test_neutral_words_and_protected_words_do_not_meet() -> None:
    assert set() == NEUTRAL & PROTECTED


@pytest.mark.parametrize("leak", ["{{ clinic_name }}", "{{ survivor.given_name }}", "{{ test }}", "{{ diagnosis }}"])
def test_a_template_that_asks_for_more_fails_instead_of_telling(
    leak: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leaky.txt").write_text(f"A message\nAbout {leak}\n")
    monkeypatch.setattr(composing._environment.loader, "searchpath", [str(tmp_path)])
    with pytest.raises(UndefinedError):
        compose("leaky", Message("617-555-0100"), base_url=BASE)


def test_a_sender_holds_nothing_about_health_nor_the_clinics_name() -> None:
    assert {field.name for field in fields(Claimed)} == {"id", "to", "template", "clinic_phone", "attempt"}


def test_the_message_in_full() -> None:
    message = compose("reminder", Message("617-555-0100"), base_url="https://tracker.example/")
    assert (message.key, message.to) == (str(KEY), "maria@family.example")
    assert message.text == (
        "Hello,\n\nYou have a message from your clinic.\nSign in to read it: https://tracker.example/sign-in\n\n"
        "Questions? Call us at 617-555-0100.\n\n"
        "You get this because you asked us to write. To stop these messages, call your clinic.\n"
    )


def test_without_a_telephone_the_sentence_about_it_is_left_out() -> None:
    text = compose("reminder", Message(""), base_url=BASE).text
    assert "Questions" not in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("entered", "shown"),
    [
        ("617-555-0100", "617-555-0100"),
        ("+1 (617) 555-0100", "+1 (617) 555-0100"),
        ("(617) 555.0100 ext. 12", "(617) 555.0100 ext. 12"),
        ("617 555 0100 x7", "617 555 0100 x7"),
        ("617-555-0100 (Oncology desk)", "617-555-0100"),
        ("Survivorship nurse: 617-555-0100", "617-555-0100"),
        ("1-800-CANCER", ""),
        ("ask for Ana, room 12", ""),
        ("", ""),
    ],
)
def test_only_the_number_of_what_a_clinic_entered_as_its_telephone_is_used(entered: str, shown: str) -> None:
    assert telephone(entered) == shown


def test_a_thousand_messages_give_nothing_away() -> None:
    """Clinics with telling names in every field a clinic can fill in; whatever they enter, it stays out."""
    chance = random.Random(20280229)
    telling = sorted(PROTECTED)
    for number in range(1000):
        around = [" ".join(chance.sample(telling, 2)).title() for _ in range(2)]
        digits = f"{chance.randrange(200, 999)}-555-{number:04d}"
        phone = chance.choice([f"{around[0]} {digits} {around[1]}", f"{digits} ({around[0]})", around[0], digits])
        message = compose("reminder", Message(phone, to=f"{number}@mail.example", id=uuid4()), base_url=BASE)
        assert words(written(message)) & PROTECTED == set(), phone
        assert (digits in phone) == (digits in message.text)
        # Beyond the neutral words there is the way in, and nothing else.
        assert words(written(message)) <= NEUTRAL
