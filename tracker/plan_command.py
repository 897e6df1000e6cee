"""``flask plan``: a follow-up plan for each case of the files named, from the files alone."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import click

from tracker.engine.evaluate import evaluate
from tracker.engine.rules import Pack
from tracker.engine.status import status_of
from tracker.engine.types import CarePlan, PlannedItem, Reason
from tracker.errors import CaseError, PackError, TrackerError
from tracker.guidelines.case_reader import Found
from tracker.guidelines.case_values import iso_date
from tracker.guidelines.cases import Case, parse_case, read_cases
from tracker.guidelines.loader import DEFAULT_PACK, load_pack

Shape = Callable[[Case, CarePlan, Pack], str]


class IsoDay(click.ParamType[date]):
    """A day on the command line, as case files write it."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        day = value if isinstance(value, date) else iso_date(str(value))
        if day is None:
            self.fail(f"{value!r} is not a date like 2026-03-14", param, ctx)
        return day


@click.command("plan")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--as-of", type=IsoDay(), help="The day to plan for, in place of each case's own.")
@click.option("--text", "as_text", is_flag=True, help="A readable plan with its reasons, in place of JSON.")
@click.option("--pack", "pack_name", default=DEFAULT_PACK, help="Another guideline pack: its name, or its folder.")
@click.pass_context
def plan_command(ctx: click.Context, files: tuple[str, ...], as_of: date | None, as_text: bool, pack_name: str) -> None:
    """Print one plan for each case in FILE… (JSON, or JSON Lines; - is standard input).

    Needs no database. A mistaken case is named on standard error and the others are still answered;
    the exit status is then 1.
    """
    pack = _open_pack(pack_name)
    shape = _text_shape() if as_text else answer_line
    mistakes = 0
    for name in files:
        for place, found in _cases_in(name):
            case_id, answer = _answer(found, pack, as_of, shape)
            if isinstance(answer, CaseError):
                mistakes += 1
                click.echo(": ".join(part for part in (f"{name}:{place}", case_id, str(answer)) if part), err=True)
            else:
                click.echo(answer)
    ctx.exit(1 if mistakes else 0)


def _open_pack(name: str) -> Pack:
    try:
        return load_pack(name)
    except (PackError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _text_shape() -> Shape:
    # Words are imported only where they are asked for: this command is often run on thousands of cases.
    from tracker.plan_text import plan_text

    return plan_text


def _cases_in(name: str) -> Iterator[Found]:
    try:
        if name == "-":
            yield from read_cases(sys.stdin.buffer, name)
        else:
            with Path(name).open("rb") as stream:
                yield from read_cases(stream, name)
    except OSError as error:
        yield 1, CaseError(f"cannot be read: {error.strerror or error}")


def _answer(found: object, pack: Pack, as_of: date | None, shape: Shape) -> tuple[str, str | CaseError]:
    """The case's id (empty where it has none) and its answer, or what is wrong with it."""
    if isinstance(found, CaseError):
        return "", found
    raw = found if isinstance(found, dict) else {}
    said = raw.get("id")
    case_id = said if isinstance(said, str) and said.isprintable() else ""
    try:
        case = parse_case(raw, pack, as_of=as_of)
        return case_id, shape(case, evaluate(case.facts, pack, on=case.as_of), pack)
    except TrackerError as error:
        return case_id, error if isinstance(error, CaseError) else CaseError(str(error))


def answer_line(case: Case, plan: CarePlan, pack: Pack) -> str:
    """One case's answer as a line of JSON: items by due date, then code; ``overdue_after`` where a rule gave it."""
    return json.dumps(
        {
            "id": case.id,
            "as_of": case.as_of.isoformat(),
            "items": [_item(item, case.as_of, pack) for item in plan.items],
            "gaps": sorted({gap.id for gap in plan.gaps}),
            "holds_until": plan.holds_until.isoformat() if plan.holds_until else None,
        }
    )


def _item(item: PlannedItem, on: date, pack: Pack) -> dict[str, object]:
    overdue = {"overdue_after": item.overdue_after.isoformat()} if item.own_overdue else {}
    return {
        "test_code": item.test_code,
        "due_on": item.due_on.isoformat(),
        **overdue,
        "status": status_of(item, on).value,
        "flags": sorted(flag.value for flag in item.flags),
        "place": pack.tests[item.test_code].place,
        "reasons": [_reason(reason) for reason in item.reasons],
    }


def _reason(reason: Reason) -> dict[str, object]:
    return {
        "rule": reason.rule_id,
        "pack": reason.pack,
        "due_on": reason.due_on.isoformat() if reason.due_on else None,
    }
