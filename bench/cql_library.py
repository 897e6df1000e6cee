"""Eighty rules of the pack's own shape as a library in ELM, which the CQL engine runs; and survivors as its patients.

Each asks: do the doses fulfil a condition; then the start, the latest of some dates and what is added to them, or an
interval after the newest result if that is later. The rules are those late-effects rows without an age bound or an
``until`` that repeat: ours say the same of them, so that the two can be compared before they are timed. Age comes in by
the starts. Derived doses are handed over ready: the other engine need not work them out.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tracker.engine.chart import counts, open_chart
from tracker.engine.conditions import AllOf, AnyOf, Condition, DoseIs, Given, Not
from tracker.engine.rules import LateEffectRule, Pack
from tracker.engine.schedule import Period
from tracker.engine.starts import TRANSPLANT_NAMES, After, AtAge, EndOfTherapy, ExposureDate, LaterOf, LtfuEntry, Start
from tracker.engine.types import Facts

Elm = dict[str, Any]
RULES = 80
MODEL = "urn:follow-up"
OPERATORS = {">=": "GreaterOrEqual", ">": "Greater", "<": "Less", "<=": "LessOrEqual", "==": "Equal", "!=": "NotEqual"}
UNIT = "{urn:hl7-org:elm-types:r1}"


class Untranslated(Exception):
    """A condition or start of a kind that these eighty rules do not have."""


def chosen(pack: Pack) -> tuple[LateEffectRule, ...]:
    """The rules to be compared, in the table's order."""
    return tuple(rule for rule in pack.late_effects if rule.is_lifelong and rule.every is not None)[:RULES]


def library(rules: Iterable[LateEffectRule], pack: Pack) -> Elm:
    """The rules with everything they refer to, what is referred to standing before it is."""
    wanted = tuple(rules)
    doses = sorted({leaf.name for rule in wanted for leaf in rule.condition.leaves()})
    starts = {rule.start_text: rule.start for rule in wanted}
    statements = [statement("Patient", single(retrieve("Patient")))]
    statements += [statement(f"dose of {name}", dose(name)) for name in doses]
    statements += [statement(f"newest {code}", newest(code, pack)) for code in sorted({r.test_code for r in wanted})]
    statements += [statement(f"start {text}", start_of(each)) for text, each in sorted(starts.items())]
    statements += [statement(rule.id, due(rule)) for rule in wanted]
    return {
        "library": {
            "identifier": {"id": "Rules", "version": "1"},
            "schemaIdentifier": {"id": "urn:hl7-org:elm", "version": "r1"},
            "usings": {"def": [{"localIdentifier": "System", "uri": "urn:hl7-org:elm-types:r1"}]},
            "statements": {"def": statements},
        }
    }


def statement(name: str, expression: Elm) -> Elm:
    return {"name": name, "context": "Patient", "accessLevel": "Public", "expression": expression}


def due(rule: LateEffectRule) -> Elm:
    """When the rule asks for its test: nothing, its start, or an interval after the newest result."""
    if rule.every is None:
        raise Untranslated(rule.id)
    start, last = ref(f"start {rule.start_text}"), ref(f"newest {rule.test_code}")
    again = latest(start, plus(last, rule.every))
    asked = {"type": "If", "condition": {"type": "IsNull", "operand": last}, "then": start, "else": again}
    condition = condition_of(rule.condition)
    if rule.sex != "any":
        is_of_sex = compared("Equal", own("sex"), text(rule.sex))
        condition = {"type": "And", "operand": [is_of_sex, condition]}
    return {"type": "If", "condition": condition, "then": asked, "else": {"type": "Null"}}


def condition_of(condition: Condition) -> Elm:
    match condition:
        case Given(name):
            return compared("Greater", ref(f"dose of {name}"), number(Decimal(0)))
        case DoseIs(name, op, limit):
            return compared(OPERATORS[op], ref(f"dose of {name}"), number(limit))
        case Not(part):
            return {"type": "Not", "operand": condition_of(part)}
        case AllOf(parts):
            return joined("And", [condition_of(part) for part in parts])
        case AnyOf(parts):
            return joined("Or", [condition_of(part) for part in parts])
    raise Untranslated(str(condition))


def start_of(start: Start) -> Elm:
    match start:
        case EndOfTherapy():
            return own("endOfTherapy")
        case LtfuEntry():
            return own("followUpFrom")
        case AtAge(period):
            return plus(own("birthDate"), period)
        case ExposureDate(name):
            return {"type": "Coalesce", "operand": [last_day(name), own("endOfTherapy")]}
        case After(period, origin):
            return plus(start_of(origin), period)
        case LaterOf(first, second):
            return latest(start_of(first), start_of(second))
    raise Untranslated(str(start))


