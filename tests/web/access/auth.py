"""Signing in and out, the front door, and choosing where one works."""

from tests.web.access.table import ROLES, Row

EVERYONE = frozenset(ROLES)
STAFF = frozenset({"coordinator", "clinician", "administrator"})

ROWS = [
    Row("home.index", "GET", needs="signed_in", allowed=EVERYONE),
    Row("home.workplace", "GET", needs="clinic", allowed=STAFF),
    Row(
        "home.choose_workplace",
        "POST",
        needs="clinic",
        allowed=STAFF,
        form=lambda world: {"clinic_id": str(world.clinic.id)},
    ),
    Row("auth.sign_in", "GET", needs="public", allowed=EVERYONE),
    Row("auth.create_session", "POST", needs="public", allowed=EVERYONE, form={"email": "", "password": ""}),
    Row("auth.sign_out", "POST", needs="public", allowed=EVERYONE),
]
