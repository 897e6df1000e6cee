"""Columns that several tables share."""

from tracker.tables.columns import Column, Value

RECORD_NUMBER = Column(
    name="record_number",
    meaning="The clinic’s own number of the survivor. Zeros at the front count.",
    aliases=("mrn", "record no", "record nr", "medical record number", "patient number", "patient id", "chart number"),
    required=True,
    value=Value.IDENTIFIER,
    longest=40,
)
COMPARED = "Compared with the record, so that no row lands on the wrong child. Nothing is changed by it."
FAMILY_NAMES, BIRTH_DATES = ("last name", "surname"), ("date of birth", "dob", "birthday")
FAMILY_NAME_AGAIN = Column(
    name="family_name", meaning=COMPARED, aliases=FAMILY_NAMES, value=Value.NAME, longest=120, examples=("Rivera",)
)
BIRTH_DATE_AGAIN = Column(
    name="birth_date", meaning=COMPARED, aliases=BIRTH_DATES, value=Value.DAY, examples=("2007-03-05",)
)
PHONE = Column(
    name="phone",
    meaning="Telephone number. Ten digits are taken as one of the United States or Canada; others begin with +.",
    aliases=("telephone", "phone number", "mobile", "cell phone"),
    value=Value.IDENTIFIER,
    longest=40,
)
EMAIL = Column(
    name="email",
    meaning="Email address. Nobody agrees to reminders by standing in a file.",
    aliases=("email address", "mail"),
    value=Value.NAME,
)
NOTE = Column(
    name="note",
    meaning="Whatever else a colleague should know; kept as it is.",
    aliases=("notes", "comment", "remarks"),
    value=Value.LONG_TEXT,
    longest=4_000,
)
