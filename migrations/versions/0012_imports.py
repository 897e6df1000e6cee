"""0012 what came in from elsewhere: imports with all they changed, mapped codes, pairs that may be one person."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0012_imports", "0011_people"
branch_labels = depends_on = None

UNMAPPED = sa.text("mapped_to = ''")
NEW_TABLES = (
    "uploads",
    "imported_entries",
    "duplicate_pairs",
    "code_mappings",
    "changed_rows",
    "change_sets",
)


def upgrade() -> None:
    op.create_table(
        "change_sets",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=160), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("applied_at", sa.DateTime(), nullable=True),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.Column("undone_by", sa.String(length=160), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(state = 'undone') = (undone_at IS NOT NULL)", name=op.f("ck_change_sets_undoing_whole")),
        sa.CheckConstraint(
            "(state IN ('applied', 'undone')) = (applied_at IS NOT NULL)", name=op.f("ck_change_sets_application_whole")
        ),
        sa.CheckConstraint("kind IN ('import', 'merge', 'mapping')", name=op.f("ck_change_sets_kind_known")),
        sa.CheckConstraint(
            "state IN ('previewed', 'applied', 'undone', 'discarded')", name=op.f("ck_change_sets_state_known")
        ),
        sa.CheckConstraint("length(actor) > 0", name=op.f("ck_change_sets_actor_named")),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_change_sets_actor_id")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_change_sets_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_sets")),
    )
    op.create_index("ix_change_sets_clinic_id_created_at", "change_sets", ["clinic_id", "created_at"])
    op.create_index("ix_change_sets_clinic_id_digest", "change_sets", ["clinic_id", "digest"])

    op.create_table(
        "changed_rows",
        sa.Column("change_set_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=True),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after_digest", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("act IN ('inserted', 'updated', 'deleted')", name=op.f("ck_changed_rows_act_known")),
        sa.ForeignKeyConstraint(["change_set_id"], ["change_sets.id"], name=op.f("fk_changed_rows_change_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changed_rows")),
        sa.UniqueConstraint("change_set_id", "number", name=op.f("uq_changed_rows_change_set_id_number")),
    )
    op.create_index("ix_changed_rows_row_id", "changed_rows", ["row_id"])
    op.create_index("ix_changed_rows_survivor_id", "changed_rows", ["survivor_id"])

    op.create_table(
        "code_mappings",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("display", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("mapped_by", sa.String(length=160), nullable=False),
        sa.Column("mapped_by_id", sa.Uuid(), nullable=True),
        sa.Column("mapped_at", sa.DateTime(), nullable=False),
        sa.Column("change_set_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["change_set_id"], ["change_sets.id"], name=op.f("fk_code_mappings_change_set_id")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_code_mappings_clinic_id")),
        sa.ForeignKeyConstraint(["mapped_by_id"], ["users.id"], name=op.f("fk_code_mappings_mapped_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_mappings")),
        sa.UniqueConstraint(
            "clinic_id", "system", "code", "kind", name=op.f("uq_code_mappings_clinic_id_system_code_kind")
        ),
    )
    op.create_table(
        "duplicate_pairs",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=160), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("change_set_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f("ck_duplicate_pairs_decision_whole")),
        sa.CheckConstraint("state IN ('open', 'merged', 'apart')", name=op.f("ck_duplicate_pairs_state_known")),
        sa.CheckConstraint("first_id <> second_id", name=op.f("ck_duplicate_pairs_two_people")),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_duplicate_pairs_score_in_percent")),
        sa.ForeignKeyConstraint(["change_set_id"], ["change_sets.id"], name=op.f("fk_duplicate_pairs_change_set_id")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_duplicate_pairs_clinic_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_duplicate_pairs_decided_by_id")),
        sa.ForeignKeyConstraint(["first_id"], ["survivors.id"], name=op.f("fk_duplicate_pairs_first_id")),
        sa.ForeignKeyConstraint(["second_id"], ["survivors.id"], name=op.f("fk_duplicate_pairs_second_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pairs")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_duplicate_pairs_first_id_second_id")),
    )
    op.create_index("ix_duplicate_pairs_clinic_id_state", "duplicate_pairs", ["clinic_id", "state", "score"])
    op.create_index("ix_duplicate_pairs_second_id", "duplicate_pairs", ["second_id"])

    op.create_table(
        "imported_entries",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("resource_type", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("section", sa.String(length=60), nullable=False),
        sa.Column("part", sa.String(length=200), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=True),
        sa.Column("diagnosis_ref", sa.String(length=400), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_imported_entries_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_entries")),
        sa.UniqueConstraint(
            "survivor_id",
            "resource_type",
            "external_id",
            "section",
            "part",
            name=op.f("uq_imported_entries_survivor_id_resource_type_external_id_section_part"),
        ),
    )
    op.create_index("ix_imported_entries_row_id", "imported_entries", ["row_id"])

    op.create_table(
        "uploads",
        sa.Column("change_set_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["change_set_id"], ["change_sets.id"], name=op.f("fk_uploads_change_set_id")),
        sa.PrimaryKeyConstraint("change_set_id", name=op.f("pk_uploads")),
    )
    op.add_column("chart_entries", sa.Column("stated_at", sa.DateTime(), nullable=True))
    op.add_column("chart_entries", sa.Column("source", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_chart_entries_unmapped",
        "chart_entries",
        ["code_system", "code"],
        sqlite_where=UNMAPPED,
        postgresql_where=UNMAPPED,
    )
    op.add_column("contacts", sa.Column("external_id", sa.String(length=200), nullable=True))
    op.create_index("uq_contacts_external_id", "contacts", ["survivor_id", "external_id"], unique=True)
    op.add_column("survivors", sa.Column("withdrawn_at", sa.DateTime(), nullable=True))
    # Adding a column with its check is the same statement on both databases, and rebuilds no table.
    kind = "CHAR(32)" if op.get_bind().dialect.name == "sqlite" else "UUID"
    op.execute(
        f"ALTER TABLE survivors ADD COLUMN merged_into_id {kind} CONSTRAINT ck_survivors_merged_is_withdrawn "
        "CHECK (merged_into_id IS NULL OR withdrawn_at IS NOT NULL)"
    )
    op.create_index("ix_survivors_merged_into_id", "survivors", ["merged_into_id"])


def downgrade() -> None:
    op.drop_index("ix_survivors_merged_into_id", "survivors")
    op.execute("ALTER TABLE survivors DROP COLUMN merged_into_id")
    op.execute("ALTER TABLE survivors DROP COLUMN withdrawn_at")
    op.drop_index("uq_contacts_external_id", "contacts")
    op.execute("ALTER TABLE contacts DROP COLUMN external_id")
    op.drop_index("ix_chart_entries_unmapped", "chart_entries")
    op.execute("ALTER TABLE chart_entries DROP COLUMN source")
    op.execute("ALTER TABLE chart_entries DROP COLUMN stated_at")
    for table in NEW_TABLES:
        op.drop_table(table)
