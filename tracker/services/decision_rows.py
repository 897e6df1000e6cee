"""A decision as rows of plain values, and back: how it travels from one process to another.

What tells a decision's parts apart by name takes longer to pack and unpack than all that they say.
"""

from tracker.services.planning import Closing, Decision, Gap, Item, Summary, Summed
from tracker.services.raw_rows import Row


def told(decision: Decision) -> Row:
    """The decision as one row, which ``read`` understands."""
    summed = decision.summed
    return (
        *(decision.survivor_id, decision.clinic_id, decision.seen, decision.resummed, decision.heals),
        (tuple(summed.summary), summed.computed_on, summed.holds_until, summed.content, summed.seal),
        [tuple(item) for item in decision.opening],
        [tuple(closing) for closing in decision.closing],
        [(item_id, tuple(item)) for item_id, item in decision.describing],
        [tuple(gap) for gap in decision.gaps_in],
        [(gap_id, tuple(gap)) for gap_id, gap in decision.gaps_changed],
        decision.gaps_out,
    )


def read(row: Row) -> Decision:
    """The decision that was told."""
    survivor_id, clinic_id, seen, resummed, heals, summed, *lists = row
    summary, *rest = summed
    opening, closing, describing, gaps_in, gaps_changed, gaps_out = lists
    return Decision(
        *(survivor_id, clinic_id, seen, Summed(Summary._make(summary), *rest), resummed, heals),
        opening=[Item._make(item) for item in opening],
        closing=[Closing._make(each) for each in closing],
        describing=[(item_id, Item._make(item)) for item_id, item in describing],
        gaps_in=[Gap._make(gap) for gap in gaps_in],
        gaps_changed=[(gap_id, Gap._make(gap)) for gap_id, gap in gaps_changed],
        gaps_out=gaps_out,
    )
