"""The administrator's pages: people and their roles, clinics, job runs, the pack; and nobody's record."""

import re
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.factories import PASSWORD
from tests.hashing import light_hashing
from tests.web.access.table import World
from tests.web.worlds import Worlds, built, shared_app, worlds
from tracker.models import AccessEvent, Clinic, FailedDuring, Grant, JobRun, Survivor, User
from tracker.services import care_plans, jobs, plan_failures
from tracker.web.presenters_admin import DURING_WORDS, FAILURE_WORDS

__all__ = ["built", "light_hashing", "shared_app", "worlds"]
pytestmark = pytest.mark.usefixtures("light_hashing")
NOOR = {"name": "Noor Haddad", "email": "noor@clinic.example", "password": PASSWORD, "roles": ["coordinator"]}
CLINIC = {
    "name": "River Clinic",
    "phone": "617-555-0188",
    "address": "1 River Street",
    "tz": "America/Chicago",
    "weekday": "2",
    "first_slot": "08:30",
    "slot_minutes": "45",
    "slots_per_day": "8",
}


def get(worlds: Worlds, path: str) -> str:
    answer = worlds.client("administrator").get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def post(worlds: Worlds, path: str, form: dict[str, Any]) -> TestResponse:
    return worlds.client("administrator").post(path, data=MultiDict(form))


def rows(html: str) -> list[list[str]]:
    """The cells of every table row, as read; the labels that a phone shows beside them left out."""
    html = re.sub(r'<span class="app-table__label".*?</span>', "", html)
    body = [re.findall(r"<t[dh]\b.*?</t[dh]>", row, re.DOTALL) for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL)]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in body]


def one(worlds: Worlds, query: sa.Select[Any]) -> Any:
    with worlds.database.reading() as session:
        return session.scalars(query).one()


# People


def test_the_staff_are_listed_with_roles_and_last_sign_in_and_no_family_is(worlds: Worlds) -> None:
    listed = rows(get(worlds, "/admin/users"))
    assert listed[0][:5] == ["Name", "Email", "Roles", "Last signed in", "Account"]
    assert sorted(row[2] for row in listed[1:]) == ["Administrator", "Clinician", "Coordinator"]
    assert {row[3] for row in listed[1:]} == {"never"}
    assert {row[4] for row in listed[1:]} == {"on"}
    assert worlds.mine.users["proxy"].email not in str(listed)


def test_nobody_is_offered_to_switch_off_themselves(worlds: Worlds) -> None:
    by_role = {row[2]: row[5] for row in rows(get(worlds, "/admin/users"))[1:]}
    assert by_role == {"Administrator": "", "Clinician": "Switch off", "Coordinator": "Switch off"}


def test_a_last_sign_in_is_told_in_the_clinics_own_time(worlds: Worlds) -> None:
    worlds.client(None).post("/sign-in", data={"email": worlds.mine.users["clinician"].email, "password": PASSWORD})
    assert "Nov 23, 2026, 7:00 AM" in get(worlds, "/admin/users")


def test_a_new_person_is_added_and_can_sign_in(worlds: Worlds) -> None:
    answer = post(worlds, "/admin/users", NOOR | {"roles": ["coordinator", "clinician"]})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/users")
    html = get(worlds, "/admin/users")
    assert ["Noor Haddad", "noor@clinic.example", "Clinician, Coordinator", "never", "on", "Switch off"] in rows(html)
    form = {"email": "noor@clinic.example", "password": PASSWORD}
    assert worlds.client(None).post("/sign-in", data=form).status_code == 303


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "Enter the person's name"),
        ({"email": ""}, "Enter the person's email address"),
        ({"email": "noor"}, "like name@example.org"),
        ({"password": ""}, "Enter a first password"),
        ({"password": "short"}, "at least 15 characters"),
        ({"password": "Noor Haddad password"}, "too easy to guess"),
        ({"roles": []}, "Choose at least one role"),
    ],
)
def test_a_rejected_form_says_why_at_its_box_and_keeps_what_was_typed(
    worlds: Worlds, change: dict[str, Any], said: str
) -> None:
    given = NOOR | change
    answer = post(worlds, "/admin/users", given)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert unescape(html).count(said) == 2, "in the summary, and at the box"
    assert "Error: Add a person" in html
    for name in {"name", "email"} - change.keys():
        assert f'value="{NOOR[name]}"' in html
    if given["roles"]:
        assert re.search(r'value="coordinator"[^>]*checked', html)
    if given["password"]:
        assert given["password"] not in html


