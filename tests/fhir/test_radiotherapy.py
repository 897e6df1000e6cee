"""Courses of radiotherapy: the dose that each place got, in gray, exactly; and never a place that was guessed."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fhir.builders import LOINC, SNOMED, concept, procedure, quantity
from tests.fhir.treatment_builders import (
    Json,
    beam,
    course,
    delivered,
    entry_of,
    extension,
    intent,
    read_one,
    sample,
    skipped,
    values_of,
    volume,
)
from tests.shared import need_shared
from tracker.engine.partial_dates import PartialDate
from tracker.fhir.radiotherapy import read_gray
from tracker.services.import_records import EntryRecord

CHEST = volume("chest", "78904004", "Chest wall structure (body structure)")
LEFT, RIGHT, BOTH, ENTIRE, PARTIAL, LOWER = "7771000", "24028007", "51440002", "255503000", "255609007", "261122009"
PHOTONS, PROTONS, ELECTRONS = "1156506007", "10611004", "45643008"


def fields_of(code: str, *qualifiers: str, display: str = "") -> list[Any]:
    """The fields that a place becomes, side and all."""
    record = read_one(course(volume("v", code, display, *qualifiers)))
    return [value for each in record.entries for value in (each.values["fields"], each.values.get("laterality"))]


def test_a_course_tells_place_dose_fractions_and_days() -> None:
    record = read_one(course(CHEST, beams=beam(PHOTONS), reasonReference=[{"reference": "Condition/1"}]))

    assert (record.code, record.display, record.status, record.mapped_to) == (
        "1217123003",
        "Radiotherapy course",
        "completed",
        "chest-wall",
    )
    assert (record.value_text, record.on_treatment) == ("Chest wall structure: 60 Gy in 30 fractions", "")
    assert record.entries == (
        EntryRecord(
            section="radiation",
            part="chest",
            diagnosis="Condition/1",
            values={
                "fields": ["chest-wall"],
                "started_on": PartialDate(2016, 1, 4),
                "ended_on": PartialDate(2016, 2, 12),
                "modality": "photons",
                "dose_gy": Decimal(60),
                "fractions": 30,
            },
        ),
    )


@pytest.mark.parametrize(
    ("dose", "unit", "gray"),
    [
        (6000, "cGy", Decimal(60)),
        (5040, "cGy", Decimal("50.4")),
        (Decimal("1980.5"), "cGy", Decimal("19.805")),
        (Decimal("50.4"), "Gy", Decimal("50.4")),
        (1, "cGy", Decimal("0.01")),
        (6000, "mGy", None),
        (6000, "rad", None),
        (6000, "cgy", None),
        (0, "cGy", None),
        (-6000, "cGy", None),
        ("6000", "cGy", None),
        (Decimal("0.000001"), "Gy", None),
        (Decimal("1e40"), "cGy", None),
        (None, "cGy", None),
    ],
)
def test_centigray_become_gray_exactly_and_nothing_else_does(dose: object, unit: str, gray: Decimal | None) -> None:
    assert read_gray(quantity(dose, unit)) == gray
    assert values_of(course(CHEST, doses=[delivered("chest", dose, unit)])).get("dose_gy") == gray


def test_a_dose_with_a_comparator_is_unknown() -> None:
    assert read_gray(quantity(60, "Gy") | {"comparator": "<"}) is None


def test_a_dose_in_another_unit_stands_in_the_note() -> None:
    entry = entry_of(course(CHEST, doses=[delivered("chest", 6000, "mGy")]))

    assert entry.values["note"] == "Delivered: 6000 mGy"


@pytest.mark.parametrize("fractions", [0, -1, True, "30", Decimal("1.5"), 100_000, None])
def test_fractions_that_are_no_count_are_left_out(fractions: object) -> None:
    assert "fractions" not in values_of(course(CHEST, doses=[delivered("chest", fractions=fractions)]))


# Places


@pytest.mark.parametrize(
    ("code", "field"),
    [
        ("76752008", "breast"),
        ("72410000", "mediastinum"),
        ("62683002", "mediastinum"),
        ("10200004", "hepatic"),
        ("363654007", "orbit"),
        ("56329008", "suprasellar"),
        ("113305005", "posterior-fossa"),
        ("83251001", "brain-part"),
        ("73903008", "spine-lumbar"),
        ("89837001", "pelvis"),
        ("71341001", "extremity-lower"),
        ("38266002", "tbi"),
        ("421060004", "spine-whole"),
    ],
)
def test_a_structure_is_the_field_it_lies_in(code: str, field: str) -> None:
    assert fields_of(code) == [[field], None]


@pytest.mark.parametrize(
    ("code", "qualifiers", "field", "side"),
    [
        ("64033007", (LEFT,), "flank-left", "left"),
        ("64033007", (RIGHT,), "flank-right", "right"),
        ("64033007", (), "flank", None),
        ("18639004", (), "flank-left", "left"),
        ("3341006", (), "hemithorax", "right"),
        ("39607008", (PARTIAL,), None, None),
        ("39607008", (LEFT,), "hemithorax", "left"),
        ("39607008", (BOTH,), "whole-lung", "bilateral"),
        ("76752008", (LEFT,), "breast", "left"),
        ("12738006", (ENTIRE,), "cranial", None),
        ("12738006", (PARTIAL,), "brain-part", None),
    ],
)
def test_a_side_or_a_part_makes_it_another_field(
    code: str, qualifiers: tuple[str, ...], field: str | None, side: str | None
) -> None:
    assert fields_of(code, *qualifiers) == ([[field], side] if field else [])


def test_a_brain_of_which_nobody_says_whether_all_was_irradiated_says_so() -> None:
    entry = entry_of(course(volume("v", "12738006")))

    assert entry.values["fields"] == ["cranial"]
    assert "does not say whether all of it" in str(entry.values["note"])
    assert "note" not in entry_of(course(volume("v", "12738006", "", ENTIRE))).values


@pytest.mark.parametrize("code", ["39607008", "302553009", "38266002", "421060004", "8997002"])
@pytest.mark.parametrize("part", [PARTIAL, LOWER])
def test_a_part_of_what_only_counts_as_a_whole_has_no_field(code: str, part: str) -> None:
    assert fields_of(code, part) == []


def test_a_place_without_a_field_is_counted_under_its_own_code() -> None:
    lobe = volume("lobe", "31094006", "Structure of lobe of lung (body structure)", LOWER, LEFT)

    record = read_one(course(lobe))

    assert record.entries == ()
    assert (record.code_system, record.code, record.mapped_to) == (SNOMED, "31094006", "")
    assert record.display == "Structure of lobe of lung (body structure)"
    assert record.value_text == "Structure of lobe of lung: 60 Gy in 30 fractions"


def test_a_known_place_beside_one_without_a_field_is_kept_and_the_other_is_counted() -> None:
    record = read_one(course(CHEST, volume("lobe", "31094006", "Lobe")))

    assert [each.part for each in record.entries] == ["chest"]
    assert (record.code, record.mapped_to) == ("31094006", "")


def test_a_code_of_another_system_is_no_structure() -> None:
    strange = {"resourceType": "BodyStructure", "id": "v", "location": concept("78904004", "Chest", system=LOINC)}

    assert read_one(course(strange)).entries == ()


def test_places_with_doses_of_their_own_are_entries_of_their_own() -> None:
    nodes = volume("nodes", "68171009", "Axillary lymph node", RIGHT)

    record = read_one(course(CHEST, nodes, doses=[delivered("chest"), delivered("nodes", 5000, "cGy", 25)]))

    found = [
        (each.part, each.values["fields"], each.values["dose_gy"], each.values["fractions"]) for each in record.entries
    ]
    assert found == [("chest", ["chest-wall"], Decimal(60), 30), ("nodes", ["axilla"], Decimal(50), 25)]
    assert record.mapped_to == "chest-wall, axilla"


def test_a_volume_within_another_of_the_same_field_is_not_added_to_it() -> None:
    """A dose to a volume is the whole of what it got: 60 Gy to the boost are not 50 Gy and 60 Gy."""
    wide, boost = volume("wide", "83251001", "Frontal lobe"), volume("boost", "78277001", "Temporal lobe")

    for told in ([wide, boost], [boost, wide]):
        entry = entry_of(course(*told, doses=[delivered("wide", 5000, "cGy", 25), delivered("boost", 6000, "cGy", 30)]))

        assert (entry.part, entry.values["dose_gy"], entry.values["fractions"]) == ("boost", Decimal(60), 30)
        assert "Within it: Frontal lobe: 50 Gy in 25 fractions" in str(entry.values["note"])


def test_the_two_sides_of_one_field_are_two_places() -> None:
    sides = [volume("l", "76752008", "Breast", LEFT), volume("r", "76752008", "Breast", RIGHT)]

    assert [each.values["laterality"] for each in read_one(course(*sides)).entries] == ["left", "right"]


def test_two_doses_to_volumes_of_one_name_are_told_apart() -> None:
    elsewhere = [extension("mcode-radiotherapy-dose-delivered-to-volume", extension=[]) for _ in range(2)]

    assert read_one(course(doses=elsewhere)).entries == ()


@pytest.mark.parametrize("doses", [[], [extension("mcode-radiotherapy-dose-delivered-to-volume", extension=[])]])
def test_without_volumes_the_course_s_own_place_is_taken_its_dose_unknown(doses: list[Json]) -> None:
    site = concept("78904004", "Chest wall", system=SNOMED) | {
        "extension": [extension("mcode-laterality-qualifier", valueCodeableConcept=concept(LEFT, system=SNOMED))]
    }

    values = values_of(course(doses=doses, bodySite=[site]))

    assert (values["fields"], values["laterality"]) == (["chest-wall"], "left")
    assert values.keys().isdisjoint({"dose_gy", "fractions"})


def test_a_course_that_names_no_place_at_all_is_a_chart_entry() -> None:
    record = read_one(course(doses=[]))

    assert (record.entries, record.code, record.mapped_to) == ((), "1217123003", "")


# What goes on, and what was not given


@pytest.mark.parametrize("status", ["in-progress", "on-hold"])
def test_a_course_under_way_is_said_and_has_no_end_yet(status: str) -> None:
    record = read_one(course(CHEST, status=status))

    assert record.on_treatment == "Radiotherapy under way"
    [entry] = record.entries
    assert "ended_on" not in entry.values
    assert entry.values["dose_gy"] == Decimal(60)


@pytest.mark.parametrize("status", ["preparation", "unknown", "something", None])
def test_what_was_only_prepared_was_not_given(status: str | None) -> None:
    record = read_one(course(CHEST, status=status))

    assert (record.entries, record.on_treatment) == ((), "")


@pytest.mark.parametrize(("status", "reason"), [("not-done", "not done"), ("entered-in-error", "entered in error")])
def test_what_did_not_happen_is_counted_and_not_stored(status: str, reason: str) -> None:
    assert skipped(course(CHEST, status=status)) == reason


def test_a_course_that_was_stopped_says_why() -> None:
    entry = entry_of(course(CHEST, status="stopped", statusReason={"text": "Toxicity"}))

    assert entry.values["note"] == "Stopped: Toxicity"


def test_a_course_without_a_day_counts_all_the_same() -> None:
    record = read_one(course(CHEST, performedPeriod=None))

    assert record.occurred_on is None
    assert record.entries[0].values["dose_gy"] == Decimal(60)


def test_a_procedure_that_only_says_radiotherapy_is_a_chart_entry_alone() -> None:
    for code, words in [("108290001", "Radiotherapy"), ("703423002", "Combined chemotherapy and radiation therapy")]:
        record = read_one(procedure(code=concept(code, words, system=SNOMED)))
        assert (record.entries, record.on_treatment, record.mapped_to) == ((), "", "")


# What kind, and what for


@pytest.mark.parametrize(
    ("codes", "modality"),
    [
        ([PHOTONS], "photons"),
        ([PROTONS], "protons"),
        ([ELECTRONS], "electrons"),
        (["394902000"], "brachytherapy"),
        (["80347004"], "other"),
        ([PHOTONS, PHOTONS], "photons"),
        ([PHOTONS, ELECTRONS], None),
        ([], None),
    ],
)
def test_the_kind_of_radiation_is_known_where_there_is_one(codes: list[str], modality: str | None) -> None:
    assert values_of(course(CHEST, beams=beam(*codes))).get("modality") == modality


def test_of_several_kinds_the_note_tells_which() -> None:
    entry = entry_of(course(CHEST, beams=beam(PHOTONS, ELECTRONS)))

    assert entry.values["note"] == f"Kinds of radiation: {PHOTONS}, {ELECTRONS}"


def test_a_radiopharmaceutical_is_no_course_of_radiation() -> None:
    assert read_one(course(CHEST, beams=beam("440252007"))).entries == ()


@pytest.mark.parametrize(("code", "purpose"), [("363676003", "palliative"), ("373808002", None)])
def test_only_a_palliative_intent_is_a_purpose_of_ours(code: str, purpose: str | None) -> None:
    assert values_of(course(CHEST, beams=[intent(code)])).get("purpose") == purpose


def test_the_chest_wall_course_of_jenny() -> None:
    folder = need_shared("data", "fhir-mcode", "jenny-m")

    record = sample(folder, "Procedure/radiotherapy-treatment-summary-chest-wall-jenny-m")

    assert (record.mapped_to, record.on_treatment) == ("chest-wall, mediastinum", "")
    days = {"started_on": PartialDate(2018, 8, 15), "ended_on": PartialDate(2018, 10, 25)}
    wall, nodes = record.entries
    assert {name: value for name, value in wall.values.items() if name != "note"} == days | {
        "fields": ["chest-wall"],
        "dose_gy": Decimal(60),
        "fractions": 30,
    }
    assert {name: value for name, value in nodes.values.items() if name != "note"} == days | {
        "fields": ["mediastinum"],
        "laterality": "bilateral",
        "dose_gy": Decimal(50),
        "fractions": 25,
    }
    assert [wall.part, nodes.part] == [
        "jenny-m-chest-wall-treatment-volume",
        "jenny-m-chest-wall-lymph-nodes-treatment-volume",
    ]
    assert "photons, Teleradiotherapy using electrons" in str(wall.values["note"])
