"""What is entered about a photograph, and why one is removed."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField, Form, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from tracker.models import Diagnosis
from tracker.services.attachments import LONGEST, PhotographInput
from tracker.web.fields import PartialDatePartsField
from tracker.web.presenters_attachments import diagnosis_choices


def _length(field: str) -> Length:
    longest = LONGEST[field]
    return Length(max=longest, message=_l("Use at most %(longest)s characters", longest=longest))


class PhotographForm(Form):
    content = FileField(_l("Photograph"), render_kw={"accept": "image/jpeg,image/png"})
    title = StringField(_l("What it shows"), [InputRequired(_l("Enter what the photograph shows")), _length("title")])
    body_site = StringField(_l("Part of the body"), [Optional(), _length("body_site")])
    taken_on = PartialDatePartsField(_l("Taken"), [Optional()], noun="the date of the photograph")
    diagnosis_id = SelectField(_l("Which tumor"), [Optional()], choices=[], validate_choice=False, default="")
    note = TextAreaField(_l("Note"), [Optional(), _length("note")])

    def offer(self, diagnoses: Iterable[Diagnosis]) -> "PhotographForm":
        self.diagnosis_id.choices = diagnosis_choices(diagnoses)
        return self

    def ask_for_file_again(self, chosen: bool) -> None:
        """A page cannot hand a chosen file back: whoever has to mend something else must choose it once more."""
        if chosen and not self.content.errors:
            self.content.errors = [*self.content.errors, _("Choose the photograph again: a file is not kept meanwhile")]

    def to_input(self) -> PhotographInput:
        return PhotographInput(
            title=_typed(self.title),
            body_site=_typed(self.body_site),
            taken_on=self.taken_on.data,
            diagnosis_id=as_known_uuid(self.diagnosis_id.data),
            note=(self.note.data or "").strip(),
        )


class RemovalForm(Form):
    reason = StringField(
        _l("Why is it removed?"),
        [
            InputRequired(_l("Enter why the photograph is removed")),
            Length(max=400, message=_l("Use at most 400 characters")),
        ],
    )


# An id that no row has: what was no id at all is refused like one that belongs to somebody else.
NOBODYS = UUID(int=0)


def as_known_uuid(text: str | None) -> UUID | None:
    """The id that was chosen; None for nothing."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        return NOBODYS


def _typed(field: Any) -> str:
    return " ".join((field.data or "").split())
