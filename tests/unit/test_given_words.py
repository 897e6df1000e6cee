"""What follows from what was given, as a clinician reads it."""

from datetime import date
from decimal import Decimal

import pytest

from tests.unit.given_tables import CATALOGUE, UNITS, read_given
from tracker.engine.given import DerivationTerm, DerivationTerms, DerivedExposure, ExposureTerm, OpenQuestion
from tracker.engine.given_amounts import cgy_to_gy
from tracker.engine.given_exposures import exposures_from
from tracker.engine.given_one_sex import concerns
from tracker.engine.given_phrases import MISSING, POSSIBLE_REASONS, QUESTIONS, REASONS, UNKNOWN_AMOUNTS, WHO
from tracker.engine.given_questions import open_questions
from tracker.engine.given_words import (
    amount,
    derivation_in_words,
    exposure_in_words,
    input_in_words,
    number,
    question_in_words,
    reasons_in_words,
    steps_in_words,
    term_in_words,
    unit_sign,
)
from tracker.engine.partial_dates import PartialDate


def follows(text: str, name: str) -> DerivedExposure:
    return next(each for each in exposures_from(read_given(text), CATALOGUE, UNITS) if each.name == name)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"), ("450", "450"), ("450.0", "450"), ("23.40", "23.4"), ("54000", "54,000"), ("1234567.5", "1,234,567.5"),
        ("0.6", "0.6"), ("1E+3", "1,000"), ("0.0001", "0.0001"), ("289.01734104", "289.0173"), ("999.99999999", "1,000"),
        ("1199.80", "1,199.8"), ("100", "100"),
    ],
)  # fmt: skip
def test_numbers_have_commas_and_no_needless_zeros(value: str, text: str) -> None:
    assert number(Decimal(value)) == text


@pytest.mark.parametrize(
    ("unit", "sign"),
    [
        ("mg/m2", "mg/m²"),
        ("g/m2", "g/m²"),
        ("[U]/m2", "U/m²"),
        ("[U]", "U"),
        ("Gy", "Gy"),
        ("mg/kg", "mg/kg"),
        ("{count}", ""),
    ],
)
def test_units_are_written_as_usual(unit: str, sign: str) -> None:
    assert unit_sign(unit) == sign
    assert amount(Decimal("1200"), unit) == f"1,200 {sign}".strip()


def test_the_arithmetic_of_an_entry_is_written_step_by_step() -> None:
    assert steps_in_words(()) == ""
    steps = (("75", "mg/m2"), ("×", "6"), ("=", "450 mg/m2"))
    assert steps_in_words(steps) == "75 mg/m² × 6 courses = 450 mg/m²"
    assert steps_in_words((("75", "mg/m2"), ("×", "1"), ("=", "75 mg/m2"))) == "75 mg/m² × 1 course = 75 mg/m²"


@pytest.mark.parametrize(
    ("cgy", "gy", "words"),
    [
        ("3060", "30.6", "3,060 cGy = 30.6 Gy"),
        ("150", "1.5", "150 cGy = 1.5 Gy"),
        ("5040", "50.4", "5,040 cGy = 50.4 Gy"),
    ],
)
def test_centigray_become_gray_exactly(cgy: str, gy: str, words: str) -> None:
    converted = cgy_to_gy(Decimal(cgy))
    assert converted.value == Decimal(gy)
    assert steps_in_words(converted.steps) == words


def test_a_term_for_itself() -> None:
    exposure = follows(
        "doxorubicin 75 mg/m2 ×4 from=2009; doxorubicin 30 mg/m2; doxorubicin 45 mg", "doxorubicin_mg_m2"
    )
    assert [term_in_words(term, exposure.unit) for term in exposure.terms] == [
        "75 mg/m² × 4 courses = 300 mg/m²",
        "30 mg/m²",
        "Doxorubicin: not convertible without the body surface of the day",
    ]
    yes = follows("vincristine", "vinca_alkaloid")
    assert term_in_words(yes.terms[0], yes.unit) == "Vincristine"


def test_terms_stand_in_the_order_of_time() -> None:
    exposure = follows("posterior-fossa 30.6 from=2010-05; craniospinal 23.4 from=2010-03", "cranial_rt_gy")
    assert exposure_in_words(exposure) == "23.4 (craniospinal) + 30.6 (posterior fossa) = 54 Gy"


def test_fields_of_one_course_are_named_together() -> None:
    exposure = follows("mediastinum+posterior-fossa 20; mantle 10", "chest_rt_gy")
    assert exposure_in_words(exposure) == "20 (mediastinum, posterior fossa) + 10 (mantle) = 30 Gy"


