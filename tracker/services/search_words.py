"""Finding people by the words of their names, or by record number: along an index, however many are on record."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from tracker.models import Survivor, SurvivorIdentifier, SurvivorWord, number_word
from tracker.services.likeness import FORMER_SYSTEM
from tracker.services.names import folded

# After every word that begins with another: the last of all characters.
LAST = "\U0010ffff"
# Those who have a word are read in one go where they are at most so many.
FEW_HAVE = 5_000


def named(text: str) -> sa.ColumnElement[bool]:
    """Survivors of whose names each word of a text begins one, or whose record number the text begins."""
    words = folded(text).split()
    number = _has(number_word(text))
    return sa.or_(number, sa.and_(*(_has(word) for word in words))) if words else number


def _has(beginning: str) -> sa.ColumnElement[bool]:
    theirs = SurvivorWord.survivor_id == Survivor.id
    return sa.exists().where(theirs, _begins(SurvivorWord.word, beginning)).correlate(Survivor)


def likely(session: Session, clinic_ids: Sequence[UUID], text: str, *, limit: int) -> "Sequence[sa.Row[UUID, str]]":
    """Ids and names of up to so many of each clinic by name, and by number, in the order of the words found.

    Somebody may be there more than once.
    """
    words = _rarest_first(session, clinic_ids, list(dict.fromkeys(folded(text).split())))
    found = (part for clinic_id in clinic_ids for part in _found(clinic_id, text, words))
    parts = [part.limit(limit).subquery() for part in found]
    return session.execute(sa.union_all(*(sa.select(part.c.survivor_id, part.c.sort_name) for part in parts))).all()


def _rarest_first(session: Session, clinic_ids: Sequence[UUID], words: list[str]) -> list[tuple[str, bool]]:
    """The words with whether few have them; of one word alone nothing need be known."""
    if len(words) < 2:
        return [(word, True) for word in words]
    counted = (
        sa.select(sa.literal(place), sa.select(sa.func.count()).select_from(_some(clinic_id, word)).scalar_subquery())
        for place, word in enumerate(words)
        for clinic_id in clinic_ids
    )
    numbers: Counter[int] = Counter()
    for place, number in session.execute(sa.union_all(*counted)):
        numbers[place] += number
    return [(words[place], numbers[place] <= FEW_HAVE) for place in sorted(range(len(words)), key=numbers.__getitem__)]


def _some(clinic_id: UUID, word: str) -> sa.Subquery:
    return _of(clinic_id, word).limit(FEW_HAVE + 1).subquery()


def _found(clinic_id: UUID, text: str, words: list[tuple[str, bool]]) -> Iterator[sa.Select[UUID, str]]:
    yield _of(clinic_id, number_word(text))
    if words:
        (rarest, _few), *others = words
        query = _of(clinic_id, rarest)
        for other, few in others:
            query = query.where(_have(clinic_id, other) if few else _has_too(other))
        yield query


def _have(clinic_id: UUID, beginning: str) -> sa.ColumnElement[bool]:
    """Those found are among the few who have another word too: these are read in one go."""
    word = aliased(SurvivorWord)
    few = sa.select(word.survivor_id).where(word.clinic_id == clinic_id, _begins(word.word, beginning))
    return SurvivorWord.survivor_id.in_(few)


def _has_too(beginning: str) -> sa.ColumnElement[bool]:
    """Each of those found is asked for another word that many have."""
    word = aliased(SurvivorWord)
    theirs = word.survivor_id == SurvivorWord.survivor_id
    return sa.exists().where(theirs, _begins(word.word, beginning)).correlate(SurvivorWord)


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