def test_no_family_role_can_be_slipped_in(worlds: Worlds) -> None:
    assert post(worlds, "/admin/users", NOOR | {"roles": ["proxy"]}).status_code == 422
    path = f"/admin/users/{worlds.mine.user.id}"
    assert post(worlds, path, {"roles": ["survivor"]}).status_code == 422


def test_roles_are_changed_on_the_persons_page(worlds: Worlds) -> None:
    path = f"/admin/users/{worlds.mine.user.id}"
    html = get(worlds, path)
    assert re.search(r'value="clinician"[^>]*checked', html)
    assert not re.search(r'value="administrator"[^>]*checked', html)
    victim = worlds.client("clinician")
    assert post(worlds, path, {"roles": ["coordinator", "administrator"]}).status_code == 303
    assert "Administrator, Coordinator" in str(rows(get(worlds, "/admin/users")))
    assert victim.get("/worklist").headers["Location"].startswith("/sign-in"), "signed out by the change"
    assert worlds.client("clinician").get("/admin/users").status_code == 200


def test_somebody_who_left_is_listed_no_longer(worlds: Worlds) -> None:
    path = f"/admin/users/{worlds.mine.user.id}"
    post(worlds, path, {"roles": []})
    assert worlds.mine.user.email not in get(worlds, "/admin/users")
    client = worlds.client("clinician")
    assert client.get("/worklist").status_code == 403
    assert "nothing for you to see" in client.get("/").get_data(as_text=True)


def test_an_administrator_cannot_give_up_the_role(worlds: Worlds) -> None:
    answer = post(worlds, f"/admin/users/{worlds.mine.users['administrator'].id}", {"roles": ["clinician"]})
    assert answer.status_code == 422
    assert "Ask another administrator" in answer.get_data(as_text=True)


def test_switching_off_and_on_is_said_and_shown(worlds: Worlds) -> None:
    client, path = worlds.client("administrator"), f"/admin/users/{worlds.mine.user.id}/active"
    for active, word, button in (("0", "switched off", "Switch on"), ("1", "on", "Switch off")):
        assert client.post(path, data={"active": active}).status_code == 303
        html = client.get("/admin/users").get_data(as_text=True)
        [row] = [row for row in rows(html) if row[1] == worlds.mine.user.email]
        assert row[4:] == [word, button]
        assert f"{worlds.mine.user.name} " in html
    page = worlds.client("administrator").post(
        f"/admin/users/{worlds.mine.users['administrator'].id}/active", data={"active": "0"}
    )
    assert page.status_code == 422
    assert "You cannot switch off your own account" in page.get_data(as_text=True)


# Clinics


def test_a_clinic_is_added_and_its_people_managed_after_choosing_it(worlds: Worlds) -> None:
    client = worlds.client("administrator")
    assert client.post("/admin/clinics", data=CLINIC).status_code == 303
    clinic: Clinic = one(worlds, sa.select(Clinic).where(Clinic.name == "River Clinic"))
    assert (clinic.tz, clinic.weekday, clinic.first_slot, clinic.slot_minutes, clinic.slots_per_day) == (
        *("America/Chicago", 2, "08:30", 45, 8),
    )
    html = client.get("/admin/clinics").get_data(as_text=True)
    assert ["River Clinic", "Wednesday from 08:30, 8 visits", "America/Chicago", "617-555-0188"] in [
        row[:4] for row in rows(html)
    ]
    client.post("/workplace", data={"clinic_id": str(clinic.id)})
    assert len(rows(client.get("/admin/users").get_data(as_text=True))) == 2
    client.post("/admin/users", data=MultiDict(NOOR))
    grant: Grant = one(worlds, sa.select(Grant).join(User, User.id == Grant.user_id).where(User.email == NOOR["email"]))
    assert grant.clinic_id == clinic.id


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "Enter the clinic"),
        ({"tz": "Boston"}, "like America/New_York"),
        ({"first_slot": "early"}, "like 09:00"),
        ({"slot_minutes": "3"}, "Enter 5 to 240 minutes"),
        ({"slots_per_day": "99"}, "Enter 1 to 60 visits"),
        ({"slots_per_day": "60"}, "after midnight"),
        ({"weekday": "9"}, "Choose one of the answers"),
        ({"slot_minutes": ""}, "Enter a whole number"),
        ({"name": "n" * 121}, "Enter at most 120 characters"),
        ({"phone": "6" * 41}, "Enter at most 40 characters"),
    ],
)
def test_a_clinic_that_cannot_be_is_refused_with_the_form_kept(
    worlds: Worlds, change: dict[str, str], said: str
) -> None:
    for path in ("/admin/clinics", f"/admin/clinics/{worlds.mine.clinic.id}"):
        answer = post(worlds, path, CLINIC | change)
        html = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert said in html
        assert 'value="1 River Street"' in html


