"""How far a long command has come: the part done, the rate, and the time that remains."""

import sys
from types import TracebackType
from typing import Any

import click


class Progress:
    """A bar on the error stream with rate and remaining time; silent where nobody looks."""

    def __init__(self, total: int, label: str, *, shown: bool, unit: str = "kB", per_unit: int = 1024) -> None:
        self._done, self._unit, self._per_unit = 0, unit, per_unit
        self._bar: Any = (
            click.progressbar(
                length=max(total, 1),
                label=label,
                file=sys.stderr,
                show_eta=True,
                show_percent=True,
                item_show_func=lambda _: self._rate(),
            )
            if shown
            else None
        )

    def __enter__(self) -> "Progress":
        if self._bar is not None:
            self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)

    def advance(self, count: int) -> None:
        """So many more are done."""
        self._done += count
        if self._bar is not None:
            self._bar.update(count)

    def _rate(self) -> str:
        # click keeps the seconds that an iteration took on average; an iteration here is one of what is counted.
        seconds = self._bar.time_per_iteration if self._bar is not None else 0
        return f"{1 / seconds / self._per_unit:,.0f} {self._unit}/s" if seconds else ""