def last_day(name: str) -> Elm:
    names = TRANSPLANT_NAMES if name == "hsct" else (name,)
    recorded = greatest("Exposure", "day", one_of(field("dated"), names))
    if not name.endswith("_rt"):
        return recorded
    by_tbi = greatest("Exposure", "day", compared("Equal", field("name"), text("tbi_gy")))
    return {"type": "Coalesce", "operand": [recorded, by_tbi]}


def dose(name: str) -> Elm:
    """The recorded or derived dose; what is not recorded was not given."""
    given = greatest("Exposure", "dose", compared("Equal", field("name"), text(name)))
    return {"type": "Coalesce", "operand": [given, number(Decimal(0))]}


def newest(test_code: str, pack: Pack) -> Elm:
    """The day of the newest result that is of the test or stands in for it."""
    codes = [code for code, satisfied in pack.satisfied_by_result.items() if test_code in satisfied]
    return greatest("Result", "day", one_of(field("code"), sorted({test_code, *codes})))


# The words of ELM that are needed


def greatest(record: str, path: str, where: Elm) -> Elm:
    query = {
        "type": "Query",
        "source": [{"alias": "R", "expression": retrieve(record)}],
        "relationship": [],
        "where": where,
        "return": {"distinct": False, "expression": field(path)},
    }
    return {"type": "Max", "source": query}


def retrieve(record: str) -> Elm:
    return {"type": "Retrieve", "dataType": f"{{{MODEL}}}{record}"}


def single(source: Elm) -> Elm:
    return {"type": "SingletonFrom", "operand": source}


def field(path: str) -> Elm:
    return {"type": "Property", "path": path, "scope": "R"}


def own(path: str) -> Elm:
    return {"type": "Property", "path": path, "source": ref("Patient")}


def ref(name: str) -> Elm:
    return {"type": "ExpressionRef", "name": name}


def one_of(value: Elm, names: Iterable[str]) -> Elm:
    return {"type": "In", "operand": [value, {"type": "List", "element": [text(name) for name in names]}]}


def compared(operator: str, left: Elm, right: Elm) -> Elm:
    return {"type": operator, "operand": [left, right]}


def joined(operator: str, parts: list[Elm]) -> Elm:
    whole = parts[0]
    for part in parts[1:]:
        whole = {"type": operator, "operand": [whole, part]}
    return whole


def latest(*days: Elm) -> Elm:
    return {"type": "Max", "source": {"type": "List", "element": list(days)}}


def plus(day: Elm, period: Period) -> Elm:
    moved = day
    for value, unit in ((period.months, "months"), (period.days, "days")):
        if value:
            moved = {"type": "Add", "operand": [moved, {"type": "Quantity", "value": value, "unit": unit}]}
    return moved


def text(value: str) -> Elm:
    return {"type": "Literal", "valueType": f"{UNIT}String", "value": value}


def number(value: Decimal) -> Elm:
    return {"type": "Literal", "valueType": f"{UNIT}Decimal", "value": str(value)}


# Survivors as patients


def patient(number_: int, facts: Facts, pack: Pack, on: date) -> Mapping[str, Any]:
    """One survivor as the other engine is given them; days as text, which its side reads once before anything is timed.

    Raises:
        Untranslated: therapy has no end, so that no rule applies.
    """
    chart = open_chart(facts, pack, on)
    if chart.anchors is None:
        raise Untranslated("no end of therapy")
    dated = {name: day.isoformat() for name, day in facts.exposure_dates.items()}
    exposures = [
        {"name": name, "dated": stem_of(name, pack), "dose": float(amount), "day": dated.pop(stem_of(name, pack), None)}
        for name, amount in chart.doses.certain.items()
    ]
    # A last day may be known of what is not recorded with a dose.
    exposures += [{"name": "", "dated": name, "dose": None, "day": day} for name, day in dated.items()]
    results = [
        {"code": result.test_code, "day": result.on.isoformat()}
        for result in facts.results
        if counts(result) and result.on <= on
    ]
    return {
        "id": str(number_),
        "sex": facts.sex,
        "birthDate": facts.birth_date.isoformat(),
        "endOfTherapy": chart.anchors.end_of_therapy.isoformat(),
        "followUpFrom": chart.anchors.ltfu_entry.isoformat(),
        "records": {"Exposure": exposures, "Result": results},
    }


def stem_of(name: str, pack: Pack) -> str:
    info = pack.exposures.get(name)
    return info.stem if info else name
