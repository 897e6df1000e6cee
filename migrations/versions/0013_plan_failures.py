"""0013 survivors whose plan cannot be worked out: what failed, since when, and how often."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0013_plan_failures", "0012_imports"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_failures",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("during", sa.String(length=20), nullable=False),
        sa.Column("error", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("first_at", sa.DateTime(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint("during IN ('tick', 'recompute', 'check')", name=op.f("ck_plan_failures_during_known")),
        sa.CheckConstraint("length(error) > 0", name=op.f("ck_plan_failures_error_named")),
        sa.CheckConstraint("times > 0", name=op.f("ck_plan_failures_times_counted")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_plan_failures_survivor_id")),
        sa.PrimaryKeyConstraint("survivor_id", name=op.f("pk_plan_failures")),
    )


def downgrade() -> None:
    op.drop_table("plan_failures")
