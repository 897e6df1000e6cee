"""What is asked about a file that comes in, and why an import is taken back."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField, Form, RadioField, StringField
from wtforms.validators import InputRequired, Length, Optional

from tracker.intake.runs import Options

KINDS = [
    ("", _l("Find out from the file")),
    ("fhir", _l("FHIR (JSON or NDJSON)")),
    ("survivors", _l("People")),
    ("treatments", _l("Treatments")),
    ("results", _l("Results")),
    ("contacts", _l("Contacts")),
]
DATES = [
    ("iso", _l("Year first: 2026-03-14")),
    ("month-first", _l("Month first: 3/14/2026")),
    ("day-first", _l("Day first: 14/3/2026")),
]
ACCEPTED = ".json,.ndjson,.jsonl,.csv,.tsv,.txt,.xlsx"
LONGEST_SHEET = 31


class ImportForm(Form):
    content = FileField(_l("File"), render_kw={"accept": ACCEPTED})
    kind = RadioField(_l("What it holds"), choices=KINDS, default="")
    date_format = RadioField(_l("How dates are written in it"), choices=DATES, default="iso")
    sheet = StringField(
        _l("Sheet of the workbook"),
        [
            Optional(),
            Length(max=LONGEST_SHEET, message=_l("Use at most %(longest)s characters", longest=LONGEST_SHEET)),
        ],
    )

    def miss_file(self, name: str) -> None:
        """Nothing was chosen, or what was chosen holds nothing."""
        empty = _("The file “%(name)s” is empty. Choose another one", name=name)
        self.content.errors = [*self.content.errors, empty if name else _("Choose a file")]

    def ask_for_file_again(self) -> None:
        """A page cannot hand a chosen file back: whoever has to mend something else must choose it once more."""
        if not self.content.errors:
            self.content.errors = [_("Choose the file again: it is not kept meanwhile")]

    def to_options(self) -> Options:
        return Options(
            kind=self.kind.data or "", date_format=self.date_format.data, sheet=(self.sheet.data or "").strip()
        )


class UndoForm(Form):
    reason = StringField(
        _l("Why is it taken back?"),
        [
            InputRequired(_l("Enter the reason for taking this import back")),
            Length(max=400, message=_l("Use at most 400 characters")),
        ],
    )
