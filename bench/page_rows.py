"""How long pages take to answer: beside a page that does nothing else, and beside the same page of a small clinic."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from flask.testing import FlaskClient

from bench.goals import Row, milliseconds
from bench.little_app import PATH, little_app
from bench.measuring import slowest_twentieth
from bench.plan import Plan
from bench.registries import Registry
from tests.web.signing_in import sign_in
from tracker.app import create_app
from tracker.garbage import keep_what_is_here
from tracker.models import Survivor, User

OPENED = 100
PAGES = 10
COORDINATOR = "coordinator@demo.example"
NEXT = re.compile(r'href="(/worklist\?[^"]*after=[^"]*)"')
PAGES_OF = {"worklist": "worklist", "survivor": "survivor page", "search": "search"}


@dataclass(frozen=True)
class Desk:
    """A coordinator's browser at a registry, the yardstick's beside it, and the addresses they open in turn."""

    registry: Registry
    client: FlaskClient
    little: FlaskClient
    addresses: dict[str, list[str]]

    def open(self, kind: str) -> Callable[[int], object]:
        """Open the pages of a kind, one after the other."""
        found = self.addresses[kind]
        return lambda number: answer(self.client, found[number % len(found)])

    def open_little(self, number: int) -> object:
        """The yardstick's answer to the same question."""
        found = self.addresses["worklist"]
        return answer(self.little, found[number % len(found)].replace("/worklist", PATH, 1))


def answer(client: FlaskClient, address: str) -> str:
    """The page, which must be there."""
    response = client.get(address)
    if response.status_code != 200:
        raise LookupError(f"{address} answered {response.status_code}")
    return response.get_data(as_text=True)


def rows(plan: Plan, registries: list[Registry]) -> Iterator[Row]:
    """The rows about pages, of each registry and of each beside the smallest."""
    desks = {registry.size: _desk(registry) for registry in registries}
    # As a server does that has started; for the yardstick, too, which is in this process.
    keep_what_is_here()
    if plan.wants("worklist.minimal"):
        yield from _beside_little(plan, desks)
    for kind, words in PAGES_OF.items():
        if plan.wants(f"{kind}.size") and len(desks) > 1:
            yield from _across_sizes(plan, desks, kind, words)


def _beside_little(plan: Plan, desks: dict[int, Desk]) -> Iterator[Row]:
    for size, desk in desks.items():
        calls = {"ours": desk.open("worklist"), "little": desk.open_little}
        taken = slowest_twentieth(calls, times=plan.times, rounds=plan.rounds)
        ratio = taken["ours"] / taken["little"]
        figures = milliseconds(taken["ours"]), milliseconds(taken["little"])
        yield Row("worklist.minimal", desk.registry.kind, size, ratio, *figures)


def _across_sizes(plan: Plan, desks: dict[int, Desk], kind: str, words: str) -> Iterator[Row]:
    taken = slowest_twentieth(
        {size: desk.open(kind) for size, desk in desks.items()}, times=plan.times, rounds=plan.rounds
    )
    smallest = min(desks)
    for size in sorted(desks)[1:]:
        ratio = taken[size] / taken[smallest]
        figures = milliseconds(taken[size]), milliseconds(taken[smallest])
        note = f"{words} at {smallest:,}"
        yield Row(f"{kind}.size", desks[size].registry.kind, size, ratio, *figures, note)


def _desk(registry: Registry) -> Desk:
    app = create_app(registry.config, clock=registry.clock)
    # One pool of connections for both: what a page costs is compared, not how often a connection is made.
    app.extensions["tracker_database"] = registry.database
    with registry.database.reading() as session:
        user = session.scalars(sa.select(User).where(User.email == COORDINATOR)).one()
    client = sign_in(app.test_client(), user)
    little = little_app(registry.database, registry.clock, user.id).test_client()
    return Desk(registry, client, little, _addresses(registry, client))


def _addresses(registry: Registry, client: FlaskClient) -> dict[str, list[str]]:
    with registry.database.reading() as session:
        largest = sa.select(Survivor.clinic_id).group_by(Survivor.clinic_id).order_by(sa.func.count().desc()).limit(1)
        query = sa.select(Survivor.id, Survivor.search_name).where(Survivor.clinic_id == session.scalar(largest))
        some = session.execute(query.order_by(Survivor.id).limit(OPENED)).all()
    return {
        "worklist": _first_pages(client),
        "survivor": [f"/survivors/{survivor_id}" for survivor_id, _ in some],
        "search": [f"/search?q={_typed(name, number)}" for number, (_, name) in enumerate(some)],
    }


def _typed(name: str, number: int) -> str:
    """The beginning of a name, or all of it, in turns."""
    return name.split()[0][:4] if number % 2 else name.replace(" ", "+")


def _first_pages(client: FlaskClient) -> list[str]:
    """The worklist's first pages, as somebody goes through it."""
    found = ["/worklist"]
    while len(found) < PAGES:
        following = NEXT.search(answer(client, found[-1]))
        if following is None:
            break
        found.append(html.unescape(following.group(1)))
    return found
