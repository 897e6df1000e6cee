"""Who may query, who may ask for the time, and who may speak of roles: read from the source itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shared import PROJECT
from tracker.models import Role

TRACKER = PROJECT / "tracker"
# Queries belong to the services (and to the policy, whose query everyone builds on).
ENTRY_POINTS = ("web", "fhir", "cds", "jobs", "messaging", "guidelines", "engine")
QUERY_WORDS = {"select", "insert", "update", "delete", "text", "exec_driver_sql", "execute", "scalar", "scalars"}
READERS = frozenset({"get", "get_one", "query"})
# Which modules may ask for survivors without the policy's own query: each authorises first, or is the system's.
MAY_SELECT_SURVIVORS = {"policy.py", "services"}
TIME_WORDS = {("date", "today"), ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("time", "time")}


def sources(*below: str) -> Iterator[Path]:
    for folder in below or ("",):
        root = TRACKER / folder
        yield from sorted(root.rglob("*.py")) if root.is_dir() else []


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def calls(source: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield node


def dotted(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    return (*dotted(node.value), node.attr) if isinstance(node, ast.Attribute) else ("",)


def queries(source: str, readers: frozenset[str] = READERS) -> list[int]:
    """The lines on which a module asks the database by itself: sa.select(…), session.get(Row, …), session.scalars(…)."""
    found = []
    for call in calls(source):
        name = dotted(call.func)
        by_sqlalchemy = name[0] in {"sa", "sqlalchemy", "select"} and name[-1] in QUERY_WORDS
        by_session = name[0] in {"session", "db", "connection"} and name[-1] in QUERY_WORDS | readers
        if by_sqlalchemy or (by_session and not asks_a_mapping(call)):
            found.append(call.lineno)
    return found


def asks_a_mapping(call: ast.Call) -> bool:
    # Flask's session is a mapping too: session.get("key") and session.get(KEY) ask nobody.
    asked = call.args[0] if call.args else None
    is_key = isinstance(asked, ast.Constant) or (isinstance(asked, ast.Name) and asked.id.isupper())
    return dotted(call.func) == ("session", "get") and is_key


@pytest.mark.parametrize("folder", ENTRY_POINTS)
def test_no_entry_point_has_a_query_of_its_own(folder: str) -> None:
    # A job acts for the system and may load the clinic whose turn it is; it selects nothing either.
    readers = frozenset[str]() if folder == "jobs" else READERS
    assert [f"{path}:{line}" for path in sources(folder) for line in queries(text_of(path), readers)] == []


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("sa.select(Survivor)", True),
        ("select(User.id)", True),
        ("session.get(Survivor, survivor_id)", True),
        ("session.scalars(found)", True),
        ("db.execute(sa.text('select 1'))", True),
        ("session.get('next')", False),
        ("session.get(CLINIC_KEY)", False),
        ("request.args.get('q')", False),
        ("form.data.update(given)", False),
        ("require(session, actor, action, survivor_id)", False),
    ],
)
def test_a_stray_query_would_be_seen(line: str, seen: bool) -> None:
    assert bool(queries(f"def show():\n    return {line}\n")) is seen


def test_survivors_are_selected_by_the_policy_and_the_services_alone() -> None:
    found = set()
    for path in sources():
        for call in calls(text_of(path)):
            if dotted(call.func)[-1] == "select" and any("Survivor" in dotted(argument) for argument in call.args):
                found.add(path.relative_to(TRACKER).parts[0])
    assert found == MAY_SELECT_SURVIVORS


def test_only_the_clock_asks_the_machine_for_the_time() -> None:
    asked = {
        path.relative_to(TRACKER).as_posix()
        for path in sources()
        for call in calls(text_of(path))
        if dotted(call.func)[-2:] in TIME_WORDS
    }
    assert asked == {"clock.py"}


def test_no_page_decides_by_role() -> None:
    """What may be done is asked of the policy; a role itself may only be put into words (in a presenter)."""
    roles = {role.name for role in Role}
    offending = []
    for path in sources("web"):
        if path.name.startswith("presenters_"):
            continue
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.If | ast.IfExp | ast.While):
                named = {part.attr for part in ast.walk(node.test) if isinstance(part, ast.Attribute)}
                offending += [f"{path.name}:{node.lineno}"] if named & {*roles, "roles"} else []
    assert offending == []


def test_no_template_decides_by_role() -> None:
    words = "|".join(role.value for role in Role)
    quoted = re.compile(rf"""["'](?:{words})["']|\broles?\b""")
    offending = []
    for path in sorted((PROJECT / "templates").rglob("*.html")):
        for statement in re.findall(r"\{%-?\s*(?:if|elif)\b(.*?)%\}", text_of(path), re.DOTALL):
            if quoted.search(statement):
                offending.append(f"{path.name}: {statement.strip()}")
    assert offending == []