def test_the_latest_day_of_what_contributed_is_kept_as_it_is_known() -> None:
    assert follows("doxorubicin 1 mg/m2 from=2009-03-01 to=2009-08", "doxorubicin_mg_m2").last_on == PartialDate(
        2009, 8
    )
    two = follows("doxorubicin 1 mg/m2 from=2009; doxorubicin 1 mg/m2 to=2009-08-02", "doxorubicin_mg_m2")
    assert two.last_on == PartialDate(2009)
    same = follows("doxorubicin 1 mg/m2 from=2009; doxorubicin 1 mg/m2 to=2009-12-31", "doxorubicin_mg_m2")
    assert same.last_on == PartialDate(2009, 12, 31)
    assert follows("doxorubicin 1 mg/m2; doxorubicin 1 mg/m2 from=2008", "doxorubicin_mg_m2").last_on == PartialDate(
        2008
    )
    assert follows("doxorubicin 1 mg/m2", "doxorubicin_mg_m2").last_on is None
    ended = follows("gvhd chronic active=no from=2010-05 to=2012-08-03", "cgvhd")
    assert ended.last_on == PartialDate(2012, 8, 3)
    assert follows("gvhd chronic active=yes from=2010-05", "cgvhd_active").last_on == PartialDate(2010, 5)
    assert follows("tbi 12 from=2012; mediastinum 20 from=2010", "heart_rt_gy").last_on == PartialDate(2012)
    assert follows("tbi 12 from=2012; mediastinum 20 from=2010", "chest_rt_gy").last_on == PartialDate(2010)
    assert follows("treated=1988", "transfused_before_1993").last_on is None


@pytest.mark.parametrize(
    ("given", "name", "words"),
    [
        ("treated=1988", "transfused_before_1993", "given: before 1993 (treated 1988, no record that none was given)"),
        ("born=1960-01-01; treated=1975", "transfused_1977_1985",
         "possible: from 1977 to 1985 (treated from 1975 on, no record that none was given)"),
        ("platelets 2 from=1990-03", "transfused_before_1993", "given: before 1993 (Platelets, March 1990)"),
        ("transplant", "hsct_any", "given: Transplant, kind unknown"),
        ("flank 20", "upper_abdomen_rt_breast", "possible: flank, whether it reaches the breasts unknown"),
        ("gvhd chronic", "cgvhd_active", "possible: Chronic graft-versus-host disease, whether still active unknown"),
        ("orchiectomy side=left; orchiectomy side=right", "orchiectomy_bilateral", "given: Orchiectomy, both sides"),
        ("methotrexate route=", "it_chemo", "possible: Methotrexate, route unknown"),
        ("vincristine; vincristine", "vinca_alkaloid", "given: Vincristine"),
        ("doxorubicin; doxorubicin 45 mg", "doxorubicin_mg_m2",
         "given, dose unknown (Doxorubicin: dose unknown; Doxorubicin: not convertible without the body surface of the day)"),
        ("leg; ? ", "any_rt_gy", "given, dose unknown"),
    ],
)  # fmt: skip
def test_an_exposure_says_why_it_counts(given: str, name: str, words: str) -> None:
    assert exposure_in_words(follows(given, name)) == words


def test_every_phrase_passes_the_translator_before_its_gaps_are_filled() -> None:
    asked: list[str] = []

    def translate(text: str) -> str:
        asked.append(text)
        return {
            "at least {amount} ({reasons})": "mindestens {amount} ({reasons})",
            "{label}: dose unknown": "{label}: Dosis unbekannt",
            "Doxorubicin": "Doxorubizin",
            "{n} courses": "{n} Zyklen",
            "given: {reasons}": "gegeben: {reasons}",
            "{month} {year}": "{month} {year}",
            "March": "März",
        }.get(text, text)

    unknown = follows("doxorubicin 300 mg/m2; doxorubicin", "doxorubicin_mg_m2")
    assert exposure_in_words(unknown, translate=translate) == "mindestens 300 mg/m² (Doxorubizin: Dosis unbekannt)"
    whole = follows("doxorubicin 75 mg/m2 ×6", "doxorubicin_mg_m2")
    assert exposure_in_words(whole, translate=translate) == "75 mg/m² × 6 Zyklen = 450 mg/m²"
    blood = follows("platelets 2 from=1990-03", "transfused_before_1993")
    assert exposure_in_words(blood, translate=translate) == "gegeben: before 1993 (Platelets, März 1990)"
    assert not any("300" in text or "75" in text for text in asked)


