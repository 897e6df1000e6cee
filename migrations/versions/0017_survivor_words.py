"""0017 the words that survivors are found by, with an index: names and record numbers were looked for in every row.

The words of those on record are written a thousand survivors at a time, in the order of their ids.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0017_survivor_words", "0016_listed_places"
branch_labels = depends_on = None

WORD = sa.String(length=400).with_variant(sa.String(length=400, collation="C"), "postgresql")
AT_ONCE = 1_000
survivors = sa.table(
    "survivors",
    *(sa.column(name, sa.Uuid) for name in ("id", "clinic_id")),
    *(sa.column(name, sa.String) for name in ("search_name", "sort_name", "mrn")),
    sa.column("withdrawn_at", sa.DateTime),
)


def upgrade() -> None:
    words = op.create_table(
        "survivor_words",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("word", WORD, nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("sort_name", WORD, nullable=False),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_survivor_words_survivor_id")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_survivor_words_clinic_id")),
        sa.PrimaryKeyConstraint("survivor_id", "word", name=op.f("pk_survivor_words")),
        sqlite_with_rowid=False,
    )
    fill(op.get_bind(), words)
    columns = ["clinic_id", "word", "sort_name", "survivor_id"]
    op.create_index("ix_survivor_words_clinic_id_word", "survivor_words", columns)
    op.drop_index("ix_survivors_clinic_id_search_name", "survivors")


def downgrade() -> None:
    op.create_index("ix_survivors_clinic_id_search_name", "survivors", ["clinic_id", "search_name"])
    op.drop_table("survivor_words")


def fill(connection: sa.Connection, words: sa.Table) -> None:
    query = sa.select(survivors).where(survivors.c.withdrawn_at.is_(None)).order_by(survivors.c.id).limit(AT_ONCE)
    found = connection.execute(query).all()
    while found:
        connection.execute(sa.insert(words), [row for survivor in found for row in rows_of(survivor)])
        found = connection.execute(query.where(survivors.c.id > found[-1].id)).all()


def rows_of(survivor: Any) -> list[dict[str, Any]]:
    common = {"survivor_id": survivor.id, "clinic_id": survivor.clinic_id, "sort_name": survivor.sort_name}
    words = {*survivor.search_name.split(), f"#{survivor.mrn.lower()}"}
    return [{"word": word, **common} for word in sorted(words)]
