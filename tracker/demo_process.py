"""A large demonstration in two processes of their own: some hundred people are invented, and the rest are copied.

``flask seed-demo`` starts one after the other: what each needs (names of many languages and whole charts; a large
database) would otherwise lie in memory together, beside all the pages. A process is told what to do as JSON on its
input. ``invent`` says what it did as JSON on its output, ``copy`` how many more there are, line by line; what goes
wrong is said on the error stream, and the process ends with 1.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tracker.services.passwords import Hashed, new_hash

if TYPE_CHECKING:
    from tracker.db import Database
    from tracker.services.demo_bulk import Invented


def main() -> int:
    """Hash the password, which takes much memory, while nothing else is in it; then do the part that is asked for."""
    part, wanted = sys.argv[1], json.load(sys.stdin)
    if part == "invent":
        wanted["password"] = Hashed(new_hash(wanted["password"]))
    from tracker.errors import TrackerError

    try:
        for line in (_invent if part == "invent" else _copy)(wanted):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    except TrackerError as error:
        sys.stderr.write(str(error))
        return 1
    return 0


def _open(wanted: dict[str, Any]) -> "Database":
    from tracker.crypto import use_keys
    from tracker.db import Database

    use_keys(wanted["keys"])
    return Database(wanted["url"])


def _invent(wanted: dict[str, Any]) -> Iterator[str]:
    from tracker.clock import FixedClock
    from tracker.services import demo_bulk, demo_pools

    database = _open(wanted)
    clock = FixedClock(datetime.fromisoformat(wanted["now"]))
    with database.transaction() as session:
        invented = demo_bulk.invent(
            session,
            whole=wanted["whole"],
            patterns=wanted["patterns"],
            sites=wanted["sites"],
            seed=wanted["seed"],
            clock=clock,
            password=wanted["password"],
        )
    database.close()
    names = demo_pools.names_by_language(wanted["seed"])
    told = asdict(invented) | {"names": {language: asdict(each) for language, each in names.items()}}
    yield json.dumps(told, default=str)


def read(told: dict[str, Any]) -> "Invented":
    """What ``invent`` said, as it was."""
    from tracker.services.demo import PASSWORD, SeededDemo, SignIn
    from tracker.services.demo_bulk import Invented
    from tracker.services.demo_patterns import Pattern

    sign_ins = tuple(SignIn(**each) for each in told["made"]["sign_ins"])
    patterns = tuple(
        Pattern(
            survivor_id=UUID(each["survivor_id"]),
            births=tuple(map(date.fromisoformat, each["births"])),
            bookable=each["bookable"],
            results=each["results"],
        )
        for each in told["patterns"]
    )
    made = SeededDemo(**told["made"] | {"sign_ins": sign_ins, "password": PASSWORD})
    return Invented(made, told["whole"], tuple(map(UUID, told["clinic_ids"])), patterns)


def _copy(wanted: dict[str, Any]) -> Iterator[str]:
    from sqlalchemy.orm import Session

    from tracker.clock import FixedClock
    from tracker.services import demo_bulk
    from tracker.services.demo_copies import Copier, with_scattered_indexes, without_scattered_indexes
    from tracker.services.demo_pools import Names

    invented, still = read(wanted["invented"]), FixedClock(datetime.fromisoformat(wanted["now"]))
    told = wanted["invented"]["names"]
    names = {language: Names(tuple(each["family"]), each["given"]) for language, each in told.items()}
    rounds = list(demo_bulk.rounds(invented, wanted["survivors"]))
    database = _open(wanted)
    with database.loading() as connection:
        with connection.begin():
            copier = Copier(connection, invented.patterns, names, at=still.now())
            without_scattered_indexes(connection)
        for start in range(0, len(rounds), demo_bulk.ROUNDS_A_TRANSACTION):
            some = rounds[start : start + demo_bulk.ROUNDS_A_TRANSACTION]
            with connection.begin(), Session(connection) as session:
                demo_bulk.copy(session, copier, some, clock=still)
                session.flush()
            yield str(sum(each.survivors for each in some))
        with connection.begin(), Session(connection) as session:
            demo_bulk.book(session, copier, invented, rounds, clock=still)
        with connection.begin():
            with_scattered_indexes(connection)
    database.close()


if __name__ == "__main__":
    sys.exit(main())
