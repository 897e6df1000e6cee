"""Finding the cases in a file: documents, lists and lines are read, and one broken part does not cost the others."""

import io
import json
from decimal import Decimal

import pytest

from tests.unit.test_case_files import LEAST, refusal
from tracker.errors import CaseError
from tracker.guidelines.cases import read_cases
from tracker.guidelines.loader import load_pack

PACK = load_pack()


def found_in(text: str | bytes) -> list[tuple[int, object]]:
    raw = text if isinstance(text, bytes) else text.encode()
    return [
        (place, str(found) if isinstance(found, CaseError) else found)
        for place, found in read_cases(io.BytesIO(raw), "cases.json")
    ]


def test_one_object_is_one_case() -> None:
    assert found_in(json.dumps({"id": "a"}, indent=1)) == [(1, {"id": "a"})]


def test_a_list_holds_a_case_in_each_place() -> None:
    assert found_in('[{"id": "a"},\n {"id": "b"}]') == [(1, {"id": "a"}), (2, {"id": "b"})]


def test_each_line_of_json_lines_is_a_case_placed_by_its_line() -> None:
    assert found_in('{"id": "a"}\n\n{"id": "b"}\r\n{"id": "c"}') == [
        (1, {"id": "a"}),
        (3, {"id": "b"}),
        (4, {"id": "c"}),
    ]


def test_documents_one_after_another_are_cases() -> None:
    text = json.dumps({"id": "a", "survivor": {}}, indent=1) + json.dumps({"id": "b"}, indent=1)
    assert found_in(text) == [(1, {"id": "a", "survivor": {}}), (4, {"id": "b"})]


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert found_in(b'\xef\xbb\xbf{"id": "a"}') == [(1, {"id": "a"})]


@pytest.mark.parametrize("text", ["", "  \n\n", "[]"])
def test_a_file_without_a_case_says_so(text: str) -> None:
    assert found_in(text) == [(1, "cases.json holds no case")]


@pytest.mark.parametrize(
    "broken",
    [
        "not json",
        '{"id": "b", "survivor": {',
        '{"id": "b"',
        '{"id": "b"} and more',
        '"b"',
        "[1, 2]",
        "7",
        "null",
        '{"id": b}',
        "}",
        "]",
    ],
)
def test_a_broken_line_is_named_and_the_others_are_read(broken: str) -> None:
    (first, a), (second, message), (third, c) = found_in('{"id": "a"}\n' + broken + '\n{"id": "c"}\n')
    assert (first, a, third, c) == (1, {"id": "a"}, 3, {"id": "c"})
    assert second == 2
    assert isinstance(message, str)


@pytest.mark.parametrize("broken", ["not json", '{"id": "b", "survivor":', "7"])
def test_a_broken_first_line_does_not_cost_the_others(broken: str) -> None:
    (place, message), rest = found_in(f'{broken}\n{{"id": "c"}}\n')
    assert place == 1
    assert isinstance(message, str)
    assert rest == (2, {"id": "c"})


def test_each_of_several_broken_lines_is_named() -> None:
    assert [
        place for place, found in found_in('oops\n{"id": "a"}\n{"id":\nno\n{"id": "b"') if isinstance(found, str)
    ] == [1, 3, 4, 5]


def test_a_broken_document_says_on_which_line() -> None:
    [(place, message)] = found_in('{\n "id": "a",\n "survivor": {\n  "sex" "male"\n }\n}\n')
    assert (place, message) == (4, "not JSON: expecting ':' delimiter (column 9)")


def test_a_document_cut_in_half_is_one_mistake() -> None:
    [(place, message)] = found_in('{\n "id": "a",\n "survivor": {\n')
    assert (place, message) == (1, "not JSON: it ends too early")


def test_a_broken_list_is_one_mistake() -> None:
    [(place, message)] = found_in('[\n {"id": "a"},\n {"id": }\n]')
    assert place == 3
    assert str(message).startswith("not JSON")


def test_a_key_given_twice_is_refused_and_its_neighbors_are_read() -> None:
    assert found_in('[{"id": "a", "id": "b"}, {"id": "c"}]') == [(1, "id: this key is given twice"), (2, {"id": "c"})]
    text = json.dumps(LEAST | {"exposures": {}}).replace('"exposures": {}', '"exposures": {"tbi_gy": 1, "tbi_gy": 2}')
    [(_, found)] = list(read_cases(io.BytesIO(text.encode()), "x"))
    assert not isinstance(found, CaseError)
    assert refusal(found, PACK) == "exposures.tbi_gy: this key is given twice"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999999999999999999999", "-1", "1e300"])
def test_numbers_that_are_no_doses_are_refused_by_their_key(number: str) -> None:
    text = json.dumps(LEAST)[:-1] + f', "exposures": {{"tbi_gy": {number}}}}}'
    [(_, found)] = list(read_cases(io.BytesIO(text.encode()), "x"))
    assert not isinstance(found, CaseError)
    assert refusal(found, PACK).startswith("exposures.tbi_gy: ")


def test_numbers_keep_every_digit() -> None:
    assert found_in('{"a": 0.1, "b": 12}') == [(1, {"a": Decimal("0.1"), "b": Decimal(12)})]
    assert all(isinstance(v, Decimal) for v in found_in('{"a": 0.1, "b": 12}')[0][1].values())  # type: ignore[attr-defined]


def test_text_in_another_encoding_says_so() -> None:
    assert found_in(b'{"id": "a\xff"}') == [(1, "cases.json is not UTF-8 text (byte 10)")]


def test_endless_nesting_is_a_sentence() -> None:
    [(_, deep)] = found_in('{"a":' * 100_000)
    assert deep == "not JSON that can be read: nested too deeply"
