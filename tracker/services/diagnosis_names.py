"""Finding the pack's diagnosis behind what was typed: its name, another name for it, or an ICD-O-3 code."""

import re

from tracker.engine.catalogue import FEWEST_LETTERS, Catalogue, Term, resolve
from tracker.engine.rules import DiagnosisInfo, Pack

CODE = re.compile(r"(\d{4})/(\d)")
MORPHOLOGY = "morphology"


def pack_name(pack: Pack, typed: str) -> str | None:
    """The pack's name for a diagnosis, where what was typed is exactly one of its names or codes."""
    wanted = _even(typed)
    for info in pack.diagnoses.values():
        if wanted in {_even(name) for name in (info.name, *info.synonyms)} or covers(info, typed.strip()):
            return info.name
    return None


def normalised(pack: Pack, typed: str, icdo3_morphology: str = "") -> str:
    """The name to store: the pack's, if name or code leads to one; otherwise what was typed."""
    text = " ".join(typed.split())
    found = pack_name(pack, text) if text else pack_name(pack, icdo3_morphology)
    return found or text


def meant(pack: Pack, catalogue: Catalogue, typed: str, icdo3_morphology: str = "") -> tuple[str, str]:
    """Name and morphology code to store. A name of the catalogue's morphology list brings its code, a code its name;
    what neither list has is kept as typed."""
    text, code = " ".join(typed.split()), icdo3_morphology.strip()
    term = _term(catalogue, text or code)
    if term is None or (text and pack_name(pack, text) is not None and not CODE.fullmatch(text)):
        return normalised(pack, text, code), code
    return pack_name(pack, term.code) or term.label, code or term.code


def choices(pack: Pack, catalogue: Catalogue) -> tuple[Term, ...]:
    """Every diagnosis that can be chosen by name: the pack's first, then the morphologies it has no schedule for."""
    own = (Term(code=info.name, label=info.name, synonyms=info.synonyms) for info in pack.diagnoses.values())
    rest = (each for each in catalogue.terms.get(MORPHOLOGY, {}).values() if pack_name(pack, each.code) is None)
    return (*own, *rest)


def begun(pack: Pack, catalogue: Catalogue, typed: str) -> str:
    """The name that the beginning of one (three letters or more) means, if it begins one only; else what was typed."""
    text = " ".join(typed.split())
    if pack_name(pack, text) is not None or _term(catalogue, text) is not None:
        return text
    offered = choices(pack, catalogue)
    found = resolve(offered, text)
    return next((each.label for each in offered if each.code == found), text)


def undecided(pack: Pack, catalogue: Catalogue, typed: str) -> tuple[str, ...]:
    """The names that were begun, where several were and the text is no word by itself: "neu", but not "sarcoma"."""
    text = _even(typed)
    if len(text) < FEWEST_LETTERS or begun(pack, catalogue, typed) != " ".join(typed.split()):
        return ()
    found = [each for each in choices(pack, catalogue) if any(_even(name).startswith(text) for name in names_of(each))]
    words = {word for each in found for name in names_of(each) for word in _even(name).split()}
    return () if text in words or pack_name(pack, text) else tuple(each.label for each in found)


def code_of(catalogue: Catalogue, name: str) -> str:
    """The morphology code of a name of the catalogue; empty for any other text."""
    term = _term(catalogue, name) if name else None
    return "" if term is None else term.code


def suggestion(pack: Pack, name: str, icdo3_morphology: str) -> str | None:
    """The pack's diagnosis that the code means, where the name means none: offered, never put in its place."""
    if name in pack.diagnoses or not icdo3_morphology:
        return None
    return pack_name(pack, icdo3_morphology)


def covers(info: DiagnosisInfo, code: str) -> bool:
    """Does this diagnosis take in the morphology code (``8890/3``)? Ranges in the table include both ends."""
    found = CODE.fullmatch(code)
    if not found:
        return False
    return any(_within(found, part.strip()) for part in info.icdo3_morphology.split(";"))


def _term(catalogue: Catalogue, typed: str) -> Term | None:
    wanted = _even(typed)
    terms = catalogue.terms.get(MORPHOLOGY, {}).values()
    return next((each for each in terms if wanted in {_even(name) for name in names_of(each)}), None)


def names_of(term: Term) -> tuple[str, ...]:
    """Everything a term may be called, its code first."""
    return (term.code, term.label, *term.synonyms)


def _within(code: re.Match[str], listed: str) -> bool:
    bounds = list(CODE.finditer(listed))
    if not bounds:
        return False
    return bounds[0][2] == code[2] and bounds[0][1] <= code[1] <= bounds[-1][1]


def _even(text: str) -> str:
    return " ".join(text.casefold().split())
