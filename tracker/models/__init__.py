"""Every table, one file per aggregate."""

from tracker.models.account import FAMILY, STAFF, Grant, Role, SignInFailure, User, UserSession
from tracker.models.audit import AccessEvent, AuditEvent
from tracker.models.base import Base
from tracker.models.care_plan import ClosedBy, DueItem, Override, OverrideAction, PlanGap, StatusEvent
from tracker.models.clinic import Clinic, Outcome, Result, ResultStatus, Visit, VisitStatus
from tracker.models.job import Channel, JobLease, JobRun, OutboxMessage
from tracker.models.survivor import Contact, ContactKind, Sex, Standing, Survivor, SurvivorIdentifier
from tracker.models.treatment import (
    SYNDROME_FIELDS,
    TUMOR_FIELDS,
    UNITS,
    Certainty,
    ChartEntry,
    Diagnosis,
    Event,
    EventName,
    Exposure,
    Predisposition,
)

__all__ = [
    "FAMILY",
    "STAFF",
    "SYNDROME_FIELDS",
    "TUMOR_FIELDS",
    "UNITS",
    "AccessEvent",
    "AuditEvent",
    "Base",
    "Certainty",
    "Channel",
    "ChartEntry",
    "Clinic",
    "ClosedBy",
    "Contact",
    "ContactKind",
    "Diagnosis",
    "DueItem",
    "Event",
    "EventName",
    "Exposure",
    "Grant",
    "JobLease",
    "JobRun",
    "OutboxMessage",
    "Outcome",
    "Override",
    "OverrideAction",
    "PlanGap",
    "Predisposition",
    "Result",
    "ResultStatus",
    "Role",
    "Sex",
    "SignInFailure",
    "Standing",
    "StatusEvent",
    "Survivor",
    "SurvivorIdentifier",
    "User",
    "UserSession",
    "Visit",
    "VisitStatus",
]
