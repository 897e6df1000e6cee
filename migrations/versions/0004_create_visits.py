"""0004 visits and results."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004_visits", "0003_treatment"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=True),
        sa.Column("completed_at", sa.DateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("booked_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(status = 'completed') = (completed_at IS NOT NULL)", name=op.f("ck_visits_completion_whole")
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'in_progress', 'completed', 'cancelled', 'missed')",
            name=op.f("ck_visits_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('in_progress', 'completed') OR opened_at IS NOT NULL", name=op.f("ck_visits_opened_first")
        ),
        sa.CheckConstraint("slot >= 0", name=op.f("ck_visits_slot_counted")),
        sa.ForeignKeyConstraint(["booked_by_id"], ["users.id"], name=op.f("fk_visits_booked_by_id")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_visits_clinic_id")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_visits_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    op.create_index("ix_visits_survivor_id_planned_on", "visits", ["survivor_id", "planned_on"], unique=False)
    op.create_index(
        "uq_visits_slot",
        "visits",
        ["clinic_id", "planned_on", "slot"],
        unique=True,
        sqlite_where=sa.text("status NOT IN ('cancelled', 'missed')"),
        postgresql_where=sa.text("status NOT IN ('cancelled', 'missed')"),
    )
    op.create_table(
        "results",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("test_code", sa.String(length=80), nullable=False),
        sa.Column("performed_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("adequate", sa.Boolean(), nullable=False),
        sa.Column("claimed", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("reference_range", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('normal', 'abnormal', 'indeterminate')",
            name=op.f("ck_results_outcome_known"),
        ),
        sa.CheckConstraint(
            "status IN ('registered', 'partial', 'preliminary', 'final', 'amended', 'corrected', 'appended', 'cancelled', 'entered-in-error', 'unknown')",
            name=op.f("ck_results_status_known"),
        ),
        sa.CheckConstraint("value IS NULL OR unit IS NOT NULL", name=op.f("ck_results_value_has_unit")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["users.id"], name=op.f("fk_results_recorded_by_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["results.id"], name=op.f("fk_results_replaces_id")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_results_survivor_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_results_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_results_replaces_id")),
        sa.UniqueConstraint("survivor_id", "external_id", name=op.f("uq_results_survivor_id_external_id")),
    )
    op.create_index("ix_results_survivor_id_test_code", "results", ["survivor_id", "test_code"], unique=False)


def downgrade() -> None:
    op.drop_table("results")
    op.drop_table("visits")
