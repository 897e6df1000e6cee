"""``flask treatment-summary``: one survivor's whole treatment summary, as plain text on two sides, or as a page."""

import textwrap
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from flask import current_app, render_template
from flask.cli import with_appcontext

from tracker.current import clock, database
from tracker.errors import TrackerError
from tracker.policy import Actor
from tracker.services import audit, clinics, whole_summary
from tracker.services.whole_summary import WholeSummary
from tracker.web.pages import add_pages
from tracker.web.presenters_summary_print import PrintBlock, Printed, PrintLine, printed

COMMAND = Actor.system("treatment-summary command")
WIDTH, LENGTH, SIDES = 100, 66, 2
FORM_FEED = "\n\f"


@click.command("treatment-summary")
@click.argument("survivor", metavar="ID")
@click.option("--clinic", "clinic_name", help="The clinic whose record number this is; needed if several use it.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="As the summary stood at the end of this day.")
@click.option("--html", "as_html", is_flag=True, help="A page to print, in place of plain text.")
@click.option("--with-confidential", is_flag=True, help="With puberty, fertility and pregnancy, left out otherwise.")
@with_appcontext
def treatment_summary(
    survivor: str, clinic_name: str | None, as_of: datetime | None, as_html: bool, with_confidential: bool
) -> None:
    """Print the treatment summary of the survivor with the record number or id ID."""
    try:
        found = _read(survivor, clinic_name, as_of)
    except TrackerError as error:
        raise click.ClickException(str(error)) from error
    add_pages(current_app)
    with current_app.test_request_context():
        paper = printed(found, confidential=with_confidential)
        click.echo(_page(paper) if as_html else as_text(paper))


def _read(written: str, clinic_name: str | None, as_of: datetime | None) -> WholeSummary:
    """Read the summary, and note who was looked at, in one transaction."""
    with database().transaction() as session:
        clinic_id = clinics.by_name(session, clinic_name).id if clinic_name else None
        survivor = whole_summary.survivor_named(session, written, clinic_id=clinic_id, actor=COMMAND)
        day = as_of.date() if as_of else None
        found = whole_summary.whole_summary(session, survivor.id, actor=COMMAND, clock=clock(), as_of=day)
        audit.record_access(session, COMMAND, [survivor.id], purpose="treatment summary, printed", at=clock().now())
    return found


def _page(paper: Printed) -> str:
    """The print page as one file that needs nothing else."""
    built = Path(current_app.static_folder or "") / "build" / "app.css"
    if not built.is_file():
        raise click.ClickException("The style sheet is missing. Build the front end first: make setup")
    return render_template("summaries/file.html", paper=paper, styles=built.read_text(encoding="utf-8"))


def as_text(paper: Printed) -> str:
    """The summary in lines of 100 columns and sides of 66 lines, a form feed between the sides.

    Parts are set apart by an empty line where two sides have room for it; a longer summary goes on and says so.
    """
    for apart in (True, False):
        lines = [*_head(paper), *_body(paper, apart=apart)]
        sides = _sides(lines)
        if len(sides) <= SIDES:
            break
    else:
        sides = _sides([*_head(paper), f"This summary runs to {len(sides)} sides.", *_body(paper, apart=False)])
    return FORM_FEED.join(_side(side, place, len(sides), paper.foot) for place, side in enumerate(sides, 1))


def _head(paper: Printed) -> list[str]:
    facts = " · ".join(f"{label}: {words}" for label, words in paper.head)
    return [f"{paper.title.upper()}    {paper.stands}", *textwrap.wrap(facts, WIDTH), "=" * WIDTH]


def _body(paper: Printed, *, apart: bool) -> list[str]:
    lines: list[str] = []
    for block in paper.blocks:
        lines += [*([""] if apart and lines else []), *_block(block)]
    closing = [line for words in paper.closing for line in textwrap.wrap(words, WIDTH)]
    return [*lines, *([""] if apart else []), *closing]


def _block(block: PrintBlock) -> Iterator[str]:
    yield block.heading.upper()
    for line in block.lines:
        yield from _wrapped(line)


def _wrapped(line: PrintLine) -> list[str]:
    words = " · ".join(part for part in (line.text, line.more) if part)
    if line.is_heading:
        return textwrap.wrap(f"  {words}:", WIDTH)
    return textwrap.wrap(words, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _sides(lines: list[str]) -> list[list[str]]:
    """Cut into sides, each with a line left for its foot; a heading does not stand last."""
    sides, rest = [], lines
    while rest:
        cut = min(LENGTH - 1, len(rest))
        while cut < len(rest) and cut > 1 and rest[cut - 1].isupper():
            cut -= 1
        sides.append(rest[: cut - 1] if not rest[cut - 1] else rest[:cut])
        rest = rest[cut + 1 :] if cut < len(rest) and not rest[cut] else rest[cut:]
    return sides


def _side(lines: list[str], number: int, count: int, foot: str) -> str:
    place = f"Side {number} of {count}"
    room = WIDTH - len(place) - 2
    return "\n".join([*lines, f"{foot[:room]:<{room}}  {place}"])
