"""The engine's facts out of mapped objects, as the ORM's version of a refresh has them."""

from collections.abc import Iterable
from typing import Any

from tracker.engine import types as engine
from tracker.models import Certainty
from tracker.services.facts import date_key

DATES = ("diagnosed", "resected", "end_of_therapy")
WHOLE = "day"


def facts_of(survivor: Any) -> engine.Facts:
    """What is recorded of a survivor whose collections are loaded."""
    exposures, events = survivor.exposures, survivor.events
    dated = [each for each in exposures if each.last_on is not None]
    return engine.Facts(
        birth_date=survivor.birth_date,
        sex=survivor.sex_at_birth,
        diagnoses=tuple(_diagnosis(each) for each in survivor.diagnoses),
        ltfu_entry_on=survivor.ltfu_entry_on,
        exposures={each.name: each.value for each in exposures if each.certainty != Certainty.DATE_ONLY},
        exposure_dates={date_key(each.name): each.last_on for each in dated},
        events={each.name: each.happened_on for each in events},
        predispositions=tuple(engine.Predisposition(each.syndrome, each.fields()) for each in survivor.predispositions),
        results=tuple(_result(each) for each in survivor.results),
        overrides=tuple(_override(each) for each in survivor.overrides),
        at_least={each.name: each.at_least for each in exposures if _known_in_part(each)},
        exposure_precision=_partly((date_key(each.name), each.last_precision) for each in dated),
        event_precision=_partly((each.name, each.happened_precision) for each in events),
    )


def _known_in_part(exposure: Any) -> bool:
    return exposure.certainty == Certainty.DOSE_UNKNOWN and exposure.at_least is not None


def _diagnosis(row: Any) -> engine.Diagnosis:
    days = row.diagnosed_on, row.resected_on, row.end_of_therapy_on
    known = zip(DATES, (getattr(row, f"{name}_precision") for name in DATES), days, strict=True)
    recorded = ((f"{name}_on", precision) for name, precision, day in known if day is not None)
    return engine.Diagnosis(row.name, *days, row.tumor(), _partly(recorded))


def _partly(known: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: precision for name, precision in known if precision != WHOLE}


def _result(row: Any) -> engine.Result:
    return engine.Result(row.test_code, row.performed_on, row.status, row.adequate, row.claimed, str(row.id))


def _override(row: Any) -> engine.Override:
    days = row.decided_on, row.expires_on, row.due_on
    return engine.Override(row.test_code, row.action, *days, row.repeat_every, row.defer_to, str(row.id))
