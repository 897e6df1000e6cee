"""Finding people by the words of their names, or by record number: along an index, however many are on record."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from tracker.models import Survivor, SurvivorIdentifier, SurvivorWord, number_word
from tracker.services.likeness import FORMER_SYSTEM
from tracker.services.names import folded

# After every word that begins with another: the last of all characters.
LAST = "\U0010ffff"


def named(text: str) -> sa.ColumnElement[bool]:
    """Survivors of whose names each word of a text begins one, or whose record number the text begins."""
    words = folded(text).split()
    number = _has(number_word(text))
    return sa.or_(number, sa.and_(*(_has(word) for word in words))) if words else number


def _has(beginning: str) -> sa.ColumnElement[bool]:
    theirs = SurvivorWord.survivor_id == Survivor.id
    return sa.exists().where(theirs, _begins(SurvivorWord.word, beginning)).correlate(Survivor)


def likely(clinic_ids: Sequence[UUID], text: str, *, limit: int) -> sa.CompoundSelect[Any]:
    """Ids and names of up to so many of each clinic by name, and by number, in the order of the words found.

    Somebody may be there more than once.
    """
    parts = [part.limit(limit).subquery() for clinic_id in clinic_ids for part in _found(clinic_id, text)]
    return sa.union_all(*(sa.select(part.c.survivor_id, part.c.sort_name) for part in parts))


def _found(clinic_id: UUID, text: str) -> Iterator[sa.Select[UUID, str]]:
    yield _of(clinic_id, number_word(text))
    words = sorted(folded(text).split(), key=len)
    if words:
        # The longest word is likely to be the rarest; of those who have it, the others are asked for.
        *others, longest = words
        query = _of(clinic_id, longest)
        for other in others:
            word = aliased(SurvivorWord)
            same = word.survivor_id == SurvivorWord.survivor_id
            query = query.where(sa.exists().where(same, _begins(word.word, other)).correlate(SurvivorWord))
        yield query


def _of(clinic_id: UUID, beginning: str) -> sa.Select[UUID, str]:
    query = sa.select(SurvivorWord.survivor_id, SurvivorWord.sort_name)
    query = query.where(SurvivorWord.clinic_id == clinic_id, _begins(SurvivorWord.word, beginning))
    return query.order_by(SurvivorWord.word, SurvivorWord.sort_name, SurvivorWord.survivor_id)


def _begins(word: Any, beginning: str) -> sa.ColumnElement[bool]:
    return sa.and_(word >= beginning, word < beginning + LAST)


def numbered(clinic_ids: Sequence[UUID], number: str) -> sa.CompoundSelect[Any]:
    """Whose record number at these clinics this is, or was before their records were merged."""
    own = sa.select(SurvivorWord.survivor_id).where(
        SurvivorWord.clinic_id.in_(clinic_ids), SurvivorWord.word == number_word(number)
    )
    former = sa.select(SurvivorIdentifier.survivor_id).where(
        SurvivorIdentifier.clinic_id.in_(clinic_ids),
        SurvivorIdentifier.system == FORMER_SYSTEM,
        sa.func.lower(SurvivorIdentifier.value) == number.lower(),
    )
    return sa.union(own, former)
