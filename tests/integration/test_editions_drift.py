"""Whatever is recorded, corrected and removed, in whatever order: totals follow, and no state is lost or bent."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.conftest import TODAY
from tests.factories import make_actor, make_clinic, make_exposure, make_survivor
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.engine.partial_dates import PartialDate
from tracker.models import Exposure, SummaryEdition, Survivor
from tracker.policy import Actor
from tracker.services import editions
from tracker.services.given import catalogue_for, derive_exposures, derived_from, exposure_columns, load_given
from tracker.services.packs import pack_for
from tracker.services.sections import editing, registry
from tracker.services.sections.entries import EntryInput
from tracker.services.whole_record import content_of, record_from

COLUMNS = ("certainty", "value", "at_least", "unit", "last_on", "last_precision")
AGENTS = ("doxorubicin", "daunorubicin", "cyclophosphamide", "vincristine")
DAYS = st.one_of(
    st.none(),
    st.builds(PartialDate, st.integers(2010, 2020)),
    st.builds(PartialDate, st.integers(2010, 2020), st.integers(1, 12)),
    st.builds(PartialDate, st.integers(2010, 2020), st.integers(1, 12), st.integers(1, 28)),
)
DRUG = st.fixed_dictionaries(
    {
        "agent": st.sampled_from(AGENTS),
        "dose": st.none() | st.decimals(1, 300, places=1),
        "unit": st.just("mg/m2"),
        "courses": st.none() | st.integers(1, 3),
        "ended_on": DAYS,
    }
)
RADIATION = st.fixed_dictionaries(
    {
        "fields": st.lists(st.sampled_from(["mantle", "cranial"]), min_size=1, max_size=2, unique=True),
        "dose_gy": st.none() | st.decimals(1, 40, places=1),
        "ended_on": DAYS,
    }
)
SURGERY = st.fixed_dictionaries({"operation": st.sampled_from(["splenectomy", "nephrectomy"]), "done_on": DAYS})
ALLERGY = st.fixed_dictionaries({"substance": st.sampled_from(["latex", "penicillin"])})
KINDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "drugs": DRUG,
    "radiation": RADIATION,
    "surgeries": SURGERY,
    "allergies": ALLERGY,
}
STEP = st.one_of(
    *(st.tuples(st.just(key), st.sampled_from(["record", "correct", "remove"]), values, st.integers(0, 9))
      for key, values in KINDS.items())
)  # fmt: skip
STEPS = st.lists(STEP, min_size=1, max_size=7)


def check_drift(database_url: str, examples: int) -> None:
    """Play random days on this database, each in a transaction that is thrown away."""
    database = Database(database_url)

    @settings(
        max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
    )
    @given(steps=STEPS, recorded=st.booleans())
    def play(steps: list[tuple[str, str, dict[str, Any], int]], recorded: bool) -> None:
        with Session(database.engine, expire_on_commit=False) as session:
            _play(session, steps, recorded=recorded)
            session.rollback()

    play()
    database.close()


def _play(session: Session, steps: list[tuple[str, str, dict[str, Any], int]], *, recorded: bool) -> None:
    clinic, clock = make_clinic(session), FixedClock.on(TODAY)
    survivor = make_survivor(session, clinic, diagnosis=None, birth_date=TODAY.replace(year=2000))
    actor = make_actor(session, clinic)
    if recorded:
        make_exposure(session, survivor, value=77)
    seen: list[dict[str, Any]] = []
    for key, act, values, place in steps:
        clock.advance(timedelta(hours=5))
        _act(session, survivor, key, act, values, place, actor=actor, clock=clock)
        _totals_are_those_of_a_clean_derivation(session, survivor, recorded=recorded)
        seen.append(_content(session, survivor))
    _every_state_was_kept(session, survivor, seen)


def _act(
    session: Session,
    survivor: Survivor,
    key: str,
    act: str,
    values: dict[str, Any],
    place: int,
    *,
    actor: Actor,
    clock: FixedClock,
) -> None:
    table: Any = registry.section(key).table
    rows = session.scalars(sa.select(table).where(table.survivor_id == survivor.id).order_by(table.id)).all()
    common: dict[str, Any] = {"seen_version": None, "reason": "looked up", "actor": actor, "clock": clock}
    if act == "record" or not rows:
        editing.record_entry(session, survivor.id, key, EntryInput(values, confirmed=True), **common)
        return
    row: Any = rows[place % len(rows)]
    if act == "correct":
        editing.record_entry(session, survivor.id, key, EntryInput(values, row.id, confirmed=True), **common)
    else:
        editing.remove_entry(session, survivor.id, key, row.id, **common)


def _totals_are_those_of_a_clean_derivation(session: Session, survivor: Survivor, *, recorded: bool) -> None:
    session.expire_all()
    pack, catalogue = pack_for(survivor.clinic), catalogue_for(survivor)
    follows = derived_from(load_given(session, survivor), catalogue, pack)
    rows = session.scalars(sa.select(Exposure).where(Exposure.survivor_id == survivor.id)).all()
    by_hand = {row.name: row.value for row in rows if row.source == "recorded"}
    assert by_hand == ({"doxorubicin_mg_m2": Decimal(77)} if recorded else {})
    wanted = {each.name: exposure_columns(each) for each in follows if each.name not in by_hand}
    assert {row.name: {name: getattr(row, name) for name in COLUMNS} for row in rows if row.source == "given"} == wanted
    before = _content(session, survivor)
    derive_exposures(session, survivor, pack, catalogue)
    assert _content(session, survivor) == before


def _content(session: Session, survivor: Survivor) -> dict[str, Any]:
    session.flush()
    session.expire_all()
    return editions.content_of(session, survivor)


def _every_state_was_kept(session: Session, survivor: Survivor, seen: list[dict[str, Any]]) -> None:
    query = sa.select(SummaryEdition).where(SummaryEdition.survivor_id == survivor.id)
    kept = [each.content for each in session.scalars(query.order_by(SummaryEdition.number))]
    states = [state for place, state in enumerate(seen) if place == 0 or state != seen[place - 1]]
    assert kept[-len(states) :] == states
    assert all(content_of(record_from(content)) == content for content in kept)
    assert all(editions.compare(first, second) for first, second in pairwise(kept))


def test_random_days_leave_totals_and_editions_in_step(database_url: str) -> None:
    check_drift(database_url, 25)
