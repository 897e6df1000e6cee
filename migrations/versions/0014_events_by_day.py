"""0014 status events are kept by day: what crosses in a night lies together, and is not written all over two indexes.

Nothing asks for the events of a survivor. Those of an item are found by its dates, which are theirs.
"""

from alembic import op

revision, down_revision = "0014_events_by_day", "0013_plan_failures"
branch_labels = depends_on = None

BY_ITEM = ("uq_status_events_due_item_id_flag_status_boundary_on", ["due_item_id", "flag", "status", "boundary_on"])
BY_DAY = ("uq_status_events_boundary_on_due_item_id_flag_status", ["boundary_on", "due_item_id", "flag", "status"])


def upgrade() -> None:
    op.drop_index("ix_status_events_survivor_id", table_name="status_events")
    with op.batch_alter_table("status_events") as table:
        table.drop_constraint(BY_ITEM[0], type_="unique")
        table.create_unique_constraint(*BY_DAY)


def downgrade() -> None:
    with op.batch_alter_table("status_events") as table:
        table.drop_constraint(BY_DAY[0], type_="unique")
        table.create_unique_constraint(*BY_ITEM)
    op.create_index("ix_status_events_survivor_id", "status_events", ["survivor_id"])
