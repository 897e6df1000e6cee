"""0002 survivors, how other systems know them, whom to call, and who may see them."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002_survivors", "0001_accounts"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "survivors",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("mrn", sa.String(length=40), nullable=False),
        sa.Column("family_name", sa.String(length=120), nullable=False),
        sa.Column("given_name", sa.String(length=120), nullable=False),
        sa.Column("preferred_name", sa.String(length=120), nullable=False),
        sa.Column("pronouns", sa.String(length=40), nullable=False),
        sa.Column("search_name", sa.String(length=400), nullable=False),
        sa.Column("sort_name", sa.String(length=400), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("sex_at_birth", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("ltfu_entry_on", sa.Date(), nullable=True),
        sa.Column("summary_confirmed_on", sa.Date(), nullable=True),
        sa.Column("summary_confirmed_by", sa.String(length=120), nullable=False),
        sa.Column("deceased_on", sa.Date(), nullable=True),
        sa.Column("standing", sa.String(length=20), nullable=False),
        sa.Column("standing_since", sa.Date(), nullable=True),
        sa.Column("standing_reason", sa.Text(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("acknowledged_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("has_plan", sa.Boolean(), nullable=False),
        sa.Column("plan_holds_until", sa.Date(), nullable=True),
        sa.Column("plan_computed_on", sa.Date(), nullable=True),
        sa.Column("plan_digest", sa.String(length=64), nullable=False),
        sa.Column("next_upcoming_on", sa.Date(), nullable=True),
        sa.Column("next_due_on", sa.Date(), nullable=True),
        sa.Column("next_overdue_on", sa.Date(), nullable=True),
        sa.Column("recurrence_due_on", sa.Date(), nullable=True),
        sa.Column("recurrence_overdue_on", sa.Date(), nullable=True),
        sa.Column("booked_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "acknowledged_on IS NULL OR standing = 'transferred'", name=op.f("ck_survivors_acknowledged_transfer")
        ),
        sa.CheckConstraint(
            "sex_at_birth IN ('female', 'male', 'unknown')", name=op.f("ck_survivors_sex_at_birth_known")
        ),
        sa.CheckConstraint(
            "standing <> 'declined' OR review_on IS NOT NULL", name=op.f("ck_survivors_declined_reviewed")
        ),
        sa.CheckConstraint(
            "standing IN ('active', 'on_treatment', 'being_traced', 'declined', 'transferred', 'lost')",
            name=op.f("ck_survivors_standing_known"),
        ),
        sa.CheckConstraint(
            "deceased_on IS NULL OR deceased_on >= birth_date", name=op.f("ck_survivors_death_after_birth")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_survivors_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survivors")),
        sa.UniqueConstraint("clinic_id", "mrn", name=op.f("uq_survivors_clinic_id_mrn")),
    )
    op.create_index("ix_survivors_clinic_id_next_due_on", "survivors", ["clinic_id", "next_due_on"], unique=False)
    op.create_index(
        "ix_survivors_clinic_id_plan_holds_until", "survivors", ["clinic_id", "plan_holds_until"], unique=False
    )
    op.create_index("ix_survivors_clinic_id_search_name", "survivors", ["clinic_id", "search_name"], unique=False)
    op.create_index("ix_survivors_clinic_id_sort_name", "survivors", ["clinic_id", "sort_name", "id"], unique=False)
    op.create_table(
        "survivor_identifiers",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_survivor_identifiers_clinic_id")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_survivor_identifiers_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survivor_identifiers")),
        sa.UniqueConstraint(
            "clinic_id", "system", "value", name=op.f("uq_survivor_identifiers_clinic_id_system_value")
        ),
    )
    op.create_index("ix_survivor_identifiers_survivor_id", "survivor_identifiers", ["survivor_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("phone_key", sa.String(length=64), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_key", sa.String(length=64), nullable=True),
        sa.Column("reminders_agreed_on", sa.Date(), nullable=True),
        sa.Column("reminders_stopped_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('self', 'mother', 'father', 'guardian', 'other')", name=op.f("ck_contacts_kind_known")
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_contacts_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index("ix_contacts_email_key", "contacts", ["email_key"], unique=False)
    op.create_index("ix_contacts_phone_key", "contacts", ["phone_key"], unique=False)
    op.create_index("ix_contacts_survivor_id", "contacts", ["survivor_id"], unique=False)
    op.create_table(
        "grants",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("survivor_id", sa.Uuid(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(role IN ('survivor', 'proxy')) = (survivor_id IS NOT NULL)", name=op.f("ck_grants_family_has_survivor")
        ),
        sa.CheckConstraint(
            "role IN ('coordinator', 'clinician', 'administrator', 'survivor', 'proxy')",
            name=op.f("ck_grants_role_known"),
        ),
        sa.CheckConstraint("(clinic_id IS NULL) <> (survivor_id IS NULL)", name=op.f("ck_grants_one_scope")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name=op.f("ck_grants_ends_after_start")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_grants_clinic_id")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_grants_survivor_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_grants_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index("ix_grants_user_id", "grants", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("grants")
    op.drop_table("contacts")
    op.drop_table("survivor_identifiers")
    op.drop_table("survivors")
