"""What is entered about a survivor, the follow-up, and whom to reach."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from tracker.models import Contact, ContactKind, Role, Sex, Survivor
from tracker.services.contacts import ContactInput, agreed
from tracker.services.standing import Decision, StandingInput, died_on, standing_of
from tracker.services.survivors import SurvivorInput, details_of
from tracker.web.fields import DatePartsField, PartialDatePartsField
from tracker.web.versions import VersionedForm

SEXES = [(Sex.FEMALE, _("Female")), (Sex.MALE, _("Male")), (Sex.UNKNOWN, _("Unknown"))]
LANGUAGES = [
    ("en", _("English")),
    ("es", _("Spanish")),
    ("ar", _("Arabic")),
    ("zh", _("Chinese")),
    ("fr", _("French")),
    ("ht", _("Haitian Creole")),
    ("pt", _("Portuguese")),
    ("ru", _("Russian")),
    ("vi", _("Vietnamese")),
]
DECISIONS = [
    (Decision.ACTIVE, _("Followed by this clinic")),
    (Decision.ON_TREATMENT, _("On treatment again")),
    (Decision.BEING_TRACED, _("Being traced")),
    (Decision.DECLINED, _("Declined follow-up")),
    (Decision.TRANSFERRED, _("Transferred to another clinic")),
    (Decision.LOST, _("Lost to follow-up")),
    (Decision.DECEASED, _("Deceased")),
]
DECISION_HINTS = {
    Decision.ACTIVE: _("Checks are planned and reminders go out"),
    Decision.ON_TREATMENT: _("The treating team is in charge; follow-up pauses until the day you ask them again"),
    Decision.BEING_TRACED: _("Contact details are wrong or nobody answers"),
    Decision.DECLINED: _("The survivor or family does not want follow-up for now"),
    Decision.TRANSFERRED: _("Stays on our list until the other clinic has acknowledged it"),
    Decision.LOST: _("Tracing has ended without success. Trace first"),
    Decision.DECEASED: _("Everything planned is withdrawn: checks, visits and reminders"),
}
KINDS = [
    (ContactKind.SELF, _("The survivor")),
    (ContactKind.MOTHER, _("Mother")),
    (ContactKind.FATHER, _("Father")),
    (ContactKind.GUARDIAN, _("Guardian")),
    (ContactKind.OTHER, _("Someone else")),
]
FAMILY_ROLES = [
    (Role.SURVIVOR, _("The survivor")),
    (Role.PROXY, _("A parent or guardian, until the survivor is 18")),
]


# Under each decision, the box for the day on which it is looked at again, and the one for who follows meanwhile.
REVIEWS: dict[str, str] = {
    Decision.ON_TREATMENT: "ask_team_on",
    Decision.BEING_TRACED: "trace_on",
    Decision.DECLINED: "review_on",
    Decision.TRANSFERRED: "chase_on",
    Decision.LOST: "search_on",
}
FOLLOWERS: dict[str, str] = {Decision.ON_TREATMENT: "treating_team", Decision.TRANSFERRED: "receiving_clinic"}
INTERPRETER = [("yes", _("Yes")), ("no", _("No")), ("unknown", _("Not known"))]


class DetailsForm(VersionedForm):
    mrn = StringField(_("Record number"), [InputRequired(_("Enter the record number"))])
    family_name = StringField(_("Family name"), [InputRequired(_("Enter the family name"))])
    given_name = StringField(_("Given name"), [Optional()])
    preferred_name = StringField(_("Preferred name"), [Optional()], description=_("If it is not the given name"))
    pronouns = StringField(_("Pronouns"), [Optional()], description=_("For example, she/her"))
    birth_date = DatePartsField(_("Date of birth"), noun="the date of birth")
    sex_at_birth = RadioField(
        _("Sex recorded at birth"),
        [InputRequired(_("Choose the sex recorded at birth, or unknown"))],
        choices=SEXES,
        description=_("Decides which checks apply. Where it is unknown, those for both are planned"),
    )
    language = SelectField(_("Language"), choices=LANGUAGES, default="en", validate_choice=False)
    interpreter_needed = RadioField(_("Interpreter needed?"), choices=INTERPRETER, default="unknown")
    interpreter_language = StringField(_("Interpreter for"), [Optional(), Length(max=60)])

    @classmethod
    def of(cls, survivor: Survivor) -> "DetailsForm":
        """The form as the record stands."""
        form = cls(obj=details_of(survivor), data={"version": str(survivor.version)})
        form.offer_language(survivor.language)
        return form

    def offer_language(self, code: str) -> None:
        """An import may have brought a language that is not on the list; it must survive the next edit."""
        if code and code not in dict(LANGUAGES):
            self.language.choices = [*LANGUAGES, (code, code)]

    def to_input(self) -> SurvivorInput:
        if self.birth_date.data is None:
            raise ValueError("to_input() is for a form that was validated")
        return SurvivorInput(
            mrn=self.mrn.data or "",
            family_name=self.family_name.data or "",
            given_name=self.given_name.data or "",
            preferred_name=self.preferred_name.data or "",
            pronouns=self.pronouns.data or "",
            birth_date=self.birth_date.data,
            sex_at_birth=self.sex_at_birth.data,
            language=self.language.data or "en",
            interpreter_needed=self.interpreter_needed.data,
            interpreter_language=self.interpreter_language.data or "",
        )


class StandingForm(VersionedForm):
    standing = RadioField(_("Follow-up"), [InputRequired(_("Choose what was decided"))], choices=DECISIONS)
    treating_team = StringField(_("Treating team"), [Optional(), Length(max=200)])
    receiving_clinic = StringField(_("Clinic that takes over"), [Optional(), Length(max=200)])
    ask_team_on = DatePartsField(_("Ask the treating team on"), [Optional()], noun="the day to ask the treating team")
    trace_on = DatePartsField(_("Look at the tracing again on"), [Optional()], noun="the day to look again")
    review_on = DatePartsField(_("Ask again on"), [Optional()], noun="the day to ask again")
    chase_on = DatePartsField(_("Ask for the acknowledgment on"), [Optional()], noun="the day to ask")
    search_on = DatePartsField(_("Search again on"), [Optional()], noun="the day to search again")
    acknowledged_on = DatePartsField(
        _("Acknowledged by the other clinic on"), [Optional()], noun="the date of the acknowledgment"
    )
    deceased_on = PartialDatePartsField(_("Date of death"), [Optional()], noun="the date of death")
    since = DatePartsField(_("Since"), noun="the date of the decision")
    reason = TextAreaField(_("Reason"), [InputRequired(_("Write the reason in a few words")), Length(max=2000)])

    @classmethod
    def of(cls, survivor: Survivor) -> "StandingForm":
        """The form as the decision stands; the reason of the old decision is not that of the next."""
        return cls(
            data={
                "version": str(survivor.version),
                "standing": standing_of(survivor),
                REVIEWS.get(standing_of(survivor), "review_on"): survivor.review_on,
                FOLLOWERS.get(standing_of(survivor), "treating_team"): survivor.followed_by,
                "acknowledged_on": survivor.acknowledged_on,
                "deceased_on": died_on(survivor),
                "since": survivor.standing_since,
            }
        )

    def box_of(self, name: str) -> str:
        """The box in which the chosen decision asks for the follower or the day of review."""
        boxes = {"review_on": REVIEWS, "followed_by": FOLLOWERS}.get(name, {})
        return boxes.get(self.standing.data, name)

    def to_input(self) -> StandingInput:
        if self.since.data is None:
            raise ValueError("to_input() is for a form that was validated")
        return StandingInput(
            standing=self.standing.data,
            since=self.since.data,
            reason=self.reason.data or "",
            followed_by=self._chosen(FOLLOWERS) or "",
            review_on=self._chosen(REVIEWS),
            acknowledged_on=self.acknowledged_on.data,
            deceased_on=self.deceased_on.data,
        )

    def _chosen(self, boxes: dict[str, str]) -> Any:
        """What stands in the box that belongs to the decision; what was typed under another is not meant."""
        name = boxes.get(self.standing.data)
        return self[name].data if name else None


class ContactForm(VersionedForm):
    kind = SelectField(_("Who"), choices=KINDS)
    name = StringField(_("Name"), [Optional(), Length(max=120)])
    phone = StringField(_("Phone"), [Optional()], render_kw={"inputmode": "tel"})
    email = StringField(_("Email"), [Optional(), Length(max=254)], render_kw={"inputmode": "email"})
    reminders = BooleanField(_("Has agreed to reminders by email"))

    @classmethod
    def of(cls, contact: Contact) -> "ContactForm":
        """The form as the contact stands."""
        return cls(
            data={
                "kind": contact.kind,
                "name": contact.name,
                "phone": contact.phone,
                "email": contact.email,
                "reminders": agreed(contact),
            }
        )

    def to_input(self) -> ContactInput:
        return ContactInput(
            kind=self.kind.data,
            name=self.name.data or "",
            phone=self.phone.data or "",
            email=self.email.data or "",
            reminders=bool(self.reminders.data),
        )


class InviteForm(VersionedForm):
    role = RadioField(_("Who will sign in"), [InputRequired(_("Choose who will sign in"))], choices=FAMILY_ROLES)
    name = StringField(_("Name"), [InputRequired(_("Enter the person's name")), Length(max=120)])
    email = StringField(
        _("Email"),
        [InputRequired(_("Enter an email address, like name@example.org"))],
        render_kw={"inputmode": "email"},
    )
