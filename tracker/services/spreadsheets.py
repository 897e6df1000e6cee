"""What leaves for a spreadsheet: no cell may act as a formula there."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutral(cell: str) -> str:
    """The cell as text that a spreadsheet does not run."""
    return "'" + cell if cell.startswith(FORMULA_STARTS) else cell
