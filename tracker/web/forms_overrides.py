"""What is asked about a decision, and what it becomes."""

from flask_babel import lazy_gettext as _l
from wtforms import Form, RadioField, SelectField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, Optional

from tracker.models import OverrideAction
from tracker.services.overrides import OverrideInput
from tracker.web.fields import DatePartsField
from tracker.web.formats import period

ACTIONS = [
    (OverrideAction.DEFER.value, _l("Do it later")),
    (OverrideAction.SET_INTERVAL.value, _l("Do it more or less often")),
    (OverrideAction.STOP.value, _l("Do not do it")),
    (OverrideAction.ADD.value, _l("Do it although the guideline does not ask for it, or sooner")),
]
INTERVALS = ("P1M", "P2M", "P3M", "P4M", "P6M", "P1Y", "P18M", "P2Y", "P3Y", "P5Y", "P10Y")


class OverrideForm(Form):
    """One decision. Only the fields of the chosen action are read."""

    test_code = SelectField(_l("Test"), [InputRequired(_l("Choose a test from the list"))], validate_choice=False)
    action = RadioField(
        _l("What did you decide?"),
        [AnyOf([value for value, _label in ACTIONS], message=_l("Choose what you decided"))],
        choices=ACTIONS,
        validate_choice=False,
    )
    defer_to = DatePartsField(_l("Until when?"), [Optional()], noun=_l("the date to defer to"))
    repeat_every = SelectField(_l("How often?"), validate_choice=False)
    due_on = DatePartsField(_l("When should it be done?"), [Optional()], noun=_l("the date on which it should be done"))
    added_every = SelectField(_l("And again?"), validate_choice=False)
    reason = TextAreaField(
        _l("Why?"), [InputRequired(_l("Enter the reason for this decision")), Length(max=2000)], render_kw={"rows": "3"}
    )
    expires_on = DatePartsField(
        _l("When does this decision end?"),
        noun=_l("the day on which this decision ends"),
        description=_l("From that day on the guideline's own date stands again, and somebody looks anew."),
    )

    def offer(self, tests: list[dict[str, str]]) -> "OverrideForm":
        """Fill the lists: tests by group, and intervals in words."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for test in tests:
            groups.setdefault(test["group"], []).append((test["value"], test["text"]))
        self.test_code.choices = groups
        every = [(text, period(text)) for text in INTERVALS]
        self.repeat_every.choices = [("", _l("Choose an interval")), *every]
        self.added_every.choices = [("", _l("Only once")), *every]
        # They were optional for reading, for only one action needs them; below that action they are not.
        self.defer_to.flags.optional = self.due_on.flags.optional = False
        return self

    def to_input(self) -> OverrideInput:
        """What was entered, in the service's words; boxes of another action are left out."""
        action = self.action.data
        added = action == OverrideAction.ADD
        repeat = {OverrideAction.SET_INTERVAL: self.repeat_every.data, OverrideAction.ADD: self.added_every.data}
        return OverrideInput(
            test_code=str(self.test_code.data),
            action=str(action),
            reason=self.reason.data or "",
            expires_on=self.expires_on.data,
            due_on=self.due_on.data if added else None,
            repeat_every=repeat.get(action) or None,
            defer_to=self.defer_to.data if action == OverrideAction.DEFER else None,
        )