def test_a_clinics_details_are_changed(worlds: Worlds) -> None:
    path = f"/admin/clinics/{worlds.mine.clinic.id}"
    html = get(worlds, path)
    assert f'value="{worlds.mine.clinic.name}"' in html
    hours = {"first_slot": "09:00", "slot_minutes": "30", "slots_per_day": "12"}
    assert post(worlds, path, CLINIC | hours).status_code == 303
    assert 'app-header__clinic">River Clinic<' in get(worlds, "/admin/users")


def test_hours_are_not_changed_under_a_booked_visit(worlds: Worlds) -> None:
    answer = post(worlds, f"/admin/clinics/{worlds.mine.clinic.id}", CLINIC)
    assert answer.status_code == 422
    assert "Visits are booked that this would move: 1" in answer.get_data(as_text=True)


# Jobs and pack


def test_job_runs_are_those_of_ones_own_clinics(worlds: Worlds) -> None:
    with worlds.database.transaction() as session:
        for clinic, error in ((worlds.mine.clinic, "OperationalError"), (worlds.theirs.clinic, "SecretError")):
            session.add(
                JobRun(
                    name="cross_boundaries",
                    clinic_id=clinic.id,
                    local_day=worlds.clock.today(clinic.tz),
                    holder="night",
                    started_at=worlds.clock.now(),
                    finished_at=worlds.clock.now(),
                    counts={"recorded": 3, "refreshed": 1},
                    error=error,
                )
            )
    html = get(worlds, "/admin/jobs")
    assert "failed: OperationalError" in html
    assert "3 recorded, 1 refreshed" in html
    assert "SecretError" not in html
    assert "Nov 23, 2026, 7:00 AM" in html


def test_a_run_that_was_killed_is_shown_without_an_end(worlds: Worlds) -> None:
    assert "not finished" not in get(worlds, "/admin/jobs")
    with worlds.database.transaction() as session:
        clinic = worlds.mine.clinic
        day = worlds.clock.today(clinic.tz)
        jobs.start(session, jobs.FLAG_JOB, "killed", clinic.id, day, clock=worlds.clock)
    assert "not finished" in get(worlds, "/admin/jobs")


def test_the_page_of_runs_says_how_to_mend_a_stale_check(worlds: Worlds) -> None:
    assert "flask jobs run" not in get(worlds, "/admin/jobs")
    with worlds.database.transaction() as session:
        session.execute(sa.delete(JobRun))
    html = get(worlds, "/admin/jobs")
    assert "has never finished" in html
    assert "flask jobs run cross_boundaries" in html
    assert "No run yet." in html


def checked(worlds: Worlds, differing: int, world: World | None = None) -> None:
    with worlds.database.transaction() as session:
        session.add(
            JobRun(
                name="check_plans",
                clinic_id=(world or worlds.mine).clinic.id,
                local_day=worlds.clock.today("America/New_York"),
                holder="week",
                started_at=worlds.clock.now(),
                finished_at=worlds.clock.now(),
                counts={"survivors": 7, "differing": differing, "waiting": 0},
            )
        )


def test_the_weekly_check_is_listed_by_name_with_what_it_found(worlds: Worlds) -> None:
    assert "Stored plans have not been checked yet" in get(worlds, "/admin/jobs")
    checked(worlds, 0)
    html = get(worlds, "/admin/jobs")
    assert "All stored plans were last checked on Nov 23, 2026, 7:00 AM" in html
    assert "flask check-plans" not in html
    [row] = [row for row in rows(html) if row[1] == "Weekly check of stored plans"]
    assert row[4:] == ["finished", "0 differing, 7 survivors, 0 waiting"]
    assert [row[1] for row in rows(html)].count("Nightly check") == 1


