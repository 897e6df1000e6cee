"""What is asked on the treatment summary's pages: a reason, and two days to compare."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, HiddenField, StringField
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length, StopValidation

from tracker.services.sections.editing import LONGEST_REASON


class UseGivenForm(Form):
    """Why the sum of what was given takes the place of a recorded total."""

    name = HiddenField()
    reason = StringField(
        _l("Why is the sum right?"),
        [
            InputRequired(_l("Enter why the sum of what was given is right")),
            Length(max=LONGEST_REASON, message=_l("Shorten the reason to 400 characters")),
        ],
    )


class DayField(StringField):
    """A day as an address holds it; ``day`` is what was meant, None where nothing was chosen."""

    day: date | None = None

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 (WTForms hands it over)
        written = (self.data or "").strip()
        if not written:
            return
        try:
            self.day = date.fromisoformat(written)
        except ValueError:
            raise StopValidation(_("Choose a day from the calendar, or write it like 2026-03-14")) from None


class CompareForm(Form):
    """Two days; either may be left open."""

    earlier = DayField(_l("From"), name="from", render_kw={"type": "date"})
    later = DayField(_l("To"), name="to", render_kw={"type": "date"})

    def validate(self, *given: object, **named: object) -> bool:  # noqa: ARG002 (as WTForms declares it)
        if not super().validate():
            return False
        if self.earlier.day and self.later.day and self.earlier.day > self.later.day:
            self.later.errors = [_("The second day is before the first. Change one of them")]
            return False
        return True


class DayForm(Form):
    """One day on which the summary is looked at."""

    on = DayField(_l("On"))
