"""0009 the tumor beyond its name, and the tests at diagnosis."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0009_tumor_and_workup", "0008_summary_details"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "germline_findings",
        sa.Column("gene", sa.String(length=60), nullable=False),
        sa.Column("variant", sa.String(length=200), nullable=False),
        sa.Column("significance", sa.String(length=60), nullable=False),
        sa.Column("laboratory", sa.String(length=200), nullable=False),
        sa.Column("tested_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_germline_findings_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_germline_findings")),
    )
    op.create_index(op.f("ix_germline_findings_survivor_id"), "germline_findings", ["survivor_id"], unique=False)
    op.create_table(
        "immune_statuses",
        sa.Column("condition", sa.String(length=60), nullable=False),
        sa.Column("present", sa.String(length=10), nullable=False),
        sa.Column("drug", sa.String(length=120), nullable=False),
        sa.Column("started_on", sa.String(length=10), nullable=True),
        sa.Column("ended_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("present IN ('yes', 'no', 'unknown')", name=op.f("ck_immune_statuses_present_known")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_immune_statuses_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_immune_statuses")),
    )
    op.create_index(op.f("ix_immune_statuses_survivor_id"), "immune_statuses", ["survivor_id"], unique=False)
    op.create_table(
        "relatives",
        sa.Column("relation", sa.String(length=60), nullable=False),
        sa.Column("side", sa.String(length=20), nullable=False),
        sa.Column("affected", sa.String(length=10), nullable=False),
        sa.Column("condition", sa.String(length=200), nullable=False),
        sa.Column("age_at_diagnosis", sa.Integer(), nullable=True),
        sa.Column("deceased", sa.String(length=10), nullable=False),
        sa.Column("age_at_death", sa.Integer(), nullable=True),
        sa.Column("gene_result", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("affected IN ('yes', 'no', 'unknown')", name=op.f("ck_relatives_affected_known")),
        sa.CheckConstraint("deceased IN ('yes', 'no', 'unknown')", name=op.f("ck_relatives_deceased_known")),
        sa.CheckConstraint(
            "age_at_death IS NULL OR age_at_death >= 0", name=op.f("ck_relatives_age_at_death_not_negative")
        ),
        sa.CheckConstraint(
            "age_at_diagnosis IS NULL OR age_at_diagnosis >= 0", name=op.f("ck_relatives_age_at_diagnosis_not_negative")
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_relatives_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relatives")),
    )
    op.create_index(op.f("ix_relatives_survivor_id"), "relatives", ["survivor_id"], unique=False)
    op.create_table(
        "biopsies",
        sa.Column("method", sa.String(length=60), nullable=False),
        sa.Column("site", sa.String(length=120), nullable=False),
        sa.Column("laterality", sa.String(length=60), nullable=False),
        sa.Column("done_on", sa.String(length=10), nullable=True),
        sa.Column("specimen", sa.String(length=200), nullable=False),
        sa.Column("pathology", sa.Text(), nullable=False),
        sa.Column("reported_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_biopsies_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_biopsies_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_biopsies")),
    )
    op.create_index(op.f("ix_biopsies_diagnosis_id"), "biopsies", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_biopsies_survivor_id"), "biopsies", ["survivor_id"], unique=False)
    op.create_table(
        "conferences",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("held_on", sa.String(length=10), nullable=True),
        sa.Column("attended", sa.Text(), nullable=False),
        sa.Column("decided", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('tumor_board', 'family_meeting')", name=op.f("ck_conferences_kind_known")),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_conferences_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_conferences_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conferences")),
    )
    op.create_index(op.f("ix_conferences_diagnosis_id"), "conferences", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_conferences_survivor_id"), "conferences", ["survivor_id"], unique=False)
    op.create_table(
        "metastases",
        sa.Column("organ", sa.String(length=60), nullable=False),
        sa.Column("found_on", sa.String(length=10), nullable=True),
        sa.Column("found_by", sa.String(length=60), nullable=False),
        sa.Column("treated", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_metastases_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_metastases_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metastases")),
    )
    op.create_index(op.f("ix_metastases_diagnosis_id"), "metastases", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_metastases_survivor_id"), "metastases", ["survivor_id"], unique=False)
    op.create_table(
        "symptoms",
        sa.Column("symptom", sa.String(length=60), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("onset_on", sa.String(length=10), nullable=True),
        sa.Column("resolved_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("phase IN ('at_diagnosis', 'since')", name=op.f("ck_symptoms_phase_known")),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_symptoms_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_symptoms_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_symptoms")),
    )
    op.create_index(op.f("ix_symptoms_diagnosis_id"), "symptoms", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_symptoms_survivor_id"), "symptoms", ["survivor_id"], unique=False)
    op.create_table(
        "tumor_variants",
        sa.Column("method", sa.String(length=60), nullable=False),
        sa.Column("gene", sa.String(length=60), nullable=False),
        sa.Column("variant", sa.String(length=200), nullable=False),
        sa.Column("significance", sa.String(length=60), nullable=False),
        sa.Column("allele_percent", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("specimen", sa.String(length=200), nullable=False),
        sa.Column("laboratory", sa.String(length=200), nullable=False),
        sa.Column("reported_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "allele_percent IS NULL OR allele_percent >= 0", name=op.f("ck_tumor_variants_allele_percent_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_tumor_variants_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_tumor_variants_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tumor_variants")),
    )
    op.create_index(op.f("ix_tumor_variants_diagnosis_id"), "tumor_variants", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_tumor_variants_survivor_id"), "tumor_variants", ["survivor_id"], unique=False)
    op.create_table(
        "workup_exams",
        sa.Column("examined_on", sa.String(length=10), nullable=True),
        sa.Column("history", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("reflexes", sa.String(length=20), nullable=False),
        sa.Column("strength", sa.String(length=20), nullable=False),
        sa.Column("eye_movement", sa.String(length=20), nullable=False),
        sa.Column("mouth_movement", sa.String(length=20), nullable=False),
        sa.Column("coordination", sa.String(length=20), nullable=False),
        sa.Column("alertness", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "alertness IN ('normal', 'abnormal', 'not_examined')", name=op.f("ck_workup_exams_alertness_known")
        ),
        sa.CheckConstraint(
            "coordination IN ('normal', 'abnormal', 'not_examined')", name=op.f("ck_workup_exams_coordination_known")
        ),
        sa.CheckConstraint(
            "eye_movement IN ('normal', 'abnormal', 'not_examined')", name=op.f("ck_workup_exams_eye_movement_known")
        ),
        sa.CheckConstraint(
            "mouth_movement IN ('normal', 'abnormal', 'not_examined')",
            name=op.f("ck_workup_exams_mouth_movement_known"),
        ),
        sa.CheckConstraint(
            "reflexes IN ('normal', 'abnormal', 'not_examined')", name=op.f("ck_workup_exams_reflexes_known")
        ),
        sa.CheckConstraint(
            "strength IN ('normal', 'abnormal', 'not_examined')", name=op.f("ck_workup_exams_strength_known")
        ),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_workup_exams_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_workup_exams_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workup_exams")),
    )
    op.create_index(op.f("ix_workup_exams_diagnosis_id"), "workup_exams", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_workup_exams_survivor_id"), "workup_exams", ["survivor_id"], unique=False)
    op.create_table(
        "workup_imaging",
        sa.Column("modality", sa.String(length=60), nullable=False),
        sa.Column("region", sa.String(length=60), nullable=False),
        sa.Column("laterality", sa.String(length=60), nullable=False),
        sa.Column("done_on", sa.String(length=10), nullable=True),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("impression", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_workup_imaging_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_workup_imaging_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workup_imaging")),
    )
    op.create_index(op.f("ix_workup_imaging_diagnosis_id"), "workup_imaging", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_workup_imaging_survivor_id"), "workup_imaging", ["survivor_id"], unique=False)
    op.create_table(
        "workup_labs",
        sa.Column("analyte", sa.String(length=120), nullable=False),
        sa.Column("loinc", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("reference_range", sa.String(length=120), nullable=False),
        sa.Column("flag", sa.String(length=20), nullable=False),
        sa.Column("taken_on", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("diagnosis_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_workup_labs_diagnosis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_workup_labs_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workup_labs")),
    )
    op.create_index(op.f("ix_workup_labs_diagnosis_id"), "workup_labs", ["diagnosis_id"], unique=False)
    op.create_index(op.f("ix_workup_labs_survivor_id"), "workup_labs", ["survivor_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_workup_labs_survivor_id"), table_name="workup_labs")
    op.drop_index(op.f("ix_workup_labs_diagnosis_id"), table_name="workup_labs")
    op.drop_table("workup_labs")
    op.drop_index(op.f("ix_workup_imaging_survivor_id"), table_name="workup_imaging")
    op.drop_index(op.f("ix_workup_imaging_diagnosis_id"), table_name="workup_imaging")
    op.drop_table("workup_imaging")
    op.drop_index(op.f("ix_workup_exams_survivor_id"), table_name="workup_exams")
    op.drop_index(op.f("ix_workup_exams_diagnosis_id"), table_name="workup_exams")
    op.drop_table("workup_exams")
    op.drop_index(op.f("ix_tumor_variants_survivor_id"), table_name="tumor_variants")
    op.drop_index(op.f("ix_tumor_variants_diagnosis_id"), table_name="tumor_variants")
    op.drop_table("tumor_variants")
    op.drop_index(op.f("ix_symptoms_survivor_id"), table_name="symptoms")
    op.drop_index(op.f("ix_symptoms_diagnosis_id"), table_name="symptoms")
    op.drop_table("symptoms")
    op.drop_index(op.f("ix_metastases_survivor_id"), table_name="metastases")
    op.drop_index(op.f("ix_metastases_diagnosis_id"), table_name="metastases")
    op.drop_table("metastases")
    op.drop_index(op.f("ix_conferences_survivor_id"), table_name="conferences")
    op.drop_index(op.f("ix_conferences_diagnosis_id"), table_name="conferences")
    op.drop_table("conferences")
    op.drop_index(op.f("ix_biopsies_survivor_id"), table_name="biopsies")
    op.drop_index(op.f("ix_biopsies_diagnosis_id"), table_name="biopsies")
    op.drop_table("biopsies")
    op.drop_index(op.f("ix_relatives_survivor_id"), table_name="relatives")
    op.drop_table("relatives")
    op.drop_index(op.f("ix_immune_statuses_survivor_id"), table_name="immune_statuses")
    op.drop_table("immune_statuses")
    op.drop_index(op.f("ix_germline_findings_survivor_id"), table_name="germline_findings")
    op.drop_table("germline_findings")
