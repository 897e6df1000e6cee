"""The arithmetic of a pack's own derivations, input by input: what engine.chart computes, told term by term."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tracker.engine.chart import total_doses
from tracker.engine.conditions import ZERO, Doses
from tracker.engine.given import DerivationTerm, DerivationTerms
from tracker.engine.rules import Derivation

_ONE = Decimal(1)


def derivation_terms(
    name: str,
    recorded: Mapping[str, Decimal | None],
    derivations: Iterable[Derivation],
    *,
    at_least: Mapping[str, Decimal] | None = None,
    has_predisposition: bool = False,
) -> DerivationTerms | None:
    """How an exposure follows from others: every given input with its factor and product, and the total.

    ``recorded``: exposure → dose (None: given, dose unknown), derived from what was given or entered by hand.
    ``at_least``: the certain part of unknown ones, where something is certain. Inputs may be derived themselves, in
    the derivations' order. None where nothing is derived: the name is recorded itself (that always wins, 0 and unknown
    included), the pack derives no such name, or none of its inputs was given.

    Source: derivations.csv; a sum or maximum with an unknown part is at least its known part.
    """
    if name in recorded:
        return None
    earlier: list[Derivation] = []
    for derivation in derivations:
        if derivation.name == name:
            doses = total_doses(recorded, tuple(earlier), has_predisposition, at_least=at_least)
            return _terms(derivation, doses, has_predisposition)
        earlier.append(derivation)
    return None


def _terms(derivation: Derivation, doses: Doses, has_predisposition: bool) -> DerivationTerms | None:
    inputs = tuple(_input(name, factor, doses) for name, factor in derivation.inputs if name in doses.given)
    if derivation.rule == "any":
        predisposed = has_predisposition and any(name == "predispositions" for name, _ in derivation.inputs)
        return _answer(derivation, inputs, _ONE) if inputs or predisposed else None
    if not inputs:
        return None
    products = [each.product for each in inputs]
    total = sum(products, ZERO) if derivation.rule == "sum" else max(products)
    return _answer(derivation, inputs, total, at_least=any(each.dose is None for each in inputs))


def _input(name: str, factor: Decimal, doses: Doses) -> DerivationTerm:
    certain = doses.certain[name]
    return DerivationTerm(name=name, dose=doses.value(name), certain=certain, factor=factor, product=certain * factor)


def _answer(
    derivation: Derivation, inputs: tuple[DerivationTerm, ...], total: Decimal, *, at_least: bool = False
) -> DerivationTerms:
    return DerivationTerms(name=derivation.name, rule=derivation.rule, inputs=inputs, total=total, at_least=at_least)
