"""Hand-worked tables of what was given and what follows, and a small catalogue to work them with.

A row's ``given`` holds entries divided by ";": what it is, an amount with its unit, ×courses, and ``key=value`` facts:
``doxorubicin 75 mg/m2 ×6 from=2010-03``. Its ``follows`` holds **every** exposure that must come out: ``name=390``
(known), ``name>=300`` (given, dose unknown, at least that), ``name`` (given) or ``name?`` (only possible).
``missing`` lists the codes of what would settle them, ``words`` the sentence of the first one.
"""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tracker.engine.catalogue import Agent, AgentKind, Catalogue, Operation, RadiationField
from tracker.engine.given import (
    DerivedExposure,
    DrugGiven,
    Given,
    GvhdFound,
    OperationDone,
    RadiationGiven,
    RadionuclideGiven,
    TransfusionGiven,
    TransplantDone,
)
from tracker.engine.given_terms import is_possible
from tracker.engine.partial_dates import PartialDate
from tracker.guidelines.loader import load_pack

HERE = Path(__file__).parent
UNITS = {info.name: info.unit for info in load_pack().exposures.values()}
BORN = date(1980, 6, 15)


def agent(code: str, *given: str, dose: str = "", kind: AgentKind = AgentKind.CYTOTOXIC, routes: str = "iv") -> Agent:
    name = code.replace("-", " ").capitalize()
    return Agent(
        code=code, name=name, kind=kind, dose_exposure=dose, given_exposures=given, routes=tuple(routes.split())
    )


def radiation_field(code: str, fields: str, organs: str = "") -> RadiationField:
    label = "total body" if code == "tbi" else code.replace("-", " ")
    return RadiationField(
        code=code, label=label, field_exposures=tuple(fields.split()), organ_exposures=tuple(organs.split())
    )


def operation(code: str, *exposures: str) -> Operation:
    return Operation(code=code, label=code.replace("-", " ").capitalize(), exposures=exposures)


_DOSED = (
    "doxorubicin", "daunorubicin", "epirubicin", "idarubicin", "mitoxantrone", "cyclophosphamide", "ifosfamide",
    "procarbazine", "chlorambucil", "carmustine", "lomustine", "melphalan", "mechlorethamine", "busulfan", "cisplatin",
    "carboplatin",
)  # fmt: skip
_AGENTS = (
    *(agent(code, dose=f"{code}_mg_m2") for code in _DOSED),
    agent("thiotepa", dose="thiotepa_mg_m2", routes="iv it"),
    agent("bleomycin", dose="bleomycin_u_m2"),
    agent("methotrexate", "methotrexate_any", routes="iv po im sc it"),
    agent("cytarabine", "any_chemo", routes="iv sc it"),
    agent("vincristine", "vinca_alkaloid"),
    agent("etoposide", "epipodophyllotoxin"),
    agent("dactinomycin", "dactinomycin"),
    agent("mercaptopurine", "mercaptopurine_thioguanine", routes="po"),
    agent("temozolomide", "alkylator_any", "any_chemo", routes="po"),
    agent("prednisone", "corticosteroid_prolonged", kind=AgentKind.STEROID, routes="po"),
    agent("hydrocortisone", kind=AgentKind.STEROID, routes="po iv it"),
    agent("imatinib", "tki", kind=AgentKind.TARGETED, routes="po"),
    agent("rituximab", "anti_b_antibody", kind=AgentKind.IMMUNE),
    agent("nivolumab", "checkpoint_inhibitor", kind=AgentKind.IMMUNE),
    agent("car-t", "car_t", kind=AgentKind.CELLULAR),
    agent("mesna", kind=AgentKind.SUPPORTIVE),
)
_FIELDS = (
    radiation_field("tbi", "tbi_gy", "heart_rt_gy lung_rt_gy"),
    radiation_field("craniospinal", "cranial_rt_gy head_rt_gy spine_rt_gy", "hp_rt_gy heart_rt_gy"),
    radiation_field("posterior-fossa", "cranial_rt_gy head_rt_gy"),
    radiation_field("mantle", "neck_rt_gy chest_rt_gy", "heart_rt_gy breast_rt_gy thyroid_rt_gy"),
    radiation_field("mediastinum", "chest_rt_gy", "heart_rt_gy breast_rt_gy"),
    radiation_field("testicular", "", "testis_rt_gy"),
    radiation_field("flank", "abdomen_rt_gy", "lung_rt_gy kidney_rt_gy"),
    radiation_field("para-aortic", "abdomen_rt_gy", "kidney_rt_gy"),
    radiation_field("lymphoid", "abdomen_rt_gy", "lung_rt_gy breast_rt_gy"),
    radiation_field("leg", "any_rt_gy"),
    radiation_field("arm", ""),
)
_OPERATIONS = (
    operation("nephrectomy", "nephrectomy"),
    operation("lobectomy", "pulmonary_resection", "thoracic_surgery"),
    operation("biopsy"),
    operation("line-thrombosis", "cvc_thrombosis"),
    operation("oophorectomy", "oophorectomy_unilateral"),
    operation("orchiectomy", "orchiectomy_unilateral"),
    operation("mastectomy-unilateral"),
    operation("mastectomy-bilateral", "mastectomy_bilateral"),
)
CATALOGUE = Catalogue(
    agents={each.code: each for each in _AGENTS},
    fields={each.code: each for each in _FIELDS},
    operations={each.code: each for each in _OPERATIONS},
)
TRANSPLANTS = ("allogeneic", "autologous", "transplant")
PRODUCTS = ("red_cells", "platelets", "plasma", "none")


