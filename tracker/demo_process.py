"""The part of a large demonstration that is invented person by person, in a process of its own.

``flask seed-demo`` starts it: what it needs (names of many languages, whole charts) would otherwise stay in memory
while copies are made. It is told what to do as JSON on its input, and says what it did as JSON on its output; where the
database is not empty, it says so on its error stream and ends with 1.
"""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any

from tracker.services.passwords import Hashed, new_hash


def main() -> int:
    """Hash the password while nothing else is in memory, then invent."""
    wanted = json.load(sys.stdin)
    wanted["password"] = Hashed(new_hash(wanted["password"]))
    from tracker.errors import TrackerError

    try:
        told = _invent(wanted)
    except TrackerError as error:
        sys.stderr.write(str(error))
        return 1
    json.dump(told, sys.stdout, default=str)
    return 0


def _invent(wanted: dict[str, Any]) -> dict[str, Any]:
    from tracker.clock import FixedClock
    from tracker.crypto import use_keys
    from tracker.db import Database
    from tracker.services import demo_bulk, demo_pools

    use_keys(wanted["keys"])
    database = Database(wanted["url"])
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
    return asdict(invented) | {"names": {language: asdict(each) for language, each in names.items()}}


if __name__ == "__main__":
    sys.exit(main())
