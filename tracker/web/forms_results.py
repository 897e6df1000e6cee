"""What is asked about a result, and what it becomes."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import Form, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, Optional, StopValidation

from tracker.engine.rules import Pack, TestInfo
from tracker.models import Outcome, Result
from tracker.services.results import ResultInput
from tracker.web.fields import DatePartsField, QuantityField
from tracker.web.presenters_due import PLACES, place_words

INADEQUATE, DONE = "inadequate", "done"
OUTCOMES = [
    (Outcome.NORMAL.value, _l("Normal")),
    (Outcome.ABNORMAL.value, _l("Abnormal")),
    (Outcome.INDETERMINATE.value, _l("Indeterminate")),
    (INADEQUATE, _l("Not adequate: it has to be repeated, and moves no date")),
    (DONE, _l("Done, with nothing to judge")),
]
HERE, ELSEWHERE, TOLD = "here", "elsewhere", "told"
WHERE = [
    (HERE, _l("Here")),
    (ELSEWHERE, _l("Elsewhere, and the report is here")),
    (TOLD, _l("Told by the family: the report is not here yet")),
]


class FindingOrValue:
    """A value is an answer by itself; without one the finding has to be chosen."""

    def __call__(self, form: Any, field: Any) -> None:
        if field.data:
            return
        field.errors = []
        if form.value.data is None:
            raise StopValidation(_l("Choose what the result was"))
        raise StopValidation()


class ResultForm(Form):
    """One result. ``test_code`` and ``unit`` come with the page, so that reading it needs nothing else."""

    test_code = HiddenField(validators=[InputRequired(_l("Choose a test from the list"))])
    unit = HiddenField()
    visit_id = HiddenField()
    performed_on = DatePartsField(_l("Date it was done"), noun=_l("the date it was done"))
    value = QuantityField(_l("Value"), [Optional()])
    reference_range = StringField(
        _l("Normal range in the report"), [Optional(), Length(max=80, message=_l("Use at most 80 characters"))]
    )
    outcome = RadioField(
        _l("What was the result?"),
        [FindingOrValue(), AnyOf([value for value, _label in OUTCOMES], message=_l("Choose what the result was"))],
        choices=OUTCOMES,
        validate_choice=False,
    )
    report = TextAreaField(_l("What the report says"), [Optional(), Length(max=20_000)])
    where = RadioField(
        _l("Where was it done?"),
        [AnyOf([HERE, ELSEWHERE, TOLD], message=_l("Choose where it was done"))],
        choices=WHERE,
        default=HERE,
        validate_choice=False,
    )
    source = StringField(
        _l("Name of the other place"), [Optional(), Length(max=120, message=_l("Use at most 120 characters"))]
    )

    def to_input(self) -> ResultInput:
        """What was entered, in the service's words."""
        value, outcome = self.value.data, self.outcome.data
        return ResultInput(
            test_code=str(self.test_code.data),
            performed_on=self.performed_on.data,  # type: ignore[arg-type]  # validated: there is a date
            value=value,
            unit=(self.unit.data or None) if value is not None else None,
            reference_range=(self.reference_range.data or "").strip(),
            outcome=outcome if outcome in list(Outcome) else None,
            report=(self.report.data or "").strip(),
            adequate=outcome != INADEQUATE,
            claimed=self.where.data == TOLD,
            source=(self.source.data or "").strip() if self.where.data != HERE else "",
            visit_id=as_uuid(self.visit_id.data),
        )


class CorrectionForm(ResultForm):
    reason = StringField(
        _l("Why is it corrected?"), [InputRequired(_l("Enter the reason for the correction")), Length(max=400)]
    )


class TestChoiceForm(Form):
    """Which test a result or a decision is about."""

    __test__ = False

    test = SelectField(_l("Test"), validate_choice=False)


def test_choices(pack: Pack) -> list[dict[str, str]]:
    """Every test of the catalogue, grouped by where it is done."""
    return [
        {"value": test.test_code, "text": test.name, "group": place_words(place)}
        for place in PLACES
        for test in by_name(test for test in pack.tests.values() if test.place == place)
    ]


def by_name(tests: Iterable[TestInfo]) -> list[TestInfo]:
    return sorted(tests, key=lambda test: test.name.casefold())


def fit_to(form: ResultForm, test: TestInfo) -> ResultForm:
    """Show the test's unit behind the value; a test without one keeps what was stored with it."""
    form.unit.data = test.ucum or form.unit.data
    form.value.unit = form.unit.data or ""
    return form


def correction_of(result: Result) -> dict[str, Any]:
    """The values a correction starts from."""
    judged = result.outcome or (DONE if result.value is None else "")
    return {
        "test_code": result.test_code,
        "unit": result.unit or "",
        "visit_id": str(result.visit_id or ""),
        "performed_on": result.performed_on,
        "value": plain(result),
        "reference_range": result.reference_range,
        "outcome": judged if result.adequate else INADEQUATE,
        "report": result.report,
        "where": TOLD if result.claimed else ELSEWHERE if result.source else HERE,
        "source": result.source,
    }


def plain(result: Result) -> Any:
    """The value without the zeros its column adds: 58, not 58.0000."""
    value = result.value
    if value is None:
        return None
    return value.quantize(1) if value == value.to_integral_value() else value.normalize()


def as_uuid(text: str | None) -> UUID | None:
    """The id a form or an address carries; None for nothing or for what is no id."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
