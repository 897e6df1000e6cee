"""``flask seed-demo``: an empty database becomes a clinic to look around in."""

import click
from flask.cli import with_appcontext

from tracker.current import clock, database
from tracker.errors import TrackerError
from tracker.services import demo


@click.command("seed-demo")
@click.option("--survivors", type=click.IntRange(1, 5000), default=250, show_default=True, help="How many to invent.")
@click.option("--seed", type=int, default=2026, show_default=True, help="Another number invents other people.")
@click.option("--if-empty", is_flag=True, help="Do nothing, quietly, when the database holds anything.")
@with_appcontext
def seed_demo(survivors: int, seed: int, if_empty: bool) -> None:
    """Put an invented clinic into an empty database and print its sign-ins."""
    if if_empty:
        with database().reading() as session:
            if not demo.is_empty(session):
                return
    try:
        with database().transaction() as session:
            made = demo.seed_demo(session, survivors=survivors, seed=seed, clock=clock())
    except TrackerError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{made.clinic}: {made.survivors} invented survivors, {made.results} results")
    for each in made.sign_ins:
        click.echo(f"  {each.role:<14} {each.email:<26} {each.name}")
    click.echo(f'  the password of each is "{made.password}"')
