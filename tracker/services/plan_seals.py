"""Seals: a fingerprint of all that a stored plan follows from and of the plan as it is stored.

As long as a survivor's seal matches, the plan on record is what the engine would say (it gives the same answer on every
day until ``holds_until``), and nothing has to be evaluated. Anything changed, by whomever, breaks the seal: a fact, a
guideline, a choice of the clinic, the engine itself, or a stored item.
"""

import marshal
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from tracker.engine.rules import Choices
from tracker.guidelines.loader import PACKS, pack_folder
from tracker.services.raw_rows import Recorded, Row

SIZE = 16
# The oldest format of marshal that is the same for equal rows, whoever made them: newer ones note what is shared.
FORMAT = 2
TRACKER = Path(__file__).resolve().parent.parent
# What decides what a plan is and how it is stored.
DECIDING = (
    *("engine/*.py", "guidelines/*.py", "models/treatment.py"),
    *(f"services/{name}.py" for name in ("facts", "planning", "plan_seals", "raw_rows", "reasons")),
)
PACK_FILES = ("*.csv", "*.toml")


def content_of(items: Sequence[Row], gaps: Sequence[Row], summary: Row) -> bytes:
    """A stored plan as one fingerprint: tests, kinds, dates, reasons, gaps and their sum; neither ids nor instants.

    ``items`` and ``gaps`` as ``planning`` wants them, in the order of their tests and names. Both databases give the
    same.
    """
    return _hashed((items, gaps, summary))


def stored_content(recorded: Recorded) -> bytes:
    """``content_of`` what stands in the tables."""
    items = [row[1:-1] for row in recorded.items]
    gaps = [row[1:-1] for row in recorded.gaps]
    return content_of(items, gaps, recorded.person.summary)


def seal_of(recorded: Recorded, content: bytes, holds_until: str | None, terms: bytes) -> str:
    """The seal of these facts under these terms (``fingerprint``), with a plan of this content."""
    told = (
        *(recorded.person.told, recorded.exposures, recorded.events, recorded.diagnoses),
        *(recorded.predispositions, recorded.results, recorded.overrides),
    )
    return _hashed((told, content, holds_until, terms)).hex()


def _hashed(rows: Row) -> bytes:
    return blake2b(marshal.dumps(rows, FORMAT), digest_size=SIZE).digest()


def fingerprint(pack: str, choices: Choices) -> bytes:
    """What all plans of a clinic follow from: engine, guideline and the clinic's choices.

    Packs that come with the tracker are read once; others may be edited meanwhile.
    """
    make = _kept if is_bundled(pack) else _fingerprint
    return make(pack_folder(pack), choices)


def is_bundled(pack: str) -> bool:
    """Does this pack come with the tracker, so that it stays as it is?"""
    return pack_folder(pack).is_relative_to(PACKS)


def _fingerprint(folder: Path, choices: Choices) -> bytes:
    texts = (path.read_bytes() for pattern in PACK_FILES for path in sorted(folder.glob(pattern)))
    return _joined([code_fingerprint(), repr(choices).encode(), *texts])


@lru_cache(maxsize=16)
def _kept(folder: Path, choices: Choices) -> bytes:
    return _fingerprint(folder, choices)


@lru_cache(maxsize=1)
def code_fingerprint() -> bytes:
    """The deciding code as it was when this process began to use it."""
    return _joined(path.read_bytes() for path in deciding_files())


def deciding_files() -> list[Path]:
    """The files of the code that decides what a plan is and how it is stored."""
    return sorted({path for pattern in DECIDING for path in TRACKER.glob(pattern)})


def _joined(texts: Iterable[bytes]) -> bytes:
    whole = blake2b(digest_size=SIZE)
    for text in texts:
        whole.update(len(text).to_bytes(8, "big") + text)
    return whole.digest()
