"""Genetic variants: the tumor's or inherited, as the source says; where it does not say, neither by a guess."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fhir.builders import LOINC, concept, quantity
from tests.fhir.treatment_builders import (
    CHANGE,
    GENE_TP53,
    GERMLINE,
    HGNC,
    SOMATIC,
    Json,
    component,
    entry_of,
    fact,
    read_one,
    sample,
    values_of,
    variant,
)
from tests.shared import need_shared
from tracker.engine.partial_dates import PartialDate
from tracker.services.import_records import EntryRecord

ABSENT = concept("LA9634-2", "Absent")


def specimen(kind: str = "TUMOR") -> dict[str, Any]:
    held = {
        "resourceType": "Specimen",
        "id": "s",
        "type": concept(kind, "Tumor", system="http://terminology.hl7.org/CodeSystem/v2-0487"),
        "collection": {"bodySite": {"text": "Left breast structure (body structure)"}},
    }
    return {"contained": [held], "specimen": {"reference": "#s"}}


def test_a_somatic_variant_is_the_tumor_s() -> None:
    found = variant(
        GENE_TP53,
        CHANGE,
        component("48005-3", "p.(Arg175His)", system="http://varnomen.hgvs.org"),
        SOMATIC,
        component("53037-8", "LA6668-3", "Pathogenic"),
        component("81258-6", valueQuantity=quantity(Decimal("0.42"), "1")),
        focus=[{"reference": "Condition/con-1"}],
        performer=[
            {"reference": "Practitioner/1", "display": "Dr. X"},
            {"reference": "Organization/1", "display": "Gene Lab"},
        ],
        **specimen(),
    )

    record = read_one(found)

    assert (record.code, record.mapped_to, record.tumor) == ("69548-6", "tumor-variants", None)
    assert record.entries == (
        EntryRecord(
            section="tumor-variants",
            diagnosis="Condition/con-1",
            values={
                "gene": "tp53",
                "variant": "NM_000546.6:c.524G>A (p.(Arg175His))",
                "significance": "pathogenic",
                "laboratory": "Gene Lab",
                "method": "Sequencing",
                "specimen": "Tumor, Left breast structure",
                "allele_percent": Decimal(42),
                "reported_on": PartialDate(2016, 1, 20),
            },
        ),
    )


def test_a_germline_variant_belongs_to_the_person_and_to_no_tumor() -> None:
    record = read_one(variant(GENE_TP53, CHANGE, GERMLINE, focus=[{"reference": "Condition/con-1"}]))

    assert record.mapped_to == "germline-findings"
    assert record.entries == (
        EntryRecord(
            section="germline-findings",
            values={"gene": "tp53", "variant": "NM_000546.6:c.524G>A", "tested_on": PartialDate(2016, 1, 20)},
        ),
    )


@pytest.mark.parametrize(
    ("source", "held", "section"),
    [
        ([SOMATIC], {}, "tumor-variants"),
        ([GERMLINE], {}, "germline-findings"),
        ([GERMLINE], specimen(), "germline-findings"),
        ([], specimen(), "tumor-variants"),
        ([], specimen("TISS"), None),
        ([], specimen("BLD"), None),
        ([], {}, None),
        ([], {"specimen": {"reference": "Specimen/1"}}, None),
        ([SOMATIC, GERMLINE], {}, None),
        ([component("48002-0", "LA18194-3", "Likely germline")], specimen(), None),
    ],
)
def test_whose_it_is_is_told_or_stays_open(source: list[Json], held: Json, section: str | None) -> None:
    record = read_one(variant(GENE_TP53, CHANGE, *source, **held))

    assert [each.section for each in record.entries] == ([section] if section else [])
    assert record.mapped_to == (section or "")


def test_what_was_looked_for_and_not_found_is_said() -> None:
    assert values_of(variant(GENE_TP53, GERMLINE, valueCodeableConcept=ABSENT)) == {
        "gene": "tp53",
        "variant": "none found",
        "significance": "none-found",
        "tested_on": PartialDate(2016, 1, 20),
    }
    assert values_of(variant(SOMATIC, valueCodeableConcept=ABSENT))["variant"] == "none found"


@pytest.mark.parametrize(
    "elements",
    [
        {"valueCodeableConcept": concept("LA11883-8", "Indeterminate")},
        {"valueCodeableConcept": concept("LA18198-4", "No call")},
        {"valueCodeableConcept": None},
        {"valueCodeableConcept": {"coding": [*ABSENT["coding"], {"system": LOINC, "code": "LA9633-4"}]}},
        {"dataAbsentReason": concept("unknown")},
        {"status": "preliminary"},
        {"status": None},
        {"component": [GENE_TP53, SOMATIC]},
    ],
)
def test_what_is_open_stays_in_the_chart(elements: Json) -> None:
    record = read_one(variant(GENE_TP53, CHANGE, SOMATIC, **elements))

    assert (record.entries, record.mapped_to) == ((), "")


def test_a_germline_finding_without_a_gene_stays_in_the_chart_and_a_tumor_s_does_not() -> None:
    assert read_one(variant(CHANGE, GERMLINE)).entries == ()
    assert "gene" not in values_of(variant(CHANGE, SOMATIC))


@pytest.mark.parametrize(
    ("genes", "gene"),
    [
        ([component("48018-6", "HGNC:11998", system=HGNC)], "tp53"),
        ([component("48018-6", "11998", system="http://www.genenames.org/geneId")], "tp53"),
        ([component("48018-6", "HGNC:1", "EWSR1", system=HGNC)], "ewsr1"),
        ([component("48018-6", "HGNC:76", "ABL1", system=HGNC)], "ABL1"),
        ([GENE_TP53, GENE_TP53], "tp53"),
        (
            [component("48018-6", "1014", "BCR", system=HGNC), component("48018-6", "76", "ABL1", system=HGNC)],
            "BCR, ABL1",
        ),
        ([component("48018-6", "1", "G" * 90, system=HGNC)], "G" * 60),
    ],
)
def test_a_gene_is_the_catalogue_s_or_keeps_its_symbol(genes: list[Json], gene: str) -> None:
    assert values_of(variant(*genes, CHANGE, SOMATIC))["gene"] == gene


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([component("81252-9", "1", "NM_1(TP53):c.1A>G (p.X)")], "NM_1(TP53):c.1A>G (p.X)"),
        ([component("48005-3", "p.X")], "p.X"),
        ([component("81290-9", "NC_1:g.1A>G")], "NC_1:g.1A>G"),
        ([component("81290-9", "NC_1:g.1A>G"), CHANGE], "NM_000546.6:c.524G>A"),
        ([component("48004-6", valueString="c.5del")], "c.5del"),
        ([component("48004-6", "c" * 300)], "c" * 200),
    ],
)
def test_the_variant_is_told_as_it_was_reported(parts: list[Json], told: str) -> None:
    assert values_of(variant(GENE_TP53, *parts, SOMATIC))["variant"] == told


@pytest.mark.parametrize(
    ("value", "significance"),
    [
        ({"code": "LA26332-9"}, "likely-pathogenic"),
        ({"code": "LA26333-7"}, "uncertain"),
        ({"code": "LA26334-5"}, "likely-benign"),
        ({"code": "LA6675-8"}, "benign"),
        ({"code": "x", "display": "VUS"}, "uncertain"),
        ({"code": "x", "display": "Drug response"}, "Drug response"),
    ],
)
def test_the_significance_is_a_class_or_its_words(value: dict[str, str], significance: str) -> None:
    told = component("53037-8", **value)

    assert values_of(variant(GENE_TP53, CHANGE, SOMATIC, told))["significance"] == significance


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        (quantity(Decimal("0.125"), "1"), Decimal("12.5")),
        (quantity(35, "%"), Decimal(35)),
        ({"value": Decimal("0.5")}, Decimal(50)),
        (quantity(0, "%"), Decimal(0)),
        (quantity(35, "1"), None),
        (quantity(101, "%"), None),
        (quantity(-1, "%"), None),
        (quantity(35, "mg"), None),
        (quantity(35, "%") | {"comparator": "<"}, None),
        (5, None),
    ],
)
def test_an_allele_fraction_is_a_percentage(value: Any, percent: Decimal | None) -> None:
    found = values_of(variant(GENE_TP53, CHANGE, SOMATIC, component("81258-6", valueQuantity=value)))

    assert found.get("allele_percent") == percent


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ({"text": "Whole exome sequencing"}, "whole-exome"),
        ({"text": "FISH"}, "fish"),
        (concept("LA26398-0", "Sequencing"), "Sequencing"),
        ({"text": "x" * 90}, "x" * 60),
        (None, "unknown"),
    ],
)
def test_the_method_is_the_catalogue_s_or_its_words(method: Json | None, code: str) -> None:
    assert values_of(variant(GENE_TP53, CHANGE, SOMATIC, method=method))["method"] == code


def test_another_observation_with_a_gene_is_no_variant() -> None:
    assert read_one(fact(concept("53041-0"), component=[GENE_TP53, CHANGE, SOMATIC])).entries == ()


def test_the_day_it_was_reported_stands_in_for_the_day_of_the_test() -> None:
    found = variant(GENE_TP53, CHANGE, SOMATIC, effectiveDateTime=None, issued="2017-03-04T10:00:00Z")

    assert values_of(found)["reported_on"] == PartialDate(2017, 3, 4)


@pytest.mark.parametrize(
    ("person", "path", "section", "gene", "told"),
    [
        (
            "jenny-m",
            "genomic-variant-jenny-m",
            "tumor-variants",
            "palb2",
            "NM_024675.3(PALB2):c.3549C>A (p.Tyr1183Ter)",
        ),
        (
            "john-anyperson",
            "genomic-variant-somatic-single-nucleotide",
            "tumor-variants",
            "stk11",
            "NM_000455.5(STK11):c.725G>A (p.Gly242Glu)",
        ),
        (
            "john-anyperson",
            "genomic-variant-germline-deletion",
            "germline-findings",
            "brca1",
            "NG_005905.2:g.126148_126152del",
        ),
        ("john-anyperson", "genomic-variant-fusion", "tumor-variants", "BCR, ABL1", "NM_005157.6:c.1076T>G"),
    ],
)
def test_the_variants_of_jenny_and_john(person: str, path: str, section: str, gene: str, told: str) -> None:
    [entry] = sample(need_shared("data", "fhir-mcode", person), f"Observation/{path}").entries

    assert (entry.section, entry.values["gene"], entry.values["variant"]) == (section, gene, told)


def test_the_regions_that_were_studied_are_no_variants() -> None:
    found = sample(need_shared("data", "fhir-mcode", "jenny-m"), "Observation/genomic-region-studied-jenny-m")

    assert (found.entries, found.tumor) == ((), None)
    assert entry_of(variant(GENE_TP53, CHANGE, SOMATIC)).section == "tumor-variants"
