"""(interim)"""

from typing import Any


def store(*_a: Any, **_k: Any) -> Any:
    raise NotImplementedError
