"""The radiation fields fill the doses, and cover the organs, that exposures.csv says they do."""

import re

import pytest

from tracker.engine.catalogue import RadiationField
from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.loader import load_pack

FIELDS = load_catalogue().fields
EXPOSURES = load_pack().exposures

SPINE_PARTS = {
    "cervical": {"spine-cervical", "spine-whole", "craniospinal"},
    "thoracic": {"spine-thoracic", "spine-whole", "craniospinal"},
    "lumbar": {"spine-lumbar", "spine-whole", "craniospinal"},
    "sacral": {"spine-sacral", "spine-whole", "craniospinal"},
}
SPINE = set().union(*SPINE_PARTS.values())
CRANIAL = {
    "cranial", "cranial-low-border", "brain-part", "posterior-fossa", "whole-ventricle", "suprasellar", "craniospinal",
}  # fmt: skip
LYMPHOID = {"total-lymphoid", "subtotal-lymphoid"}
MANTLE = {"mantle", *LYMPHOID}
CHEST = {*MANTLE, "mediastinum", "chest-wall", "breast", "whole-lung", "hemithorax"}
SUPRACLAVICULAR = {*MANTLE, "mini-mantle", "supraclavicular"}
NECK = {*SUPRACLAVICULAR, "neck", *SPINE_PARTS["cervical"]}
WHOLE_ABDOMEN = {"upper-abdomen", "whole-abdomen", "whole-abdomen-pelvis", "flank"}
LEFT_ABDOMEN = {*WHOLE_ABDOMEN, "left-upper-abdomen", "flank-left", "splenic"}
RIGHT_ABDOMEN = {*WHOLE_ABDOMEN, "right-upper-abdomen", "flank-right", "hepatic"}
UPPER_ABDOMEN = LEFT_ABDOMEN | RIGHT_ABDOMEN
PARA_AORTIC = {"para-aortic", "inverted-y", *LYMPHOID}
ABDOMEN = UPPER_ABDOMEN | PARA_AORTIC
PELVIS = {"pelvis", "inguinal", "inverted-y", "whole-abdomen-pelvis", "total-lymphoid"}
HEAD = (CRANIAL | {"orbit", "face", "nasopharynx", "oropharynx", "waldeyer-ring", "infratemporal", "ear"})  # fmt: skip
NOWHERE_NAMED = {"extremity-upper", "extremity-lower", "skin"}

# The words of the sentences in exposures.csv, and the fields that each of them means. A word for a region of which
# the vocabulary holds a field dose means every field of that region.
PLACES = {
    "chest": CHEST,
    "mantle": MANTLE,
    "mediastinum": {"mediastinum"},
    "axilla": {"axilla", "mini-mantle"},
    "chest wall": {"chest-wall", "breast", "hemithorax"},
    "whole lung": {"whole-lung"},
    "left or whole abdomen upper part": LEFT_ABDOMEN,
    "spine (thoracic)": SPINE_PARTS["thoracic"],
    "thoracic spine": SPINE_PARTS["thoracic"],
    "upper abdomen edge": UPPER_ABDOMEN,
    "upper abdomen": UPPER_ABDOMEN,
    "neck": NECK,
    "cervical spine": SPINE_PARTS["cervical"],
    "supraclavicular": SUPRACLAVICULAR,
    "cranial with low border": {"cranial-low-border"},
    "cranial": CRANIAL,
    "orbit": {"orbit"},
    "nasopharynx": {"nasopharynx", "waldeyer-ring"},
    "infratemporal": {"infratemporal"},
    "ear": {"ear"},
    "face": {"face"},
    "oropharynx": {"oropharynx", "waldeyer-ring"},
    "right or whole abdomen": RIGHT_ABDOMEN,
    "hepatic": {"hepatic"},
    "abdomen": ABDOMEN,
    "flank": {"flank", "flank-left", "flank-right"},
    "lumbar spine": SPINE_PARTS["lumbar"],
    "left or whole abdomen": LEFT_ABDOMEN,
    "splenic": {"splenic", *LYMPHOID},
    "para-aortic": PARA_AORTIC,
    "spine": SPINE,
    "pelvis": PELVIS,
    "lumbar or sacral spine": SPINE_PARTS["lumbar"] | SPINE_PARTS["sacral"],
    "sacral spine": SPINE_PARTS["sacral"],
    "inverted Y": {"inverted-y", "total-lymphoid"},
    "testicular": {"testicular"},
    "inguinal": {"inguinal"},
}
ORGANS = sorted(name for name, info in EXPOSURES.items() if info.derivation.startswith("Organ dose"))
FIELD_DOSES = {
    "cranial_rt_gy": CRANIAL,
    "head_rt_gy": HEAD,
    "neck_rt_gy": NECK,
    "chest_rt_gy": CHEST,
    "abdomen_rt_gy": ABDOMEN,
    "pelvis_rt_gy": PELVIS,
    "spine_rt_gy": SPINE,
    "tbi_gy": {"tbi"},
    "any_rt_gy": NOWHERE_NAMED,
}


