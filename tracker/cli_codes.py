"""``flask unmapped-codes`` and ``flask map-code``: codes that nobody knows, and what one of them means from now on."""

import json
from uuid import UUID

import click
from flask.cli import with_appcontext

from tracker.current import clock, database
from tracker.errors import TrackerError
from tracker.fhir.codes import ALIASES
from tracker.intake.replay import map_and_replay
from tracker.policy import Actor
from tracker.services import clinics, unknown_codes
from tracker.services.code_mappings import KINDS, NOTHING, Meaning
from tracker.services.unknown_codes import RECURRING, UnknownCode

ACTOR = Actor.system("command line")
CLINIC_HELP = "The clinic's name; may be left out if there is one only."
AT_ONCE = 500


@click.command("unmapped-codes")
@click.option("--clinic", "clinic_name", default=None, help=CLINIC_HELP)
@click.option("--all", "every", is_flag=True, help="With codes that occur once.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@with_appcontext
def unmapped_codes(clinic_name: str | None, every: bool, as_json: bool) -> None:
    """List the codes of imported charts that mean nothing here, the most frequent first."""
    try:
        found, in_words = _read(clinic_name, RECURRING if not every else 1)
    except TrackerError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps({"codes": [_told(each) for each in found], "in_words": in_words}, indent=2))
        return
    for each in found:
        types = ", ".join(f"{name} {count}" for name, count in each.resource_types.items())
        told = (str(each.count), each.system, each.code, each.display, f"{each.people} people", types)
        click.echo("\t".join(_printable(text) for text in told))
    click.echo(f"{len(found)} codes mean nothing here; {in_words} entries are in words alone", err=True)


def _read(clinic_name: str | None, at_least: int) -> tuple[list[UnknownCode], int]:
    found: list[UnknownCode] = []
    with database().reading() as session:
        clinic_id: UUID = clinics.by_name(session, clinic_name).id
        page = 0
        while True:
            page += 1
            part = unknown_codes.unknown_codes(
                session, clinic_id, actor=ACTOR, aliases=ALIASES, at_least=at_least, page=page, limit=AT_ONCE
            )
            found += part.rows
            if not part.has_more:
                return found, part.in_words


def _told(found: UnknownCode) -> dict[str, object]:
    return {
        "system": found.system,
        "code": found.code,
        "display": found.display,
        "count": found.count,
        "people": found.people,
        "resource_types": dict(found.resource_types),
        "first_seen": found.first_seen.isoformat(),
        "last_seen": found.last_seen.isoformat(),
    }


@click.command("map-code")
@click.argument("system")
@click.argument("code")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("target", required=False, default="")
@click.option("--clinic", "clinic_name", default=None, help=CLINIC_HELP)
@click.option("--display", default="", help="What the code is called.")
@click.option("--note", default="", help="How you know.")
@with_appcontext
def map_code(system: str, code: str, kind: str, target: str, clinic_name: str | None, display: str, note: str) -> None:
    """Say that CODE of SYSTEM means TARGET, of this KIND, and read again every entry that has it.

    TARGET is written as the guideline pack's tables have it, like echocardiogram; "nothing" has none.
    """
    meaning = Meaning(system=system, code=code, kind=kind, target=target, display=display, note=note)
    try:
        with database().transaction() as session:
            clinic_id = clinics.by_name(session, clinic_name).id
            replayed = map_and_replay(session, clinic_id, meaning, actor=ACTOR, clock=clock())
    except TrackerError as error:
        raise click.ClickException(str(error)) from error
    if kind == NOTHING:
        click.echo("The code is not listed again")
        return
    counts = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in replayed.counts().items())
    click.echo(f"Mapped. {counts}")


def _printable(text: str) -> str:
    """A line that any terminal can take: what a file calls its codes may be anything."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
