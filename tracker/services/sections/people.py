"""The parts of the record about the people and circumstances around a survivor."""

from decimal import Decimal

from tracker.models import (
    Allergy,
    CareTeamMember,
    Guardian,
    HealthProblem,
    Immunization,
    Insurance,
    Medication,
    ReproductiveEvent,
    Schooling,
)
from tracker.policy import Action
from tracker.services.sections.questions import check_problem
from tracker.services.sections.shared_fields import NOT_SAID, NOTE, UNKNOWN, listed, partial, words, yes_no
from tracker.services.sections.spec import Field, Group, Kind, Section

CARE_TEAM = Section(
    key="care-team",
    title="Care team",
    one="member of the care team",
    empty="Nobody is recorded yet. Add the primary-care doctor, the referring center and the specialists.",
    group=Group.PEOPLE,
    table=CareTeamMember,
    fields=(
        listed("role", "Role", "care_role", "What they take care of.", required=True),
        words("name", "Name", 120),
        words("organization", "Practice or hospital"),
        words("phone", "Phone", 40),
        words("email", "Email"),
        partial("from_on", "From"),
        partial("until_on", "Until", "Leave it empty while they are in charge.", future=True),
        NOTE,
    ),
    headline=("role", "name", "organization", "phone"),
    on="from_on",
    until="until_on",
    edit=Action.EDIT_SURVIVOR,
)

GUARDIANS = Section(
    key="guardians",
    title="Guardians",
    one="guardian",
    empty="No guardian is recorded. How to reach the family stands under contacts.",
    group=Group.PEOPLE,
    table=Guardian,
    fields=(
        words("name", "Name", 120, required=True),
        listed("relation", "Relation", "relation", required=True),
        Field(
            name="ground",
            label="On what ground",
            kind=Kind.CHOICE,
            choices=(
                NOT_SAID,
                ("parent", "Parent"),
                ("court", "Court order"),
                ("power_of_attorney", "Power of attorney"),
                ("agreed", "The survivor agreed"),
                ("other", "Another ground"),
            ),
            longest=60,
        ),
        yes_no("may_decide", "May decide about care"),
        yes_no("may_be_told", "May be told about health"),
        partial("from_on", "From"),
        partial("until_on", "Until", "For a parent, usually the 18th birthday.", future=True),
        NOTE,
    ),
    headline=("name", "relation", "ground", "may_decide"),
    on="from_on",
    until="until_on",
    edit=Action.EDIT_SURVIVOR,
)

INSURANCE = Section(
    key="insurance",
    title="Insurance",
    one="coverage",
    empty="No insurance is recorded.",
    group=Group.PEOPLE,
    table=Insurance,
    fields=(
        listed("kind", "Kind of coverage", "coverage", required=True),
        words("insurer", "Insurer", 120),
        words("member_number", "Member number", 120, "Kept encrypted."),
        words("phone", "Phone", 40),
        partial("from_on", "From", future=True),
        partial("until_on", "Until", "Leave it empty while it lasts.", future=True),
        NOTE,
    ),
    headline=("kind", "insurer"),
    on="from_on",
    until="until_on",
    edit=Action.EDIT_SURVIVOR,
)

SCHOOLING = Section(
    key="schooling",
    title="School and work",
    one="school or job",
    empty="Nothing is recorded about school or work.",
    group=Group.PEOPLE,
    table=Schooling,
    fields=(
        listed("kind", "Kind", "schooling", required=True),
        words("place", "School or employer"),
        words("level", "Grade, degree or position", 120),
        Field(
            name="support",
            label="Help given there",
            kind=Kind.LONG_TEXT,
            longest=4000,
            hint="For example: extra time, an education plan, shorter days.",
        ),
        partial("from_on", "From", future=True),
        partial("until_on", "Until", future=True),
        NOTE,
    ),
    headline=("kind", "place", "level"),
    on="from_on",
    until="until_on",
    edit=Action.EDIT_SURVIVOR,
)

