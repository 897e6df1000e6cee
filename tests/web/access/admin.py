"""People, clinics, job runs and the pack: for administrators only."""

from collections.abc import Mapping
from typing import Any

from tests.web.access.table import Row, World

ADMIN = frozenset({"administrator"})


def of_user(world: World) -> Mapping[str, Any]:
    return {"user_id": world.user.id}


def of_clinic(world: World) -> Mapping[str, Any]:
    return {"clinic_id": world.clinic.id}


def full_clinic(world: World) -> Mapping[str, Any]:
    return {
        "name": f"{world.clinic.name} edited",
        "tz": "America/New_York",
        "weekday": "0",
        "first_slot": "09:00",
        "slot_minutes": "30",
        "slots_per_day": "12",
    }


ROWS = [
    Row("admin.index", "GET", needs="clinic", allowed=ADMIN),
    Row("admin.new_user", "GET", needs="clinic", allowed=ADMIN),
    Row("admin.create_user", "POST", needs="clinic", allowed=ADMIN, form={}),
    Row("admin.edit_user", "GET", needs="clinic", allowed=ADMIN, url=of_user),
    Row(
        "admin.update_user",
        "POST",
        needs="clinic",
        allowed=ADMIN,
        url=of_user,
        form=lambda world: {"roles": ["clinician"]},
    ),
    Row(
        "admin.set_active",
        "POST",
        needs="clinic",
        allowed=ADMIN,
        url=of_user,
        form={"active": "1"},
    ),
    Row("admin.clinics_list", "GET", needs="clinic", allowed=ADMIN),
    Row("admin.new_clinic", "GET", needs="clinic", allowed=ADMIN),
    Row("admin.create_clinic", "POST", needs="clinic", allowed=ADMIN, form={}),
    Row("admin.edit_clinic", "GET", needs="clinic", allowed=ADMIN, url=of_clinic),
    Row("admin.update_clinic", "POST", needs="clinic", allowed=ADMIN, url=of_clinic, form=full_clinic),
    Row("admin.job_runs", "GET", needs="clinic", allowed=ADMIN),
    Row("admin.pack", "GET", needs="clinic", allowed=ADMIN),
    Row("admin.adopt_pack", "POST", needs="clinic", allowed=ADMIN, form={}),
]
