"""Names as they are searched and sorted."""

import pytest

from tracker.services.names import folded, search_name, sort_name


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Peña", "pena"),
        ("PEÑA", "pena"),
        ("José", "jose"),
        ("Zoë", "zoe"),
        ("Straße", "strasse"),
        ("O'Connor", "o connor"),
        ("O’Connor", "o connor"),
        ("Smith-Jones", "smith jones"),
        ("  Ana   María ", "ana maria"),
        ("100%_", "100"),
        ("李娜", "李娜"),
        ("", ""),
        ("–", ""),
    ],
)
def test_accents_case_and_punctuation_do_not_matter(written: str, kept: str) -> None:
    assert folded(written) == kept


def test_a_name_written_with_a_combining_accent_is_the_same_name() -> None:
    assert folded("Pen\u0303a") == folded("Pe\u00f1a") == "pena"


def test_folding_twice_changes_nothing() -> None:
    assert folded(folded("O'Conner-Peña ")) == folded("O'Conner-Peña ")


def test_everything_somebody_may_be_looked_for_by_stands_in_one_string_family_name_first() -> None:
    assert search_name(given="Ana María", family="Rivera", preferred="Ani") == "rivera ana maria ani"


def test_a_name_is_sorted_by_family_name_and_the_name_the_survivor_goes_by() -> None:
    assert sort_name(given="Ana María", family="Rivera", preferred="Ani") == "rivera ani"
    assert sort_name(given="Ana María", family="Rivera") == "rivera ana maria"


def test_accents_do_not_move_a_name_to_the_end() -> None:
    families = ["Zed", "Álvarez", "Baker", "alonso"]
    assert sorted(families, key=lambda name: sort_name(given="", family=name)) == ["alonso", "Álvarez", "Baker", "Zed"]


def test_a_very_long_name_still_fits_its_column() -> None:
    assert len(search_name(given="a" * 300, family="b" * 300)) == 400
    assert len(sort_name(given="a" * 300, family="b" * 300)) == 400
