"""One row of each rule table → one typed rule, or a refusal that names file, row and column."""

from collections.abc import Mapping

from tracker.engine.rules import Band, LateEffectRule, PredispositionRule
from tracker.engine.schedule import Period
from tracker.engine.starts import Start
from tracker.engine.types import RuleKind
from tracker.guidelines.checks import age_steps, stratum_contradicts, triggers, why_never
from tracker.guidelines.predicates import read_condition, read_start, read_stratum
from tracker.guidelines.tables import Row
from tracker.guidelines.vocabulary import Vocabulary

LATE_EFFECT_COLUMNS = (
    "id", "organ_system", "late_effect", "exposure", "sex", "modality", "test_code", "test", "loinc", "start",
    "interval", "until", "specialist", "source", "confidence", "evidence", "note",
)  # fmt: skip
RECURRENCE_COLUMNS = (
    "id", "diagnosis", "icdo3_morphology", "stratum", "modality", "test_code", "test", "loinc", "from", "to",
    "interval", "interval_max", "anchor", "source", "confidence", "evidence", "note",
)  # fmt: skip
PREDISPOSITION_COLUMNS = (
    "id", "syndrome", "gene", "stratum", "test_code", "test", "sex", "start_age", "interval", "interval_max", "until",
    "source", "confidence", "evidence", "note",
)  # fmt: skip
SEXES = ("any", "female", "male")
CONFIDENCES = ("confirmed", "partly", "recalled")
ANCHORS = ("end_of_therapy", "resection", "diagnosis")
ONCE = "once"
ONCE_PERIOD = "P0D"


def late_effect_rule(row: Row, words: Vocabulary) -> LateEffectRule:
    """A row of late_effects.csv."""
    row.required("exposure")
    row.required("start")
    condition = row.read("exposure", lambda text: read_condition(text, words.units))
    start = row.read("start", lambda text: read_start(text, words.dated, words.events))
    until: Start | None = None
    if row["until"]:
        until = row.read("until", lambda text: read_start(text, words.dated, words.events))
    if why := why_never(condition, start, until):
        row.refuse("until" if why.startswith("until") else "exposure", why)
    return LateEffectRule(
        id=row.required("id"),
        kind=RuleKind.LATE_EFFECTS,
        test_code=_test_code(row, words),
        test=row["test"],
        modality=row["modality"],
        sex=row.one_of("sex", SEXES),
        start_text=row["start"],
        every=None if row["interval"] == ONCE else row.positive_period("interval"),
        at_most=None,
        source=row.required("source"),
        confidence=row.one_of("confidence", CONFIDENCES),
        evidence=row["evidence"],
        note=row["note"],
        line=row.line,
        organ_system=row["organ_system"],
        late_effect=row["late_effect"],
        specialist=row["specialist"],
        condition=condition,
        condition_text=row["exposure"],
        start=start,
        until=until,
        until_text=row["until"],
        ages=age_steps(condition),
        triggers=triggers(condition),
    )


def recurrence_rule(row: Row, words: Vocabulary) -> Band:
    """A row of recurrence.csv."""
    if row.required("diagnosis") not in words.diagnoses:
        row.refuse("diagnosis", f"unknown diagnosis {row['diagnosis']!r}: diagnoses.csv has no such row")
    begins, ends = row.period("from"), row.optional_period("to")
    if ends is not None and ends.length <= begins.length:
        row.refuse("to", "is not after from, so the row can never apply")
    every = row.positive_period("interval")
    fields = words.strata.get(("recurrence", row["diagnosis"]), {})
    stratum = row.read("stratum", lambda text: read_stratum(text, fields))
    if stratum_contradicts(stratum):
        row.refuse("stratum", "contradicts itself, so the row can never apply")
    return Band(
        id=row.required("id"),
        kind=RuleKind.RECURRENCE,
        test_code=_test_code(row, words),
        test=row["test"],
        modality=row["modality"],
        sex="any",
        start_text=row.one_of("anchor", ANCHORS),
        every=every,
        at_most=_at_most(row, every),
        source=row.required("source"),
        confidence=row.one_of("confidence", CONFIDENCES),
        evidence=row["evidence"],
        note=row["note"],
        line=row.line,
        diagnosis=row["diagnosis"],
        stratum=stratum,
        begins=begins,
        ends=ends,
    )


def predisposition_rule(row: Row, words: Vocabulary) -> PredispositionRule:
    """A row of predisposition.csv."""
    begins, ends = row.period("start_age"), row.optional_period("until")
    if ends is not None and ends.length <= begins.length:
        row.refuse("until", "is not after start_age, so the row can never apply")
    every = None if row["interval"] == ONCE_PERIOD else row.positive_period("interval")
    fields: Mapping[str, tuple[str, ...]] = words.strata.get(("predisposition", row.required("syndrome")), {})
    stratum = row.read("stratum", lambda text: read_stratum(text, fields))
    sex = row.one_of("sex", SEXES)
    if stratum_contradicts(stratum, sex):
        row.refuse("stratum", "contradicts itself or the row's sex, so the row can never apply")
    return PredispositionRule(
        id=row.required("id"),
        kind=RuleKind.PREDISPOSITION,
        test_code=_test_code(row, words),
        test=row["test"],
        modality="",
        sex=sex,
        start_text="age " + begins.text[1:].lower(),
        every=every,
        at_most=_at_most(row, every) if every else None,
        source=row.required("source"),
        confidence=row.one_of("confidence", CONFIDENCES),
        evidence=row["evidence"],
        note=row["note"],
        line=row.line,
        syndrome=row["syndrome"],
        gene=row["gene"],
        stratum=stratum,
        begins=begins,
        ends=ends,
    )


def _test_code(row: Row, words: Vocabulary) -> str:
    if row.required("test_code") not in words.tests:
        row.refuse("test_code", f"unknown test {row['test_code']!r}: tests.csv has no such row")
    return row["test_code"]


def _at_most(row: Row, every: Period) -> Period | None:
    longest = row.optional_period("interval_max")
    if longest is not None and longest.length < every.length:
        row.refuse("interval_max", f"is shorter than the interval {every.text}")
    return longest
