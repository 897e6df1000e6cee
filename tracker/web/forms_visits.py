"""What is entered about a visit."""

from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from tracker.services.visits import VisitInput

LONGEST_NOTE = 2000


class SlotForm(Form):
    """A clinic day and one of its times: the time is the button that was pressed."""

    planned_on = DateField(_l("Clinic day"), [InputRequired(_l("Choose a clinic day"))])
    slot = IntegerField(_l("Time"), [InputRequired(_l("Choose one of the times of that day"))])
    next = HiddenField()

    def entered(self) -> VisitInput:
        """What was chosen; only after ``validate``."""
        assert isinstance(self.planned_on.data, date)
        assert isinstance(self.slot.data, int)
        return VisitInput(self.planned_on.data, self.slot.data)


class CancelForm(Form):
    reason = TextAreaField(
        _l("Why is the visit cancelled?"),
        [InputRequired(_l("Enter why the visit is cancelled")), Length(max=LONGEST_NOTE)],
    )


class MissedForm(Form):
    note = StringField(_l("What is known about it"), [Optional(), Length(max=LONGEST_NOTE)])


class CompleteForm(Form):
    note = TextAreaField(_l("Note about the visit"), [Optional(), Length(max=LONGEST_NOTE)])
