"""``flask check-plans``: is every stored plan what the engine says today?"""

import json
import secrets
import sys
from collections import Counter

import click
from flask.cli import with_appcontext

from tracker.current import clock, database
from tracker.jobs import check_plans as job
from tracker.progress import Progress
from tracker.services import plan_checks
from tracker.services.plan_checks import Differs, Finding
from tracker.services.raw_rows import how_many

MOST_SEEDS = 2**31
SAYS = {
    Differs.PLAN: "the engine says another plan than the stored one",
    Differs.ROWS: "the open items or gaps are not those of the stored plan",
    Differs.SUMMARY: "the dates on the record are not those of its items",
}


@click.command("check-plans")
@click.option("--sample", type=click.IntRange(min=1), default=None, help="Look at so many survivors, chosen at random.")
@click.option("--seed", type=click.IntRange(0, MOST_SEEDS), default=None, help="Choose the sample that this seed gave.")
@click.option(
    "--json", "as_json", is_flag=True, help="JSON instead of sentences: a line for each finding, then the counts."
)
@with_appcontext
def check_plans(sample: int | None, seed: int | None, as_json: bool) -> None:
    """Work every stored plan out again and name the survivors, by id, whose plan or rows differ; exit 1 if any does.

    Nothing is changed, but that a plan which cannot be worked out is put on the administrator's page. A plan whose day
    has come waits for the nightly check: of it only the rows are compared.
    """
    if seed is not None and sample is None:
        raise click.UsageError("--seed chooses a sample: give --sample too")
    if sample is not None and seed is None:
        seed = secrets.randbelow(MOST_SEEDS)
    with database().reading() as session:
        total = how_many(session.connection())
    ids = job.every_id(database())
    chosen = ids if sample is None or seed is None else plan_checks.sample(ids, sample, seed)
    counts: Counter[str] = Counter()
    to_look_at = total if sample is None else min(sample, total)
    with Progress(to_look_at, "Checking", shown=sys.stderr.isatty(), unit="plans", per_unit=1) as progress:
        for portion in plan_checks.batches(chosen):
            done = job.look_at(database(), portion, clock=clock())
            progress.advance(len(portion))
            counts.update(done.tally())
            for finding in done.findings:
                click.echo(json.dumps(_as_json(finding)) if as_json else _sentence(finding))
    again = {} if seed is None else {"sample": sample, "seed": seed}
    click.echo(json.dumps(_named(counts) | again) if as_json else _summary(counts, sample, seed))
    if counts["differing"] or counts["failed"]:
        raise SystemExit(1)


def _named(counts: Counter[str]) -> dict[str, int | None]:
    return {name: counts[name] for name in ("survivors", "waiting", "differing", "failed")}


def _summary(counts: Counter[str], sample: int | None, seed: int | None) -> str:
    told = (
        f"{counts['survivors']} plans looked at, {counts['waiting']} of them wait for the nightly check: "
        f"{counts['differing']} differ, {counts['failed']} cannot be worked out"
    )
    return told if seed is None else f"{told}\nThe same sample again: flask check-plans --sample {sample} --seed {seed}"


def _as_json(finding: Finding) -> dict[str, object]:
    return {
        "survivor": str(finding.survivor_id),
        "differs": list(finding.differs),
        "error": finding.error and finding.error.error,
    }


def _sentence(finding: Finding) -> str:
    if finding.error is not None:
        return f"{finding.survivor_id}: {finding.error.sentence} ({finding.error.error})"
    return f"{finding.survivor_id}: {'; '.join(SAYS[each] for each in finding.differs)}"
