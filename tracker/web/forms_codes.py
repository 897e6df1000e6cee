"""What an administrator says of a code: of which kind it is, and what it means."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from tracker.engine.catalogue import resolve, title_of
from tracker.services.code_mappings import LONGEST_NOTE, NOTHING, Meaning

KIND_NAMES = {
    "test": _l("A test of the follow-up"),
    "diagnosis": _l("A diagnosis"),
    "agent": _l("A medicine of the treatment"),
    "vaccine": _l("A vaccine"),
    "operation": _l("An operation"),
    "field": _l("A radiation field"),
    "relation": _l("A relation in the family"),
    NOTHING: _l("Nothing that the follow-up asks for"),
}
TARGET_LABELS = {
    "test": _l("Which test?"),
    "diagnosis": _l("Which diagnosis?"),
    "agent": _l("Which medicine?"),
    "vaccine": _l("Which vaccine?"),
    "operation": _l("Which operation?"),
    "field": _l("Which radiation field?"),
    "relation": _l("Which relation?"),
}
Choices = Mapping[str, Mapping[str, Any]]  # kind → code → what has a title and other names


def _target(kind: str) -> StringField:
    extra = {"list": f"list-{kind}", "autocomplete": "off", "spellcheck": "false"}
    return StringField(TARGET_LABELS[kind], description=_l("Type a few letters and choose"), render_kw=extra)


class CodeForm(Form):
    offered: tuple[str, ...] = ()
    kind = RadioField(_l("What does this code mean?"), choices=list(KIND_NAMES.items()), validate_choice=False)
    target_test = _target("test")
    target_diagnosis = _target("diagnosis")
    target_agent = _target("agent")
    target_vaccine = _target("vaccine")
    target_operation = _target("operation")
    target_field = _target("field")
    target_relation = _target("relation")
    note = TextAreaField(
        _l("Note: how do you know?"),
        [
            Optional(),
            Length(max=LONGEST_NOTE, message=_l("Use at most %(longest)s characters", longest=LONGEST_NOTE)),
        ],
    )
    system = HiddenField()
    code = HiddenField()

    def offer(self, kinds: Iterable[str]) -> None:
        """Ask only for the kinds that such an entry can be."""
        self.offered = (*kinds, NOTHING)
        self.kind.choices = [(kind, KIND_NAMES[kind]) for kind in self.offered]

    def target_of(self, kind: str) -> Any:
        """The box in which the target of a kind is chosen."""
        return self[f"target_{kind}"]

    def propose(self, kind: str, title: str) -> None:
        """What the pack says of the code by now."""
        self.kind.data = kind
        self.target_of(kind).data = title

    def meaning(self, choices: Choices, display: str) -> Meaning | None:
        """What was chosen; None, with the sentence at its box, where that is nothing there is."""
        kind = self.kind.data or ""
        is_sound = self.validate()
        if kind not in self.offered:
            self.kind.errors = [_("Choose what the code means")]
            return None
        target = self._target(kind, choices) if kind != NOTHING else ""
        if target is None or not is_sound:
            return None
        return Meaning(
            system=self.system.data or "",
            code=self.code.data or "",
            kind=kind,
            target=target,
            display=display,
            note=self.note.data or "",
        )

    def _target(self, kind: str, choices: Choices) -> str | None:
        box, entries = self.target_of(kind), choices.get(kind, {})
        typed = (box.data or "").strip()
        titled = [code for code, entry in entries.items() if title_of(entry) == typed]
        found = titled[0] if len(titled) == 1 else resolve(entries, typed)
        if found is None:
            box.errors = [_("Choose one of the list") if typed else _("Enter what the code means")]
        return found
