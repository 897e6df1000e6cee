"""0016 a survivor's place in the worklist: columns the database works out, and the index a page is read from.

Added with plain statements, each of the three on a line of its own: SQLAlchemy reads the expression of such a column
back from SQLite up to the end of the line. On SQLite they take no room, on PostgreSQL the table is written anew.
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0016_listed_places", "0015_plan_seals"
branch_labels = depends_on = None

DATES = ("next_upcoming_on", "next_due_on", "next_overdue_on", "recurrence_due_on", "recurrence_overdue_on")
RANK = """CASE WHEN deceased_on IS NOT NULL THEN 15
 WHEN standing = 'transferred' AND acknowledged_on IS NOT NULL THEN 14
 WHEN standing = 'transferred' THEN 6
 WHEN standing = 'being_traced' THEN 4
 WHEN standing <> 'active' AND review_on <= placed_on THEN 7
 WHEN standing = 'declined' THEN 11
 WHEN standing = 'on_treatment' THEN 12
 WHEN standing = 'lost' THEN 13
 WHEN NOT has_plan THEN 5
 WHEN booked_on >= placed_on THEN 8
 WHEN next_overdue_on <= placed_on AND recurrence_overdue_on <= placed_on THEN 0
 WHEN next_overdue_on <= placed_on THEN 1
 WHEN next_due_on <= placed_on AND recurrence_due_on <= placed_on THEN 2
 WHEN next_due_on <= placed_on THEN 3
 WHEN next_upcoming_on <= placed_on THEN 9
 ELSE 10 END"""
SINCE = """coalesce(CASE WHEN deceased_on IS NOT NULL THEN deceased_on
 WHEN standing = 'declined' THEN review_on
 WHEN standing IN ('on_treatment', 'lost') AND review_on <= placed_on THEN review_on
 WHEN standing <> 'active' THEN standing_since
 WHEN NOT has_plan THEN enrolled_on
 WHEN booked_on >= placed_on THEN booked_on
 WHEN next_overdue_on <= placed_on AND recurrence_overdue_on <= placed_on THEN recurrence_overdue_on
 WHEN next_overdue_on <= placed_on THEN next_overdue_on
 WHEN next_due_on <= placed_on AND recurrence_due_on <= placed_on THEN recurrence_due_on
 ELSE next_due_on END, '9999-12-31')"""
UNTIL = """CASE WHEN placed_on IS NULL THEN '0001-01-01'
 WHEN deceased_on IS NOT NULL THEN '9999-12-31'
 WHEN standing IN ('declined', 'on_treatment', 'lost') AND review_on > placed_on THEN review_on
 WHEN standing <> 'active' OR NOT has_plan THEN '9999-12-31'
 WHEN booked_on >= placed_on THEN booked_on
 {first}
 ELSE '9999-12-31' END"""
INDEX = "ix_survivors_places"
FOLLOWED = sa.text("withdrawn_at IS NULL")


def first_after() -> str:
    branches = []
    for date in DATES:
        others = [f"({o} IS NULL OR {o} <= placed_on OR {o} >= {date})" for o in DATES if o != date]
        branches.append(f"WHEN {' AND '.join([f'{date} > placed_on', *others])} THEN {date}")
    return " ".join(branches)


def upgrade() -> None:
    op.add_column("survivors", sa.Column("placed_on", sa.Date(), nullable=True))
    stored = "STORED" if op.get_bind().dialect.name == "postgresql" else "VIRTUAL"
    until = UNTIL.format(first=first_after())
    for name, kind, text in (("rank", "INTEGER", RANK), ("since", "DATE", SINCE), ("until", "DATE", until)):
        line = text.replace("\n", "")
        op.execute(
            sa.text(f"ALTER TABLE survivors ADD COLUMN place_{name} {kind}\nGENERATED ALWAYS AS ({line}) {stored}")
        )
    op.execute(sa.text("UPDATE survivors SET placed_on = plan_computed_on"))
    columns = ["clinic_id", "place_rank", "place_since", "id", "place_until", "placed_on", "standing"]
    op.create_index(INDEX, "survivors", columns, sqlite_where=FOLLOWED, postgresql_where=FOLLOWED)
    op.create_index("ix_survivors_clinic_id_place_until", "survivors", ["clinic_id", "place_until"])
    op.create_index("ix_survivors_clinic_id_placed_on", "survivors", ["clinic_id", "placed_on"])
    op.drop_index("ix_survivors_clinic_id_next_due_on", "survivors")
    op.create_index("ix_diagnoses_name", "diagnoses", ["name", "survivor_id"])


def downgrade() -> None:
    op.drop_index("ix_diagnoses_name", "diagnoses")
    op.create_index("ix_survivors_clinic_id_next_due_on", "survivors", ["clinic_id", "next_due_on"])
    for name in ("ix_survivors_clinic_id_placed_on", "ix_survivors_clinic_id_place_until", INDEX):
        op.drop_index(name, "survivors")
    for name in ("place_until", "place_since", "place_rank", "placed_on"):
        op.execute(sa.text(f"ALTER TABLE survivors DROP COLUMN {name}"))
