"""0005 the stored plan: due items with their reasons, what crossed when, and decisions."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0005_care_plans", "0004_visits"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "due_items",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("test_code", sa.String(length=80), nullable=False),
        sa.Column("recurrence", sa.Boolean(), nullable=False),
        sa.Column("late_effects", sa.Boolean(), nullable=False),
        sa.Column("predisposition", sa.Boolean(), nullable=False),
        sa.Column("visit", sa.Boolean(), nullable=False),
        sa.Column("added", sa.Boolean(), nullable=False),
        sa.Column("upcoming_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("overdue_after", sa.Date(), nullable=False),
        sa.Column("stops_on", sa.Date(), nullable=True),
        sa.Column("soft_due_on", sa.Date(), nullable=True),
        sa.Column("next_boundary_on", sa.Date(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_by", sa.String(length=20), nullable=True),
        sa.Column("closing_result_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "closed_by IS NULL OR closed_by IN ('result', 'declined', 'superseded', 'stopped', 'deceased', 'transferred')",
            name=op.f("ck_due_items_closed_by_known"),
        ),
        sa.CheckConstraint("(closed_on IS NULL) = (closed_by IS NULL)", name=op.f("ck_due_items_closing_whole")),
        sa.CheckConstraint(
            "recurrence OR late_effects OR predisposition OR visit OR added", name=op.f("ck_due_items_asked_for")
        ),
        sa.CheckConstraint(
            "upcoming_on <= due_on AND due_on <= overdue_after", name=op.f("ck_due_items_dates_in_order")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_due_items_clinic_id")),
        sa.ForeignKeyConstraint(["closing_result_id"], ["results.id"], name=op.f("fk_due_items_closing_result_id")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_due_items_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_items")),
    )
    op.create_index(
        "ix_due_items_next_boundary_on",
        "due_items",
        ["clinic_id", "next_boundary_on"],
        unique=False,
        sqlite_where=sa.text("closed_on IS NULL AND next_boundary_on IS NOT NULL"),
        postgresql_where=sa.text("closed_on IS NULL AND next_boundary_on IS NOT NULL"),
    )
    op.create_index("ix_due_items_survivor_id", "due_items", ["survivor_id"], unique=False)
    op.create_index(
        "uq_due_items_open_test",
        "due_items",
        ["survivor_id", "test_code"],
        unique=True,
        sqlite_where=sa.text("closed_on IS NULL"),
        postgresql_where=sa.text("closed_on IS NULL"),
    )
    op.create_table(
        "status_events",
        sa.Column("due_item_id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("flag", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("boundary_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "flag IN ('recurrence', 'late_effects', 'predisposition', 'visit', 'added')",
            name=op.f("ck_status_events_flag_known"),
        ),
        sa.CheckConstraint("status IN ('upcoming', 'due', 'overdue')", name=op.f("ck_status_events_status_known")),
        sa.ForeignKeyConstraint(["due_item_id"], ["due_items.id"], name=op.f("fk_status_events_due_item_id")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_status_events_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_events")),
        sa.UniqueConstraint(
            "due_item_id",
            "flag",
            "status",
            "boundary_on",
            name=op.f("uq_status_events_due_item_id_flag_status_boundary_on"),
        ),
    )
    op.create_index("ix_status_events_survivor_id", "status_events", ["survivor_id"], unique=False)
    op.create_table(
        "overrides",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("test_code", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("repeat_every", sa.String(length=20), nullable=True),
        sa.Column("defer_to", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("action <> 'add' OR due_on IS NOT NULL", name=op.f("ck_overrides_add_has_date")),
        sa.CheckConstraint("action <> 'defer' OR defer_to IS NOT NULL", name=op.f("ck_overrides_defer_has_date")),
        sa.CheckConstraint(
            "action <> 'set_interval' OR repeat_every IS NOT NULL", name=op.f("ck_overrides_set_interval_has_interval")
        ),
        sa.CheckConstraint(
            "action IN ('add', 'set_interval', 'defer', 'stop')", name=op.f("ck_overrides_action_known")
        ),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_overrides_reason_given")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_overrides_decided_by_id")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_overrides_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    op.create_index("ix_overrides_survivor_id", "overrides", ["survivor_id"], unique=False)
    op.create_table(
        "plan_gaps",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("gap", sa.String(length=300), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("consequence", sa.String(length=40), nullable=False),
        sa.Column("test_code", sa.String(length=80), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_plan_gaps_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_gaps")),
        sa.UniqueConstraint("survivor_id", "gap", name=op.f("uq_plan_gaps_survivor_id_gap")),
    )
    op.create_index("ix_plan_gaps_survivor_id", "plan_gaps", ["survivor_id"], unique=False)


def downgrade() -> None:
    op.drop_table("plan_gaps")
    op.drop_table("overrides")
    op.drop_table("status_events")
    op.drop_table("due_items")
