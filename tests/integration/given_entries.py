"""Entries of what was given, straight into their tables, and a small catalogue to derive exposures with."""

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from tests.factories import AT
from tracker.engine.catalogue import Agent, AgentKind, Catalogue, FactorSet, Operation, RadiationField
from tracker.models import DrugCourse, RadiationCourse, Survivor

RowT = TypeVar("RowT")
_moments = count(1)
CATALOGUE = Catalogue(
    agents={
        each.code: each
        for each in (
            Agent(code="doxorubicin", name="Doxorubicin", dose_exposure="doxorubicin_mg_m2"),
            Agent(code="daunorubicin", name="Daunorubicin", dose_exposure="daunorubicin_mg_m2"),
            Agent(code="vincristine", name="Vincristine", given_exposures=("vinca_alkaloid",)),
            Agent(code="dexrazoxane", name="Dexrazoxane", kind=AgentKind.SUPPORTIVE),
        )
    },
    fields={
        "mantle": RadiationField(
            code="mantle", label="Mantle", field_exposures=("chest_rt_gy",), organ_exposures=("heart_rt_gy",)
        )
    },
    operations={
        "splenectomy": Operation(code="splenectomy", label="Splenectomy", exposures=("splenectomy",)),
        "nephrectomy": Operation(
            code="nephrectomy", label="Removal of a kidney", exposures=("nephrectomy",), sided=True
        ),
    },
    factor_sets={
        "pancare": FactorSet(
            code="pancare",
            exposure="anthracycline_mg_m2",
            title="Anthracycline equivalents",
            edition="2019",
            factors={"doxorubicin_mg_m2": Decimal(1), "daunorubicin_mg_m2": Decimal("0.6")},
            source="Feijen 2019",
            confidence="confirmed",
            is_default=True,
        )
    },
)


def give(session: Session, survivor: Survivor, table: type[RowT], **given: Any) -> RowT:
    """One entry of any part of the record, recorded a second after the one before."""
    row = table(**({"survivor_id": survivor.id, "recorded_at": AT + timedelta(seconds=next(_moments))} | given))
    session.add(row)
    session.flush()
    return row


def give_drug(
    session: Session, survivor: Survivor, dose: str | int | None = 300, *, agent: str = "doxorubicin", **given: Any
) -> DrugCourse:
    """Courses of one agent in mg/m²: ``dose`` in all, or per course where ``courses`` is given; None: unknown."""
    amount = None if dose is None else Decimal(dose)
    return give(session, survivor, DrugCourse, agent=agent, dose=amount, **given)


def give_radiation(
    session: Session, survivor: Survivor, dose_gy: str | int | None = 36, *fields: str, **given: Any
) -> RadiationCourse:
    """One radiation course, to the mantle field unless fields are named."""
    amount = None if dose_gy is None else Decimal(dose_gy)
    return give(session, survivor, RadiationCourse, fields=list(fields or ("mantle",)), dose_gy=amount, **given)
