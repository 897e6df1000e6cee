"""Which survivor is due for what, since when, and why: the one question the tracker answers."""

from datetime import date

from tracker.engine.both_ends import plan_for_both_ends
from tracker.engine.chart import open_chart
from tracker.engine.precision import is_whole
from tracker.engine.rules import Pack
from tracker.engine.types import CarePlan, Facts
from tracker.engine.whole_dates import plan_chart


def evaluate(facts: Facts, pack: Pack, *, on: date) -> CarePlan:
    """Work out every test this survivor should have next, and on what date.

    Pure: the answer depends on the arguments alone, and is the same for every day from ``on`` until
    ``CarePlan.holds_until`` while the facts stay as they are. Facts may lie after ``on``: results, events
    and decisions do not count yet, and bound ``holds_until``.

    Doses are compared exactly, in the vocabulary's own unit (Gy; mg/m² doxorubicin-equivalent for
    anthracyclines), never converted. A dose given but unknown counts as at least its known part; a rule it
    leaves undecided is treated as met and reported as a gap. A date known to the month or year only is planned for
    on its first and on its last possible day, the earlier due date winning; either day may lie after ``on``, as any
    fact may. One item is returned per test, the earliest date winning, with a reason for each rule and decision
    behind it; nothing is due before the end of therapy.

    Raises:
        Invalid: a decision in force lacks the date or interval its action needs.
        ValueError: an interval of a decision is not an ISO 8601 period.

    Source: the citation of each rule, carried into every reason.
    """
    if is_whole(facts):
        return plan_chart(open_chart(facts, pack, on))
    return plan_for_both_ends(facts, pack, on)