def test_plans_that_differ_are_told_with_what_to_do(worlds: Worlds) -> None:
    checked(worlds, 2)
    html = get(worlds, "/admin/jobs")
    assert "2 plans differ" in html
    assert "finished, 2 plans differ" in html
    assert "flask check-plans" in html


def test_the_check_of_another_clinic_is_not_ones_own(worlds: Worlds) -> None:
    checked(worlds, 3, worlds.theirs)
    html = get(worlds, "/admin/jobs")
    assert "plans differ" not in html
    assert "Stored plans have not been checked yet" in html


def step_aside(worlds: Worlds, world: World, error: Exception, times: int = 1) -> None:
    with worlds.database.transaction() as session:
        for _ in range(times):
            plan_failures.note(session, world.survivor.id, FailedDuring.TICK, error, clock=worlds.clock)


def test_a_record_that_stepped_aside_stands_by_its_number_until_it_is_planned(worlds: Worlds) -> None:
    assert "stepped aside" not in get(worlds, "/admin/jobs")
    step_aside(worlds, worlds.mine, ValueError("300 mg of something"), times=2)
    html = get(worlds, "/admin/jobs")
    assert "1 record stepped aside" in html
    [row] = [row for row in rows(html) if row[0] == worlds.mine.survivor.mrn]
    at = "Nov 23, 2026, 7:00 AM"
    assert row[1:] == [
        *(worlds.mine.clinic.name, at, f"{at} (2 times)", "the nightly check"),
        "A value is not of the kind that was expected. (ValueError)",
    ]
    assert "300 mg" not in html
    with worlds.database.transaction() as session:
        care_plans.refresh(session, session.get_one(Survivor, worlds.mine.survivor.id), clock=worlds.clock)
    assert "stepped aside" not in get(worlds, "/admin/jobs")


def test_whose_number_was_shown_is_written_down(worlds: Worlds) -> None:
    step_aside(worlds, worlds.mine, KeyError())
    get(worlds, "/admin/jobs")
    shown: AccessEvent = one(worlds, sa.select(AccessEvent).where(AccessEvent.purpose == "plan that failed"))
    assert shown.survivor_id == worlds.mine.survivor.id
    assert shown.actor_id == worlds.mine.users["administrator"].id


def test_records_of_another_clinic_are_not_listed(worlds: Worlds) -> None:
    step_aside(worlds, worlds.theirs, KeyError())
    html = get(worlds, "/admin/jobs")
    assert worlds.theirs.survivor.mrn not in html
    assert "stepped aside" not in html


def test_a_list_that_is_cut_says_so(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_failures, "MOST_SHOWN", 1)
    step_aside(worlds, worlds.mine, KeyError())
    with worlds.database.transaction() as session:
        plan_failures.note(session, worlds.mine.twin.id, FailedDuring.CHECK, KeyError(), clock=worlds.clock)
    html = get(worlds, "/admin/jobs")
    assert "2 records stepped aside" in html
    assert "The 1 newest are listed." in html


def test_each_kind_of_error_and_of_work_has_words_and_the_services_agree() -> None:
    assert {kind: str(words) for kind, words in FAILURE_WORDS.items()} == plan_failures.SENTENCES
    assert DURING_WORDS.keys() == set(FailedDuring)


def test_the_pack_in_force_is_told_and_adopted_once(worlds: Worlds) -> None:
    html = get(worlds, "/admin/pack")
    assert "Example pack, not yet adopted by this clinic" in html
    counts = {row[0]: row[1:] for row in rows(html)}
    assert {"Recurrence screening", "Late-effects review", "Inherited predisposition"} <= counts.keys()
    assert int(counts["Late-effects review"][0]) > 100
    assert "Recalled, not yet confirmed" in counts
    client = worlds.client("administrator")
    assert client.post("/admin/pack/adopt").status_code == 303
    html = client.get("/admin/pack").get_data(as_text=True)
    name = worlds.mine.users["administrator"].name
    assert f"Adopted on Nov 23, 2026 by {name}" in html
    assert "Adopt the pack for this clinic" not in html
    again = client.post("/admin/pack/adopt")
    assert again.status_code == 422
    assert "adopted the pack already" in again.get_data(as_text=True)


def test_no_survivor_is_named_on_any_of_these_pages(worlds: Worlds) -> None:
    step_aside(worlds, worlds.mine, KeyError())
    for path in ("/admin/users", "/admin/users/new", "/admin/clinics", "/admin/jobs", "/admin/pack"):
        assert "Riverstone" not in get(worlds, path)
