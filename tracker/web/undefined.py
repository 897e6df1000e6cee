"""What an unknown name in a template means: lenient inside the component library, an error in our own pages."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import jinja2
import nhsuk_frontend_jinja
from jinja2 import ChainableUndefined

JINJA_FOLDER = str(Path(jinja2.__file__).parent)
LIBRARY_FOLDER = str(Path(nhsuk_frontend_jinja.__file__).parent)


def asked_by_the_library() -> bool:
    """Whether the template line that is being run belongs to the component library."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(JINJA_FOLDER):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(LIBRARY_FOLDER)


class UndefinedInOurs(ChainableUndefined):
    """Chainable for the library, which relies on it; using one in a template of ours is an error.

    ``is defined`` and ``default()`` still work. Made for tests and development: it looks at the calling frame.
    """

    __slots__ = ("_lenient",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A macro asks "if caller" to learn whether it was used as a block; Jinja makes that one on the caller's side.
        self._lenient = self._undefined_name == "caller" or asked_by_the_library()

    def _refuse(self) -> NoReturn:
        self._fail_with_undefined_error()

    def __str__(self) -> str:
        return super().__str__() if self._lenient else self._refuse()

    def __html__(self) -> str:
        return str(self)

    def __iter__(self) -> Iterator[Any]:
        return super().__iter__() if self._lenient else self._refuse()

    def __len__(self) -> int:
        return super().__len__() if self._lenient else self._refuse()

    def __bool__(self) -> bool:
        return super().__bool__() if self._lenient else self._refuse()

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) if self._lenient else self._refuse()

    def __ne__(self, other: object) -> bool:
        return super().__ne__(other) if self._lenient else self._refuse()

    def __hash__(self) -> int:
        return super().__hash__()

    def __getattr__(self, name: str) -> ChainableUndefined:
        # Dunder probes (copy, Markup) must keep failing with AttributeError, as the parent class does.
        if (name[:2] == "__" and name[-2:] == "__") or self._lenient:
            return super().__getattr__(name)
        return self._refuse()

    def __getitem__(self, name: str) -> ChainableUndefined:  # type: ignore[override]
        return super().__getitem__(name) if self._lenient else self._refuse()
