"""The demonstration's invented treatments, read from the table beside this file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_suffix(".toml")
Dose = tuple[float, float]
GIVEN: Dose = (1, 1)

# Organs inside a field, with the part of the field's dose that reaches them.
ORGANS: Mapping[str, Mapping[str, float]] = {
    "cranial_rt_gy": {"hp_rt_gy": 0.9, "eye_rt_gy": 0.3, "oral_rt_gy": 0.1},
    "head_rt_gy": {"hp_rt_gy": 0.4, "eye_rt_gy": 0.4, "oral_rt_gy": 0.7},
    "neck_rt_gy": {"thyroid_rt_gy": 1.0, "esophagus_rt_gy": 0.5},
    "chest_rt_gy": {"heart_rt_gy": 0.6, "lung_rt_gy": 0.7, "breast_rt_gy": 0.7, "esophagus_rt_gy": 0.6},
    "abdomen_rt_gy": {"kidney_rt_gy": 0.6, "liver_rt_gy": 0.6, "spleen_rt_gy": 0.6, "pancreas_rt_gy": 0.9},
    "pelvis_rt_gy": {"bladder_rt_gy": 0.9, "ovary_rt_gy": 0.5, "uterus_rt_gy": 0.7, "testis_rt_gy": 0.1},
    "spine_rt_gy": {"thyroid_rt_gy": 0.5, "heart_rt_gy": 0.4},
}
FEMALE_ORGANS = frozenset({"breast_rt_gy", "ovary_rt_gy", "uterus_rt_gy"})
MALE_ORGANS = frozenset({"testis_rt_gy"})


@dataclass(frozen=True, kw_only=True)
class Syndrome:
    """An inherited syndrome that some of those treated so have."""

    name: str
    fields: Mapping[str, str]
    percent: int


@dataclass(frozen=True, kw_only=True)
class Regimen:
    """One way of having been treated; the table's head explains each key."""

    ages: Dose
    months: tuple[int, int]
    weight: int = 1
    sex: str | None = None
    resected: bool = False
    doses: Mapping[str, Dose] = field(default_factory=dict)
    radiation: Mapping[str, Dose] = field(default_factory=dict)
    tumor: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    syndromes: tuple[Syndrome, ...] = ()


@dataclass(frozen=True)
class Regimens:
    """All of them by diagnosis, and how many of 250 survivors have each diagnosis."""

    by_diagnosis: Mapping[str, tuple[Regimen, ...]]
    shares: Mapping[str, int]


@lru_cache(maxsize=1)
def regimens() -> Regimens:
    """The table, read once."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["diagnosis"]
    return Regimens(
        {row["name"]: tuple(_regimen(each) for each in row["regimen"]) for row in rows},
        {row["name"]: row["share"] for row in rows},
    )


def _regimen(row: dict[str, Any]) -> Regimen:
    return Regimen(
        ages=_pair(row["ages"]),
        months=(row["months"][0], row["months"][1]),
        weight=row.get("weight", 1),
        sex=row.get("sex"),
        resected=row.get("resected", False),
        doses=_pairs(row.get("doses", {})) | dict.fromkeys(row.get("given", []), GIVEN),
        radiation=_pairs(row.get("radiation", {})),
        tumor={name: tuple(values) for name, values in row.get("tumor", {}).items()},
        syndromes=tuple(Syndrome(**each) for each in row.get("syndrome", [])),
    )


def _pairs(row: dict[str, list[float]]) -> dict[str, Dose]:
    return {name: _pair(span) for name, span in row.items()}


def _pair(span: list[float]) -> Dose:
    low, high = span
    return low, high
