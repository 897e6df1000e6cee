"""The course picture's words: names of its lanes, and what each mark means."""

from flask_babel import lazy_gettext as _l

from tracker.services.course import CourseFact, Lane, Mark

# Lazy, so that asking for one word translates one word: a long course asks thousands of times.
LANES = {
    Lane.DISEASE: _l("Disease"),
    Lane.THERAPY: _l("Therapy"),
    Lane.RESULTS: _l("Results"),
    Lane.VISITS: _l("Visits"),
    Lane.RECURRENCE: _l("Recurrence checks"),
    Lane.CHECKS: _l("Other checks"),
}
MARKS = {
    Mark.DIAGNOSIS: _l("diagnosis"),
    Mark.RESECTION: _l("resection"),
    Mark.END_OF_THERAPY: _l("end of therapy"),
    Mark.TREATMENT: _l("treatment"),
    Mark.EXPOSURE: _l("last day of a therapy"),
    Mark.NORMAL: _l("normal"),
    Mark.ABNORMAL: _l("abnormal or indeterminate"),
    Mark.NO_OUTCOME: _l("no outcome recorded"),
    Mark.NOT_COUNTED: _l("told by the family or not adequate: does not count"),
    Mark.VISIT_DONE: _l("visit"),
    Mark.VISIT_PLANNED: _l("visit booked"),
    Mark.VISIT_MISSED: _l("visit missed"),
    Mark.PLANNED: _l("planned"),
    Mark.UPCOMING: _l("upcoming"),
    Mark.DUE: _l("due"),
    Mark.OVERDUE: _l("overdue"),
    Mark.BEYOND: _l("more than ten years ahead"),
}


def lane_words(lane: Lane) -> str:
    return str(LANES[lane])


def mark_words(mark: Mark) -> str:
    """What a mark stands for, as the legend says it."""
    return str(MARKS[mark])


def fact_words(fact: CourseFact) -> str:
    """One fact without its date: "Echocardiogram, normal", "End of therapy: Leiomyosarcoma"."""
    meaning = mark_words(fact.mark)
    if not fact.about:
        return meaning.capitalize()
    if fact.lane == Lane.DISEASE or fact.mark == Mark.TREATMENT:
        return f"{meaning.capitalize()}: {fact.about}"
    return f"{fact.about}, {meaning}"
