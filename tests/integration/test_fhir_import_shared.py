"""The import on sample data that others made: every file counted as it should be, and never a crash."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic
from tests.fhir.builders import TODAY, Json, as_bytes, bundle, codes, concept, observation, patient
from tests.fhir.importing import Importer
from tests.shared import need_shared
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import ImportRefused
from tracker.fhir.bundle import HELD, read_bundle
from tracker.models import ChartEntry, Diagnosis, DueItem, Result, Survivor
from tracker.services import care_plans
from tracker.services.states import State, state_of


def synthea() -> Path:
    return need_shared("data", "fhir-synthea")


def expected() -> dict[str, Json]:
    """What each bundle with a patient holds."""
    told: dict[str, Json] = json.loads((synthea() / "EXPECTED.json").read_text(encoding="utf-8"))
    return {name: each for name, each in told.items() if each.get("patient")}


@pytest.fixture
def importer(database: Database, clock: FixedClock, tmp_path: Path) -> Importer:
    folder = tmp_path / "files"
    folder.mkdir()
    return Importer(database, clock, folder)


def test_every_bundle_is_counted_as_it_should_be_for_every_type() -> None:
    for name, told in expected().items():
        content = (synthea() / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == told["sha256"], name

        found = read_bundle(content, codes(), today=TODAY)

        counts = {kind: tally.stored + tally.skipped for kind, tally in found.tallies.items()}
        assert counts == told["resources"], name
        for kind, tally in found.tallies.items():
            assert tally.skipped == sum(tally.reasons.values())
            assert tally.stored == (counts[kind] if kind in HELD else 0), (name, kind)
            assert dict(tally.reasons) == ({} if kind in HELD else {"type not held": counts[kind]}), (name, kind)


def test_every_person_is_read_as_described() -> None:
    for name, told in expected().items():
        [part] = read_bundle((synthea() / name).read_bytes(), codes(), today=TODAY).people

        person, wanted = part.described, told["patient"]
        assert person.family_name == wanted["family"], name
        assert person.given_name == " ".join(wanted["given"]), name
        assert person.birth_date == date.fromisoformat(wanted["birthDate"]), name
        assert person.sex_at_birth == wanted["gender"], name
        assert str(person.deceased_on or "") == (wanted["deceased"] or "")[:10], name
        # Social security, driver's license and passport, which not everyone has, are not kept.
        assert len(person.identifiers) == 2 < wanted["identifiers"], name


def test_of_the_cancers_those_that_are_certain_become_diagnoses() -> None:
    found = {}
    for name in expected():
        [part] = read_bundle((synthea() / name).read_bytes(), codes(), today=TODAY).people
        names = [each.diagnosis.name for each in part.entries if each.diagnosis is not None]
        if names:
            found[part.described.family_name] = names

    assert found == {
        "Franecki": ["Non-small cell lung cancer", "Non-small cell carcinoma of lung, TNM stage 1"],
        "Mertz": ["Primary malignant neoplasm of colon"],
        "Tromp": ["Overlapping malignant neoplasm of colon"],
    }


def test_the_whole_folder_twice(importer: Importer) -> None:
    totals: Counter[str] = Counter()
    for told in expected().values():
        totals.update(told["resources"])

    first = importer.summary(synthea())
    before = importer.tables()
    second = importer.summary(synthea())

    assert first["patients"] == {"new": 31, "updated": 0, "unchanged": 0}
    assert second["patients"] == {"new": 0, "updated": 0, "unchanged": 31}
    assert importer.tables() == before
    for summary in (first, second):
        counts = {name: each["stored"] + each["skipped"] for name, each in summary["resources"].items()}
        assert counts == totals
        assert (summary["exit"], summary["files"]) == (1, 32)
        assert [Path(each["file"]).name for each in summary["errors"]] == ["hospitalInformation1559319163815.json"]
        assert summary["errors"][0]["error"] == "holds no Patient, so there is nobody to enroll"
    held = sum(totals[name] for name in HELD if name != "Patient")
    assert len(before["chart_entries"]) == held == 4215
    _check_people(importer)
    _check_secrets(importer)


def _check_people(importer: Importer) -> None:
    """The dead are never due, everyone else awaits the summary, and equal birthdays stay apart."""
    people = importer.survivors()
    states = Counter(state_of(survivor, TODAY) for survivor in people)
    assert states == {State.DECEASED: 6, State.AWAITING_SUMMARY: 25}
    births = Counter(survivor.birth_date for survivor in people)
    assert (births[date(1920, 4, 23)], births[date(1939, 1, 27)]) == (3, 2)
    assert len({survivor.mrn for survivor in people}) == 31
    assert "Mejía" in {survivor.family_name for survivor in people}
    assert importer.tables()["due_items"] == []
    with importer.database.transaction() as session:
        session.execute(sa.update(Diagnosis).values(end_of_therapy_on=date(2000, 1, 31)))
        for survivor in session.scalars(sa.select(Survivor)):
            care_plans.refresh(session, survivor, clock=importer.clock)
        due = sa.select(Survivor.family_name).join(DueItem, DueItem.survivor_id == Survivor.id).distinct()
        assert set(session.scalars(due)) == {"Tromp"}


def _check_secrets(importer: Importer) -> None:
    everything = repr(importer.tables())
    for name in expected():
        text = json.loads((synthea() / name).read_text(encoding="utf-8"))
        [person] = [each["resource"] for each in text["entry"] if each["resource"]["resourceType"] == "Patient"]
        for each in person["identifier"]:
            kinds = {coding["code"] for coding in each.get("type", {}).get("coding", [])}
            if kinds & {"SS", "DL", "PPN"}:
                assert f"'{each['value']}'" not in everything, name


def test_another_order_gives_the_same_rows(importer: Importer) -> None:
    with importer.database.transaction() as session:
        make_clinic(session, name="Second Clinic")
    files = [synthea() / name for name in expected()]

    importer.summary("--clinic", "Harbor Clinic", *files)
    importer.summary("--clinic", "Second Clinic", *reversed(files))

    first, second = (_content(importer.database, name) for name in ("Harbor Clinic", "Second Clinic"))
    assert first == second
    assert len(first) == 31


def _content(database: Database, clinic: str) -> dict[str, list[tuple[Any, ...]]]:
    with Session(database.engine) as session:
        found = {}
        for survivor in session.scalars(sa.select(Survivor)):
            if survivor.clinic.name == clinic:
                entries = session.execute(
                    sa.select(ChartEntry.external_id, ChartEntry.code, ChartEntry.occurred_on, ChartEntry.value_text)
                    .where(ChartEntry.survivor_id == survivor.id)
                    .order_by(ChartEntry.external_id)
                )
                results = session.execute(
                    sa.select(Result.external_id, Result.test_code, Result.performed_on, Result.value, Result.report)
                    .where(Result.survivor_id == survivor.id)
                    .order_by(Result.external_id)
                )
                diagnoses = session.execute(
                    sa.select(Diagnosis.position, Diagnosis.name, Diagnosis.diagnosed_on)
                    .where(Diagnosis.survivor_id == survivor.id)
                    .order_by(Diagnosis.position)
                )
                found[survivor.mrn] = [tuple(row) for rows in (entries, results, diagnoses) for row in rows]
        return found


def test_a_bundle_cut_off_at_many_places_is_refused_in_a_sentence() -> None:
    content = (synthea() / max(expected(), key=lambda name: int(expected()[name]["bytes"]))).read_bytes().rstrip()

    for at in range(0, len(content), len(content) // 25):
        with pytest.raises(ImportRefused, match=r"^is (?:not JSON: line|not UTF-8|empty)"):
            read_bundle(content[:at], codes(), today=TODAY)


def _bundles_without(kind: str) -> Iterator[tuple[str, Json]]:
    for name in expected():
        value = json.loads((synthea() / name).read_text(encoding="utf-8"))
        value["entry"] = [each for each in value["entry"] if each["resource"]["resourceType"] != kind]
        yield name, value


def test_a_bundle_without_its_patient_is_refused() -> None:
    for name, value in _bundles_without("Patient"):
        with pytest.raises(ImportRefused, match="holds no Patient"):
            read_bundle(as_bytes(value), codes(), today=TODAY)
        assert name


def test_a_bundle_without_the_encounters_it_refers_to_is_refused_with_entry_and_path() -> None:
    for name, value in _bundles_without("Encounter"):
        with pytest.raises(ImportRefused) as caught:
            read_bundle(as_bytes(value), codes(), today=TODAY)
        assert "encounter.reference 'urn:uuid:" in str(caught.value), name
        assert str(caught.value).startswith("entry "), name


def test_without_the_claims_nobody_refers_to_it_is_still_read() -> None:
    for name, value in _bundles_without("ExplanationOfBenefit"):
        found = read_bundle(as_bytes(value), codes(), today=TODAY)
        assert len(found.people) == 1, name


# Of each folder: how many of its files come in, and how many people there are in them.
COMING_IN = {
    "fhir-ips": (2, 2),
    "fhir-mcode": (109, 4),
    "fhir-r4-official": (127, 8),
    "cds-hooks": (0, 0),
    "fhir-bulk": (7, 13),
}


@pytest.mark.parametrize("folder", COMING_IN)
def test_other_samples_are_read_or_refused_in_a_sentence_and_never_crash(importer: Importer, folder: str) -> None:
    place = need_shared("data", folder)
    files = sorted(path for path in place.rglob("*") if path.is_file())

    summary = importer.summary(*files)

    assert summary["files"] == len(files)
    assert (len(files) - len(summary["errors"]), sum(summary["patients"].values())) == COMING_IN[folder]
    for each in summary["errors"]:
        assert each["error"]
        assert "Traceback" not in each["error"]


def test_every_bulk_file_is_counted_line_by_line(importer: Importer) -> None:
    folder = need_shared("data", "fhir-bulk", "10-patients")
    told = json.loads((folder / "EXPECTED.json").read_text(encoding="utf-8"))
    lines = {name.split(".")[0]: each["lines"] for name, each in told.items() if name != "log.ndjson"}

    first = importer.summary(folder)
    before = importer.tables()
    second = importer.summary(folder)

    for summary in (first, second):
        counts = {name: each["stored"] + each["skipped"] for name, each in summary["resources"].items()}
        assert counts == lines
        assert summary["exit"] == 0
        assert [Path(each["file"]).name for each in summary["passed_over"]] == ["EXPECTED.json", "log.ndjson"]
    assert (first["patients"]["new"], second["patients"]["unchanged"]) == (13, 13)
    assert importer.tables() == before


def test_every_mcode_file_is_counted(importer: Importer) -> None:
    folder = need_shared("data", "fhir-mcode")
    told = json.loads((folder / "EXPECTED.json").read_text(encoding="utf-8"))
    wanted: Counter[str] = Counter()
    for each in told.values():
        wanted.update({each: 1} if isinstance(each, str) else each["resources"])

    summary = importer.summary(folder)
    before = importer.tables()

    assert {name: each["stored"] + each["skipped"] for name, each in summary["resources"].items()} == wanted
    assert importer.summary(folder)["exit"] == 0
    assert importer.tables() == before


def test_the_international_patient_summaries_are_imported_whole(importer: Importer) -> None:
    folder = need_shared("data", "fhir-ips")
    told = json.loads((folder / "EXPECTED.json").read_text(encoding="utf-8"))

    for path in sorted(folder.glob("Bundle*.json")):
        summary = importer.summary(path)

        assert summary["exit"] == 0
        counts = {name: each["stored"] + each["skipped"] for name, each in summary["resources"].items()}
        assert counts == told[path.name]["resources"]


def test_jenny_s_breast_cancer_is_a_diagnosis_by_its_own_name(importer: Importer) -> None:
    path = need_shared("data", "fhir-mcode", "jenny-m") / "Bundle-mcode-patient-bundle-jenny-m.json"

    summary = importer.summary(path)

    assert (summary["exit"], summary["patients"]["new"]) == (0, 1)
    [diagnosis] = importer.rows(Diagnosis)
    assert diagnosis.name == "Primary malignant neoplasm of female left breast"
    assert "mammogram" in {row.test_code for row in importer.rows(Result)}


def hostile() -> list[str]:
    path = need_shared("data", "strings") / "blns.json"
    found: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return [each for each in found if each.strip() and "\x00" not in each]


def test_hostile_names_and_displays_come_back_byte_for_byte(importer: Importer) -> None:
    """Three names to a person; of each string a display and a value as well."""
    strings = hostile()
    names = [text for text in strings if len(text) <= 120]
    threes = [names[at : at + 3] for at in range(0, len(names) - 2, 3)]
    resources: list[Json] = []
    for number, (family, given, nickname) in enumerate(threes):
        told = [{"family": family, "given": [given]}, {"use": "nickname", "given": [nickname]}]
        resources.append(patient(_key(number), name=told))
    about = {"reference": f"urn:uuid:{_key(0)}"}
    for number, text in enumerate(strings):
        given_text: dict[str, Any] = {"code": concept(text=text), "valueQuantity": None, "valueString": text}
        resources.append(observation(f"o{number}", subject=about, **given_text))
    path = importer.write("hostile.json", as_bytes(bundle(*resources)))

    summary = importer.summary(path)
    before = importer.tables()

    assert summary["errors"] == []
    stored = [[each.family_name, each.given_name, each.preferred_name] for each in importer.survivors()]
    assert sorted(stored) == sorted(threes)
    for entry in importer.rows(ChartEntry):
        text = strings[int(entry.external_id.removeprefix("o"))]
        assert (entry.display, entry.value_text) == (text[:400], text[:400])
    assert importer.summary(path)["patients"]["unchanged"] == len(threes)
    assert importer.tables() == before


def _key(number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"{number}"))
