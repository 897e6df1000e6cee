"""A guideline pack of a few rows, written to a folder for a test, and survivors to plan with it."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tracker.engine.rules import Choices, Pack
from tracker.engine.types import CarePlan, Diagnosis, Facts, Override, PlannedItem, Result
from tracker.guidelines.loader import load_pack
from tracker.guidelines.rows import LATE_EFFECT_COLUMNS, PREDISPOSITION_COLUMNS, RECURRENCE_COLUMNS
from tracker.guidelines.vocabulary import EXPOSURE_COLUMNS, TEST_COLUMNS

Row = Mapping[str, str]
Tables = dict[str, list[dict[str, str]]]

SETTINGS = """
name = "tiny"
title = "A pack for tests"
edition = "1"
effective_on = 2026-01-01
rights = "ours"
sources = ["a test"]
upcoming_days = 60
overdue_days = 90
visit_test = "visit"
events = ["baby_planned", "grown_up"]

[units]
_mg_m2 = "mg/m2"
_gy = "Gy"
_y = "a"
"""
COLUMNS: dict[str, tuple[str, ...]] = {
    "late_effects.csv": LATE_EFFECT_COLUMNS,
    "recurrence.csv": RECURRENCE_COLUMNS,
    "predisposition.csv": PREDISPOSITION_COLUMNS,
    "exposures.csv": EXPOSURE_COLUMNS,
    "tests.csv": TEST_COLUMNS,
    "derivations.csv": ("name", "rule", "inputs"),
    "diagnoses.csv": ("diagnosis", "icdo3_morphology", "synonyms"),
    "strata.csv": ("table", "diagnosis_or_syndrome", "field", "values_used"),
    "equivalents.csv": ("result", "satisfies", "note"),
    "rivals.csv": ("id", "replaces"),
}
UNITS = {"drug_mg_m2": "mg/m2", "other_mg_m2": "mg/m2", "sum_mg_m2": "mg/m2", "chest_rt_gy": "Gy", "heart_rt_gy": "Gy",
         "tbi_gy": "Gy", "age_y": "a", "ltfu_entry_age_y": "a"}  # fmt: skip
YES_NO = ("any_cancer", "surgery", "amputation", "hsct_any", "hsct_allo", "hsct_auto", "syndrome_known")
TESTS = ("echo", "scan", "wide-scan", "blood", "visit", "exam")


def late(rule_id: str = "le-1", **cells: str) -> dict[str, str]:
    """A late-effects row: a yearly echo for everyone from the end of therapy on, unless told otherwise."""
    row = {
        "id": rule_id, "exposure": "any_cancer", "sex": "any", "test_code": "echo", "test": "Echo",
        "start": "end_of_therapy", "interval": "P1Y", "source": "a guideline", "confidence": "confirmed",
    }  # fmt: skip
    return row | cells


def band(rule_id: str = "rc-1", **cells: str) -> dict[str, str]:
    """A recurrence row: a scan every 3 months for 2 years after the end of therapy for Sarcoma."""
    row = {
        "id": rule_id, "diagnosis": "Sarcoma", "stratum": "any", "test_code": "scan", "test": "Scan", "from": "P0Y",
        "to": "P2Y", "interval": "P3M", "anchor": "end_of_therapy", "source": "a guideline",
        "confidence": "confirmed", "note": "default",
    }  # fmt: skip
    return row | cells


def predisposed(rule_id: str = "ps-1", **cells: str) -> dict[str, str]:
    """A predisposition row: a yearly exam from age 8 for Syndrome."""
    row = {
        "id": rule_id, "syndrome": "Syndrome", "gene": "G1", "stratum": "any", "test_code": "exam", "test": "Exam",
        "sex": "any", "start_age": "P8Y", "interval": "P1Y", "source": "a guideline", "confidence": "confirmed",
    }  # fmt: skip
    return row | cells


def exposure(name: str, unit: str) -> dict[str, str]:
    return {"name": name, "kind": "k", "unit": unit, "label": f"label of {name}", "plain_label": f"plain {name}"}


def tables(**replaced: Sequence[Row]) -> Tables:
    """All tables of the pack; a keyword (``late_effects=[…]``) replaces one."""
    made: Tables = {
        "late_effects.csv": [late()],
        "recurrence.csv": [band(), band("rc-2", **{"from": "P2Y", "to": "P5Y", "interval": "P6M"})],
        "predisposition.csv": [predisposed()],
        "exposures.csv": [exposure(n, u) for n, u in UNITS.items()] + [exposure(name, "1") for name in YES_NO],
        "derivations.csv": [
            {"name": "sum_mg_m2", "rule": "sum", "inputs": "drug_mg_m2*1 other_mg_m2*0.6"},
            {"name": "heart_rt_gy", "rule": "max", "inputs": "tbi_gy chest_rt_gy"},
            {"name": "hsct_any", "rule": "any", "inputs": "hsct_allo hsct_auto"},
            {"name": "syndrome_known", "rule": "any", "inputs": "predispositions"},
        ],
        "diagnoses.csv": [{"diagnosis": "Sarcoma", "icdo3_morphology": "8800/3", "synonyms": "STS; soft sarcoma"},
                          {"diagnosis": "Leukemia"}],
        "strata.csv": [
            {"table": "recurrence", "diagnosis_or_syndrome": "Sarcoma", "field": "grade",
             "values_used": "high | low | unknown"},
            {"table": "predisposition", "diagnosis_or_syndrome": "Syndrome", "field": "gene", "values_used": "a | b"},
        ],
        "equivalents.csv": [{"result": "wide-scan", "satisfies": "scan"}],
        "tests.csv": [
            {"test_code": code, "name": code.title(), "plain_name": f"plain {code}", "place": "order",
             "confidential": "no"}
            for code in TESTS
        ],
        "rivals.csv": [],
    }  # fmt: skip
    for name, rows in replaced.items():
        made[f"{name}.csv"] = [dict(row) for row in rows]
    return made


def write_pack(folder: Path, made: Tables, settings: str = SETTINGS) -> Path:
    """Write the tables as a pack, a cell a row does not name being empty."""
    folder.mkdir(exist_ok=True)
    (folder / "pack.toml").write_text(settings, encoding="utf-8")
    for file, rows in made.items():
        with (folder / file).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS[file], restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def tiny_pack(folder: Path, *, choices: Choices | None = None, **replaced: Sequence[Row]) -> Pack:
    """The pack with some tables replaced, loaded."""
    return load_pack(write_pack(folder / "pack", tables(**replaced)), choices=choices)


def survivor(**facts: Any) -> Facts:
    """Born March 10, 2000, treated for Sarcoma until June 15, 2010; exposures may be plain numbers."""
    doses = facts.pop("exposures", {})
    exposures = {name: None if dose is None else Decimal(str(dose)) for name, dose in doses.items()}
    ended = facts.pop("end_of_therapy_on", date(2010, 6, 15))
    given = {"diagnoses": (Diagnosis("Sarcoma", end_of_therapy_on=ended),), "sex": "female", **facts}
    return replace(Facts(date(2000, 3, 10), "female", ()), exposures=exposures, **given)


def result(test_code: str, on: date, **cells: Any) -> Result:
    return Result(test_code, on, **cells)


def decision(action: str, decided_on: date, test_code: str = "echo", **cells: Any) -> Override:
    return Override(test_code, action, decided_on, **cells)


def item(plan: CarePlan, test_code: str) -> PlannedItem:
    """The plan's item for a test, which must be there."""
    return next(each for each in plan.items if each.test_code == test_code)


def due(plan: CarePlan, test_code: str) -> date | None:
    """When a test is due, None if it is not asked for."""
    return next((each.due_on for each in plan.items if each.test_code == test_code), None)


def gap_ids(plan: CarePlan) -> list[str]:
    return [gap.id for gap in plan.gaps]
