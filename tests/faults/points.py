"""Every point at which a test ends the process, by the work that passes it. ``test_points`` holds it to the source."""

TICK = (
    "tick.lease_written",
    "tick.lease_taken",
    "clinic.start_written",
    "clinic.started",
    "refresh.lease_renewed",
    "refresh.held",
    "refresh.one_written",
    "refresh.written",
    "refresh.written_down",
    "refresh.committed",
    "cross.lease_renewed",
    "cross.held",
    "cross.events_written",
    "cross.moved_on",
    "cross.reminders_written",
    "cross.written_down",
    "cross.committed",
    "clinic.finish_written",
    "clinic.finished",
    "tick.lease_given_back",
    "tick.ended",
)
SEND = (
    "send.claim_written",
    "send.claimed",
    "send.failure_written",
    "send.failure_settled",
    "send.handed_over",
    "send.settling_written",
    "send.settled",
)
RECOMPUTE = (
    "recompute.begin_written",
    "recompute.begun",
    "recompute.chunk_decided",
    "recompute.held",
    "recompute.plans_written",
    "recompute.sums_written",
    "recompute.written_down",
    "recompute.chunk_committed",
    "recompute.progress_saved",
    "recompute.progress_committed",
    "recompute.finish_written",
    "recompute.finished",
    "recompute.lease_given_back",
)
# What is killed, by the points it passes.
NIGHT = TICK + SEND
POINTS = NIGHT + RECOMPUTE
# Killed at one of these, a run has begun for good and not yet ended for good: it stays without an end.
LEAVES_A_RUN_OPEN = frozenset(
    TICK[TICK.index("clinic.started") : TICK.index("clinic.finish_written") + 1]
    + RECOMPUTE[RECOMPUTE.index("recompute.begun") : RECOMPUTE.index("recompute.finish_written") + 1]
)
# Killed at one of these, a message has left and is not settled: it leaves a second time, under the same key.
SENDS_AGAIN = frozenset({"send.handed_over", "send.settling_written"})
