"""Reads a guideline pack into typed rules, and refuses one that cannot be right: file, row and column are named."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from tracker.engine.rules import (
    Band,
    Choices,
    LateEffectRule,
    Pack,
    PredispositionRule,
    Rule,
)
from tracker.errors import PackError
from tracker.guidelines.bands import build_schedules
from tracker.guidelines.rows import (
    LATE_EFFECT_COLUMNS,
    PREDISPOSITION_COLUMNS,
    RECURRENCE_COLUMNS,
    late_effect_rule,
    predisposition_rule,
    recurrence_rule,
)
from tracker.guidelines.settings import FILE as SETTINGS
from tracker.guidelines.settings import Settings
from tracker.guidelines.tables import Row, read_table, refuse_duplicates
from tracker.guidelines.vocabulary import Vocabulary, read_equivalents, read_vocabulary

PACKS = Path(__file__).resolve().parent / "packs"
DEFAULT_PACK = "childhood-cancer/2026.1"
RuleT = TypeVar("RuleT", bound=Rule)


@dataclass(frozen=True, slots=True)
class Tables:
    """Every row of a pack, in force or not."""

    late_effects: tuple[LateEffectRule, ...]
    recurrence: tuple[Band, ...]
    predispositions: tuple[PredispositionRule, ...]
    rivals: Mapping[str, tuple[str, ...]]


def load_pack(path_or_name: str | Path = DEFAULT_PACK, *, choices: Choices | None = None) -> Pack:
    """Read a pack: a folder, or the name (``name`` or ``name/edition``) of one that comes with the tracker.

    The default rows are in force, except where ``choices`` takes a rival in their place. Packs that come with the
    tracker are read once and kept.

    Raises:
        PackError: the pack, or a choice, is refused; the message names file, row and column.
    """
    folder = pack_folder(path_or_name)
    chosen = choices or Choices()
    return _bundled(folder, chosen) if folder.is_relative_to(PACKS) else _read(folder, chosen)


def pack_folder(path_or_name: str | Path) -> Path:
    """The folder of a pack: the newest edition where a name leaves the edition out."""
    named = _folder_named(path_or_name) if isinstance(path_or_name, str) else None
    return named or Path(path_or_name).resolve()


@lru_cache(maxsize=64)
def _folder_named(name: str) -> Path | None:
    """Looked up once: it is asked for every survivor, and the packs that come with the tracker stay where they are."""
    if not (PACKS / name).is_dir():
        return None
    folder = (PACKS / name).resolve()
    editions = sorted(each.parent for each in folder.glob(f"*/{SETTINGS}"))
    return editions[-1] if editions and not (folder / SETTINGS).exists() else folder


@lru_cache(maxsize=16)
def _bundled(folder: Path, choices: Choices) -> Pack:
    return _read(folder, choices)


def _read(folder: Path, choices: Choices) -> Pack:
    settings = Settings.read(folder)
    units = settings.units()
    events = frozenset(settings.texts("events"))
    words = read_vocabulary(folder, units, events)
    tables = _tables(folder, words)
    late_effects = _late_effects_in_force(tables, choices)
    bands = _bands_in_force(tables, choices)
    build_schedules(band for band in tables.recurrence if band not in bands)
    rules: tuple[Rule, ...] = (*late_effects, *bands, *tables.predispositions)
    in_force = {rule.id: rule for rule in rules}
    every: tuple[Rule, ...] = (*tables.late_effects, *tables.recurrence)
    visit_test = settings.text("visit_test")
    if visit_test not in words.tests:
        settings.refuse("visit_test", f"unknown test {visit_test!r}: tests.csv has no such row")
    return Pack(
        name=settings.text("name"),
        title=settings.text("title"),
        edition=settings.text("edition"),
        effective_on=settings.day("effective_on"),
        sources=settings.texts("sources"),
        rights=settings.text("rights"),
        upcoming_days=settings.days("upcoming_days"),
        overdue_days=settings.days("overdue_days"),
        visit_test=visit_test,
        units=units,
        events=events,
        exposures=words.exposures,
        derivations=words.derivations,
        tests=words.tests,
        diagnoses=words.diagnoses,
        strata=words.strata,
        satisfied_by_result=read_equivalents(folder, words.tests),
        late_effects=late_effects,
        late_effects_always=tuple(rule for rule in late_effects if rule.triggers is None),
        late_effects_by_trigger=_by_trigger(late_effects),
        schedules=build_schedules(bands),
        predispositions=_by_syndrome(tables.predispositions),
        rules=in_force,
        alternatives={rule.id: rule for rule in every if rule.id not in in_force},
        rivals=tables.rivals,
        choices=choices,
    )


def _tables(folder: Path, words: Vocabulary) -> Tables:
    ids: set[str] = set()
    late_effects = _rules(folder, "late_effects.csv", LATE_EFFECT_COLUMNS, late_effect_rule, words, ids)
    recurrence = _rules(folder, "recurrence.csv", RECURRENCE_COLUMNS, recurrence_rule, words, ids)
    predispositions = _rules(folder, "predisposition.csv", PREDISPOSITION_COLUMNS, predisposition_rule, words, ids)
    return Tables(late_effects, recurrence, predispositions, _rivals(folder, late_effects))


def _rules(
    folder: Path,
    file: str,
    columns: tuple[str, ...],
    build: Callable[[Row, Vocabulary], RuleT],
    words: Vocabulary,
    ids: set[str],
) -> tuple[RuleT, ...]:
    rows = read_table(folder, file, columns)
    refuse_duplicates(rows, "id", ids)
    return tuple(build(row, words) for row in rows)


def is_alternative(rule: LateEffectRule) -> bool:
    """A late-effects row that rivals others and is not in force unless chosen."""
    return rule.note.startswith("alternative")


def is_default(band: Band) -> bool:
    """A recurrence row of the default schedules."""
    return band.note.startswith("default")


def _rivals(folder: Path, rules: tuple[LateEffectRule, ...]) -> dict[str, tuple[str, ...]]:
    alternatives = {rule.id: rule for rule in rules if is_alternative(rule)}
    defaults = {rule.id: rule for rule in rules if not is_alternative(rule)}
    rivals: dict[str, tuple[str, ...]] = {}
    for row in read_table(folder, "rivals.csv", ("id", "replaces")):
        if row["id"] not in alternatives or row["id"] in rivals:
            row.refuse("id", f"{row['id']!r} is not an alternative row of late_effects.csv, or stands here twice")
        replaced = tuple(row.required("replaces").split())
        for each in replaced:
            if each not in defaults or defaults[each].test_code != alternatives[row["id"]].test_code:
                row.refuse("replaces", f"{each!r} is not a default row that asks for the same test")
        rivals[row["id"]] = replaced
    for rule in alternatives.values():
        if rule.id not in rivals:
            raise PackError(f"late_effects.csv, row {rule.line}, column id: rivals.csv does not say what it replaces")
    return rivals


def _late_effects_in_force(tables: Tables, choices: Choices) -> tuple[LateEffectRule, ...]:
    for chosen in choices.late_effects:
        if chosen not in tables.rivals:
            raise PackError(f"choices, late effects: {chosen!r} is not an alternative row of this pack")
    replaced = {each for chosen in choices.late_effects for each in tables.rivals[chosen]}
    return tuple(
        rule
        for rule in tables.late_effects
        if (rule.id in choices.late_effects if is_alternative(rule) else rule.id not in replaced)
    )


def _bands_in_force(tables: Tables, choices: Choices) -> tuple[Band, ...]:
    sources = dict(choices.recurrence)
    offered = {(band.diagnosis, band.source) for band in tables.recurrence if not is_default(band)}
    for diagnosis, source in choices.recurrence:
        if (diagnosis, source) not in offered or sources[diagnosis] != source:
            raise PackError(f"choices, recurrence: {source!r} is not the one alternative source for {diagnosis!r}")
    return tuple(band for band in tables.recurrence if _is_in_force(band, sources.get(band.diagnosis)))


def _is_in_force(band: Band, source: str | None) -> bool:
    return is_default(band) if source is None else band.source == source and not is_default(band)


def _by_trigger(rules: Iterable[LateEffectRule]) -> dict[str, dict[int, LateEffectRule]]:
    index: dict[str, dict[int, LateEffectRule]] = {}
    for rule in rules:
        for name in sorted(rule.triggers or ()):
            index.setdefault(name, {})[rule.line] = rule
    return index


def _by_syndrome(rules: Iterable[PredispositionRule]) -> dict[str, tuple[PredispositionRule, ...]]:
    index: dict[str, list[PredispositionRule]] = {}
    for rule in rules:
        index.setdefault(rule.syndrome, []).append(rule)
    return {syndrome: tuple(found) for syndrome, found in index.items()}
