"""Which of the catalogue's agents a medicine is, by what it is called; none unless every word of it is understood.

"doxorubicin hydrochloride 2 MG/ML Injection" is doxorubicin, "ado-trastuzumab emtansine" is not trastuzumab.
"""

import re
from collections.abc import Iterable, Mapping

from tracker.engine.catalogue import Agent, folded

SHORTEST_NAME = 4
_STRENGTH = re.compile(
    r"[\d.,]+|[\d.]*(?:mg|mcg|ug|micrograms?|milligrams?|grams?|g|kg|ml|l|meq|mmol|unt|units?|iu|u|hr|actuat|m2|mm)(?:/[\d.]*"
    r"(?:mg|ml|l|kg|m2|h|hr|actuat|unt|g|mm))?|nda\d+"
)
_BRAND = re.compile(r"\[([^\]]*)\]")
_PARTS = re.compile(r"\s+/\s+|\s+\+\s+|\s+and\s+", re.IGNORECASE)
_BIOSIMILAR = re.compile(r"\b(\w+(?:mab|stim|ase))-[a-z]{4}\b")
_LOCAL = re.compile(
    r"\b(?:topical|ophthalmic|otic|nasal|cream|ointment|gel|lotion|shampoo|foam|vaginal|rectal|enema|eye|ear|"
    r"inhal\w*|metered dose|nebuli\w*|drops|transdermal|patch|mouthwash|intravitreal|intravesical)\b",
    re.IGNORECASE,
)
# Salts, forms and other words that say nothing of which medicine it is.
_NEUTRAL_WORDS = """
hydrochloride hcl sulfate sulphate sodium disodium phosphate diphosphate acetate mesylate mesilate citrate calcium acid
tartrate ditartrate malate tosylate ditosylate succinate maleate dimaleate bitartrate monohydrate dihydrate trihydrate
hemihydrate anhydrous injection injectable injections solution suspension emulsion oral tablet tablets capsule capsules
powder prefilled syringe vial vials cartridge auto injector kit pack film coated delayed extended release lyophilized
infusion intravenous intramuscular subcutaneous intrathecal iv im sc po concentrate product substance containing only
medicinal precisely clinical drug in dose form for of the as per human recombinant day hour chewable disintegrating
dispersible parenteral pen device implant single multi use sterile preservative free therapy treatment chemotherapy
"""
_NEUTRAL = frozenset(_NEUTRAL_WORDS.split())
_LIPOSOMES = frozenset({"liposome", "liposomes", "liposomal", "pegylated"})
_PROTEIN = frozenset({"protein", "bound", "albumin", "particles", "nanoparticle"})
# In a carrier it is a medicine of its own, where the catalogue has one.
_IN_LIPOSOMES = {"doxorubicin": "liposomal-doxorubicin", "daunorubicin": "liposomal-daunorubicin"}
_ON_PROTEIN = {"paclitaxel": "nab-paclitaxel", "sirolimus": "nab-sirolimus"}
MOST_CATALOGUES = 8
_KNOWN: dict[int, tuple[Mapping[str, Agent], Mapping[str, str]]] = {}
_TOGETHER = {frozenset({"daunorubicin", "cytarabine"}): "cpx-351"}


def is_local(text: str) -> bool:
    """Is it for a place it is put on or in (skin, eye, airways), so that it does not treat the whole body?"""
    return _LOCAL.search(text) is not None


def agents_named(agents: Mapping[str, Agent], text: str) -> tuple[str, ...]:
    """The agents a medicine's text names, each certain; none where any part of it is not understood."""
    names = _names_of(agents)
    whole = names.get(folded(text))
    if whole:
        return (whole,)
    brands = [names.get(folded(each)) for each in _BRAND.findall(text)]
    if brands and brands[0]:
        return (brands[0],)
    plain = _BIOSIMILAR.sub(r"\1", _BRAND.sub(" ", text))
    parts = [_agent_of(part, names) for part in _PARTS.split(plain) if not _is_carrier(part)]
    found = tuple(dict.fromkeys(part[0] for part in parts if part is not None))
    if not found or None in parts:
        return ()
    if any(part is not None and part[1] for part in parts) and frozenset(found) in _TOGETHER:
        return (_TOGETHER[frozenset(found)],)
    return tuple(dict.fromkeys(part[1] or part[0] for part in parts if part is not None))


def _is_carrier(part: str) -> bool:
    """Does it only help another medicine under the skin?"""
    return [word for word in folded(part).split() if not _is_neutral(word)] == ["hyaluronidase"]


def _agent_of(part: str, names: Mapping[str, str]) -> tuple[str, str] | None:
    """The agent of one part, and what it is called in its carrier, if it is in one; None where it is not certain."""
    words = folded(part).split()
    carriers = set(words) & (_LIPOSOMES | _PROTEIN)
    kept = [word for word in words if word not in carriers and not _is_neutral(word)]
    found = names.get(" ".join(kept)) if kept else None
    if found is None:
        return None
    if carriers & _LIPOSOMES:
        return found, _IN_LIPOSOMES.get(found, found)
    if carriers:
        # A carrier that the catalogue does not know makes it another medicine.
        return (found, _ON_PROTEIN[found]) if found in _ON_PROTEIN else None
    return found, ""


def _is_neutral(word: str) -> bool:
    return word in _NEUTRAL or _STRENGTH.fullmatch(word) is not None


def _names_of(agents: Mapping[str, Agent]) -> Mapping[str, str]:
    """The names of a catalogue's agents, made once: there is one catalogue, and many medicines to look up in it."""
    held = _KNOWN.get(id(agents))
    if held is None or held[0] is not agents:
        if len(_KNOWN) >= MOST_CATALOGUES:
            _KNOWN.clear()
        held = _KNOWN[id(agents)] = (agents, _names(agents.values()))
    return held[1]


def _names(agents: Iterable[Agent]) -> Mapping[str, str]:
    """Name → agent; a name of two agents, or an abbreviation that may mean anything, is left out."""
    found: dict[str, set[str]] = {}
    for agent in agents:
        for name in (agent.name, *agent.synonyms):
            if _is_telling(name):
                found.setdefault(folded(name), set()).add(agent.code)
                found.setdefault(_core(name), set()).add(agent.code)
    return {name: next(iter(codes)) for name, codes in found.items() if name and len(codes) == 1}


def _core(name: str) -> str:
    """The name without what a medicine's text may lack; the whole name where too little would be left to be certain."""
    kept = " ".join(word for word in folded(name).split() if not _is_neutral(word))
    return kept if len(kept) > SHORTEST_NAME else folded(name)


def _is_telling(name: str) -> bool:
    """Long enough to mean one thing only. Capitals alone are an abbreviation; with a number it is a medicine's."""
    letters = [each for each in folded(name) if each.isalnum()]
    if any(each.isdigit() for each in letters):
        return len(letters) >= SHORTEST_NAME - 1 and len({*letters} - {*"0123456789"}) > 1
    return len(letters) >= SHORTEST_NAME and not name.isupper()
