"""0003 the treatment summary: what was given decides what is due."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003_treatment", "0002_survivors"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "diagnoses",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("icdo3_morphology", sa.String(length=10), nullable=False),
        sa.Column("diagnosed_on", sa.Date(), nullable=True),
        sa.Column("resected_on", sa.Date(), nullable=True),
        sa.Column("end_of_therapy_on", sa.Date(), nullable=True),
        sa.Column("grade", sa.String(length=60), nullable=True),
        sa.Column("site", sa.String(length=60), nullable=True),
        sa.Column("vessel", sa.String(length=60), nullable=True),
        sa.Column("depth", sa.String(length=60), nullable=True),
        sa.Column("resection", sa.String(length=60), nullable=True),
        sa.Column("histology", sa.String(length=60), nullable=True),
        sa.Column("stage", sa.String(length=60), nullable=True),
        sa.Column("risk", sa.String(length=60), nullable=True),
        sa.Column("subtype", sa.String(length=60), nullable=True),
        sa.Column("mibg", sa.String(length=60), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("depth IS NULL OR length(depth) > 0", name=op.f("ck_diagnoses_depth_not_blank")),
        sa.CheckConstraint("grade IS NULL OR length(grade) > 0", name=op.f("ck_diagnoses_grade_not_blank")),
        sa.CheckConstraint("histology IS NULL OR length(histology) > 0", name=op.f("ck_diagnoses_histology_not_blank")),
        sa.CheckConstraint("mibg IS NULL OR length(mibg) > 0", name=op.f("ck_diagnoses_mibg_not_blank")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_diagnoses_position_counted")),
        sa.CheckConstraint("resection IS NULL OR length(resection) > 0", name=op.f("ck_diagnoses_resection_not_blank")),
        sa.CheckConstraint("risk IS NULL OR length(risk) > 0", name=op.f("ck_diagnoses_risk_not_blank")),
        sa.CheckConstraint("site IS NULL OR length(site) > 0", name=op.f("ck_diagnoses_site_not_blank")),
        sa.CheckConstraint("stage IS NULL OR length(stage) > 0", name=op.f("ck_diagnoses_stage_not_blank")),
        sa.CheckConstraint("subtype IS NULL OR length(subtype) > 0", name=op.f("ck_diagnoses_subtype_not_blank")),
        sa.CheckConstraint("vessel IS NULL OR length(vessel) > 0", name=op.f("ck_diagnoses_vessel_not_blank")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_diagnoses_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnoses")),
        sa.UniqueConstraint("survivor_id", "position", name=op.f("uq_diagnoses_survivor_id_position")),
    )
    op.create_index("ix_diagnoses_survivor_id", "diagnoses", ["survivor_id"], unique=False)
    op.create_table(
        "exposures",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("certainty", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(certainty = 'known') = (value IS NOT NULL)", name=op.f("ck_exposures_value_when_known")),
        sa.CheckConstraint(
            "certainty IN ('known', 'dose_unknown', 'date_only')", name=op.f("ck_exposures_certainty_known")
        ),
        sa.CheckConstraint(
            "unit IN ('1', 'Gy', 'mg/m2', '[U]/m2', '{count}', 'a')", name=op.f("ck_exposures_unit_known")
        ),
        sa.CheckConstraint("value IS NULL OR value >= 0", name=op.f("ck_exposures_value_not_negative")),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_exposures_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposures")),
        sa.UniqueConstraint("survivor_id", "name", name=op.f("uq_exposures_survivor_id_name")),
    )
    op.create_index("ix_exposures_survivor_id", "exposures", ["survivor_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "name IN ('pregnancy_planned', 'growth_complete', 'fertility_request')", name=op.f("ck_events_name_known")
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_events_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("survivor_id", "name", name=op.f("uq_events_survivor_id_name")),
    )
    op.create_index("ix_events_survivor_id", "events", ["survivor_id"], unique=False)
    op.create_table(
        "predispositions",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("syndrome", sa.String(length=200), nullable=False),
        sa.Column("gene", sa.String(length=60), nullable=True),
        sa.Column("phenotype", sa.String(length=60), nullable=True),
        sa.Column("risk", sa.String(length=60), nullable=True),
        sa.Column("thyroid", sa.String(length=60), nullable=True),
        sa.Column("germline", sa.String(length=60), nullable=True),
        sa.Column("ultrasound", sa.String(length=60), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("gene IS NULL OR length(gene) > 0", name=op.f("ck_predispositions_gene_not_blank")),
        sa.CheckConstraint(
            "germline IS NULL OR length(germline) > 0", name=op.f("ck_predispositions_germline_not_blank")
        ),
        sa.CheckConstraint(
            "phenotype IS NULL OR length(phenotype) > 0", name=op.f("ck_predispositions_phenotype_not_blank")
        ),
        sa.CheckConstraint("risk IS NULL OR length(risk) > 0", name=op.f("ck_predispositions_risk_not_blank")),
        sa.CheckConstraint("thyroid IS NULL OR length(thyroid) > 0", name=op.f("ck_predispositions_thyroid_not_blank")),
        sa.CheckConstraint(
            "ultrasound IS NULL OR length(ultrasound) > 0", name=op.f("ck_predispositions_ultrasound_not_blank")
        ),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_predispositions_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_predispositions")),
        sa.UniqueConstraint("survivor_id", "position", name=op.f("uq_predispositions_survivor_id_position")),
    )
    op.create_index("ix_predispositions_survivor_id", "predispositions", ["survivor_id"], unique=False)
    op.create_table(
        "chart_entries",
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("resource_type", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("code_system", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("display", sa.String(length=400), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("value_text", sa.String(length=400), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("mapped_to", sa.String(length=200), nullable=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["survivor_id"], ["survivors.id"], name=op.f("fk_chart_entries_survivor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chart_entries")),
        sa.UniqueConstraint(
            "survivor_id",
            "resource_type",
            "external_id",
            name=op.f("uq_chart_entries_survivor_id_resource_type_external_id"),
        ),
    )
    op.create_index("ix_chart_entries_survivor_id", "chart_entries", ["survivor_id"], unique=False)


def downgrade() -> None:
    op.drop_table("chart_entries")
    op.drop_table("predispositions")
    op.drop_table("events")
    op.drop_table("exposures")
    op.drop_table("diagnoses")
