"""A file that is no bundle is refused in a sentence, wherever and however it is broken."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fhir.builders import ANA, TODAY, as_bytes, bundle, codes, observation, patient
from tracker.errors import ImportRefused
from tracker.fhir.bundle import read_bundle
from tracker.fhir.files import find_files
from tracker.fhir.readers import READERS
from tracker.fhir.reading import BUNDLE_TYPES, NotFhir, read_entries
from tracker.fhir.references import SHELVED
from tracker.intake.order import FIRST, in_order

BUNDLES = Path(__file__).parent / "bundles"


def refusal(content: bytes) -> str:
    with pytest.raises(ImportRefused) as caught:
        read_entries(content)
    return str(caught.value)


@pytest.mark.parametrize("kind", BUNDLE_TYPES)
def test_each_kind_of_bundle_that_can_be_imported_is_read(kind: str) -> None:
    [entry] = read_entries(as_bytes(bundle(patient(), kind=kind)))

    assert (entry.number, entry.type, entry.id, entry.full_url) == (1, "Patient", ANA, f"urn:uuid:{ANA}")
    assert entry.place == f"entry 1 (Patient/{ANA})"


@pytest.mark.parametrize("kind", ["searchset", "message", "batch", "history", "transaction-response", "subscription"])
def test_another_kind_of_bundle_is_refused_by_name(kind: str) -> None:
    said = refusal(as_bytes(bundle(patient(), kind=kind)))

    assert said == f"is a Bundle of type {kind}; only transaction, collection, document can be imported"


@pytest.mark.parametrize("kind", [None, 5, ["transaction"], ""])
def test_a_bundle_without_a_type_is_refused(kind: object) -> None:
    assert "is a Bundle of type unknown" in refusal(as_bytes({"resourceType": "Bundle", "type": kind}))


def test_a_patient_alone_is_taken_as_a_bundle_of_one() -> None:
    [entry] = read_entries(as_bytes(patient()))

    assert (entry.number, entry.full_url, entry.id) == (1, "", ANA)


def test_any_other_resource_alone_is_taken_as_one_too() -> None:
    [entry] = read_entries(as_bytes(observation()))

    assert (entry.type, entry.id, entry.place) == ("Observation", "obs-1", "entry 1 (Observation/obs-1)")


@pytest.mark.parametrize("value", [{}, [], 5, "text", None, True, {"resourceType": 5}, {"type": "transaction"}])
def test_sound_json_that_is_not_fhir_is_told_apart(value: object) -> None:
    with pytest.raises(NotFhir, match="holds JSON, but no FHIR resource"):
        read_entries(as_bytes(value))


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b" \n\t ", "is empty"), (b"\xef\xbb\xbf", "is empty")]
)
def test_an_empty_file_is_said_to_be_empty(content: bytes, said: str) -> None:
    assert refusal(content) == said


def test_what_is_not_json_is_refused_with_line_and_column() -> None:
    assert refusal(b'{"resourceType":\n  "Bundle",,}') == (
        "is not JSON: line 2, column 12: Illegal trailing comma before end of object. Perhaps it was cut off"
    ) or refusal(b'{"resourceType":\n  "Bundle",,}').startswith("is not JSON: line 2, column 12: ")


def test_what_is_not_utf_8_is_refused_with_the_byte() -> None:
    content = as_bytes(patient(name=[{"family": "Mejía"}])).decode().encode("latin-1")

    assert refusal(content).startswith("is not UTF-8 text: byte ")


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert len(read_entries(b"\xef\xbb\xbf" + as_bytes(bundle(patient())))) == 1


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "9" * 5000, "1e99999999999999999999"])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    content = as_bytes(bundle(patient())).replace(b'"2007-03-05"', number.encode())

    assert refusal(content).startswith("holds a number that cannot be read")


@pytest.mark.parametrize("depth", [201, 5000, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_a_file_nested_too_deeply_is_refused(depth: int, opening: str, closing: str) -> None:
    deep = opening * depth + '"x"' + closing * depth

    assert refusal(b'{"resourceType":"Bundle","a":' + deep.encode() + b"}") == "is nested too deeply to be FHIR"


def test_ordinary_nesting_is_read() -> None:
    deep: Any = "x"
    for _ in range(45):
        deep = {"extension": [deep]}

    assert len(read_entries(as_bytes(bundle(patient(extension=[{"url": "u", "x": deep}]))))) == 1


@pytest.mark.parametrize("text", ['"a\\u0000b"', '"\\u0000"'])
def test_a_nul_character_is_refused(text: str) -> None:
    content = as_bytes(bundle(patient(name=[{"family": "HERE"}]))).replace(b'"HERE"', text.encode())

    assert refusal(content) == "holds a NUL character, which no text may have"


def test_a_nul_in_a_key_is_refused_too() -> None:
    assert "NUL" in refusal(b'{"resourceType":"Bundle","a\\u0000":1}')


def test_a_backslash_before_u0000_is_only_a_backslash() -> None:
    [entry] = read_entries(as_bytes(bundle(patient(name=[{"family": "a\\u0000b"}]))))

    assert entry.resource["name"][0]["family"] == "a\\u0000b"


@pytest.mark.parametrize("half", [b'"\\ud800"', b'"x\\udfffy"', b'"\\udc00\\ud800"'])
def test_half_a_character_is_refused(half: bytes) -> None:
    content = as_bytes(bundle(patient(name=[{"family": "HERE"}]))).replace(b'"HERE"', half)

    assert "half of a character" in refusal(content)


def test_a_whole_character_written_as_two_halves_is_read() -> None:
    content = as_bytes(bundle(patient(name=[{"family": "HERE"}]))).replace(b'"HERE"', b'"\\ud83d\\ude00"')

    assert read_entries(content)[0].resource["name"][0]["family"] == "\U0001f600"


@pytest.mark.parametrize(
    "entry", [{}, {"resource": None}, {"resource": []}, None, "x", 5, {"request": {"method": "DELETE"}}]
)
def test_an_entry_without_a_resource_is_refused_with_its_number(entry: object) -> None:
    value = bundle(patient())
    value["entry"].append(entry)

    assert refusal(as_bytes(value)) == "entry 2 has no resource"


@pytest.mark.parametrize("kind", [None, "", 5, []])
def test_a_resource_of_no_type_is_refused_with_its_number(kind: object) -> None:
    value = bundle({"resourceType": kind, "id": "x"})

    assert refusal(as_bytes(value)) == "entry 1 has a resource without a resourceType"


@pytest.mark.parametrize("entries", [None, {}, "x", []])
def test_a_bundle_without_entries_holds_no_patient(entries: object) -> None:
    content = as_bytes({"resourceType": "Bundle", "type": "collection", "entry": entries})

    with pytest.raises(ImportRefused, match=r"^holds no Patient, so there is nobody to enroll$"):
        read_bundle(content, codes(), today=TODAY)


def test_two_entries_of_one_address_are_refused() -> None:
    same = {"a": "urn:uuid:x", "b": "urn:uuid:x"}

    assert (
        refusal(as_bytes(bundle(observation("a"), observation("b"), urls=same)))
        == "entries 1 and 2 are both urn:uuid:x"
    )


def test_two_resources_of_one_type_and_id_are_refused() -> None:
    value = bundle(patient(), observation("a"), observation("a"), urls={"a": ""})

    assert refusal(as_bytes(value)) == "entries 2 and 3 are both Observation/a"


def test_resources_of_different_types_may_share_an_id() -> None:
    assert len(read_entries(as_bytes(bundle(patient("x"), observation("x"), urls={"x": ""})))) == 2


@pytest.mark.parametrize("name", ["transaction.json", "collection.json", "document.json"])
def test_a_file_cut_off_anywhere_is_refused_in_a_sentence(name: str) -> None:
    content = (BUNDLES / name).read_bytes().rstrip()

    for length in range(0, len(content), 7):
        with pytest.raises(ImportRefused) as caught:
            read_bundle(content[:length], codes(), today=TODAY)
        assert str(caught.value).startswith(("is not JSON: line ", "is not UTF-8 text: byte ", "is empty"))


@pytest.mark.parametrize("name", ["transaction.json", "collection.json", "document.json"])
def test_whatever_one_value_is_replaced_by_nothing_crashes(name: str) -> None:
    """Every value of the file in turn becomes each of these: it is read or refused, and never an error."""
    text = (BUNDLES / name).read_text(encoding="utf-8")
    for path in _paths(json.loads(text)):
        for odd in ODD:
            value = json.loads(text)
            _put(value, path, odd)
            try:
                read_bundle(as_bytes(value), codes(), today=TODAY)
            except ImportRefused as error:
                assert str(error)


ODD: tuple[Any, ...] = (None, 0, "", [], {}, [[]], {"a": {}}, "x" * 300, True, [None, 5], "Patient/none")


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    own = [path] if path else []
    return own + [below for key, child in children for below in _paths(child, (*path, key))]


def _put(value: Any, path: tuple[str | int, ...], odd: object) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = odd


def test_below_a_folder_every_json_file_is_found_in_order_and_none_twice(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", "LICENSE", "deep/c.json", "deep/d.ndjson", "deep/e.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")

    found = list(find_files([tmp_path / "b.json", tmp_path, tmp_path / "deep"]))

    assert [(str(each.path.relative_to(tmp_path)), each.named) for each in found] == [
        ("b.json", True),
        ("a.json", False),
        ("deep/c.json", False),
        ("deep/d.ndjson", False),
    ]


def test_what_others_refer_to_is_read_before_them_whatever_the_files_are_called(tmp_path: Path) -> None:
    kinds = ("Observation", "Bundle", "BodyStructure", "Condition", "Patient", "Specimen", "Medication")
    for name, kind in zip("abcdefg", kinds, strict=True):
        (tmp_path / f"{name}.json").write_text(json.dumps({"resourceType": kind, "id": name}))

    came = [each.path.stem for each in in_order(find_files([tmp_path]))]

    assert [kinds["abcdefg".index(name)] for name in came] == [
        *("Medication", "Specimen", "BodyStructure"),
        *("Bundle", "Patient", "Condition", "Observation"),
    ]


def test_whatever_others_are_not_understood_without_and_is_in_no_chart_comes_first() -> None:
    assert set(FIRST) == SHELVED - READERS.keys()


def test_a_path_that_is_not_there_is_given_back_to_be_refused_when_it_is_read(tmp_path: Path) -> None:
    missing = tmp_path / "missing.json"
    (tmp_path / "empty").mkdir()

    assert [each.path for each in find_files([missing, tmp_path / "empty"])] == [missing, tmp_path / "empty"]


def test_a_file_far_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.fhir.reading.LARGEST", 2 * 1024 * 1024)
    content = b" " * (2 * 1024 * 1024) + as_bytes(bundle(patient()))

    assert refusal(content) == "is larger than 2 MB; split it"
