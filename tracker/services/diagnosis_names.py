"""Finding the pack's diagnosis behind what was typed: its name, another name for it, or an ICD-O-3 code."""

import re

from tracker.engine.rules import DiagnosisInfo, Pack

CODE = re.compile(r"(\d{4})/(\d)")


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


def _within(code: re.Match[str], listed: str) -> bool:
    bounds = list(CODE.finditer(listed))
    if not bounds:
        return False
    return bounds[0][2] == code[2] and bounds[0][1] <= code[1] <= bounds[-1][1]


def _even(text: str) -> str:
    return " ".join(text.casefold().split())
