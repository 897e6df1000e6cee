"""The version of a record that a form was opened with: what tells a second editor about the first."""

from wtforms import Form, HiddenField


class VersionedForm(Form):
    """A form that carries the version of the record it was filled in from."""

    version = HiddenField()

    def seen_version(self) -> int:
        """The version seen; 0, which no record has, when the form was tampered with."""
        typed = self.version.data or ""
        return int(typed) if typed.isdecimal() and len(typed) < 10 else 0
