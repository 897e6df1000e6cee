"""The list of points is the source's: none is forgotten, none is passed under another's name."""

import ast
from collections import Counter
from collections.abc import Iterator

from tests.faults import points
from tests.shared import PROJECT
from tracker import marks


def in_the_source() -> Iterator[str]:
    """The name in every ``marks.passed("…")``."""
    for path in sorted((PROJECT / "tracker").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "marks.passed":
                assert isinstance(node.args[0], ast.Constant), f"{path.name}: a point is named in full"
                yield str(node.args[0].value)


def test_the_list_of_points_is_that_of_the_source() -> None:
    assert Counter(in_the_source()) == Counter(points.POINTS)
    assert len(points.POINTS) >= 20


def test_in_production_nobody_listens_and_only_tests_ever_do() -> None:
    assert marks.listener is None
    marks.passed("nobody is told")
    users = [path for path in (PROJECT / "tracker").rglob("*.py") if "listener" in path.read_text(encoding="utf-8")]
    assert PROJECT / "tracker" / "marks.py" in users
    assert not [path for path in users if "marks.listener" in path.read_text(encoding="utf-8")]
