"""What an administrator enters."""

from flask_babel import lazy_gettext as _
from wtforms import Form, IntegerField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from tracker.models import STAFF, Role
from tracker.services.accounts import NewUser
from tracker.services.clinics import ClinicInput
from tracker.services.passwords import MIN_PASSWORD

ROLE_NAMES = {
    Role.COORDINATOR: _("Coordinator: schedules and calls"),
    Role.CLINICIAN: _("Clinician: sees survivors and records results"),
    Role.ADMINISTRATOR: _("Administrator: people and settings, no health records"),
}
WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


def at_most(longest: int) -> Length:
    return Length(max=longest, message=_("Enter at most %(count)s characters", count=longest))


class RolesForm(Form):
    roles = SelectMultipleField(
        _("Roles at this clinic"),
        choices=[(role.value, ROLE_NAMES[role]) for role in STAFF],
        description=_("Choose all that apply. None: this person works here no longer."),
    )

    def chosen(self) -> tuple[Role, ...]:
        return tuple(Role(value) for value in self.roles.data or [])


class UserForm(Form):
    name = StringField(_("Name"), [InputRequired(_("Enter the person's name")), at_most(120)])
    email = StringField(
        _("Email address"),
        [InputRequired(_("Enter the person's email address")), at_most(254)],
        render_kw={"inputmode": "email", "spellcheck": "false", "autocomplete": "off"},
    )
    roles = SelectMultipleField(
        _("Roles"),
        [InputRequired(_("Choose at least one role"))],
        choices=[(role.value, ROLE_NAMES[role]) for role in STAFF],
        description=_("Choose all that apply."),
    )
    password = PasswordField(
        _("First password"),
        [InputRequired(_("Enter a first password"))],
        description=_("At least %(count)s characters. Three or four unrelated words do well.", count=MIN_PASSWORD),
        render_kw={"autocomplete": "new-password"},
    )

    def to_input(self) -> NewUser:
        roles = tuple(Role(value) for value in self.roles.data or [])
        return NewUser(self.email.data or "", self.name.data or "", self.password.data or "", roles)


class ClinicForm(Form):
    name = StringField(_("Clinic's name"), [InputRequired(_("Enter the clinic's name")), at_most(120)])
    phone = StringField(_("Telephone for families"), [at_most(40)], render_kw={"inputmode": "tel"})
    address = StringField(_("Address"), [at_most(300)])
    tz = StringField(
        _("Time zone"),
        [InputRequired(_("Enter a time zone by its name, like America/New_York"))],
        default="America/New_York",
        description=_("By its name, like America/New_York"),
    )
    weekday = SelectField(_("Clinic day"), coerce=int, choices=list(enumerate(WEEKDAYS)))
    first_slot = StringField(_("First visit at"), default="09:00", description=_("Like 09:00"))
    slot_minutes = IntegerField(
        _("Minutes for a visit"), [NumberRange(5, 240, _("Enter 5 to 240 minutes"))], default=30
    )
    slots_per_day = IntegerField(_("Visits in a day"), [NumberRange(1, 60, _("Enter 1 to 60 visits"))], default=12)

    def to_input(self) -> ClinicInput:
        return ClinicInput(
            name=(self.name.data or "").strip(),
            tz=(self.tz.data or "").strip(),
            phone=self.phone.data or "",
            address=self.address.data or "",
            weekday=self.weekday.data,
            first_slot=(self.first_slot.data or "").strip(),
            slot_minutes=self.slot_minutes.data or 0,
            slots_per_day=self.slots_per_day.data or 0,
        )
