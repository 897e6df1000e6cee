"""The parts of the record about transplants and blood, the studies taken part in, and what treatment did."""

from decimal import Decimal

from tracker.models import (
    AdverseEvent,
    GvhdEpisode,
    Transfusion,
    Transplant,
    TrialEnrollment,
)
from tracker.services.sections import questions
from tracker.services.sections.shared_fields import (
    NOTE,
    TUMOR,
    UNKNOWN,
    count,
    listed,
    partial,
    words,
    yes_no,
)
from tracker.services.sections.spec import Field, Group, Kind, Section

TRANSPLANTS = Section(
    key="transplants",
    title="Stem cell transplants",
    one="transplant",
    empty="No transplant is recorded.",
    group=Group.TREATMENT,
    table=Transplant,
    fields=(
        Field(
            name="kind",
            label="Kind",
            kind=Kind.CHOICE,
            choices=(
                ("allogeneic", "From a donor (allogeneic)"),
                ("autologous", "The survivor’s own cells (autologous)"),
                UNKNOWN,
            ),
            longest=20,
        ),
        partial("done_on", "Day of the transplant"),
        listed("donor", "Donor", "donor"),
        listed("graft_source", "Source of the cells", "graft_source"),
        listed("conditioning", "Conditioning", "conditioning", "Its medicines and radiation are recorded as such too."),
        yes_no("sos", "Sinusoidal obstruction of the liver afterwards"),
        words("place", "Hospital", 120),
        TUMOR,
        NOTE,
    ),
    headline=("kind", "donor", "graft_source"),
    on="done_on",
    derives=True,
)


GVHD = Section(
    key="gvhd",
    title="Graft-versus-host disease",
    one="episode of graft-versus-host disease",
    empty="No graft-versus-host disease is recorded.",
    group=Group.TREATMENT,
    table=GvhdEpisode,
    fields=(
        Field(
            name="kind",
            label="Kind",
            kind=Kind.CHOICE,
            choices=(("acute", "Acute"), ("chronic", "Chronic")),
            required=True,
            longest=20,
        ),
        listed("organ", "Organ", "gvhd_organ", "One entry for each organ."),
        words("grade", "Grade or severity", 20, "As reported, for example II, or moderate."),
        yes_no("active", "Active now", "“Yes” also while it needs immunosuppression."),
        partial("started_on", "Began"),
        partial("ended_on", "Ended"),
        NOTE,
    ),
    headline=("kind", "organ", "grade", "active"),
    on="started_on",
    until="ended_on",
    derives=True,
    check=questions.check_gvhd,
)


TRANSFUSIONS = Section(
    key="transfusions",
    title="Blood products",
    one="transfusion entry",
    empty="Nothing is recorded about blood products. If the record says that none were given, add that.",
    group=Group.TREATMENT,
    table=Transfusion,
    fields=(
        Field(
            name="product",
            label="Product",
            kind=Kind.CHOICE,
            choices=(
                ("red_cells", "Red cells"),
                ("platelets", "Platelets"),
                ("plasma", "Plasma"),
                ("other", "Another product"),
                ("none", "None was given"),
            ),
            required=True,
            longest=20,
        ),
        count("count", "How many", "units", "Leave it empty if nobody counted.", 300),
        partial("started_on", "First", "Donors were screened differently from year to year."),
        partial("ended_on", "Last"),
        words("country", "Country", 60, "Donor screening began in different years."),
        NOTE,
    ),
    headline=("product", "count", "country"),
    on="started_on",
    until="ended_on",
    derives=True,
    check=questions.check_transfusion,
)


TRIALS = Section(
    key="trials",
    title="Research studies",
    one="study",
    empty="No research study is recorded.",
    group=Group.TREATMENT,
    table=TrialEnrollment,
    fields=(
        words("title", "Study", required=True),
        words("registry_number", "Registry number", 40, "For example: NCT01234567."),
        listed("phase", "Phase", "trial_phase", longest=20),
        words("arm", "Arm"),
        partial("enrolled_on", "Enrolled"),
        partial("left_on", "Left"),
        TUMOR,
        NOTE,
    ),
    headline=("title", "registry_number", "phase", "arm"),
    on="enrolled_on",
    until="left_on",
)


ADVERSE_EVENTS = Section(
    key="adverse-events",
    title="Side effects",
    one="side effect",
    empty="No side effect is recorded.",
    group=Group.TREATMENT,
    table=AdverseEvent,
    fields=(
        listed(
            "term", "Side effect", "adverse_event", "The CTCAE term, or your own words.", required=True, longest=120
        ),
        Field(
            name="grade",
            label="CTCAE grade",
            kind=Kind.INTEGER,
            least=Decimal(1),
            most=Decimal(5),
            hint="1 mild, 2 moderate, 3 severe, 4 life-threatening, 5 death.",
        ),
        partial("began_on", "Began"),
        yes_no("resolved", "Resolved"),
        partial("resolved_on", "Resolved on"),
        yes_no("expected", "Expected", "It was foreseen, and something was done to prevent it."),
        words("cause", "Probable cause"),
        NOTE,
    ),
    headline=("term", "grade", "resolved"),
    on="began_on",
    until="resolved_on",
    check=questions.check_adverse_event,
)


TRANSPLANT_SECTIONS = (TRANSPLANTS, GVHD, TRANSFUSIONS, TRIALS, ADVERSE_EVENTS)
