"""Is a unit written in UCUM? A small check over the symbols that clinical tests use, not a whole parser."""

import re

_METRIC = (
    "g", "m", "s", "L", "l", "mol", "Gy", "Sv", "Bq", "Hz", "Pa", "J", "W", "V", "U", "[U]", "[IU]", "[iU]", "eq",
    "osm", "m[H2O]", "m[Hg]", "B", "B[SPL]",
)  # fmt: skip
_PLAIN = (
    "%", "[ppth]", "[pH]", "a", "mo", "wk", "d", "h", "min", "deg", "[in_i]", "[lb_av]", "Cel", "[degF]", "[arb'U]",
    "[diop]", "[HPF]", "10*", "10^",
)  # fmt: skip
_PREFIXES = ("", "k", "h", "da", "d", "c", "m", "u", "n", "p", "f", "M", "G")
_SYMBOLS = frozenset(prefix + unit for prefix in _PREFIXES for unit in _METRIC) | frozenset(_PLAIN)
_TERM = re.compile(
    r"(?P<symbol>10[*^]|\d+|(?:[A-Za-z%']|\[[^\]\s]+\])+)?(?P<exponent>[+-]?\d+)?(?P<note>\{[^{}\s]+\})?"
)


def is_ucum(unit: str) -> bool:
    """Whether every factor of the unit is a UCUM symbol, a number or an annotation in braces."""
    factors = re.split(r"[./](?![^{]*\})", unit)
    return bool(unit) and all(_is_factor(factor, place) for place, factor in enumerate(factors))


def _is_factor(factor: str, place: int) -> bool:
    if not factor:
        return place == 0  # "/min" is written so
    match = _TERM.fullmatch(factor)
    if match is None:
        return False
    symbol = match["symbol"]
    if symbol is None:
        return match["note"] is not None and match["exponent"] is None
    return symbol.isdigit() or symbol in _SYMBOLS
