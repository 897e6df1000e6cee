"""Two records of Ana at one clinic, and somebody who may make them one and take them apart."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import (
    make_actor,
    make_clinic,
    make_survivor,
)
from tests.integration.merge_records import pair_of, plan
from tracker.clock import FixedClock
from tracker.models import (
    Clinic,
    Role,
    Survivor,
)
from tracker.policy import Actor
from tracker.services.merging import Merged, merge
from tracker.services.unmerging import Unmerged, unmerge


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.fixture
def actor(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, Role.CLINICIAN, name="Dana Ruiz")


@pytest.fixture
def keep(session: Session, clinic: Clinic) -> Survivor:
    return make_survivor(session, clinic, mrn="A-100")


@pytest.fixture
def gone(session: Session, clinic: Clinic) -> Survivor:
    return make_survivor(session, clinic, mrn="B-200", diagnosis=None)


@pytest.fixture
def made_one(session: Session, keep: Survivor, gone: Survivor, actor: Actor, clock: FixedClock) -> Any:
    """Merges the second record into the first, as it stands when called."""

    def merges(choices: Mapping[str, UUID] | None = None) -> Merged:
        for each in (keep, gone):
            plan(session, each, clock)
        pair = pair_of(session, keep, gone, clock)
        return merge(session, pair.id, keep.id, choices=choices or {}, reason="One child", actor=actor, clock=clock)

    return merges


def take_apart(session: Session, merged: Merged, actor: Actor, clock: FixedClock, apart: bool = False) -> Unmerged:
    return unmerge(session, merged.change_set.id, apart=apart, reason="Two children", actor=actor, clock=clock)


def of(session: Session, model: type[Any], survivor: Survivor) -> list[Any]:
    session.expire_all()
    return list(session.scalars(sa.select(model).where(model.survivor_id == survivor.id)))