def places_of(organ: str) -> list[str]:
    """The places that the organ's sentence names, but for total body irradiation, which the pack spreads itself."""
    sentence = re.search(r"fields named here: ([^;]+)", EXPOSURES[organ].derivation)
    assert sentence, f"{organ} has no sentence of its own"
    return [place for place in sentence[1].split(", ") if place != "TBI"]


def covering(organ: str) -> set[str]:
    return {code for code, each in FIELDS.items() if organ in each.organ_exposures}


def filling(dose: str) -> set[str]:
    return {code for code, each in FIELDS.items() if dose in each.field_exposures}


def test_the_seventeen_organs_of_the_vocabulary_are_all_looked_at() -> None:
    assert len(ORGANS) == 17
    assert set().union(*(each.organ_exposures for each in FIELDS.values())) == set(ORGANS)


@pytest.mark.parametrize("organ", ORGANS)
def test_an_organ_is_covered_by_the_fields_that_its_sentence_names_and_no_other(organ: str) -> None:
    named = set().union(*(PLACES[place] for place in places_of(organ)))
    assert covering(organ) == named


def test_every_word_of_the_sentences_is_known_and_every_known_word_is_used() -> None:
    assert {place for organ in ORGANS for place in places_of(organ)} == set(PLACES)


@pytest.mark.parametrize("dose", sorted(FIELD_DOSES))
def test_a_field_dose_is_filled_by_the_fields_of_its_region(dose: str) -> None:
    assert filling(dose) == FIELD_DOSES[dose]


def test_no_field_fills_a_dose_that_is_not_looked_at_here() -> None:
    filled = set().union(*(each.field_exposures for each in FIELDS.values()))
    assert filled == set(FIELD_DOSES)


def test_every_field_says_something_of_where_it_lies() -> None:
    silent = [code for code, each in FIELDS.items() if not each.field_exposures and not each.organ_exposures]
    assert silent == []


@pytest.mark.parametrize(
    ("code", "organs"),
    [
        ("craniospinal", "hp eye thyroid oral heart lung esophagus pancreas kidney colon bladder ovary uterus"),
        ("cranial", "hp eye"),
        ("mantle", "heart breast lung thyroid oral esophagus"),
        ("axilla", "breast"),
        ("flank-right", "lung liver kidney pancreas colon ovary uterus"),
        ("testicular", "testis"),
        ("extremity-lower", ""),
        ("tbi", ""),
    ],
)
def test_the_organs_of_a_field_as_worked_out_by_hand(code: str, organs: str) -> None:
    assert set(FIELDS[code].organ_exposures) == {f"{organ}_rt_gy" for organ in organs.split()}


def test_total_body_irradiation_fills_its_own_dose_only() -> None:
    assert FIELDS["tbi"].field_exposures == ("tbi_gy",)
    assert [code for code, each in FIELDS.items() if "tbi_gy" in each.field_exposures] == ["tbi"]


def test_the_left_flank_reaches_the_spleen_and_the_right_one_the_liver() -> None:
    left, right = FIELDS["flank-left"], FIELDS["flank-right"]
    assert "spleen_rt_gy" in left.organ_exposures
    assert "liver_rt_gy" not in left.organ_exposures
    assert "liver_rt_gy" in right.organ_exposures
    assert "heart_rt_gy" not in right.organ_exposures
    assert set(left.organ_exposures) | set(right.organ_exposures) == set(FIELDS["flank"].organ_exposures)


def test_a_field_made_of_others_covers_what_they_cover() -> None:
    def organs(*codes: str) -> set[str]:
        return {organ for code in codes for organ in FIELDS[code].organ_exposures}

    assert organs("craniospinal") == organs("cranial", "spine-whole")
    assert organs("spine-whole") == organs("spine-cervical", "spine-thoracic", "spine-lumbar", "spine-sacral")
    assert organs("inverted-y") == organs("para-aortic", "pelvis")
    assert organs("subtotal-lymphoid") == organs("mantle", "para-aortic")
    assert organs("total-lymphoid") == organs("mantle", "inverted-y")


def test_the_codes_of_body_structures_are_whole_numbers_of_snomed() -> None:
    sites = [site for each in FIELDS.values() for site in each.mcode_sites]
    assert sites
    assert all(re.fullmatch(r"\d{6,18}", site) for site in sites)


def test_there_are_fields_for_every_part_of_the_body() -> None:
    assert len(FIELDS) >= 40
    assert all(isinstance(each, RadiationField) for each in FIELDS.values())
