"""The demonstration's invented treatments, read from the table beside this file."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_suffix(".toml")
Dose = tuple[float, float]
Words = Mapping[str, tuple[str, ...]]
# Of a place these are added to what the regimen says; everything else takes its place.
MERGED = ("tumor", "details")


@dataclass(frozen=True, kw_only=True)
class Syndrome:
    """An inherited syndrome that some of those treated so have."""

    name: str
    fields: Mapping[str, str]
    percent: int


@dataclass(frozen=True, kw_only=True)
class Beam:
    """One radiation course: the fields it went to, and the lowest and highest prescribed dose in Gy."""

    fields: tuple[str, ...]
    gy: Dose
    modality: str = "photons"


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What the charts of a diagnosis speak of, as codes of the catalogue; ``pictures``: kind and region."""

    symptoms: tuple[str, ...] = ()
    pictures: tuple[tuple[str, str], ...] = ()
    biopsies: tuple[str, ...] = ()
    labs: tuple[str, ...] = ()
    genes: tuple[str, ...] = ()
    spread_percent: int = 0
    organs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Regimen:
    """One way of having been treated, at one place; the table's head explains each key."""

    diagnosis: str
    ages: Dose
    months: tuple[int, int]
    weight: float = 1
    sex: str | None = None
    resected: bool = False
    facts: tuple[str, ...] = ()
    chemo: tuple[str, ...] = ()
    agents: tuple[Mapping[str, Any], ...] = ()
    operations: tuple[str, ...] = ()
    radiation: tuple[Beam, ...] = ()
    transplant: Mapping[str, Any] = field(default_factory=dict)
    radioiodine: Dose | None = None
    tumor: Words = field(default_factory=dict)
    details: Words = field(default_factory=dict)
    lesion: tuple[str, ...] = ()
    limb_reason: str = ""
    immune: Mapping[str, str] = field(default_factory=dict)
    syndromes: tuple[Syndrome, ...] = ()
    chart: Chart = field(default_factory=Chart)


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
        {row["name"]: tuple(_regimen(row, way) for each in row["regimen"] for way in _ways(each)) for row in rows},
        {row["name"]: row["share"] for row in rows},
    )


def _ways(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The regimen at each of its places, which share its weight."""
    places = row.get("place", [{}])
    for place in places:
        merged = {key: row.get(key, {}) | place.get(key, {}) for key in MERGED}
        yield row | place | merged | {"weight": row.get("weight", 1) / len(places)}


def _regimen(diagnosis: dict[str, Any], row: dict[str, Any]) -> Regimen:
    beams = [row[key] for key in ("radiation", "boost") if key in row]
    return Regimen(
        diagnosis=diagnosis["name"],
        ages=_pair(row["ages"]),
        months=(row["months"][0], row["months"][1]),
        weight=row["weight"],
        sex=row.get("sex"),
        resected=row.get("resected", False),
        facts=tuple(row.get("facts", ())),
        chemo=tuple(row.get("chemo", ())),
        agents=tuple(row.get("agents", ())),
        operations=tuple(row.get("operations", ())),
        radiation=tuple(Beam(**each | {"fields": tuple(each["fields"]), "gy": _pair(each["gy"])}) for each in beams),
        transplant=row.get("transplant", {}),
        radioiodine=_pair(row["radioiodine"]) if "radioiodine" in row else None,
        tumor=_words(row["tumor"]),
        details=_words(row["details"]),
        lesion=tuple(row.get("lesion", ())),
        limb_reason=row.get("limb_reason", ""),
        immune=row.get("immune", {}),
        syndromes=tuple(Syndrome(**each) for each in row.get("syndrome", [])),
        chart=_chart(diagnosis.get("chart", {}), row),
    )


def _chart(common: dict[str, Any], row: dict[str, Any]) -> Chart:
    own = {key: row[key] for key in ("symptoms", "biopsies", "spread") if key in row}
    chart = common | own
    spread = chart.get("spread", {})
    pictures = [*row.get("pictures", []), *common.get("pictures", [])]
    return Chart(
        symptoms=tuple(chart.get("symptoms", ())),
        pictures=tuple((kind, region) for kind, region in pictures),
        biopsies=tuple(chart.get("biopsies", ())),
        labs=tuple(chart.get("labs", ())),
        genes=tuple(chart.get("genes", ())),
        spread_percent=spread.get("percent", 0),
        organs=tuple(spread.get("organs", ())),
    )


def _words(row: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in row.items()}


def _pair(span: list[float]) -> Dose:
    low, high = span
    return low, high
