"""What everybody must know before trusting a date: that the nightly check is late, that the pack is an example."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.web.worlds import Worlds, built, shared_app, worlds
from tracker.models import Clinic, JobRun

__all__ = ["built", "shared_app", "worlds"]
PAGES = {
    "coordinator": "/worklist",
    "clinician": "/worklist",
    "administrator": "/admin/users",
    "survivor": "/care/{survivor}",
    "proxy": "/care/{survivor}",
}
STALE = "The nightly check has not finished for 26 hours"
EXAMPLE = "Dates come from an example guideline pack, not yet adopted by this clinic"
every_role = pytest.mark.parametrize("role", PAGES)


def page(worlds: Worlds, role: str) -> str:
    path = PAGES[role].format(survivor=worlds.mine.survivor.id)
    answer = worlds.client(role).get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def kinds(html: str) -> list[str]:
    return re.findall(r"app-banner--(\w+)", html)


def links(html: str) -> list[list[str]]:
    """Where each banner leads."""
    banners = re.findall(r'<div class="app-banner.*?</div>', html, re.DOTALL)
    return [re.findall(r'href="([^"]+)"', banner) for banner in banners]


def adopt(worlds: Worlds) -> None:
    with worlds.database.transaction() as session:
        mine = sa.update(Clinic).where(Clinic.id == worlds.mine.clinic.id)
        administrator = worlds.mine.users["administrator"].id
        day = worlds.clock.today("America/New_York")
        session.execute(mine.values(pack_adopted_on=day, pack_adopted_by_id=administrator))


def move_runs(worlds: Worlds, by: timedelta, clinic: Clinic) -> None:
    """Let the clinic's last run have ended so long ago."""
    at = worlds.clock.now() - by
    with worlds.database.transaction() as session:
        runs = sa.update(JobRun).where(JobRun.clinic_id == clinic.id)
        session.execute(runs.values(started_at=at, finished_at=at, local_day=at.date()))


@every_role
def test_until_the_clinic_adopts_its_pack_every_page_says_it_is_an_example(worlds: Worlds, role: str) -> None:
    assert kinds(page(worlds, role)) == ["example"]
    adopt(worlds)
    assert kinds(page(worlds, role)) == []


@every_role
@pytest.mark.parametrize(
    ("since", "warned"),
    [(timedelta(hours=25, minutes=59), False), (timedelta(hours=26), False), (timedelta(hours=26, seconds=1), True)],
)
def test_twenty_six_hours_after_the_last_good_run_every_page_warns(
    worlds: Worlds, role: str, since: timedelta, warned: bool
) -> None:
    adopt(worlds)
    move_runs(worlds, since, worlds.mine.clinic)
    assert kinds(page(worlds, role)) == (["stale"] if warned else [])


def test_another_clinics_late_check_is_not_ours(worlds: Worlds) -> None:
    adopt(worlds)
    move_runs(worlds, timedelta(days=3), worlds.theirs.clinic)
    assert kinds(page(worlds, "coordinator")) == []


def test_a_check_that_never_ran_is_said_to_have_never_finished(worlds: Worlds) -> None:
    with worlds.database.transaction() as session:
        session.execute(sa.delete(JobRun))
    assert "The nightly check has never finished" in page(worlds, "clinician")


def test_a_failed_run_does_not_count(worlds: Worlds) -> None:
    adopt(worlds)
    with worlds.database.transaction() as session:
        session.execute(sa.update(JobRun).values(error="RuntimeError"))
    assert kinds(page(worlds, "clinician")) == ["stale"]


@pytest.mark.parametrize("role", ["coordinator", "clinician"])
def test_who_cannot_mend_it_is_told_but_not_sent_there(worlds: Worlds, role: str) -> None:
    move_runs(worlds, timedelta(days=3), worlds.mine.clinic)
    html = page(worlds, role)
    assert STALE in html
    assert EXAMPLE in html
    assert "/admin/" not in html


def test_an_administrator_is_led_to_where_it_is_mended(worlds: Worlds) -> None:
    move_runs(worlds, timedelta(days=3), worlds.mine.clinic)
    assert links(page(worlds, "administrator")) == [["/admin/jobs"], ["/admin/pack"]]


def test_nobody_is_led_to_where_they_are(worlds: Worlds) -> None:
    html = worlds.client("administrator").get("/admin/pack").get_data(as_text=True)
    assert kinds(html) == ["example"]
    assert links(html) == [[]]


@pytest.mark.parametrize("role", ["survivor", "proxy"])
def test_a_family_is_told_the_same_without_alarm(worlds: Worlds, role: str) -> None:
    move_runs(worlds, timedelta(days=3), worlds.mine.clinic)
    html = page(worlds, role)
    assert "Dates here may be a little behind. Call us if something looks wrong." in html
    assert "Your clinic has not yet approved these dates. Ask before you book." in html
    assert "nightly check" not in html
    assert "guideline pack" not in html


def test_a_visitor_sees_neither(worlds: Worlds) -> None:
    assert kinds(worlds.client(None).get("/sign-in").get_data(as_text=True)) == []
