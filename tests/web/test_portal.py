"""The family's one screen: what is next, in plain and quiet words, and nothing that is not theirs to know."""

import re
from datetime import date
from html import unescape

import pytest
import sqlalchemy as sa

from tests.factories import make_exposure, make_survivor
from tests.web.signing_in import sign_in
from tests.web.worlds import Worlds, built, shared_app, worlds
from tracker.models import Clinic, Diagnosis, Event, Exposure, Grant, Role, Survivor, Visit
from tracker.services import care_plans

__all__ = ["built", "shared_app", "worlds"]
LONGEST_SENTENCE = 20
FRIGHTENING = (
    *(
        "overdue",
        "cancer",
        "tumor",
        "tumour",
        "relapse",
        "recurrence",
        "recurr",
        "risk",
        "danger",
        "die",
        "dead",
        "death",
    ),
    *(
        "fatal",
        "urgent",
        "fail",
        "malignan",
        "metasta",
        "late effect",
        "toxic",
        "abnormal",
        "missed",
        "must",
        "disease",
    ),
)
# Treatments that between them ask for most of the checks there are.
MUCH = {
    "doxorubicin_mg_m2": 300,
    "cyclophosphamide_mg_m2": 9000,
    "ifosfamide_mg_m2": 60000,
    "cisplatin_mg_m2": 400,
    "bleomycin_u_m2": 120,
    "methotrexate_any": 1,
    "corticosteroid_prolonged": 1,
    "cranial_rt_gy": 36,
    "chest_rt_gy": 30,
    "breast_rt_gy": 25,
    "lung_rt_gy": 20,
    "heart_rt_gy": 30,
    "thyroid_rt_gy": 25,
    "abdomen_rt_gy": 30,
    "pelvis_rt_gy": 30,
    "ovary_rt_gy": 12,
    "testis_rt_gy": 12,
    "tbi_gy": 12,
    "hsct_allo": 1,
    "cgvhd": 1,
    "splenectomy": 1,
    "nephrectomy": 1,
    "limb_sparing": 1,
    "rbc_transfusions_n": 60,
    "pregnant_or_planning": 1,
    "fertility_assessment_wanted": 1,
    "hypogonadism": 1,
}


