"""0008 the treatment summary in detail: the tumor, dates known in part, doses known in part, who follows."""

from alembic import op

revision, down_revision = "0008_summary_details", "0007_audit"
branch_labels = depends_on = None

PRECISION = "IN ('day', 'month', 'year')"
WORD = "VARCHAR(60) DEFAULT '' NOT NULL"
# (table, column, type, check): adding a column with its check is the same statement on both databases, and, unlike
# rebuilding the table, keeps every check that is there already.
COLUMNS = [
    ("diagnoses", "diagnosed_precision", "VARCHAR(5) DEFAULT 'day' NOT NULL", ("known", PRECISION)),
    ("diagnoses", "resected_precision", "VARCHAR(5) DEFAULT 'day' NOT NULL", ("known", PRECISION)),
    ("diagnoses", "end_of_therapy_precision", "VARCHAR(5) DEFAULT 'day' NOT NULL", ("known", PRECISION)),
    (
        "diagnoses",
        "course",
        "VARCHAR(20) DEFAULT 'primary' NOT NULL",
        ("known", "IN ('primary', 'relapse', 'progression', 'second_primary')"),
    ),
    ("diagnoses", "icdo3_topography", "VARCHAR(10) DEFAULT '' NOT NULL", None),
    ("diagnoses", "clinic_subtype", WORD, None),
    ("diagnoses", "tissue", WORD, None),
    ("diagnoses", "laterality", WORD, None),
    ("diagnoses", "bone", WORD, None),
    ("diagnoses", "bone_segment", WORD, None),
    ("diagnoses", "extremity_part", WORD, None),
    ("diagnoses", "vessel_name", WORD, None),
    ("diagnoses", "grade_system", WORD, None),
    ("diagnoses", "graded_on", "VARCHAR(10)", None),
    ("diagnoses", "differentiation", WORD, None),
    ("diagnoses", "mitotic_count", "INTEGER", ("not_negative", "IS NULL OR mitotic_count >= 0")),
    ("diagnoses", "mitotic_field", WORD, None),
    ("diagnoses", "size_mm", "INTEGER", ("not_negative", "IS NULL OR size_mm >= 0")),
    ("diagnoses", "margin_mm", "NUMERIC(14, 4)", ("not_negative", "IS NULL OR margin_mm >= 0")),
    ("diagnoses", "stage_system", WORD, None),
    ("diagnoses", "symptom_onset_on", "VARCHAR(10)", None),
    ("diagnoses", "lesion", "VARCHAR(400) DEFAULT '' NOT NULL", None),
    ("diagnoses", "note", "TEXT DEFAULT '' NOT NULL", None),
    ("exposures", "last_precision", "VARCHAR(5) DEFAULT 'day' NOT NULL", ("known", PRECISION)),
    ("exposures", "at_least", "NUMERIC(14, 4)", ("not_negative", "IS NULL OR at_least >= 0")),
    ("exposures", "source", "VARCHAR(10) DEFAULT 'recorded' NOT NULL", ("known", "IN ('recorded', 'given')")),
    ("events", "happened_precision", "VARCHAR(5) DEFAULT 'day' NOT NULL", ("known", PRECISION)),
    (
        "survivors",
        "interpreter_needed",
        "VARCHAR(10) DEFAULT 'unknown' NOT NULL",
        ("known", "IN ('yes', 'no', 'unknown')"),
    ),
    ("survivors", "interpreter_language", WORD, None),
    ("survivors", "deceased_precision", "VARCHAR(5) DEFAULT 'day' NOT NULL", ("known", PRECISION)),
    ("survivors", "followed_by", "VARCHAR(200) DEFAULT '' NOT NULL", None),
]


def upgrade() -> None:
    for table, column, kind, check in COLUMNS:
        rule = ""
        if check is not None:
            rule = f" CONSTRAINT ck_{table}_{column}_{check[0]} CHECK ({column} {check[1]})"
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}{rule}")


def downgrade() -> None:
    for table, column, _kind, _check in reversed(COLUMNS):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
