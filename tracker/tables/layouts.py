"""The four tables that can be brought in. ``docs/imports.md`` and the templates are written from these declarations."""

from collections.abc import Mapping
from dataclasses import replace

from tracker.tables.columns import Column, Layout, Value
from tracker.tables.shared_columns import (
    BIRTH_DATE_AGAIN,
    BIRTH_DATES,
    EMAIL,
    FAMILY_NAME_AGAIN,
    FAMILY_NAMES,
    PHONE,
    RECORD_NUMBER,
)
from tracker.tables.treatment_columns import TREATMENTS

LONGEST_REPORT = 20_000

SURVIVORS = Layout(
    kind="survivors",
    purpose="People to follow. With a diagnosis and its end of therapy a plan follows at once.",
    columns=(
        replace(RECORD_NUMBER, examples=("004417", "005120", "000087")),
        Column(
            name="family_name",
            meaning="Family name.",
            aliases=FAMILY_NAMES,
            required=True,
            value=Value.NAME,
            longest=120,
            examples=("Rivera", "Lindqvist", "Okafor"),
        ),
        Column(
            name="given_name",
            meaning="Given names.",
            aliases=("first name", "forename", "given names"),
            value=Value.NAME,
            longest=120,
            examples=("Ana", "Ben", "Chidi"),
        ),
        Column(
            name="preferred_name",
            meaning="The name the survivor goes by, where it is another one.",
            aliases=("nickname", "known as"),
            value=Value.NAME,
            longest=120,
            examples=("", "", "Chad"),
        ),
        Column(
            name="birth_date",
            meaning="Date of birth, to the day.",
            aliases=BIRTH_DATES,
            required=True,
            value=Value.DAY,
            examples=("2007-03-05", "2010-02-14", "1998-11-30"),
        ),
        Column(
            name="sex",
            meaning="Sex recorded at birth; left empty it is unknown.",
            aliases=("sex at birth", "gender"),
            value=Value.CHOICE,
            choices={"female": ("f", "girl", "woman"), "male": ("m", "boy", "man"), "unknown": ("u", "not known")},
            examples=("female", "male", ""),
        ),
        Column(
            name="language",
            meaning="The family’s language as a code: en, es … Left empty it is English.",
            value=Value.LANGUAGE,
            longest=10,
            examples=("es", "en", ""),
        ),
        Column(
            name="death_date",
            meaning="Day of death; the year, or year and month, are enough. Left empty nothing is said of a death.",
            aliases=("date of death", "deceased on", "dod"),
            value=Value.PART_DAY,
            examples=("", "", "2021-06"),
        ),
        Column(
            name="other_number",
            meaning="A number by which another system knows the survivor.",
            aliases=("external number", "other id"),
            value=Value.IDENTIFIER,
            examples=("R-00012", "", ""),
        ),
        Column(
            name="other_system",
            meaning="Which system that is; needed with other_number, always written the same way.",
            aliases=("external system",),
            value=Value.NAME,
            examples=("State cancer registry", "", ""),
        ),
        replace(PHONE, meaning=f"The survivor’s own. {PHONE.meaning}", examples=("617-555-0123", "", "")),
        replace(EMAIL, meaning=f"The survivor’s own. {EMAIL.meaning}", examples=("", "ben@family.example", "")),
        Column(
            name="enrolled_on",
            meaning="When the clinic began to follow the survivor; left empty it is the day of the import.",
            aliases=("enrolled", "enrollment date"),
            value=Value.DAY,
            examples=("2023-01-09", "", ""),
        ),
        Column(
            name="diagnosis",
            meaning="The cancer by name, by another name for it, or by its ICD-O-3 code like 8890/3. Other words are "
            "kept as they are, with a note that no schedule follows.",
            aliases=("cancer", "primary diagnosis"),
            value=Value.NAME,
            examples=("Leiomyosarcoma", "Neuroblastoma", ""),
        ),
        Column(
            name="diagnosed_on",
            meaning="When it was diagnosed; the year, or year and month, are enough.",
            aliases=("diagnosis date", "date of diagnosis"),
            value=Value.PART_DAY,
            examples=("2021-02", "2012-05-30", ""),
        ),
        Column(
            name="end_of_therapy_on",
            meaning="The last day of its treatment; the year, or year and month, are enough. Left empty, nothing is "
            "planned yet.",
            aliases=("end of therapy", "end of treatment", "off therapy", "eot"),
            value=Value.PART_DAY,
            examples=("2022-10-31", "2013-07", ""),
        ),
    ),
)

