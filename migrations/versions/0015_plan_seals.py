"""0015 plan_seal on survivors: while it matches, a stored plan need not be computed again."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0015_plan_seals", "0014_events_by_day"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("survivors", sa.Column("plan_seal", sa.String(length=64), nullable=False, server_default=""))


def downgrade() -> None:
    op.execute("ALTER TABLE survivors DROP COLUMN plan_seal")
