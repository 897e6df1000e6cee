"""0010 what was given, from which exposures follow."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0010_therapy", "0009_tumor_and_workup"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "adverse_events",
        sa.Column("term", sa.String(length=120), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("began_on", sa.String(length=10), nullable=True),
        sa.Column("resolved", sa.String(length=10), nullable=False),
        sa.Column("resolved_on", sa.String(length=10), nullable=True),
        sa.Column("expected", sa.String(length=10), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("expected IN ('yes', 'no', 'unknown')", name=op.f("ck_adverse_events_expected_known")),
        sa.CheckConstraint("resolved IN ('yes', 'no', 'unknown')", name=op.f("ck_adverse_events_resolved_known")),
        sa.CheckConstraint("grade IS NULL OR grade BETWEEN 1 AND 5", name=op.f("ck_adverse_events_grade_known")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_adverse_events_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adverse_events")),
    )
    op.create_index(op.f("ix_adverse_events_survivor_id"), "adverse_events", ["survivor_id"], unique=False)
    op.create_table(
        "gvhd_episodes",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("organ", sa.String(length=60), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("active", sa.String(length=10), nullable=False),
        sa.Column("started_on", sa.String(length=10), nullable=True),
        sa.Column("ended_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("active IN ('yes', 'no', 'unknown')", name=op.f("ck_gvhd_episodes_active_known")),
        sa.CheckConstraint("kind IN ('acute', 'chronic')", name=op.f("ck_gvhd_episodes_kind_known")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_gvhd_episodes_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gvhd_episodes")),
    )
    op.create_index(op.f("ix_gvhd_episodes_survivor_id"), "gvhd_episodes", ["survivor_id"], unique=False)
    op.create_table(
        "transfusions",
        sa.Column("product", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("started_on", sa.String(length=10), nullable=True),
        sa.Column("ended_on", sa.String(length=10), nullable=True),
        sa.Column("country", sa.String(length=60), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "product IN ('red_cells', 'platelets', 'plasma', 'other', 'none')",
            name=op.f("ck_transfusions_product_known"),
        ),
        sa.CheckConstraint("count IS NULL OR count >= 0", name=op.f("ck_transfusions_count_not_negative")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_transfusions_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfusions")),
    )
    op.create_index(op.f("ix_transfusions_survivor_id"), "transfusions", ["survivor_id"], unique=False)
    op.create_table(
        "drug_courses",
        sa.Column("regimen", sa.String(length=60), nullable=False),
        sa.Column("agent", sa.String(length=60), nullable=False),
        sa.Column("dose", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("courses", sa.Integer(), nullable=True),
        sa.Column("route", sa.String(length=10), nullable=False),
        sa.Column("timing", sa.String(length=20), nullable=False),
        sa.Column("single_dose", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("weight_kg", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("surface_m2", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("weeks", sa.Integer(), nullable=True),
        sa.Column("myeloablative", sa.String(length=10), nullable=False),
        sa.Column("started_on", sa.String(length=10), nullable=True),
        sa.Column("ended_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "myeloablative IN ('yes', 'no', 'unknown')", name=op.f("ck_drug_courses_myeloablative_known")
        ),
        sa.CheckConstraint(
            "route IN ('', 'iv', 'po', 'im', 'sc', 'it', 'other')", name=op.f("ck_drug_courses_route_known")
        ),
        sa.CheckConstraint(
            "timing IN ('neoadjuvant', 'adjuvant', 'induction', 'consolidation', 'maintenance', 'conditioning', 'relapse', 'palliative', 'unknown')",
            name=op.f("ck_drug_courses_timing_known"),
        ),
        sa.CheckConstraint(
            "unit IN ('mg/m2', 'g/m2', 'mg/kg', 'mg', 'g', '[U]/m2', '[U]', 'AUC')",
            name=op.f("ck_drug_courses_unit_known"),
        ),
        sa.CheckConstraint("courses IS NULL OR courses >= 0", name=op.f("ck_drug_courses_courses_not_negative")),
        sa.CheckConstraint("dose IS NULL OR dose >= 0", name=op.f("ck_drug_courses_dose_not_negative")),
        sa.CheckConstraint(
            "single_dose IS NULL OR single_dose >= 0", name=op.f("ck_drug_courses_single_dose_not_negative")
        ),
        sa.CheckConstraint(
            "surface_m2 IS NULL OR surface_m2 >= 0", name=op.f("ck_drug_courses_surface_m2_not_negative")
        ),
        sa.CheckConstraint("weeks IS NULL OR weeks >= 0", name=op.f("ck_drug_courses_weeks_not_negative")),
        sa.CheckConstraint("weight_kg IS NULL OR weight_kg >= 0", name=op.f("ck_drug_courses_weight_kg_not_negative")),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_drug_courses_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_drug_courses_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drug_courses")),
    )
    op.create_index(op.f("ix_drug_courses_diagnosis_id"), "drug_courses", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_drug_courses_survivor_id"), "drug_courses", ["survivor_id"], unique=False)
    op.create_table(
        "radiation_courses",
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("laterality", sa.String(length=60), nullable=False),
        sa.Column("dose_gy", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("fractions", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("modality", sa.String(length=60), nullable=False),
        sa.Column("started_on", sa.String(length=10), nullable=True),
        sa.Column("ended_on", sa.String(length=10), nullable=True),
        sa.Column("organs", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('curative', 'residual', 'neoadjuvant', 'adjuvant', 'palliative', 'conditioning', 'unknown')",
            name=op.f("ck_radiation_courses_purpose_known"),
        ),
        sa.CheckConstraint("dose_gy IS NULL OR dose_gy >= 0", name=op.f("ck_radiation_courses_dose_gy_not_negative")),
        sa.CheckConstraint(
            "fractions IS NULL OR fractions >= 0", name=op.f("ck_radiation_courses_fractions_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_radiation_courses_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_radiation_courses_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_radiation_courses")),
    )
    op.create_index(op.f("ix_radiation_courses_diagnosis_id"), "radiation_courses", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_radiation_courses_survivor_id"), "radiation_courses", ["survivor_id"], unique=False)
    op.create_table(
        "radionuclide_therapies",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("activity", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("activity_unit", sa.String(length=10), nullable=False),
        sa.Column("treatments", sa.Integer(), nullable=True),
        sa.Column("given_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('i131', 'mibg')", name=op.f("ck_radionuclide_therapies_kind_known")),
        sa.CheckConstraint(
            "activity IS NULL OR activity >= 0", name=op.f("ck_radionuclide_therapies_activity_not_negative")
        ),
        sa.CheckConstraint(
            "treatments IS NULL OR treatments >= 0", name=op.f("ck_radionuclide_therapies_treatments_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_radionuclide_therapies_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_radionuclide_therapies_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_radionuclide_therapies")),
    )
    op.create_index(
        op.f("ix_radionuclide_therapies_diagnosis_id"), "radionuclide_therapies", ["diagnosis_id"], unique=False
    )
    op.create_index(
        op.f("ix_radionuclide_therapies_survivor_id"), "radionuclide_therapies", ["survivor_id"], unique=False
    )
    op.create_table(
        "surgeries",
        sa.Column("operation", sa.String(length=60), nullable=False),
        sa.Column("site", sa.String(length=120), nullable=False),
        sa.Column("laterality", sa.String(length=60), nullable=False),
        sa.Column("done_on", sa.String(length=10), nullable=True),
        sa.Column("resection", sa.String(length=20), nullable=False),
        sa.Column("margin_mm", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("limb_reason", sa.String(length=400), nullable=False),
        sa.Column("surgeon", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("margin_mm IS NULL OR margin_mm >= 0", name=op.f("ck_surgeries_margin_mm_not_negative")),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_surgeries_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_surgeries_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surgeries")),
    )
    op.create_index(op.f("ix_surgeries_diagnosis_id"), "surgeries", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_surgeries_survivor_id"), "surgeries", ["survivor_id"], unique=False)
    op.create_table(
        "transplants",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("done_on", sa.String(length=10), nullable=True),
        sa.Column("donor", sa.String(length=60), nullable=False),
        sa.Column("graft_source", sa.String(length=60), nullable=False),
        sa.Column("conditioning", sa.String(length=60), nullable=False),
        sa.Column("sos", sa.String(length=10), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('allogeneic', 'autologous', 'unknown')", name=op.f("ck_transplants_kind_known")),
        sa.CheckConstraint("sos IN ('yes', 'no', 'unknown')", name=op.f("ck_transplants_sos_known")),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_transplants_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_transplants_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transplants")),
    )
    op.create_index(op.f("ix_transplants_diagnosis_id"), "transplants", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_transplants_survivor_id"), "transplants", ["survivor_id"], unique=False)
    op.create_table(
        "trial_enrollments",
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("registry_number", sa.String(length=40), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("arm", sa.String(length=200), nullable=False),
        sa.Column("enrolled_on", sa.String(length=10), nullable=True),
        sa.Column("left_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_trial_enrollments_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_trial_enrollments_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_enrollments")),
    )
    op.create_index(op.f("ix_trial_enrollments_diagnosis_id"), "trial_enrollments", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_trial_enrollments_survivor_id"), "trial_enrollments", ["survivor_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_trial_enrollments_survivor_id"), table_name="trial_enrollments")
    op.drop_index(op.f("ix_trial_enrollments_diagnosis_id"), table_name="trial_enrollments")
    op.drop_table("trial_enrollments")
    op.drop_index(op.f("ix_transplants_survivor_id"), table_name="transplants")
    op.drop_index(op.f("ix_transplants_diagnosis_id"), table_name="transplants")
    op.drop_table("transplants")
    op.drop_index(op.f("ix_surgeries_survivor_id"), table_name="surgeries")
    op.drop_index(op.f("ix_surgeries_diagnosis_id"), table_name="surgeries")
    op.drop_table("surgeries")
    op.drop_index(op.f("ix_radionuclide_therapies_survivor_id"), table_name="radionuclide_therapies")
    op.drop_index(op.f("ix_radionuclide_therapies_diagnosis_id"), table_name="radionuclide_therapies")
    op.drop_table("radionuclide_therapies")
    op.drop_index(op.f("ix_radiation_courses_survivor_id"), table_name="radiation_courses")
    op.drop_index(op.f("ix_radiation_courses_diagnosis_id"), table_name="radiation_courses")
    op.drop_table("radiation_courses")
    op.drop_index(op.f("ix_drug_courses_survivor_id"), table_name="drug_courses")
    op.drop_index(op.f("ix_drug_courses_diagnosis_id"), table_name="drug_courses")
    op.drop_table("drug_courses")
    op.drop_index(op.f("ix_transfusions_survivor_id"), table_name="transfusions")
    op.drop_table("transfusions")
    op.drop_index(op.f("ix_gvhd_episodes_survivor_id"), table_name="gvhd_episodes")
    op.drop_table("gvhd_episodes")
    op.drop_index(op.f("ix_adverse_events_survivor_id"), table_name="adverse_events")
    op.drop_table("adverse_events")
