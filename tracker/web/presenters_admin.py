"""What the administrator's pages show."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from tracker.engine.rules import Pack, Rule
from tracker.models import Clinic, FailedDuring, JobRun, Role, User
from tracker.policy import Actor
from tracker.services.jobs import FLAG_JOB, PLAN_CHECK
from tracker.services.plan_failures import Failure
from tracker.web.formats import us_date, us_instant
from tracker.web.forms_admin import WEEKDAYS

ROLE_WORDS = {Role.COORDINATOR: "Coordinator", Role.CLINICIAN: "Clinician", Role.ADMINISTRATOR: "Administrator"}


@dataclass(frozen=True)
class PersonRow:
    """One member of staff."""

    id: str
    name: str
    email: str
    roles: str
    last_signed_in: str
    active: bool
    is_self: bool


def people(found: Sequence[tuple[User, list[Role]]], actor: Actor, *, tz: str) -> list[PersonRow]:
    return [
        PersonRow(
            id=str(user.id),
            name=user.name,
            email=user.email,
            roles=", ".join(_(ROLE_WORDS[role]) for role in roles),
            last_signed_in=us_instant(user.last_signed_in_at, tz) or _("never"),
            active=user.active,
            is_self=user.id == actor.user_id,
        )
        for user, roles in found
    ]


@dataclass(frozen=True)
class ClinicRow:
    """One clinic the administrator looks after."""

    id: str
    name: str
    day: str
    tz: str
    phone: str
    pack: str


def clinic_rows(found: Sequence[Clinic]) -> list[ClinicRow]:
    return [
        ClinicRow(
            id=str(clinic.id),
            name=clinic.name,
            day=_(
                "%(weekday)s from %(time)s, %(count)s visits",
                weekday=str(WEEKDAYS[clinic.weekday]),
                time=clinic.first_slot,
                count=clinic.slots_per_day,
            ),
            tz=clinic.tz,
            phone=clinic.phone or _("not recorded"),
            pack=_("adopted") if clinic.pack_adopted_on else _("example, not yet adopted"),
        )
        for clinic in found
    ]


JOB_WORDS = {FLAG_JOB: _l("Nightly check"), PLAN_CHECK: _l("Weekly check of stored plans")}


@dataclass(frozen=True)
class JobRow:
    """One run of a job."""

    job: str
    clinic: str
    day: str
    started: str
    status: str
    status_words: str
    counts: str


def job_rows(runs: Sequence[JobRun], known: Sequence[Clinic], *, tz: str) -> list[JobRow]:
    names = {clinic.id: clinic.name for clinic in known}
    return [
        JobRow(
            job=str(JOB_WORDS.get(run.name, run.name)),
            clinic=names.get(run.clinic_id, "") if run.clinic_id else "",
            day=us_date(run.local_day),
            started=us_instant(run.started_at, tz),
            status=_run_status(run),
            status_words=_run_words(run),
            counts=_counts(run) or _("nothing new"),
        )
        for run in runs
    ]


FAILURE_WORDS = {
    "pack": _l("The guideline pack cannot be read."),
    "not_stored": _l("The plan was worked out but could not be stored."),
    "not_found": _l("Something that the plan needs was not found."),
    "unexpected_value": _l("A value is not of the kind that was expected."),
    "unexpected": _l("The plan could not be worked out."),
}
DURING_WORDS = {
    FailedDuring.TICK: _l("the nightly check"),
    FailedDuring.RECOMPUTE: _l("the recompute of everybody"),
    FailedDuring.CHECK: _l("the check of stored plans"),
}


@dataclass(frozen=True)
class FailureRow:
    """One record whose plan cannot be worked out."""

    record_number: str
    clinic: str
    since: str
    last: str
    during: str
    error: str
    words: str


def failure_rows(found: Sequence[Failure], known: Sequence[Clinic], *, tz: str) -> list[FailureRow]:
    names = {clinic.id: clinic.name for clinic in known}
    return [
        FailureRow(
            record_number=failure.record_number,
            clinic=names.get(failure.clinic_id, ""),
            since=us_instant(failure.first_at, tz),
            last=_last_tried(failure, tz),
            during=str(DURING_WORDS[failure.during]),
            error=failure.named.error,
            words=str(FAILURE_WORDS[failure.named.kind]),
        )
        for failure in found
    ]


def _last_tried(failure: Failure, tz: str) -> str:
    when = us_instant(failure.last_at, tz)
    return ngettext("%(when)s (%(num)s time)", "%(when)s (%(num)s times)", failure.times, when=when)


def _counts(run: JobRun) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(run.counts.items()) if isinstance(count, int))


def _run_status(run: JobRun) -> str:
    if run.finished_at is None:
        return "running"
    return "failed" if run.error or run.counts.get("differing") else "ok"


def _run_words(run: JobRun) -> str:
    left_out = run.counts.get("failed", [])
    if run.error:
        return _("failed: %(why)s", why=run.error)
    if run.finished_at is None:
        return _("not finished")
    if differing := run.counts.get("differing"):
        return ngettext("finished, %(num)s plan differs", "finished, %(num)s plans differ", differing)
    return _("finished, %(count)s records stepped aside", count=len(left_out)) if left_out else _("finished")


@dataclass(frozen=True)
class PackView:
    """The guideline pack a clinic uses, and whether it has made it its own."""

    title: str
    edition: str
    effective_on: str
    sources: tuple[str, ...]
    rights: str
    kinds: list[tuple[str, int, int]]
    confidence: list[tuple[str, int]]
    adopted: str | None
    changes: list[str]


def pack_view(clinic: Clinic, pack: Pack, adopter: str | None) -> PackView:
    return PackView(
        title=pack.title,
        edition=pack.edition,
        effective_on=us_date(pack.effective_on),
        sources=pack.sources,
        rights=pack.rights,
        kinds=_kinds(pack),
        confidence=_confidence(pack),
        adopted=None
        if clinic.pack_adopted_on is None
        else _("Adopted on %(day)s by %(name)s", day=us_date(clinic.pack_adopted_on), name=adopter or ""),
        changes=[*pack.choices.late_effects, *(f"{name}: {source}" for name, source in pack.choices.recurrence)],
    )


def _confidence(pack: Pack) -> list[tuple[str, int]]:
    words = {
        "confirmed": _("Confirmed in the source"),
        "partly": _("Confirmed in part"),
        "recalled": _("Recalled, not yet confirmed"),
    }
    counts = Counter(rule.confidence for rule in pack.rules.values())
    return [(words.get(word, word), counts[word]) for word in sorted(counts)]


def _kinds(pack: Pack) -> list[tuple[str, int, int]]:
    words = {
        "recurrence": _("Recurrence screening"),
        "late_effects": _("Late-effects review"),
        "predisposition": _("Inherited predisposition"),
    }
    return [
        (text, _count(pack.rules.values(), kind), _count(pack.alternatives.values(), kind))
        for kind, text in words.items()
    ]


def _count(rules: Iterable[Rule], kind: str) -> int:
    return sum(rule.kind == kind for rule in rules)