def read_rows(file: str) -> list[dict[str, str]]:
    """The rows of one table."""
    with (HERE / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def worked(*files: str) -> Iterator[tuple[str, dict[str, str]]]:
    for file in files:
        yield from ((f"{file}:{row['case']}", row) for row in read_rows(file))


def read_given(text: str, born: date = BORN) -> Given:
    """The entries of one row; ``born=`` and ``treated=`` stand alone."""
    entries = [part.split() for part in text.split(";") if part.strip()]
    facts = dict(word.split("=") for words in entries for word in words if word.startswith(("born=", "treated=")))
    kinds: dict[str, list[Any]] = {}
    for place, words in enumerate(entries):
        if not words[0].startswith(("born=", "treated=")):
            kind, entry = _entry(f"e{place}", words)
            kinds.setdefault(kind, []).append(entry)
    return Given(
        birth_date=date.fromisoformat(facts["born"]) if "born" in facts else born,
        treated_from=PartialDate.parse(facts["treated"]) if "treated" in facts else None,
        **{kind: tuple(found) for kind, found in kinds.items()},
    )


def _entry(given_id: str, words: list[str]) -> tuple[str, Any]:
    what, *rest = words
    facts = {key: value for key, _, value in (word.partition("=") for word in rest if "=" in word)}
    day = PartialDate.parse(facts["on"]) if "on" in facts else None
    span = {
        name: PartialDate.parse(facts[key])
        for key, name in (("from", "started_on"), ("to", "ended_on"))
        if key in facts
    }
    if what in CATALOGUE.agents or what == "mystery-drug":
        return "drugs", _drug(given_id, what, rest, facts, span)
    if what in CATALOGUE.operations or what == "mystery-operation":
        return "operations", OperationDone(id=given_id, operation=what, done_on=day, side=facts.get("side", ""))
    if what in TRANSPLANTS:
        kind = "unknown" if what == "transplant" else what
        return "transplants", TransplantDone(id=given_id, kind=kind, done_on=day, sos=facts.get("sos", "unknown"))
    if what == "gvhd":
        active = facts.get("active", "unknown")
        return "gvhd", GvhdFound(id=given_id, kind=rest[0], active=active, **({"started_on": day} | span))
    if what in PRODUCTS:
        count = next((int(word) for word in rest if word.isdigit()), None)
        return "transfusions", TransfusionGiven(id=given_id, product=what, count=count, **span)
    if what in ("i131", "mibg"):
        return "radionuclides", RadionuclideGiven(id=given_id, kind=what, given_on=day)
    return "radiation", _radiation(given_id, what, rest, facts, span)


def _drug(given_id: str, what: str, rest: list[str], facts: dict[str, str], span: dict[str, Any]) -> DrugGiven:
    numbers = {"single": "single_dose", "kg": "weight_kg", "m2": "surface_m2"}
    more: dict[str, Any] = {name: Decimal(facts[key]) for key, name in numbers.items() if key in facts}
    if rest and rest[0][0].isdigit():
        more |= {"dose": Decimal(rest[0]), "unit": rest[1]}
    for word in rest:
        if word[0] == "×":
            more["courses" if word != "×?" else "courses_unknown"] = int(word[1:]) if word != "×?" else True
    if "weeks" in facts:
        more["weeks"] = int(facts["weeks"])
    if "myeloablative" in facts:
        more["myeloablative"] = facts["myeloablative"] == "yes"
        more["myeloablative_known"] = facts["myeloablative"] != "unknown"
    return DrugGiven(id=given_id, agent=what, route=facts.get("route", "iv"), **more, **span)


def _radiation(
    given_id: str, what: str, rest: list[str], facts: dict[str, str], span: dict[str, Any]
) -> RadiationGiven:
    """Fields joined by "+" ("?" for none), the dose, and ``organs=heart_rt_gy:12,breast_rt_gy``."""
    organs = None
    if "organs" in facts:
        pairs = (part.partition(":") for part in facts["organs"].split(",") if part)
        organs = {name: Decimal(measured) if measured else None for name, _, measured in pairs}
    dose = next((Decimal(word) for word in rest if word[0].isdigit()), None)
    fields = () if what == "?" else tuple(what.split("+"))
    return RadiationGiven(id=given_id, fields=fields, dose_gy=dose, organs=organs, **span)


def as_follows(exposures: tuple[DerivedExposure, ...]) -> set[str]:
    """Exposures the way a table writes them."""
    return {_written(each) for each in exposures}


def _written(each: DerivedExposure) -> str:
    if each.unit == "1":
        assert each.value == each.at_least == 1
        return each.name + ("?" if all(is_possible(term) for term in each.terms) else "")
    if each.value is None:
        return f"{each.name}>={_plain(each.at_least)}"
    assert each.value == each.at_least
    return f"{each.name}={_plain(each.value)}"


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
