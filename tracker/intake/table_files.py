"""One CSV file or workbook into the registry, in the caller's transaction, as the kind of table that it is."""

from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.errors import ImportRefused
from tracker.fhir.codes import LOINC, TEST, read_codes
from tracker.intake.sources import Source
from tracker.models import Clinic
from tracker.policy import Actor
from tracker.services import code_mappings, table_imports
from tracker.services.import_report import Report
from tracker.services.packs import pack_for
from tracker.tables.dates import DateOrder
from tracker.tables.layouts import LAYOUTS
from tracker.tables.reading import kind_of, read_table
from tracker.tables.sheets import LARGEST, read_sheet


def store(
    session: Session,
    clinic: Clinic,
    source: Source,
    *,
    kind: str,
    date_format: str,
    sheet: str,
    skip_bad_rows: bool,
    actor: Actor,
    clock: Clock,
) -> Report:
    """Everything a table holds, stored and planned for; ``kind`` empty: told by its heading.

    Raises:
        ImportRefused: it cannot be read, or (without ``skip_bad_rows``) a row cannot be stored; ``findings`` has all.
    """
    if kind and kind not in LAYOUTS:
        raise ImportRefused(f"cannot be read as “{kind}”. The kinds of tables are {', '.join(LAYOUTS)}")
    found = read_sheet(source.content(LARGEST), source.name, sheet=sheet)
    layout = LAYOUTS[kind or kind_of(found)]
    table = read_table(found, layout, order=DateOrder(date_format or DateOrder.ISO), file=source.name)
    return table_imports.store_table(
        session,
        clinic.id,
        table,
        skip_bad_rows=skip_bad_rows,
        actor=actor,
        clock=clock,
        loinc=_loinc(session, clinic) if table.kind == "results" else None,
    )


def _loinc(session: Session, clinic: Clinic) -> dict[str, str]:
    """What LOINC codes mean here: by the pack's table, and by what the clinic has mapped itself."""
    codes = read_codes(pack_for(clinic)).with_own(code_mappings.own_codes(session, clinic.id))
    return {code: test for (system, code), test in codes.tables.get(TEST, {}).items() if system == LOINC}
