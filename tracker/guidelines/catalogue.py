"""Reads the catalogue of a guideline pack: what treatment is entered by, and what exposures are derived with.

A catalogue that cannot be right is refused like the pack's rules: file, row and column are named.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from tracker.engine.catalogue import Agent, Catalogue, FactorSet, Regimen, RegimenPart, Term, folded, title_of
from tracker.engine.rules import Pack
from tracker.guidelines import catalogue_rows as rows
from tracker.guidelines.loader import DEFAULT_PACK, PACKS, load_pack, pack_folder
from tracker.guidelines.rows import CONFIDENCES
from tracker.guidelines.tables import Row, read_table, refuse_duplicates

EntryT = TypeVar("EntryT")
DIAGNOSIS = "diagnosis"
OF_THE_REGIMEN = ("name", "synonyms", "diagnoses", "source", "confidence")


def load_catalogue(path_or_name: str | Path = DEFAULT_PACK) -> Catalogue:
    """Read the catalogue of a pack: a folder, or the name (``name`` or ``name/edition``) of one that comes with the
    tracker. Those are read once and kept.

    Raises:
        PackError: the catalogue, or the pack it belongs to, is refused; the message names file, row and column.
    """
    folder = pack_folder(path_or_name)
    return _bundled(folder) if folder.is_relative_to(PACKS) else _read(folder)


@lru_cache(maxsize=16)
def _bundled(folder: Path) -> Catalogue:
    return _read(folder)


def _read(folder: Path) -> Catalogue:
    pack = load_pack(folder)
    agents = _entries(folder, "agents.csv", rows.AGENT_COLUMNS, lambda row: rows.agent(row, pack))
    return Catalogue(
        agents=agents,
        regimens=_regimens(folder, pack, agents),
        fields=_entries(
            folder, "radiation_fields.csv", rows.FIELD_COLUMNS, lambda row: rows.radiation_field(row, pack)
        ),
        operations=_entries(folder, "operations.csv", rows.OPERATION_COLUMNS, lambda row: rows.operation(row, pack)),
        terms=_terms(folder, pack),
        factor_sets=_factor_sets(folder, pack),
    )


def _entries(folder: Path, file: str, columns: tuple[str, ...], build: Callable[[Row], EntryT]) -> dict[str, EntryT]:
    table = read_table(folder, file, columns)
    refuse_duplicates(table, "code")
    made = {row["code"]: build(row) for row in table}
    _refuse_shared_names(table, made)
    return made


def _refuse_shared_names(table: Iterable[Row], made: Mapping[str, object]) -> None:
    """A text that names two codes would be looked up as either: each belongs to one row only."""
    owner: dict[str, str] = {}
    for row in table:
        title = title_of(made[row["code"]])
        for text in (row["code"], title, *rows.listed(row, "synonyms")):
            if owner.setdefault(folded(text), row["code"]) != row["code"]:
                column = "synonyms" if text not in (row["code"], title) else _title_column(row)
                row.refuse(column, f"{text!r} already names {owner[folded(text)]}")


def _title_column(row: Row) -> str:
    return "name" if "name" in row.cells else "label"


def _regimens(folder: Path, pack: Pack, agents: Mapping[str, Agent]) -> dict[str, Regimen]:
    table = read_table(folder, "regimens.csv", rows.REGIMEN_COLUMNS)
    first: dict[str, Row] = {}
    parts: dict[str, list[RegimenPart]] = {}
    for row in table:
        code = rows.code(row)
        _refuse_contradictions(row, first.setdefault(code, row))
        part = rows.regimen_part(row, pack, agents)
        if part in parts.setdefault(code, []):
            row.refuse("agent", f"duplicate: {part.agent} stands in {code} twice with the same dose and route")
        parts[code].append(part)
    made = {code: _regimen(row, tuple(parts[code]), pack) for code, row in first.items()}
    _refuse_shared_names(first.values(), made)
    return made


def _refuse_contradictions(row: Row, first: Row) -> None:
    for column in OF_THE_REGIMEN:
        if row[column] not in ("", first[column]):
            row.refuse(column, f"differs from row {first.line}, the first of {row['code']}")


def _regimen(row: Row, parts: tuple[RegimenPart, ...], pack: Pack) -> Regimen:
    diagnoses = rows.listed(row, "diagnoses")
    for diagnosis in diagnoses:
        if diagnosis not in pack.diagnoses:
            row.refuse("diagnoses", f"unknown diagnosis {diagnosis!r}: diagnoses.csv has no such row")
    return Regimen(
        code=row["code"],
        name=row.required("name"),
        synonyms=rows.listed(row, "synonyms"),
        diagnoses=diagnoses,
        parts=parts,
        source=row.required("source"),
        confidence=row.one_of("confidence", CONFIDENCES),
    )


def _terms(folder: Path, pack: Pack) -> dict[str, dict[str, Term]]:
    table = read_table(folder, "terms.csv", rows.TERM_COLUMNS)
    by_list: dict[str, list[Row]] = {}
    for row in table:
        by_list.setdefault(row.one_of("list", rows.TERM_LISTS), []).append(row)
    terms = {name: _term_list(of_list) for name, of_list in by_list.items()}
    for row in table:
        _refuse_unknown_follows(row, terms, pack)
    return terms


def _term_list(of_list: list[Row]) -> dict[str, Term]:
    refuse_duplicates(of_list, "code")
    made = {row["code"]: rows.term(row) for row in of_list}
    _refuse_shared_names(of_list, made)
    return made


def _refuse_unknown_follows(row: Row, terms: Mapping[str, Mapping[str, Term]], pack: Pack) -> None:
    for field, value in terms[row["list"]][row["code"]].follows:
        if field == DIAGNOSIS and value not in pack.diagnoses:
            row.refuse("follows", f"unknown diagnosis {value!r}: diagnoses.csv has no such row")
        if field != DIAGNOSIS and value not in _stratum_values(field, pack) and value not in terms.get(field, {}):
            row.refuse("follows", f"{field}={value}: neither strata.csv nor a list of this table has that value")


def _stratum_values(field: str, pack: Pack) -> set[str]:
    of_recurrence = (asked for (table, _), asked in pack.strata.items() if table == "recurrence")
    return {value for asked in of_recurrence for value in asked.get(field, ())}


def _factor_sets(folder: Path, pack: Pack) -> dict[str, FactorSet]:
    table = read_table(folder, "factor_sets.csv", rows.FACTOR_COLUMNS)
    refuse_duplicates(table, "code")
    sets = {row["code"]: rows.factor_set(row, pack) for row in table}
    defaults = [each.exposure for each in sets.values() if each.is_default]
    for row in table:
        if defaults.count(row["exposure"]) != 1:
            row.refuse("is_default", f"{row['exposure']} needs exactly one default set")
    return sets
