"""The commands that set a tracker up: clinics, those who work at them, and whether a guideline pack can be used."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from tracker.current import clock, database
from tracker.errors import TrackerError
from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.loader import load_pack
from tracker.models import STAFF, Role
from tracker.policy import Actor
from tracker.services import accounts, clinics

OPERATOR = Actor.system("command line")


@click.command("create-clinic")
@click.argument("name")
@click.option("--tz", default="America/New_York", show_default=True, help="The clinic's time zone.")
@click.option("--phone", default="", help="Whom families call.")
@with_appcontext
def create_clinic(name: str, tz: str, phone: str) -> None:
    """Add a clinic."""
    with sentences(), database().transaction() as session:
        clinics.create(session, clinics.ClinicInput(name=name, tz=tz, phone=phone), actor=OPERATOR, clock=clock())
    click.echo(f"Added the clinic {name}")


@click.command("create-user")
@click.argument("email")
@click.option("--name", required=True)
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in STAFF]),
    required=True,
    multiple=True,
    help="Repeatable.",
)
@click.option("--clinic", "clinic_name", default=None, help="The clinic's name; may be left out if there is one only.")
@click.password_option(envvar="TRACKER_NEW_PASSWORD", help="Asked for when not given.")
@with_appcontext
def create_user(email: str, name: str, roles: tuple[str, ...], clinic_name: str | None, password: str) -> None:
    """Add someone who works at a clinic."""
    with sentences(), database().transaction() as session:
        clinic = clinics.by_name(session, clinic_name)
        entered = accounts.NewUser(email, name, password, tuple(Role(role) for role in roles))
        accounts.add_user(session, clinic.id, entered, actor=OPERATOR, clock=clock())
    click.echo(f"Added {email} as {', '.join(roles)} at {clinic.name}")


@click.command("set-password")
@click.argument("email")
@click.password_option(envvar="TRACKER_NEW_PASSWORD", help="Asked for when not given.")
@with_appcontext
def set_password(email: str, password: str) -> None:
    """Give somebody who cannot sign in a new password; their sessions end."""
    with sentences(), database().transaction() as session:
        user = accounts.set_password(session, email, password, actor=OPERATOR, clock=clock())
    click.echo(f"{user.email} can sign in with the new password")


@click.command("check-guidelines")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check_guidelines(folder: Path | None) -> None:
    """Read a guideline pack (default: the one shipped) and say whether it can be used."""
    chosen = folder if folder is not None else "childhood-cancer/2026.1"
    with sentences():
        pack, catalogue = load_pack(chosen), load_catalogue(chosen)
    counts = {
        "agents": len(catalogue.agents),
        "regimens": len(catalogue.regimens),
        "radiation fields": len(catalogue.fields),
        "operations": len(catalogue.operations),
        "terms": sum(len(listed) for listed in catalogue.terms.values()),
    }
    click.echo(f"{pack.name} {pack.edition}: can be used")
    click.echo("Its catalogue: " + ", ".join(f"{count} {what}" for what, count in counts.items()))


class sentences:  # noqa: N801  (reads as a word at the place of use)
    """Turns an error of ours into a sentence and exit status 1."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, TrackerError):
            raise click.ClickException(str(error)) from error