def test_the_packs_arithmetic_names_inputs_for_the_reader() -> None:
    inputs = (
        DerivationTerm(
            name="a_mg_m2", dose=Decimal(300), certain=Decimal(300), factor=Decimal(1), product=Decimal(300)
        ),
        DerivationTerm(name="b_mg_m2", dose=None, certain=Decimal(0), factor=Decimal("0.6"), product=Decimal(0)),
    )
    terms = DerivationTerms(name="sum", rule="sum", inputs=inputs, total=Decimal(300), at_least=True)
    assert derivation_in_words(terms, "mg/m2") == "at least 300 mg/m² (b mg m2: dose unknown)"
    named = derivation_in_words(terms, "mg/m2", names={"b_mg_m2": "daunorubicin"})
    assert named == "at least 300 mg/m² (daunorubicin: dose unknown)"


def test_the_reasons_of_an_answer_stand_without_the_answer() -> None:
    assert reasons_in_words(follows("vincristine; vincristine", "vinca_alkaloid")) == "Vincristine"
    assert reasons_in_words(follows("flank 20", "upper_abdomen_rt_breast")).startswith("flank, whether")


@pytest.mark.parametrize(
    ("dose", "certain", "factor", "words"),
    [
        ("50.4", "50.4", "1", "50.4 mg/m²"),
        ("150", "150", "0.6", "150 × 0.6 = 90 mg/m²"),
        (None, "3000", "1", "at least 3,000 mg/m²"),
        (None, "3000", "0.5", "at least 3,000 × 0.5 = 1,500 mg/m²"),
        (None, "0", "1", "dose not known"),
        ("0", "0", "16", "0 × 16 = 0 mg/m²"),
    ],
)
def test_an_input_is_multiplied_only_where_there_is_something_to_multiply(
    dose: str | None, certain: str, factor: str, words: str
) -> None:
    term = DerivationTerm(
        name="a",
        dose=None if dose is None else Decimal(dose),
        certain=Decimal(certain),
        factor=Decimal(factor),
        product=Decimal(certain) * Decimal(factor),
    )
    assert input_in_words(term, "mg/m2") == words


@pytest.mark.parametrize(
    ("name", "sex", "concerned"),
    [
        ("testis_rt_gy", "female", False),
        ("testis_rt_gy", "male", True),
        ("ovary_rt_gy", "male", False),
        ("uterus_rt_gy", "male", False),
        ("breast_rt_gy", "male", False),
        ("upper_abdomen_rt_breast", "male", False),
        ("breast_rt_gy", "female", True),
        ("testis_rt_gy", "unknown", True),
        ("ovary_rt_gy", "unknown", True),
        ("heart_rt_gy", "male", True),
        ("hysterectomy", "male", True),
    ],
)
def test_a_dose_to_an_organ_of_the_other_sex_says_nothing(name: str, sex: str, concerned: bool) -> None:
    assert concerns(name, sex) is concerned


