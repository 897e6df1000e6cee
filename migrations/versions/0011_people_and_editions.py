"""0011 the people around a survivor, photographs, and every earlier state of a summary."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0011_people", "0010_therapy"
branch_labels = depends_on = None


def protect() -> None:
    """Refuse every update and delete of an edition; PostgreSQL has the function from the audit trail."""
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER summary_editions_no_{change.lower()} BEFORE {change} ON summary_editions "
                "BEGIN SELECT RAISE(ABORT, 'summary_editions is insert-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER summary_editions_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON summary_editions "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def upgrade() -> None:
    op.create_table(
        "allergies",
        sa.Column("substance", sa.String(length=200), nullable=False),
        sa.Column("reaction", sa.String(length=200), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("noted_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "severity IN ('mild', 'moderate', 'severe', 'unknown')", name=op.f("ck_allergies_severity_known")
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_allergies_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allergies")),
    )
    op.create_index(op.f("ix_allergies_survivor_id"), "allergies", ["survivor_id"], unique=False)
    op.create_table(
        "care_team_members",
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("organization", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("from_on", sa.String(length=10), nullable=True),
        sa.Column("until_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_care_team_members_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_team_members")),
    )
    op.create_index(op.f("ix_care_team_members_survivor_id"), "care_team_members", ["survivor_id"], unique=False)
    op.create_table(
        "guardians",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("relation", sa.String(length=60), nullable=False),
        sa.Column("ground", sa.String(length=60), nullable=False),
        sa.Column("may_decide", sa.String(length=10), nullable=False),
        sa.Column("may_be_told", sa.String(length=10), nullable=False),
        sa.Column("from_on", sa.String(length=10), nullable=True),
        sa.Column("until_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("may_be_told IN ('yes', 'no', 'unknown')", name=op.f("ck_guardians_may_be_told_known")),
        sa.CheckConstraint("may_decide IN ('yes', 'no', 'unknown')", name=op.f("ck_guardians_may_decide_known")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_guardians_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardians")),
    )
    op.create_index(op.f("ix_guardians_survivor_id"), "guardians", ["survivor_id"], unique=False)
    op.create_table(
        "health_problems",
        sa.Column("problem", sa.String(length=200), nullable=False),
        sa.Column("icd10", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("began_on", sa.String(length=10), nullable=True),
        sa.Column("resolved_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'resolved')", name=op.f("ck_health_problems_status_known")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_health_problems_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_problems")),
    )
    op.create_index(op.f("ix_health_problems_survivor_id"), "health_problems", ["survivor_id"], unique=False)
    op.create_table(
        "immunizations",
        sa.Column("vaccine", sa.String(length=60), nullable=False),
        sa.Column("given", sa.String(length=10), nullable=False),
        sa.Column("given_on", sa.String(length=10), nullable=True),
        sa.Column("dose_number", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("given IN ('yes', 'no', 'unknown')", name=op.f("ck_immunizations_given_known")),
        sa.CheckConstraint(
            "dose_number IS NULL OR dose_number >= 0", name=op.f("ck_immunizations_dose_number_not_negative")
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_immunizations_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_immunizations")),
    )
    op.create_index(op.f("ix_immunizations_survivor_id"), "immunizations", ["survivor_id"], unique=False)
    op.create_table(
        "insurances",
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("insurer", sa.String(length=120), nullable=False),
        sa.Column("member_number", sa.Text(), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("from_on", sa.String(length=10), nullable=True),
        sa.Column("until_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_insurances_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insurances")),
    )
    op.create_index(op.f("ix_insurances_survivor_id"), "insurances", ["survivor_id"], unique=False)
    op.create_table(
        "medications",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("rxnorm", sa.String(length=20), nullable=False),
        sa.Column("dose", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("started_on", sa.String(length=10), nullable=True),
        sa.Column("ended_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_medications_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medications")),
    )
    op.create_index(op.f("ix_medications_survivor_id"), "medications", ["survivor_id"], unique=False)
    op.create_table(
        "reproductive_events",
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("happened_on", sa.String(length=10), nullable=True),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_reproductive_events_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reproductive_events")),
    )
    op.create_index(op.f("ix_reproductive_events_survivor_id"), "reproductive_events", ["survivor_id"], unique=False)
    op.create_table(
        "schoolings",
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("level", sa.String(length=120), nullable=False),
        sa.Column("support", sa.Text(), nullable=False),
        sa.Column("from_on", sa.String(length=10), nullable=True),
        sa.Column("until_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_schoolings_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schoolings")),
    )
    op.create_index(op.f("ix_schoolings_survivor_id"), "schoolings", ["survivor_id"], unique=False)
    op.create_table(
        "summary_editions",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=160), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("change", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("length(actor) > 0", name=op.f("ck_summary_editions_actor_named")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_summary_editions_number_counted")),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_summary_editions_actor_id")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_summary_editions_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summary_editions")),
        sa.UniqueConstraint("survivor_id", "number", name=op.f("uq_summary_editions_survivor_id_number")),
    )
    op.create_index(
        "ix_summary_editions_survivor_id_recorded_at", "summary_editions", ["survivor_id", "recorded_at"], unique=False
    )
    op.create_table(
        "attachments",
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body_site", sa.String(length=120), nullable=False),
        sa.Column("taken_on", sa.String(length=10), nullable=True),
        sa.Column("content_type", sa.String(length=40), nullable=False),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "content_type IN ('image/jpeg', 'image/png')", name=op.f("ck_attachments_content_type_known")
        ),
        sa.CheckConstraint(
            "byte_count IS NULL OR byte_count >= 0", name=op.f("ck_attachments_byte_count_not_negative")
        ),
        sa.CheckConstraint("height_px IS NULL OR height_px >= 0", name=op.f("ck_attachments_height_px_not_negative")),
        sa.CheckConstraint("width_px IS NULL OR width_px >= 0", name=op.f("ck_attachments_width_px_not_negative")),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_attachments_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_attachments_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_diagnosis_id"), "attachments", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_attachments_survivor_id"), "attachments", ["survivor_id"], unique=False)
    op.create_table(
        "attachment_contents",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachments.id"], name=op.f("fk_attachment_contents_attachment_id")
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachment_contents")),
    )
    protect()


def downgrade() -> None:
    op.drop_table("attachment_contents")
    op.drop_index(op.f("ix_attachments_survivor_id"), table_name="attachments")
    op.drop_index(op.f("ix_attachments_diagnosis_id"), table_name="attachments")
    op.drop_table("attachments")
    op.drop_index("ix_summary_editions_survivor_id_recorded_at", table_name="summary_editions")
    op.drop_table("summary_editions")
    op.drop_index(op.f("ix_schoolings_survivor_id"), table_name="schoolings")
    op.drop_table("schoolings")
    op.drop_index(op.f("ix_reproductive_events_survivor_id"), table_name="reproductive_events")
    op.drop_table("reproductive_events")
    op.drop_index(op.f("ix_medications_survivor_id"), table_name="medications")
    op.drop_table("medications")
    op.drop_index(op.f("ix_insurances_survivor_id"), table_name="insurances")
    op.drop_table("insurances")
    op.drop_index(op.f("ix_immunizations_survivor_id"), table_name="immunizations")
    op.drop_table("immunizations")
    op.drop_index(op.f("ix_health_problems_survivor_id"), table_name="health_problems")
    op.drop_table("health_problems")
    op.drop_index(op.f("ix_guardians_survivor_id"), table_name="guardians")
    op.drop_table("guardians")
    op.drop_index(op.f("ix_care_team_members_survivor_id"), table_name="care_team_members")
    op.drop_table("care_team_members")
    op.drop_index(op.f("ix_allergies_survivor_id"), table_name="allergies")
    op.drop_table("allergies")
