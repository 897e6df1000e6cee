"""Merging and taking apart again leaves both records and their plans exactly as they were."""

from random import Random
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from tests.factories import make_actor
from tests.integration.merge_records import contents, pair_of, plan, two_records
from tests.integration.summary_cases import leiomyosarcoma, relapsed_leukemia
from tracker.clock import FixedClock
from tracker.models import DuplicatePair, PairState, Role, Survivor
from tracker.services.merge_choices import differences
from tracker.services.merging import merge
from tracker.services.unmerging import unmerge


def any_choices(session: Session, one: Survivor, other: Survivor, random: Random) -> dict[str, UUID]:
    return {each.key: random.choice([one.id, other.id]) for each in differences(session, one, other)}


def round_trip(session: Session, clock: FixedClock, one: Survivor, other: Survivor, seed: int) -> DuplicatePair:
    random = Random(seed)
    actor = make_actor(session, one.clinic, Role.COORDINATOR)
    pair = pair_of(session, one, other, clock)
    before = contents(session, one, other)
    keep = random.choice([one, other])
    merged = merge(
        session,
        pair.id,
        keep.id,
        choices=any_choices(session, one, other, random),
        reason="One child, two charts",
        actor=actor,
        clock=clock,
    )
    assert contents(session, one, other) != before
    assert merged.gone.merged_into_id == keep.id
    undone = unmerge(session, merged.change_set.id, apart=bool(seed % 2), reason="Cousins", actor=actor, clock=clock)
    assert (undone.stayed, undone.went_along, undone.kept_edits) == ([], [], [])
    after = contents(session, one, other)
    for part in before:
        assert after[part] == before[part], part
    return pair


@pytest.mark.parametrize("seed", range(12))
def test_merging_and_taking_apart_changes_nothing(session: Session, clock: FixedClock, seed: int) -> None:
    one, other = two_records(session, clock, seed)
    pair = round_trip(session, clock, one, other, seed)
    assert pair.state == (PairState.APART if seed % 2 else PairState.OPEN)


@pytest.mark.parametrize("seed", [0, 3])
def test_whole_summaries_come_back_whole(session: Session, clock: FixedClock, seed: int) -> None:
    one = leiomyosarcoma(session, clock)
    other = relapsed_leukemia(session, clock, one.clinic)
    other.birth_date, other.sex_at_birth = one.birth_date, one.sex_at_birth
    other.family_name, other.given_name = one.family_name, one.given_name
    for each in (one, other):
        plan(session, each, clock)
    round_trip(session, clock, one, other, seed)