def page(worlds: Worlds, role: str) -> str:
    answer = worlds.client(role).get(f"/care/{worlds.mine.survivor.id}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def text_of(html: str) -> str:
    """The page's own words, one block a line."""
    main = html[html.index("<main") : html.index("</main>")]
    main = main.replace("\u00a0", " ")
    main = re.sub(r"</(?:p|li|h\d|summary|strong|div|b)>|<br>", "\n", main)
    return unescape(re.sub(r"[^\S\n]+", " ", re.sub(r"<[^>]+>", " ", main)))


def sentences(text: str) -> list[str]:
    # "9:00 a.m." and "No. 3" are not the end of a sentence.
    text = re.sub(r"([ap])\.m\.", r"\1m", text)
    return [part.strip() for line in text.splitlines() for part in re.split(r"(?<=[.!?])\s+", line) if part.strip()]


def change(worlds: Worlds, **values: object) -> None:
    """Change the survivor, and bring the plan in line."""
    with worlds.database.transaction() as session:
        survivor = session.get_one(Survivor, worlds.mine.survivor.id)
        for key, value in values.items():
            setattr(survivor, key, value)
        care_plans.refresh(session, survivor, clock=worlds.clock)


def treat(worlds: Worlds, sex: str, born: date, given: dict[str, int], event: str = "") -> None:
    with worlds.database.transaction() as session:
        survivor = session.get_one(Survivor, worlds.mine.survivor.id)
        survivor.sex_at_birth, survivor.birth_date = sex, born
        session.execute(sa.delete(Exposure).where(Exposure.survivor_id == survivor.id))
        for name, value in given.items():
            make_exposure(session, survivor, name, value)
        if event:
            session.add(Event(survivor_id=survivor.id, name=event, happened_on=date(2026, 10, 1)))
        care_plans.refresh(session, survivor, clock=worlds.clock)


# What is next


def test_the_booked_visit_is_told_with_day_time_and_place(worlds: Worlds) -> None:
    with worlds.database.transaction() as session:
        session.execute(sa.update(Visit).where(Visit.id == worlds.mine.visit.id).values(slot=9))
    said = text_of(page(worlds, "proxy"))
    assert "Your visit is booked." in said
    assert "Monday, November 30, 2026 at 1:30 p.m." in said
    assert "12 Harbor Street, Boston" in said
    assert "Bring your list of medicines" in said


@pytest.mark.parametrize(
    ("first_slot", "minutes", "slot", "said"),
    [
        ("09:00", 30, 0, "9:00 a.m."),
        ("11:30", 30, 0, "11:30 a.m."),
        ("11:30", 30, 1, "12:00 p.m."),
        ("12:45", 30, 1, "1:15 p.m."),
        ("00:15", 20, 0, "12:15 a.m."),
        ("08:05", 5, 0, "8:05 a.m."),
    ],
)
def test_the_hour_is_said_as_people_say_it(worlds: Worlds, first_slot: str, minutes: int, slot: int, said: str) -> None:
    with worlds.database.transaction() as session:
        mine = sa.update(Clinic).where(Clinic.id == worlds.mine.clinic.id)
        session.execute(mine.values(first_slot=first_slot, slot_minutes=minutes))
        session.execute(sa.update(Visit).where(Visit.id == worlds.mine.visit.id).values(slot=slot))
    assert f"November 30, 2026 at {said}" in text_of(page(worlds, "survivor"))


def test_a_walk_in_is_told_with_its_day_and_no_made_up_hour(worlds: Worlds) -> None:
    with worlds.database.transaction() as session:
        past_the_last = worlds.mine.clinic.slots_per_day
        session.execute(sa.update(Visit).where(Visit.id == worlds.mine.visit.id).values(slot=past_the_last))
    said = text_of(page(worlds, "proxy"))
    assert "Monday, November 30, 2026" in said
    assert "November 30, 2026 at" not in said


def unbook(worlds: Worlds) -> None:
    with worlds.database.transaction() as session:
        session.execute(sa.update(Visit).where(Visit.id == worlds.mine.visit.id).values(status="cancelled"))


def test_without_a_booking_there_is_one_thing_to_do_and_a_number_to_call(worlds: Worlds) -> None:
    unbook(worlds)
    html = page(worlds, "proxy")
    assert "It is time to plan the yearly check-up." in text_of(html)
    assert "Bring your list" not in text_of(html)
    assert 'href="tel:617-555-0100"' in html


def test_a_survivor_without_a_plan_yet_is_told_that_nothing_is_due(worlds: Worlds) -> None:
    unbook(worlds)
    with worlds.database.transaction() as session:
        session.execute(sa.update(Diagnosis).values(end_of_therapy_on=None))
        session.execute(sa.delete(Exposure))
    change(worlds)
    assert "Nothing is due now. We will tell you when it is time." in text_of(page(worlds, "proxy"))


def test_the_survivor_is_greeted_and_a_parent_told_whose_page_it_is(worlds: Worlds) -> None:
    assert "Hello, Anabel" in text_of(page(worlds, "survivor"))
    assert "Anabel’s care" in text_of(page(worlds, "proxy"))
    change(worlds, preferred_name="Annie")
    assert "Hello, Annie" in text_of(page(worlds, "survivor"))


def test_checks_are_grouped_by_where_they_are_done_and_each_says_why(worlds: Worlds) -> None:
    html = page(worlds, "survivor")
    said = text_of(html)
    assert "At the visit" in said
    assert "Treatment can affect the body years later." in said
    checks = re.findall(r"<li>\s*<strong>(.*?)</strong>.*?<br>\s*(.*?)\s*</li>", html, re.DOTALL)
    assert len(checks) > 3
    assert all(name[0].isupper() and why.endswith(".") for name, why in checks)


def test_two_tests_that_go_by_one_name_are_one_line(worlds: Worlds) -> None:
    treat(worlds, "female", date(2010, 3, 1), MUCH)
    for group in re.findall(r"<ul class=\"nhsuk-list\">(.*?)</ul>", page(worlds, "survivor"), re.DOTALL):
        names = re.findall(r"<strong>(.*?)</strong>", group)
        assert sorted(names) == sorted(set(names))


# Words


@pytest.mark.parametrize("role", ["survivor", "proxy"])
@pytest.mark.parametrize(
    ("sex", "born"), [("female", date(2010, 3, 1)), ("male", date(2010, 3, 1)), ("unknown", date(2016, 3, 1))]
)
def test_the_words_are_short_plain_and_calm(worlds: Worlds, role: str, sex: str, born: date) -> None:
    treat(worlds, sex, born, MUCH)
    said = text_of(page(worlds, role))
    assert len(said.split()) > 200, "the story needs a page with much on it"
    assert [line for line in sentences(said) if len(line.split()) > LONGEST_SENTENCE] == []
    found = [word for word in FRIGHTENING if re.search(rf"\b{word}", said, re.IGNORECASE)]
    assert found == []


def test_an_older_adults_page_is_as_calm(worlds: Worlds) -> None:
    treat(worlds, "female", date(1984, 3, 1), MUCH)
    said = text_of(page(worlds, "survivor"))
    assert [line for line in sentences(said) if len(line.split()) > LONGEST_SENTENCE] == []
    assert [word for word in FRIGHTENING if re.search(rf"\b{word}", said, re.IGNORECASE)] == []


# What is private


def test_a_parent_reads_nothing_of_what_is_private_and_the_survivor_does(worlds: Worlds) -> None:
    treat(worlds, "female", date(2010, 3, 1), MUCH)
    own, parents = text_of(page(worlds, "survivor")).lower(), text_of(page(worlds, "proxy")).lower()
    private = (
        "private talk",
        "pregnan",
        "fertility",
        "periods",
        "hormone levels",
        "women's health",
        "hiv",
        "how you feel",
    )
    assert any(word in own for word in private)
    assert [word for word in private if word in parents] == []
    assert "part of the plan your clinic made for you" in parents


def test_a_pregnancy_shows_in_no_word_on_a_parents_page(worlds: Worlds) -> None:
    treat(worlds, "female", date(2010, 3, 1), {"doxorubicin_mg_m2": 300})
    before = page(worlds, "proxy")
    pregnant = {"doxorubicin_mg_m2": 300, "pregnant_or_planning": 1}
    treat(worlds, "female", date(2010, 3, 1), pregnant, event="pregnancy_planned")
    own, parents = page(worlds, "survivor"), page(worlds, "proxy")
    assert "pregnan" in own.lower()
    assert "pregnan" not in parents.lower()
    assert set(re.findall(r"<strong>(.*?)</strong>", parents)) <= set(re.findall(r"<strong>(.*?)</strong>", before))


def test_another_child_is_nowhere_to_be_found(worlds: Worlds) -> None:
    for role in ("survivor", "proxy"):
        assert "Beatrix" not in page(worlds, role)
        assert worlds.client(role).get(f"/care/{worlds.theirs.survivor.id}").status_code == 404


# Two children, and none


def test_a_parent_of_two_chooses_and_a_parent_of_one_is_led_on(worlds: Worlds) -> None:
    client = worlds.client("proxy")
    assert client.get("/care").headers["Location"] == f"/care/{worlds.mine.survivor.id}"
    with worlds.database.transaction() as session:
        clinic = session.get_one(Clinic, worlds.mine.clinic.id)
        second = make_survivor(session, clinic, given_name="Cal", family_name="Riverstone", birth_date=date(2015, 5, 5))
        stranger = make_survivor(session, clinic, given_name="Dov", family_name="Stranger")
        session.flush()
        begun = date(2020, 1, 1)
        parent = worlds.mine.users["proxy"].id
        session.add(Grant(user_id=parent, role=Role.PROXY, survivor_id=second.id, starts_on=begun))
    html = client.get("/care").get_data(as_text=True)
    assert re.findall(r'href="/care/[^"]+">([^<]+)<', html) == ["Anabel", "Cal"]
    assert client.get(f"/care/{second.id}").status_code == 200
    assert client.get(f"/care/{stranger.id}").status_code == 404
    assert "Dov" not in html


# Quiet


@pytest.mark.parametrize(
    "values",
    [{"deceased_on": date(2026, 11, 20)}, {"standing": "on_treatment"}],
)
@pytest.mark.parametrize("role", ["survivor", "proxy"])
def test_after_a_death_or_during_treatment_nothing_is_announced(
    worlds: Worlds, values: dict[str, object], role: str
) -> None:
    change(worlds, **values)
    html = page(worlds, role)
    said = text_of(html)
    assert "There is nothing you need to do." in said
    assert "If you would like to talk with us, call:" in said
    for word in ("check", "visit", "booked", "November 30", "plan", "Bring", "Later", "wrote", "deceased", "died"):
        assert word not in said, word
    assert 'href="tel:617-555-0100"' in html
    assert "app-banner" not in html


def test_nobody_but_the_family_opens_it(worlds: Worlds) -> None:
    path = f"/care/{worlds.mine.survivor.id}"
    assert sign_in(worlds.app.test_client(), worlds.theirs.users["proxy"]).get(path).status_code == 404
    assert [worlds.client(role).get(path).status_code for role in ("coordinator", "clinician", "administrator")] == [
        *(403, 403, 404),
    ]
