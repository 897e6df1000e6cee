"""Which exposures follow from operations, transplants, graft-versus-host disease and radionuclides."""

from tracker.engine.catalogue import Catalogue
from tracker.engine.given import Given, OperationDone
from tracker.engine.given_terms import Terms, given_once, possible_once

TRANSPLANT_LABEL = "Stem cell transplant"
BOTH_SIDES = frozenset({"left", "right"})
_UNILATERAL, _BILATERAL = "_unilateral", "_bilateral"
_UNILATERAL_CODE, _BILATERAL_CODE = "-unilateral", "-bilateral"
_SIDES = {
    "left": frozenset({"left"}),
    "right": frozenset({"right"}),
    "both": BOTH_SIDES,
    "bilateral": BOTH_SIDES,
}
_TRANSPLANTS = {"allogeneic": "hsct_allo", "autologous": "hsct_auto"}
_RADIONUCLIDES = {"i131": "i131_ablation", "mibg": "i131_mibg"}
_RADIONUCLIDE_LABELS = {"i131": "Radioiodine", "mibg": "I-131 MIBG"}


def operation_terms(given: Given, catalogue: Catalogue) -> Terms:
    """Exposures of each operation; a left and a right one of a pair are both sides."""
    for done in given.operations:
        known = catalogue.operations.get(done.operation)
        for name in known.exposures if known else ():
            yield given_once(name, done.id, _label(done, catalogue), "operation", done.done_on)
    for name, operations in _of_pairs(given, catalogue).items():
        if _sides(operations) == BOTH_SIDES:
            for done in operations:
                yield given_once(name, done.id, _label(done, catalogue), "both_sides", done.done_on)


def sides_unknown(given: Given, catalogue: Catalogue) -> list[tuple[str, OperationDone]]:
    """Operations on one of a pair of which there are several, so that the side decides whether both are gone: the
    exposure that depends on it, and the operation whose side nobody recorded.

    Nothing is derived from them: "both gone" takes away some checks, so that neither answer is the cautious one.
    """
    return [
        (name, done)
        for name, operations in _of_pairs(given, catalogue).items()
        if len(operations) > 1 and _sides(operations) != BOTH_SIDES
        for done in operations
        if not _side(done)
    ]


def transplant_terms(given: Given) -> Terms:
    """Transplants by their kind, sinusoidal obstruction, and chronic graft-versus-host disease."""
    for transplant in given.transplants:
        on, label = transplant.done_on, TRANSPLANT_LABEL
        if transplant.kind in _TRANSPLANTS:
            yield given_once(_TRANSPLANTS[transplant.kind], transplant.id, label, transplant.kind, on)
        else:
            wanted = "transplant_kind"
            yield given_once("hsct_any", transplant.id, label, "kind_unknown", on, question=wanted, missing=(wanted,))
        if transplant.sos == "yes":
            yield given_once("sos", transplant.id, label, "sos", on)
    yield from _gvhd_terms(given)


def _gvhd_terms(given: Given) -> Terms:
    for found in given.gvhd:
        if found.kind != "chronic":
            continue
        on, label, wanted = found.ended_on or found.started_on, "Chronic graft-versus-host disease", "gvhd_activity"
        yield given_once("cgvhd", found.id, label, "chronic", on)
        if found.active == "yes":
            yield given_once("cgvhd_active", found.id, label, "active", on)
        elif found.active != "no":
            yield possible_once("cgvhd_active", found.id, label, wanted, on, question=wanted, missing=(wanted,))


def radionuclide_terms(given: Given) -> Terms:
    """Radioiodine for thyroid cancer, and MIBG."""
    for treatment in given.radionuclides:
        name = _RADIONUCLIDES.get(treatment.kind)
        if name:
            label = _RADIONUCLIDE_LABELS[treatment.kind]
            yield given_once(name, treatment.id, label, "radionuclide", treatment.given_on)


def _label(done: OperationDone, catalogue: Catalogue) -> str:
    known = catalogue.operations.get(done.operation)
    return known.label if known else done.operation


def _side(done: OperationDone) -> frozenset[str]:
    return _SIDES.get(done.side.lower(), frozenset())


def _sides(operations: list[OperationDone]) -> frozenset[str]:
    return frozenset(side for done in operations for side in _side(done))


def _of_pairs(given: Given, catalogue: Catalogue) -> dict[str, list[OperationDone]]:
    """Operations on one of a pair, by the exposure that means both."""
    pairs: dict[str, list[OperationDone]] = {}
    for done in given.operations:
        for name in _both_gone(done.operation, catalogue):
            pairs.setdefault(name, []).append(done)
    return pairs


def _both_gone(code: str, catalogue: Catalogue) -> dict[str, None]:
    """What an operation on one side means if the other side is operated on too: the exposure named like its own, and
    that of the operation on both sides (the catalogue has an exposure for both breasts, and none for one)."""
    known = catalogue.operations.get(code)
    if known is None:
        return {}
    names = [name.removesuffix(_UNILATERAL) + _BILATERAL for name in known.exposures if name.endswith(_UNILATERAL)]
    if code.endswith(_UNILATERAL_CODE):
        both = catalogue.operations.get(code.removesuffix(_UNILATERAL_CODE) + _BILATERAL_CODE)
        names += [name for name in both.exposures if name.endswith(_BILATERAL)] if both else []
    return dict.fromkeys(names)