@pytest.mark.parametrize(
    ("given", "questions"),
    [
        ("treated=2010; doxorubicin from=2010", {"Doxorubicin: the dose is not known. Ask the pharmacy."}),
        ("treated=2010; doxorubicin 45 mg ×?", {"Doxorubicin: the dose cannot be converted without the body surface of the day. Ask the pharmacy."}),
        ("treated=2010; doxorubicin 45 mg/m2 ×?", {"Doxorubicin: the number of courses is not known. Ask the pharmacy."}),
        ("treated=2010; carboplatin 5 AUC from=2010", {"Carboplatin: the dose cannot be converted without the body surface of the day and the total dose in mg. Ask the pharmacy."}),
        ("treated=2010; methotrexate", {"Methotrexate: the largest dose at once is not known. Ask the pharmacy."}),
        ("treated=2010; methotrexate single=12 route=", {"Methotrexate: the route is not known. Ask the pharmacy."}),
        ("treated=2010; prednisone route=po", {"Prednisone: how many weeks it was given without a break is not known. Ask the treating center."}),
        ("born=2010-01-01; carboplatin 560 mg/m2", {"Carboplatin: the date is not known well enough. Ask the treating center."}),
        ("treated=2010; carboplatin 9 mg/m2 from=2010 myeloablative=unknown; autologous on=2010 sos=no",
         {"Carboplatin: whether the regimen was myeloablative is not known. Ask the transplant center."}),
        ("treated=2010; mystery-drug", {"mystery-drug: the catalogue does not know this medicine. Ask the pharmacy."}),
        ("treated=2010; mediastinum from=2010", {"mediastinum: the radiation dose is not known. Ask radiation oncology."}),
        ("treated=2010; mediastinum 20", {"mediastinum: the date is not known well enough. Ask radiation oncology."}),
        ("treated=2010; flank+para-aortic 20 from=2010", {"flank: whether the upper abdominal field reaches the breasts is not known. Ask radiation oncology."}),
        ("treated=2010; ? 20 from=2010", {"field unknown: which field was irradiated is not known. Ask radiation oncology."}),
        ("treated=2010; mystery-field 20 from=2010", {"mystery-field: which field was irradiated is not known. Ask radiation oncology."}),
        ("treated=2010; mystery-operation", {"mystery-operation: the catalogue does not know this operation. Ask for the operative record."}),
        ("treated=2010; orchiectomy side=left; orchiectomy", {"Orchiectomy: the side is not known. Ask for the operative record."}),
        ("treated=2010; transplant on=2010 sos=yes", {"Stem cell transplant: whether from a donor or the survivor's own is not known. Ask the transplant center."}),
        ("treated=2010; allogeneic sos=no", {"Stem cell transplant: the date is not known well enough. Ask the transplant center."}),
        ("treated=2010; allogeneic on=2010", {"Stem cell transplant: whether there was sinusoidal obstruction syndrome is not known. Ask the transplant center."}),
        ("treated=2010; gvhd chronic", {"Chronic graft-versus-host disease: whether it is still active or treated is not known. Ask the transplant center."}),
        ("treated=2010; red_cells from=2010", {"Red cells: the number of transfusions is not known. Ask the blood bank."}),
        ("treated=2010; platelets", {"Platelets: the date is not known well enough. Ask the blood bank."}),
        ("treated=1990", {"Treatment: no record says whether blood was given. Ask the blood bank."}),
        ("nephrectomy", {"Treatment: the date is not known well enough. Ask the treating center."}),
        ("born=1995-01-01; nephrectomy", set()),
        ("nephrectomy; none", set()),
        ("treated=2010; nephrectomy; allogeneic on=2010 sos=no; doxorubicin 300 mg/m2; mediastinum 20 from=2010", set()),
        ("treated=2010; cytarabine 3 g/m2 single=3000; cytarabine", set()),
        ("treated=2010; doxorubicin 0 mg/m2 ×?; mediastinum 0", set()),
        ("", set()),
    ],
)  # fmt: skip
def test_what_is_unknown_is_asked_of_who_could_tell(given: str, questions: set[str]) -> None:
    asked = open_questions(read_given(given), CATALOGUE)
    assert {question_in_words(each) for each in asked} == questions
    in_the_pack = open_questions(read_given(given), CATALOGUE, UNITS)
    assert [(each.given_id, each.code) for each in asked] == [(each.given_id, each.code) for each in in_the_pack]


def test_one_question_names_every_exposure_that_waits_for_it() -> None:
    [dose, when] = open_questions(read_given("treated=2010; mediastinum"), CATALOGUE, UNITS)
    assert (dose.code, dose.exposures) == ("field_dose", ("heart_rt_gy", "breast_rt_gy", "chest_rt_gy"))
    assert (when.code, when.exposures) == ("date", ())
    [blood] = open_questions(read_given("born=1960-01-01; treated=1970"), CATALOGUE)
    assert blood.exposures == ("transfused_before_1972", "transfused_before_1993", "transfused_1977_1985")


def test_questions_come_in_the_order_of_the_entries() -> None:
    text = "treated=1990; cisplatin; gvhd chronic; orchiectomy; mediastinum from=2010; orchiectomy; methotrexate"
    codes = [each.code for each in open_questions(read_given(text), CATALOGUE)]
    assert codes == ["dose", "single_dose", "field_dose", "side", "side", "gvhd_activity", "no_transfusion_record"]


def test_every_code_has_words() -> None:
    assert set(POSSIBLE_REASONS) - set(REASONS) == {"gvhd_activity", "reaches_breasts"}
    for code in QUESTIONS:
        for who in WHO:
            question = OpenQuestion(given_id="e", label="A", code=code, who=who, missing=("dose",))
            assert question_in_words(question).startswith("A: ")
    for phrases in (REASONS, POSSIBLE_REASONS, UNKNOWN_AMOUNTS):
        for text in phrases.values():
            assert "{" not in text.format(label="A", missing="B")
    assert all(not text.endswith(".") for text in MISSING.values())


def test_a_reason_nobody_wrote_words_for_is_told_by_its_entry() -> None:
    term = ExposureTerm(
        given_id="e", label="Something", amount=Decimal(1), because="new", on=PartialDate.of(date(2010, 1, 2))
    )
    assert term_in_words(term, "1") == "Something"
