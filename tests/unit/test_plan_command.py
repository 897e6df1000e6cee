"""``flask plan``: an answer for every good case, a sentence for every bad one, and nothing it does not need."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.shared import PROJECT, need_shared
from tracker.guidelines.loader import load_pack
from tracker.plan_command import plan_command

CASES = PROJECT / "tests" / "cases"
NAMES = sorted(path.name.removesuffix(".case.json") for path in CASES.glob("*.case.json"))
RECURRENCE = "recurrence-case-01"
ALONE = "from tracker.plan_command import plan_command; plan_command()"


def run(*arguments: object, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(plan_command, [str(argument) for argument in arguments], input=stdin)


def case_path(name: str) -> Path:
    return CASES / f"{name}.case.json"


def raw_case(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(case_path(name).read_text())
    return found


def dates_of(answer: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
    return [(item["due_on"], item["test_code"]) for item in answer["items"]]


def one_line(case: dict[str, object]) -> str:
    return json.dumps(case)


def assert_agrees(answer: dict[str, object], expected: dict[str, object]) -> None:
    assert answer["id"] == expected["id"]
    assert dates_of(answer) == dates_of(expected)  # type: ignore[arg-type]
    for item, wanted in zip(answer["items"], expected["items"], strict=True):  # type: ignore[call-overload]
        assert item.get("overdue_after") == wanted.get("overdue_after"), item["test_code"]
    assert set(answer["gaps"]) == set(expected["gaps"])  # type: ignore[call-overload]


@pytest.mark.parametrize("name", NAMES)
def test_a_worked_case_gets_its_worked_answer(name: str) -> None:
    result = run(case_path(name))
    assert result.exit_code == 0, result.stderr
    expected = json.loads((CASES / f"{name}.answer.json").read_text())
    assert_agrees(json.loads(result.stdout), expected)


def test_there_are_worked_cases() -> None:
    assert len(NAMES) >= 11
    assert RECURRENCE in NAMES


def test_the_samples_beside_the_project_agree_too() -> None:
    paths = sorted(need_shared("cases").glob("*.case.json"))
    lines = run(*paths).stdout.splitlines()
    assert len(lines) == len(paths)
    for line, path in zip(lines, paths, strict=True):
        assert_agrees(json.loads(line), json.loads(Path(str(path).replace(".case.", ".answer.")).read_text()))


def test_items_come_by_due_date_then_code() -> None:
    answer = json.loads(run(case_path("mixed-1")).stdout)
    assert dates_of(answer) == sorted(dates_of(answer))


def test_each_item_says_status_flags_place_and_the_rules_behind_it() -> None:
    answer = json.loads(run(case_path(RECURRENCE)).stdout)
    chest = next(item for item in answer["items"] if item["test_code"] == "chest-ct")
    assert chest["due_on"] == "2026-09-11"
    assert chest["status"] == "due"
    assert chest["flags"] == ["recurrence"]
    assert chest["place"] == "order"
    assert chest["reasons"] == [
        {"rule": "lms-nccn-high-limb-trunk-ct-chest-p0y-p3y", "pack": "childhood-cancer/2026.1", "due_on": "2026-09-11"}
    ]


def test_only_a_recurrence_rows_own_date_has_an_overdue_day() -> None:
    answer = json.loads(run(case_path("mixed-2")).stdout)
    with_day = {item["test_code"] for item in answer["items"] if "overdue_after" in item}
    expected = json.loads((CASES / "mixed-2.answer.json").read_text())
    assert with_day == {item["test_code"] for item in expected["items"] if "overdue_after" in item}
    assert with_day != {item["test_code"] for item in answer["items"]}


@pytest.mark.parametrize(
    "day, status",
    [
        ("2026-07-12", "planned"),
        ("2026-07-13", "upcoming"),
        ("2026-09-10", "upcoming"),
        ("2026-09-11", "due"),
        ("2026-12-11", "due"),
        ("2026-12-12", "overdue"),
    ],
)
def test_the_day_asked_about_decides_the_status(day: str, status: str) -> None:
    answer = json.loads(run("--as-of", day, case_path(RECURRENCE)).stdout)
    assert answer["as_of"] == day
    chest = next(item for item in answer["items"] if item["test_code"] == "chest-ct")
    assert chest["status"] == status


def test_the_answer_says_how_long_it_holds() -> None:
    answer = json.loads(run(case_path("mixed-1")).stdout)
    assert answer["holds_until"] is None or answer["holds_until"] > "2024-12-01"


def test_the_answer_holds_until_the_day_it_says() -> None:
    first = json.loads(run(case_path("c02-all-standard-m10")).stdout)
    assert first["holds_until"] > "2026-11-24"
    later = json.loads(run("--as-of", "2026-11-24", case_path("c02-all-standard-m10")).stdout)
    assert (dates_of(later), later["gaps"], later["holds_until"]) == (
        dates_of(first),
        first["gaps"],
        first["holds_until"],
    )


@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow", "20260101"])
def test_a_day_that_is_none_is_refused(day: str) -> None:
    result = run("--as-of", day, case_path(RECURRENCE))
    assert result.exit_code == 2
    assert f"'{day}' is not a date like 2026-03-14" in result.stderr


def test_json_lines_come_back_line_by_line() -> None:
    text = "\n".join(one_line(raw_case(name)) for name in NAMES)
    result = run("-", stdin=text)
    assert result.exit_code == 0
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == NAMES


def test_a_list_and_several_files_come_back_in_their_order(tmp_path: Path) -> None:
    listed = tmp_path / "list.json"
    listed.write_text(json.dumps([raw_case("mixed-2"), raw_case("mixed-1")]))
    result = run(listed, case_path("mixed-3"))
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["mixed-2", "mixed-1", "mixed-3"]


def test_the_same_question_gets_the_same_bytes() -> None:
    paths = [case_path(name) for name in NAMES]
    assert run(*paths).stdout_bytes == run(*paths).stdout_bytes


def test_the_answer_does_not_depend_on_the_order_of_hashing() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", ALONE, *(str(case_path(name)) for name in NAMES)],
            cwd=PROJECT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_a_bad_case_is_named_with_its_key_and_the_others_are_answered(tmp_path: Path) -> None:
    bad = raw_case("mixed-2") | {"id": "bad", "results": [{"test_code": "chest-cat", "on": "2020-01-01"}]}
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join([one_line(raw_case("mixed-1")), one_line(bad), "{", one_line(raw_case("mixed-3"))]))
    result = run(path)
    assert result.exit_code == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["mixed-1", "mixed-3"]
    first, second = result.stderr.splitlines()
    assert first == f"{path}:2: bad: results[0].test_code: no test has the code 'chest-cat'. Perhaps chest-ct?"
    assert second == f"{path}:3: not JSON: it ends too early"


def test_a_case_in_a_list_is_named_by_its_position(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps([raw_case("mixed-1"), {"id": "bad", "as_of": "2026-01-01"}]))
    assert run(path).stderr == f"{path}:2: bad: survivor: is missing\n"


def test_a_case_without_an_id_is_named_by_its_place_alone() -> None:
    result = run("-", stdin='{"as_of": "2026-01-01"}')
    assert (result.exit_code, result.stderr) == (1, "-:1: id: is missing\n")


def test_half_a_character_is_a_mistake_and_no_traceback() -> None:
    result = run("--text", "-", stdin=one_line(raw_case("mixed-1") | {"id": "\ud800"}))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "-:1: id: '\\ud800' holds a control character or half a character\n"


def test_a_file_that_is_not_there_is_a_sentence_and_the_next_is_answered(tmp_path: Path) -> None:
    result = run(tmp_path / "none.json", case_path("mixed-1"))
    assert result.exit_code == 1
    assert result.stderr == f"{tmp_path / 'none.json'}:1: cannot be read: No such file or directory\n"
    assert json.loads(result.stdout)["id"] == "mixed-1"


def test_a_folder_is_a_sentence(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert (result.exit_code, result.stderr) == (1, f"{tmp_path}:1: cannot be read: Is a directory\n")


def test_bytes_that_are_no_text_are_a_sentence() -> None:
    result = run("-", stdin=b"\xff\xfe\x00")
    assert (result.exit_code, result.stderr) == (1, "-:1: - is not UTF-8 text (byte 1)\n")


def test_an_empty_file_is_a_sentence() -> None:
    assert run("-", stdin="").stderr == "-:1: - holds no case\n"


def test_without_a_file_the_usage_is_told() -> None:
    result = run()
    assert result.exit_code == 2
    assert "FILE" in result.stderr


def test_a_pack_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    result = run("--pack", tmp_path / "nowhere", case_path("mixed-1"))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr


def test_another_pack_may_be_named() -> None:
    folder = PROJECT / "tracker/guidelines/packs/childhood-cancer/2026.1"
    usual = run(case_path("mixed-1")).stdout
    assert run("--pack", folder, case_path("mixed-1")).stdout == usual
    assert run("--pack", "childhood-cancer", case_path("mixed-1")).stdout == usual


def test_a_readable_plan_gives_date_status_and_reasons_in_words() -> None:
    lines = run("--text", case_path(RECURRENCE)).stdout.splitlines()
    assert lines[0] == (
        "recurrence-case-01: plan for November 23, 2026, by Follow-up after childhood cancer (childhood-cancer/2026.1)"
    )
    assert lines[1] == "An example, not advice, until a clinic has adopted this pack."
    assert lines[2] == "The same facts give this plan until the day before January 1, 2031."
    at = lines.index("CT chest: DUE since September 11, 2026 (by order; recurrence screening)")
    assert lines[at + 2] == "    Last done June 11, 2026."
    assert "lms-nccn-high-limb-trunk-ct-chest-p0y-p3y of childhood-cancer/2026.1" in lines[at + 5]


def test_a_readable_plan_names_every_test_of_the_answer() -> None:
    pack = load_pack()
    text = run("--text", case_path("mixed-4")).stdout
    for item in json.loads(run(case_path("mixed-4")).stdout)["items"]:
        assert f"\n{pack.tests[item['test_code']].name}: " in text


def test_a_readable_plan_says_what_is_not_known() -> None:
    text = run("--text", case_path("mixed-1")).stdout
    assert "\nWhat is not known\n" in text
    assert "[history:mb-bmj-mri-brain-p0y-p2y]" in text
    assert "What is not known" not in run("--text", case_path("recurrence-case-04")).stdout


@pytest.mark.parametrize(
    "day, words",
    [
        ("2026-07-12", "planned, due September 11, 2026"),
        ("2026-07-13", "upcoming, due September 11, 2026"),
        ("2026-12-11", "DUE since September 11, 2026"),
        ("2026-12-12", "OVERDUE, was due September 11, 2026"),
    ],
)
def test_a_readable_plan_says_the_status_in_a_word(day: str, words: str) -> None:
    assert f"CT chest: {words} " in run("--text", "--as-of", day, case_path(RECURRENCE)).stdout


def test_readable_plans_stand_apart() -> None:
    text = run("--text", case_path("mixed-2"), case_path("mixed-3")).stdout
    assert "\n\nmixed-3: plan for March 19, 2025" in text


def test_neither_database_nor_web_pages_are_imported() -> None:
    code = (
        "import sys; from tracker.plan_command import plan_command\n"
        f"try: plan_command([{str(case_path('mixed-1'))!r}])\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "heavy = {'sqlalchemy', 'alembic', 'flask', 'jinja2', 'apscheduler', 'wtforms'} & sys.modules.keys()\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_stops_reading_causes_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join(one_line(raw_case("mixed-1")) for _ in range(200)))
    with subprocess.Popen(
        [sys.executable, "-c", ALONE, str(path)], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["id"] == "mixed-1"
        process.stdout.close()
        errors = process.stderr.read()
    assert errors == b""


def computing_seconds() -> float:
    """The time that the processes started here have computed: what else the machine does does not count."""
    spent = os.times()
    return spent.children_user + spent.children_system


def test_two_thousand_cases_take_less_than_five_seconds(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    lines = [one_line(raw_case(name) | {"id": f"{name}-{number}"}) for number in range(200) for name in NAMES]
    path.write_text("\n".join(lines[:2000]))
    began = computing_seconds()
    done = subprocess.run([sys.executable, "-c", ALONE, str(path)], cwd=PROJECT, capture_output=True, text=True)
    seconds = computing_seconds() - began
    assert (done.returncode, done.stdout.count("\n")) == (0, 2000)
    assert seconds < 5, f"2 000 cases took {seconds:.1f} s of computing"
