"""Names as they are searched and sorted: stored in columns, so that no database's collation matters."""

import unicodedata


def folded(text: str) -> str:
    """Lower case, accents dropped, spaces and punctuation evened out: "O'Conner-Peña " → "o conner pena"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = (char if char.isalnum() else " " for char in decomposed if not unicodedata.combining(char))
    return " ".join("".join(letters).split())


def search_name(*, given: str, family: str, preferred: str = "") -> str:
    """Everything a survivor may be looked for by, as one string beginning with the family name."""
    return folded(" ".join((family, given, preferred)))[:400]


def sort_name(*, given: str, family: str, preferred: str = "") -> str:
    """Family name, then the name the survivor goes by."""
    return folded(f"{family} {preferred or given}")[:400]
