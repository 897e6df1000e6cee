"""Makes rows for tests: give what the story needs, the rest is invented, plain and made up."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from tracker.models import (
    Certainty,
    Clinic,
    Contact,
    Diagnosis,
    DueItem,
    Exposure,
    Grant,
    Result,
    Role,
    Survivor,
    User,
    Visit,
)
from tracker.policy import Actor, Scope
from tracker.services import names
from tracker.services.accounts import majority

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
# Argon2 with the least work there is, of PASSWORD: hashing with the real settings would take most of a test's time.
PASSWORD_HASH = "$argon2id$v=19$m=8,t=1,p=1$1rTKZjXEdhMj15jDr3pHKw$XQmPIQtZXNyR+H+KBnFkbbm6Z7O9Pq5ELcLPai6Oh20"
_numbers = count(1)


def make_clinic(session: Session, **given: Any) -> Clinic:
    number = next(_numbers)
    values: dict[str, Any] = {"name": f"Clinic {number}", "tz": "America/New_York", "phone": "617-555-0100"}
    clinic = Clinic(**(values | {"created_at": AT} | given))
    session.add(clinic)
    session.flush()
    return clinic


def make_user(session: Session, name: str = "Dana Ruiz", email: str | None = None, **given: Any) -> User:
    email = email or f"user{next(_numbers)}@clinic.example"
    user = User(**({"email": email, "name": name, "password_hash": PASSWORD_HASH, "created_at": AT} | given))
    session.add(user)
    session.flush()
    return user


def make_staff(session: Session, clinic: Clinic, role: Role = Role.CLINICIAN, **given: Any) -> User:
    """A member of staff with a grant at the clinic."""
    user = make_user(session, **given)
    session.add(Grant(user_id=user.id, role=role, clinic_id=clinic.id, starts_on=date(2020, 1, 1)))
    session.flush()
    return user


def make_family(session: Session, survivor: Survivor, role: Role = Role.PROXY, **given: Any) -> User:
    """A survivor's own account, or a proxy's, whose grant ends at majority."""
    user = make_user(session, **({"name": "Maria Rivera"} | given))
    ends_on = majority(survivor.birth_date) if role == Role.PROXY else None
    session.add(Grant(user_id=user.id, role=role, survivor_id=survivor.id, starts_on=date(2010, 1, 1), ends_on=ends_on))
    session.flush()
    return user


def make_actor(session: Session, clinic: Clinic, role: Role = Role.CLINICIAN, **given: Any) -> Actor:
    """A member of staff as the services see one."""
    user = make_staff(session, clinic, role, **given)
    return Actor(name=user.name, user_id=user.id, scopes=(Scope(role, clinic_id=clinic.id),))


def make_survivor(
    session: Session,
    clinic: Clinic | None = None,
    *,
    diagnosis: str | None = "Leiomyosarcoma",
    end_of_therapy_on: date | None = date(2022, 10, 31),
    tumor: Mapping[str, str] | None = None,
    exposures: Mapping[str, str | int | None] | None = None,
    exposure_dates: Mapping[str, date] | None = None,
    **given: Any,
) -> Survivor:
    """A survivor with one diagnosis (none with ``diagnosis=None``) and exposures by name; no plan is computed."""
    clinic = clinic or make_clinic(session)
    number = next(_numbers)
    values: dict[str, Any] = {
        "mrn": f"{number:06d}",
        "family_name": "Rivera",
        "given_name": "Ana",
        "preferred_name": "",
        "birth_date": date(2007, 3, 5),
        "sex_at_birth": "female",
        "enrolled_on": date(2023, 1, 9),
        "created_at": AT,
        # The tests' today: as after a night on which the job ran.
        "placed_on": date(2026, 11, 23),
    } | given
    words = {"given": values["given_name"], "family": values["family_name"], "preferred": values["preferred_name"]}
    survivor = Survivor(
        clinic=clinic,
        clinic_id=clinic.id,
        search_name=names.search_name(**words),
        sort_name=names.sort_name(**words),
        **values,
    )
    session.add(survivor)
    session.flush()
    if diagnosis is not None:
        make_diagnosis(session, survivor, diagnosis, end_of_therapy_on=end_of_therapy_on, **(tumor or {}))
    for name, value in (exposures or {}).items():
        make_exposure(session, survivor, name, value, last_on=(exposure_dates or {}).get(name))
    return survivor


def make_diagnosis(session: Session, survivor: Survivor, name: str = "Leiomyosarcoma", **given: Any) -> Diagnosis:
    values = {"position": 0, "end_of_therapy_on": date(2022, 10, 31)} | given
    diagnosis = Diagnosis(survivor_id=survivor.id, name=name, **values)
    session.add(diagnosis)
    session.flush()
    return diagnosis


def make_exposure(
    session: Session,
    survivor: Survivor,
    name: str = "doxorubicin_mg_m2",
    value: str | int | None = 300,
    **given: Any,
) -> Exposure:
    """An exposure in its own unit; ``value=None`` is "given, dose unknown"."""
    exposure = Exposure(
        survivor_id=survivor.id,
        name=name,
        certainty=Certainty.KNOWN if value is not None else Certainty.DOSE_UNKNOWN,
        value=None if value is None else Decimal(value),
        unit=unit_of(name),
        **given,
    )
    session.add(exposure)
    session.flush()
    return exposure


def unit_of(name: str) -> str:
    endings = {"_mg_m2": "mg/m2", "_u_m2": "[U]/m2", "_gy": "Gy", "_n": "{count}"}
    return next((unit for ending, unit in endings.items() if name.endswith(ending)), "1")


def make_result(session: Session, survivor: Survivor, test_code: str, performed_on: date, **given: Any) -> Result:
    result = Result(
        survivor_id=survivor.id, test_code=test_code, performed_on=performed_on, **({"recorded_at": AT} | given)
    )
    session.add(result)
    session.flush()
    return result


def make_contact(session: Session, survivor: Survivor, **given: Any) -> Contact:
    values = {"kind": "mother", "name": "Maria Rivera", "phone": "617-555-0123", "email": "maria@family.example"}
    contact = Contact(survivor_id=survivor.id, **(values | {"created_at": AT} | given))
    session.add(contact)
    session.flush()
    return contact


def make_due_item(
    session: Session, survivor: Survivor, test_code: str, due_on: date, *flags: str, **given: Any
) -> DueItem:
    """An open item (late effects unless flags are named), overdue 90 days after it was due unless said."""
    values: dict[str, Any] = {
        "upcoming_on": due_on - timedelta(days=60),
        "due_on": due_on,
        "overdue_after": due_on + timedelta(days=90),
        "opened_at": AT,
    } | dict.fromkeys(flags or ("late_effects",), True)
    item = DueItem(survivor_id=survivor.id, clinic_id=survivor.clinic_id, test_code=test_code, **(values | given))
    session.add(item)
    session.flush()
    return item


def make_visit(session: Session, survivor: Survivor, planned_on: date, slot: int = 0, **given: Any) -> Visit:
    """A planned visit, straight into the table; the survivor's own booked day is set with it."""
    values = {"clinic_id": survivor.clinic_id, "created_at": AT} | given
    visit = Visit(survivor_id=survivor.id, planned_on=planned_on, slot=slot, **values)
    survivor.booked_on = planned_on
    session.add(visit)
    session.flush()
    return visit
