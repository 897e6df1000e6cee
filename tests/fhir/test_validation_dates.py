"""Dates that cannot be, under every name FHIR has for a date."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fhir.builders import Json, encounter, observation, patient, procedure
from tracker.fhir.validation import own
from tracker.fhir.validation.dates import Impossible, read_moment

DAYS = ["birthDate", "bornDate", "deceasedDate", "valueDate", "dueDate", "servicedDate"]
MOMENTS = [
    "deceasedDateTime", "effectiveDateTime", "effectiveInstant", "onsetDateTime", "abatementDateTime",
    "performedDateTime", "occurrenceDateTime", "collectedDateTime", "valueDateTime", "recordedDate", "expirationDate",
    "date", "issued", "recorded", "authoredOn", "created", "start", "end", "started", "dateAsserted", "lastOccurrence",
    "lastUpdated", "receivedTime", "onset", "time", "sent", "received", "event",
]  # fmt: skip
TIMES = ["timeOfDay", "valueTime", "availableStartTime", "availableEndTime", "openingTime", "closingTime"]

POSSIBLE_DAYS = ["2000", "2000-01", "2000-12", "2000-01-31", "2000-02-29", "2024-02-29", "0001-01-01", "9999-12-31"]
IMPOSSIBLE_DAYS = [
    "0000", "2000-00", "2000-13", "2000-13-01", "2000-01-00", "2000-01-32", "2000-04-31", "2023-02-29", "2023-02-30",
    "1900-02-29",
]  # fmt: skip
POSSIBLE_TIMES = [
    "2020-05-17T00:00:00Z", "2020-05-17T23:59:59Z", "2020-05-17T23:59:60Z", "2020-05-17T10:00:00.123456789+02:00",
    "2020-05-17T10:00:00+14:00", "2020-05-17T10:00:00-14:00", "2020-05-17T10:00:00-00:00", "2020-05-17T10:00Z",
    "2020-05-17T10:00:00",
]  # fmt: skip
IMPOSSIBLE_TIMES = [
    "2020-05-17T24:00:00Z", "2020-05-17T25:00:00Z", "2020-05-17T10:60:00Z", "2020-05-17T10:00:61Z",
    "2020-05-17T10:00:00+14:01", "2020-05-17T10:00:00+15:00", "2020-05-17T10:00:00+02:60", "2020-02-30T10:00:00Z",
]  # fmt: skip
NO_DATES = ["17.5.2020", "2020-5-17", "20200517", "2020-05-17 10:00", "May 2020", "2020-", "20200", "-2020", "２０２０", " ", "2020 "]  # fmt: skip


def wrongs(resource: Json) -> list[tuple[str, str]]:
    return [(wrong.path, wrong.reason) for wrong in own.check(resource)]


def under(name: str, value: object) -> list[tuple[str, str]]:
    return wrongs({"resourceType": "Basic", "held": {name: value}})


@pytest.mark.parametrize("value", POSSIBLE_DAYS)
def test_a_day_that_exists_is_sound_under_every_name(value: str) -> None:
    for name in [*DAYS, *MOMENTS]:
        assert under(name, value) == [], name


@pytest.mark.parametrize("value", IMPOSSIBLE_DAYS)
def test_a_day_that_does_not_exist_is_refused_under_every_name(value: str) -> None:
    said = f"“{value}” is no day that exists; correct it where the file comes from"

    for name in [*DAYS, *MOMENTS]:
        assert under(name, value) == [(f"held.{name}", said)]


@pytest.mark.parametrize("value", POSSIBLE_TIMES)
def test_a_time_that_exists_is_sound_under_every_name(value: str) -> None:
    for name in MOMENTS:
        assert under(name, value) == [], name


@pytest.mark.parametrize("value", IMPOSSIBLE_TIMES)
def test_a_time_that_does_not_exist_is_refused_under_every_name(value: str) -> None:
    for name in MOMENTS:
        [(path, reason)] = under(name, value)
        assert path == f"held.{name}"
        assert "that exists" in reason or "does not exist" in reason


@pytest.mark.parametrize("value", NO_DATES)
def test_what_is_no_date_at_all_is_refused(value: str) -> None:
    for name in [*DAYS, *MOMENTS]:
        [(_, reason)] = under(name, value)
        assert "is no date as FHIR writes it" in reason


@pytest.mark.parametrize("name", DAYS)
def test_a_day_takes_no_time(name: str) -> None:
    [(_, reason)] = under(name, "2020-05-17T10:00:00Z")

    assert "has a time of day where FHIR takes a day alone" in reason


@pytest.mark.parametrize("name", TIMES)
def test_times_of_day_are_looked_at_too(name: str) -> None:
    assert under(name, "23:59:59") == under(name, "00:00") == under(name, "10:00:60.5") == []
    for value in ("24:00:00", "10:60:00", "25:00", "noon", "10"):
        assert [path for path, _ in under(name, value)] == [f"held.{name}"]


@pytest.mark.parametrize("name", ["birthDate", "effectiveDateTime", "issued", "date"])
@pytest.mark.parametrize("value", [2000, Decimal("2000.5"), True])
def test_a_date_that_is_no_text_is_refused(name: str, value: object) -> None:
    [(_, reason)] = under(name, value)

    assert "where a date in quotes is needed" in reason


def test_names_that_mean_something_else_elsewhere_are_left_alone() -> None:
    assert under("start", 5) == under("end", 7) == under("lockedDate", True) == []
    assert wrongs({"resourceType": "GraphDefinition", "start": "Patient"}) == []
    assert under("value", "2000-13-01") == under("when", "PCM") == []


def test_each_date_of_a_list_is_looked_at() -> None:
    timing = {"event": ["2020-01-01", "2020-13-01"], "repeat": {"timeOfDay": ["10:00:00", "25:00:00"]}}

    found = wrongs(observation(effectiveDateTime=None, effectiveTiming=timing))
    assert [path for path, _ in found] == ["effectiveTiming.event[1]", "effectiveTiming.repeat.timeOfDay[1]"]


def test_dates_in_extensions_and_in_contained_resources_are_looked_at() -> None:
    extension = {"extension": [{"url": "https://clinic.example/seen", "valueDateTime": "2020-13-01"}]}

    assert [path for path, _ in wrongs(patient(_birthDate=extension))] == ["_birthDate.extension[0].valueDateTime"]
    found = wrongs(observation(contained=[patient(id="p", birthDate="2023-02-30")]))
    assert [path for path, _ in found] == ["contained[0].birthDate"]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2020-05-17", "2020-05-17"),
        ("2020-05-17", "2020-05-18"),
        ("2020-05-17", "2020-05"),
        ("2020-05-17", "2020"),
        ("2020-05", "2020-05-01"),
        ("2020-05-17T10:00:00Z", "2020-05-17T10:00:00Z"),
        ("2020-05-17T10:00:00Z", "2020-05-17T11:00:00+01:00"),
        ("2020-05-17T23:00:00-05:00", "2020-05-18T04:00:00Z"),
        ("2020-05-17T10:00:00.5Z", "2020-05-17T10:00:00.5Z"),
        ("2020-05-17T10:00:30Z", "2020-05-17T10:00Z"),
        ("2020-05-17", "2020-05-16T23:00:00-05:00"),
        ("2020-05-17T01:00:00+10:00", "2020-05-16"),
        ("2020-05-17T13:59:59Z", "2020-05-16"),
        ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_a_period_that_may_be_in_order_is_sound(start: str, end: str) -> None:
    assert wrongs(procedure(performedPeriod={"start": start, "end": end})) == []


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2020-05-17", "2020-05-16"),
        ("2020-05-17", "2020-04"),
        ("2020-05-01", "2019"),
        ("2020", "2019-12-31"),
        ("2020-05-17T10:00:00Z", "2020-05-17T09:59:59Z"),
        ("2020-05-17T10:00:00Z", "2020-05-17T10:59:59+01:00"),
        ("2020-05-17T10:00:00.5Z", "2020-05-17T10:00:00.4Z"),
        ("2020-05-17", "2020-05-15T09:00:00Z"),
        ("2020-05-17T14:00:00Z", "2020-05-16"),
    ],
)
def test_a_period_that_ends_before_it_starts_is_refused(start: str, end: str) -> None:
    [(path, reason)] = wrongs(procedure(performedPeriod={"start": start, "end": end}))

    assert path == "performedPeriod.end"
    assert reason == f"“{end}” is before start “{start}”; correct it where the file comes from"


def test_an_appointment_is_a_period_itself() -> None:
    appointment = {"resourceType": "Appointment", "start": "2020-05-17T10:00:00Z", "end": "2020-05-17T09:00:00Z"}

    assert [path for path, _ in wrongs(appointment)] == ["end"]


def test_periods_in_lists_are_looked_at() -> None:
    history = [{"status": "planned", "period": {"start": "2020-05-17", "end": "2020-05-16"}}]

    assert [path for path, _ in wrongs(encounter(statusHistory=history))] == ["statusHistory[0].period.end"]


@pytest.mark.parametrize(
    ("died", "count"), [("2007-03-05", 0), ("2007-03", 0), ("2007", 0), ("2007-03-04", 1), ("2006", 1)]
)
def test_nobody_dies_before_birth(died: str, count: int) -> None:
    assert len(wrongs(patient(birthDate="2007-03-05", deceasedDateTime=died))) == count


def test_a_death_in_another_time_zone_on_the_day_of_birth_is_possible() -> None:
    assert wrongs(patient(birthDate="2007-03-05", deceasedDateTime="2007-03-04T23:30:00-05:00")) == []


def test_an_impossible_day_is_told_once_and_not_compared() -> None:
    assert len(wrongs(procedure(performedPeriod={"start": "2020-02-30", "end": "2019-01-01"}))) == 1


@given(st.text())
def test_no_text_breaks_the_reading_of_a_date(text: str) -> None:
    try:
        assert read_moment(text).earliest <= read_moment(text).latest
    except Impossible as error:
        assert str(error)


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_two_exact_times_are_compared_as_python_compares_them(one: object, other: object) -> None:
    from datetime import UTC, datetime

    assert isinstance(one, datetime) and isinstance(other, datetime)
    try:
        first, second = (each.astimezone(UTC).replace(microsecond=0) for each in (one, other))
    except OverflowError:
        return
    read = [read_moment(each.strftime("%Y").zfill(4) + each.strftime("-%m-%dT%H:%M:%SZ")) for each in (first, second)]
    assert read[0].is_before(read[1]) == (first < second)