ALLERGIES = Section(
    key="allergies",
    title="Allergies",
    one="allergy",
    empty="Nothing is recorded. If the family was asked and there are none, add “none known”.",
    group=Group.HEALTH,
    table=Allergy,
    fields=(
        words("substance", "Substance", hint="Or “none known”.", required=True),
        words("reaction", "Reaction"),
        Field(
            name="severity",
            label="How severe",
            kind=Kind.CHOICE,
            choices=(("mild", "Mild"), ("moderate", "Moderate"), ("severe", "Severe"), UNKNOWN),
            longest=20,
        ),
        partial("noted_on", "Noted"),
        NOTE,
    ),
    headline=("substance", "reaction", "severity"),
    on="noted_on",
)

MEDICATIONS = Section(
    key="medications",
    title="Medicines taken",
    one="medicine",
    empty="No current or earlier medicine is recorded. Cancer treatment stands in its own part.",
    group=Group.HEALTH,
    table=Medication,
    fields=(
        words("name", "Medicine", hint="The generic name, as RxNorm writes it where you know it.", required=True),
        words("dose", "Dose and how often", 120, "For example: 75 µg once a day."),
        words("reason", "What for"),
        partial("started_on", "From"),
        partial("ended_on", "Until", "Leave it empty while it is taken.", future=True),
        words("rxnorm", "RxNorm code", 20),
        NOTE,
    ),
    headline=("name", "dose", "reason"),
    on="started_on",
    until="ended_on",
)

PROBLEMS = Section(
    key="problems",
    title="Problem list",
    one="problem",
    empty="No health problem is recorded.",
    group=Group.HEALTH,
    table=HealthProblem,
    fields=(
        words("problem", "Problem", required=True),
        Field(
            name="status",
            label="Status",
            kind=Kind.CHOICE,
            choices=(("active", "Active"), ("resolved", "Resolved")),
            longest=20,
        ),
        partial("began_on", "Began"),
        partial("resolved_on", "Resolved"),
        words("icd10", "ICD-10 code", 20, "For example: E03.9."),
        NOTE,
    ),
    headline=("problem", "status"),
    on="began_on",
    until="resolved_on",
    check=check_problem,
)

IMMUNIZATIONS = Section(
    key="immunizations",
    title="Immunizations",
    one="immunization",
    empty="No vaccine is recorded. They matter above all without a working spleen and after a transplant.",
    group=Group.HEALTH,
    table=Immunization,
    fields=(
        listed("vaccine", "Vaccine", "vaccine", required=True),
        yes_no("given", "Given", "“No” if it was declined or could not be given."),
        partial("given_on", "When"),
        Field(
            name="dose_number",
            label="Dose number",
            kind=Kind.INTEGER,
            least=Decimal(0),
            asked_above=Decimal(20),
            hint="1 for the first.",
        ),
        words("reason", "Why it was given, or not", hint="For example: no spleen, declined by the family."),
        NOTE,
    ),
    headline=("vaccine", "dose_number", "given", "reason"),
    on="given_on",
)

REPRODUCTIVE = Section(
    key="reproductive",
    title="Puberty, fertility and pregnancy",
    one="event",
    empty="Nothing is recorded about puberty, fertility or pregnancy. A proxy never sees this part.",
    group=Group.HEALTH,
    table=ReproductiveEvent,
    fields=(
        listed("kind", "What happened", "reproductive_event", required=True),
        partial("happened_on", "When"),
        words("outcome", "Outcome"),
        words("place", "Where", hint="For example: the clinic that stores the tissue."),
        NOTE,
    ),
    headline=("kind", "outcome"),
    on="happened_on",
    confidential=True,
)

PEOPLE_SECTIONS = (
    CARE_TEAM,
    GUARDIANS,
    INSURANCE,
    SCHOOLING,
    ALLERGIES,
    MEDICATIONS,
    PROBLEMS,
    IMMUNIZATIONS,
    REPRODUCTIVE,
)
