"""Doses to organs that only one sex has: stored for everybody, shown to those they say something about."""

# Rows of late_effects.csv that use these are for one sex (column ``sex``), that for the breast dose included.
FEMALE, MALE = "female", "male"
ONE_SEX = {
    "breast_rt_gy": FEMALE,
    "upper_abdomen_rt_breast": FEMALE,
    "ovary_rt_gy": FEMALE,
    "uterus_rt_gy": FEMALE,
    "testis_rt_gy": MALE,
}


def concerns(name: str, sex: str) -> bool:
    """Does an exposure say anything about a survivor of this sex at birth ("female", "male"; otherwise: unknown)?"""
    return sex not in (FEMALE, MALE) or ONE_SEX.get(name, sex) == sex
