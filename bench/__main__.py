"""``make bench``: every figure as a ratio to a yardstick on the same data in the same run, the median of five rounds.

``SIZE=10000,100000`` (the default) names the sizes of the registries, ``DATABASE=sqlite`` one kind of database,
``ONLY=refresh,memory.tick`` the rows by the beginning of their keys (see ``goals.py``), ``KEEP=name`` keeps the result
in ``bench/results/name.json`` to be committed.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa

from bench import (
    boundary_rows,
    cql_rows,
    evaluate_rows,
    fill_rows,
    memory_rows,
    page_rows,
    refresh_rows,
    relativedelta_rows,
    report,
    save_rows,
)
from bench.goals import Row
from bench.plan import Group, Plan
from bench.refreshing import mornings
from bench.registries import CACHE, POSTGRESQL, SQLITE, Registries
from bench.server import kept_server
from tracker.db import make_engine

ROUNDS, TIMES = 5, 100
SIZES = (10_000, 100_000)
# By the beginning of their keys, in the order in which they are measured: what empties the plans comes last.
GROUPS: tuple[tuple[Group, tuple[str, ...]], ...] = (
    (refresh_rows.rows, ("refresh.",)),
    (cql_rows.rows, cql_rows.KEYS),
    (relativedelta_rows.rows, tuple(relativedelta_rows.WAYS)),
    (page_rows.rows, ("worklist.", "survivor.", "search.")),
    (save_rows.rows, ("save.",)),
    (boundary_rows.rows, ("boundary.",)),
    (fill_rows.rows, ("fill.",)),
    (memory_rows.rows, ("memory.",)),
)


def main(arguments: Sequence[str] | None = None, *, cache: Path = CACHE, server: str = "") -> int:
    """Measure, print the table, keep the result. ``server``: the address of a PostgreSQL server to use."""
    options = _options(arguments)
    plan = Plan(options.size, options.database, options.rounds, options.times, options.only)
    rows: list[Row] = []
    facts = report.machine()
    with ExitStack() as stack:
        if POSTGRESQL in plan.databases:
            server = server or stack.enter_context(kept_server(cache))
            facts = report.machine(_version(server))
        for row in _measure(plan, cache, server):
            rows.append(row)
            sys.stderr.write(report.table([row]).splitlines()[1] + "\n")
            for name in {report.LATEST, options.keep or report.LATEST}:
                report.Report(facts, plan.rounds, tuple(report.in_order(rows))).write(name, options.results)
    sys.stdout.write(report.table(rows) + "\n")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Speed, as ratios to yardsticks in the same run")
    parser.add_argument("--size", type=_sizes, default=SIZES, help="survivors, as 10000,100000")
    parser.add_argument("--database", type=_databases, default=(SQLITE, POSTGRESQL), help="sqlite, postgresql or both")
    parser.add_argument("--only", type=_words, default=(), help="rows by the beginning of their keys")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--times", type=int, default=TIMES, help="calls in a round, where a percentile is taken")
    parser.add_argument("--keep", default="", help="keep the result under this name too")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _words(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(each) for each in _words(text)}))


def _databases(text: str) -> tuple[str, ...]:
    both = (SQLITE, POSTGRESQL)
    if text not in (*both, "both"):
        raise argparse.ArgumentTypeError(f"choose sqlite, postgresql or both, not {text!r}")
    return both if text == "both" else (text,)


def _measure(plan: Plan, cache: Path, server: str) -> Iterator[Row]:
    yield from evaluate_rows.rows(plan)
    for kind in plan.databases:
        wanted = [measure for measure, keys in GROUPS if any(plan.wants_any(each) for each in keys)]
        if wanted:
            with mornings(Registries(kind, cache=cache, server=server), plan.sizes) as registries:
                for measure in wanted:
                    yield from measure(plan, registries)


def _version(server: str) -> str:
    engine = make_engine(server)
    with engine.connect() as connection:
        found: str = connection.execute(sa.text("SHOW server_version")).scalar_one()
    engine.dispose()
    return found.split()[0]


if __name__ == "__main__":
    sys.exit(main())
