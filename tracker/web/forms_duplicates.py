"""Which record stays, which details are right, and why: asked of whoever decides that two records are of one person."""

from collections.abc import Iterable, Mapping
from typing import Any, cast
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, HiddenField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from tracker.services.duplicate_pairs import PairView
from tracker.services.merge_choices import Difference
from tracker.web.forms_results import as_uuid

KEEP = "keep"
LONGEST_REASON = 400


class ReasonForm(Form):
    """Why the two are one person, or two."""

    reason = StringField(
        _l("How do you know?"),
        [
            DataRequired(_l("Enter how you know, for example who was asked")),
            Length(max=LONGEST_REASON, message=_l("Use at most 400 characters")),
        ],
    )


class UndoForm(ReasonForm):
    """Why a merging is taken apart, and whether the two are to be looked at again."""

    then = RadioField(
        _l("What now?"),
        [InputRequired(_l("Choose what happens with the two records"))],
        choices=[
            ("apart", _l("They are two people: never propose them again")),
            ("open", _l("Put the two on the list again")),
        ],
    )


class ChoiceForm(Form):
    """The record that stays, and one question for everything the two say differently. Made by ``choice_form``."""

    keys: Mapping[str, str] = {}

    @staticmethod
    def box_of(key: str) -> str:
        """The box in which something is asked that a service names."""
        return key.replace(":", "-")

    @property
    def keep_id(self) -> UUID | None:
        return as_uuid(self[KEEP].data)

    def choices(self) -> dict[str, UUID]:
        """Which record is right, by ``Difference.key``."""
        found = {key: as_uuid(self[box].data) for box, key in self.keys.items()}
        return {key: chosen for key, chosen in found.items() if chosen is not None}

    def seen(self) -> dict[UUID, int]:
        """The versions of the two records that were on the page."""
        found = [(field.name.removeprefix("seen-"), field.data) for field in self if field.name.startswith("seen-")]
        return {UUID(name): int(version) for name, version in found if str(version).isdecimal()}

    def questions(self) -> list[Any]:
        """The boxes that ask which detail is right."""
        return [self[box] for box in self.keys]

    def answers(self) -> list[tuple[str, str]]:
        """Everything that was chosen, as the next form carries it along."""
        return [(field.name, str(field.data or "")) for field in self]


def choice_form(
    view: PairView, typed: Any, words: Mapping[str, tuple[str, list[tuple[str, str]]]], keep: Iterable[tuple[str, str]]
) -> ChoiceForm:
    """The form of one pair. ``words``: for each difference its question and its two answers; ``keep``: the records."""
    fields: dict[str, Any] = {
        KEEP: RadioField(
            _l("Which record stays?"),
            [InputRequired(_l("Choose the record that stays"))],
            choices=list(keep),
            default=str(view.fuller.survivor.id),
        )
    }
    for each in view.differences:
        fields[ChoiceForm.box_of(each.key)] = _question(each, view, *words[each.key])
    for side in view.sides:
        fields[f"seen-{side.survivor.id}"] = HiddenField(default=str(side.survivor.version))
    fields["keys"] = {ChoiceForm.box_of(each.key): each.key for each in view.differences}
    form = cast(type[ChoiceForm], type("PairChoiceForm", (ChoiceForm,), fields))
    return form(typed)


def _question(each: Difference, view: PairView, label: str, answers: list[tuple[str, str]]) -> RadioField:
    suggested = each.suggested(view.fuller.survivor.id)
    message = _("Choose which is right: %(what)s", what=label[:1].lower() + label[1:])
    return RadioField(label, [InputRequired(message)], choices=answers, default=str(suggested) if suggested else None)
