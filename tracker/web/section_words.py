"""What an entry of the record says, in the reader's language: its line, its single values, and when it was."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from tracker.engine.catalogue import Catalogue
from tracker.engine.rules import Pack
from tracker.models import Diagnosis
from tracker.services.sections import words
from tracker.services.sections.entries import values_of
from tracker.services.sections.spec import Field, Kind, Section
from tracker.web.formats import us_date
from tracker.web.presenters_attachments import diagnosis_words


@dataclass(frozen=True)
class Reader:
    """Reads entries aloud, with the words of the pack and of the survivor's tumors."""

    catalogue: Catalogue
    organs: Mapping[str, str] = field(default_factory=dict)
    diagnoses: Mapping[UUID, str] = field(default_factory=dict)

    @classmethod
    def of(cls, catalogue: Catalogue, pack: Pack, diagnoses: Iterable[Diagnosis]) -> "Reader":
        labels = {name: info.label for name, info in pack.exposures.items()}
        return cls(catalogue, labels, {each.id: diagnosis_words(each) for each in diagnoses})

    def headline(self, section: Section, row: Any) -> str:
        """The entry in one line, with its dates."""
        return words.headline(row, section, self.catalogue, translate=_, say_day=us_date)

    def value(self, spec: Field, value: Any) -> str:
        """One value in words; nothing where nothing is recorded."""
        if spec.kind == Kind.DIAGNOSIS:
            return self.diagnoses.get(value, "")
        return words.field_words(spec, value, self.catalogue, translate=_, say_day=us_date, labels=self.organs)

    def when(self, section: Section, row: Any) -> str:
        """From when until when, as far as it is known."""
        speaker = words.Speaker(self.catalogue, translate=_, say_day=us_date)
        return words.period(values_of(row, section), section, speaker)


def sentence(text: str) -> str:
    """The words in the reader's language, with a capital at the beginning."""
    said = str(_(text))
    return said[:1].upper() + said[1:]