RESULTS = Layout(
    kind="results",
    purpose="Tests that were done, with what they found.",
    columns=(
        replace(RECORD_NUMBER, examples=("004417", "004417", "005120")),
        FAMILY_NAME_AGAIN,
        BIRTH_DATE_AGAIN,
        Column(
            name="test",
            meaning="The test by its name, its code in the guideline, or its LOINC code.",
            aliases=("test code", "test name", "loinc", "examination"),
            required=True,
            value=Value.NAME,
            examples=("Echocardiogram", "chest-x-ray", "1558-6"),
        ),
        Column(
            name="date",
            meaning="The day on which it was done.",
            aliases=("performed on", "test date", "done on", "result date"),
            required=True,
            value=Value.DAY,
            examples=("2025-03-14", "2025-05-02", "2024-12-01"),
        ),
        Column(
            name="value",
            meaning="The number that was measured, with a point before decimals.",
            aliases=("result", "result value"),
            value=Value.NUMBER,
            examples=("62", "", "92"),
        ),
        Column(
            name="unit",
            meaning="The unit of the value, in UCUM like mg/dL. Needed with a value; it is never converted.",
            aliases=("units",),
            value=Value.NAME,
            longest=40,
            examples=("%", "", "mg/dL"),
        ),
        Column(
            name="reference_range",
            meaning="The reference range as reported.",
            aliases=("normal range",),
            value=Value.NAME,
            longest=80,
            examples=("", "", "70-99"),
        ),
        Column(
            name="outcome",
            meaning="What it said; left empty it is not known.",
            aliases=("interpretation",),
            value=Value.CHOICE,
            choices={
                "normal": ("n",),
                "abnormal": ("a",),
                "indeterminate": ("unclear", "inconclusive", "equivocal"),
            },
            examples=("normal", "", ""),
        ),
        Column(
            name="status",
            meaning="How far the report is; left empty it is final. Preliminary results close nothing.",
            value=Value.CHOICE,
            choices={"final": (), "preliminary": (), "amended": (), "corrected": ()},
            examples=("final", "", ""),
        ),
        Column(
            name="adequate",
            meaning="No, if the test was done but answers nothing. Left empty: yes.",
            value=Value.YES_NO,
            examples=("", "no", ""),
        ),
        Column(
            name="claimed",
            meaning="Yes, if the family told of it and nobody here has seen the report. Left empty: no.",
            aliases=("told by family",),
            value=Value.YES_NO,
            examples=("", "", "yes"),
        ),
        Column(
            name="done_elsewhere",
            meaning="Where it was done, if not at this clinic.",
            aliases=("source", "where", "place", "performed at"),
            value=Value.NAME,
            longest=120,
            examples=("", "Harbor Hospital", ""),
        ),
        Column(
            name="report",
            meaning="The report in words; kept as it is.",
            aliases=("report text", "findings"),
            value=Value.LONG_TEXT,
            longest=LONGEST_REPORT,
            examples=("Ejection fraction 62 %.", "Taken from one side only.", ""),
        ),
        Column(
            name="source_id",
            meaning="The result’s own number at its source. Needed only where one test was done twice on one day.",
            aliases=("result id", "accession number"),
            value=Value.IDENTIFIER,
            longest=120,
            examples=("", "A-00071", ""),
        ),
    ),
)

CONTACTS = Layout(
    kind="contacts",
    purpose="Whom to reach about a survivor. Agreement to reminders is never taken from a file.",
    columns=(
        replace(RECORD_NUMBER, examples=("004417", "004417", "005120")),
        FAMILY_NAME_AGAIN,
        BIRTH_DATE_AGAIN,
        Column(
            name="kind",
            meaning="Who this is.",
            aliases=("relation", "relationship", "who"),
            required=True,
            value=Value.CHOICE,
            choices={
                "self": ("survivor", "patient"),
                "mother": ("mom", "mum"),
                "father": ("dad",),
                "guardian": ("legal guardian",),
                "other": (),
            },
            examples=("mother", "self", "guardian"),
        ),
        Column(
            name="name",
            meaning="The person’s name.",
            aliases=("contact name", "full name"),
            value=Value.NAME,
            longest=120,
            examples=("Maria Rivera", "", "Karin Lindqvist"),
        ),
        replace(PHONE, examples=("617-555-0123", "", "(617) 555-0188")),
        replace(EMAIL, examples=("", "ana@family.example", "")),
    ),
)

LAYOUTS: Mapping[str, Layout] = {each.kind: each for each in (SURVIVORS, TREATMENTS, RESULTS, CONTACTS)}
__all__ = ["CONTACTS", "LAYOUTS", "RESULTS", "SURVIVORS", "TREATMENTS"]
