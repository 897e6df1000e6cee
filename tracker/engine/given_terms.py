"""Terms of an exposure as the derivation makes them: yes-or-no ones, certain or only possible."""

from collections.abc import Iterator
from decimal import Decimal

from tracker.engine.catalogue import Catalogue
from tracker.engine.given import ExposureTerm
from tracker.engine.partial_dates import PartialDate

# An exposure's name with one term of it.
Named = tuple[str, ExposureTerm]
Terms = Iterator[Named]

ONE = Decimal(1)
POSSIBLE = "possible:"
LABEL_SEPARATOR = "; "


def given_once(
    name: str,
    given_id: str,
    label: str,
    because: str,
    on: PartialDate | None,
    *,
    question: str = "",
    missing: tuple[str, ...] = (),
) -> Named:
    """A yes-or-no exposure that certainly was given; ``question`` and ``missing``: what stays open all the same."""
    return name, ExposureTerm(
        given_id=given_id, label=label, amount=ONE, because=because, on=on, missing=missing, question=question
    )


def possible_once(
    name: str,
    given_id: str,
    label: str,
    because: str,
    on: PartialDate | None,
    *,
    question: str,
    missing: tuple[str, ...],
) -> Named:
    """A yes-or-no exposure that is only possible: treated as given until what is missing is known."""
    return given_once(name, given_id, label, POSSIBLE + because, on, question=question, missing=missing)


def is_possible(term: ExposureTerm) -> bool:
    """Is the exposure only possible, as far as this entry goes?"""
    return term.because.startswith(POSSIBLE)


def field_label(codes: tuple[str, ...], catalogue: Catalogue) -> str:
    """The fields' names; a code that the catalogue does not know stands for itself."""
    known = catalogue.fields
    return LABEL_SEPARATOR.join(known[code].label if code in known else code for code in codes)
