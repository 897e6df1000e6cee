"""What the codes of a chart mean to a guideline pack: the pack's table of codes, its tests' LOINC codes, its names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from tracker.engine.rules import Pack
from tracker.errors import PackError
from tracker.fhir.values import Coding
from tracker.guidelines.loader import PACKS
from tracker.guidelines.tables import Row, read_table
from tracker.services.diagnosis_names import CODE, pack_name

COLUMNS = ("system", "code", "display", "maps_to", "target", "source", "note")
FILE = "codes.csv"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
ICD_O_3 = "http://terminology.hl7.org/CodeSystem/icd-o-3"
SYSTEMS = (LOINC, SNOMED, ICD_10, ICD_O_3)
# One code system has several names in the field.
ALIASES = {
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "http://hl7.org/fhir/sid/icd-10-cm": ICD_10,
    "urn:oid:2.16.840.1.113883.6.3": ICD_10,
    "urn:oid:2.16.840.1.113883.6.90": ICD_10,
    "http://hl7.org/fhir/sid/icd-o-3": ICD_O_3,
    "urn:oid:2.16.840.1.113883.6.43.1": ICD_O_3,
}
SHORTEST_ICD = 3

Table = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Codes:
    """Codes by (system, code): the test they are a result of, the diagnosis they name."""

    pack: Pack
    tests: Table
    diagnoses: Table

    def test_of(self, found: Iterable[Coding]) -> tuple[Coding, str] | None:
        """The first code that is a result of one of the pack's tests, with that test."""
        return next(((each, code) for each in found if (code := self.tests.get(_key(each)))), None)

    def diagnosis_of(self, found: Iterable[Coding]) -> tuple[Coding, str] | None:
        """The first code that names a diagnosis: listed, an ICD-10 code below a listed one, or a morphology."""
        for each in found:
            name = next((self.diagnoses[key] for key in _wider(each) if key in self.diagnoses), None)
            if name is None and _key(each)[0] == ICD_O_3 and CODE.fullmatch(each.code):
                name = pack_name(self.pack, each.code)
            if name is not None:
                return each, name
        return None

    def diagnosis_named(self, text: str) -> str | None:
        """The pack's diagnosis of exactly this name, or of which this is another name."""
        return pack_name(self.pack, text)


def canonical(system: str) -> str:
    """A code system by its usual name."""
    return ALIASES.get(system, system)


def _key(coding: Coding) -> tuple[str, str]:
    return canonical(coding.system), coding.code


def _wider(coding: Coding) -> list[tuple[str, str]]:
    """The code itself and, in ICD-10, the codes above it: C91.01, C91.0, C91."""
    system, code = _key(coding)
    if system != ICD_10:
        return [(system, code)]
    return [(system, code[:length].rstrip(".")) for length in range(len(code), SHORTEST_ICD - 1, -1)]


@lru_cache(maxsize=16)
def _listed(pack_key: str) -> tuple[Row, ...]:
    folder = PACKS / pack_key
    return tuple(read_table(folder, FILE, COLUMNS)) if (folder / FILE).exists() else ()


def read_codes(pack: Pack) -> Codes:
    """The codes a pack knows. A pack without the table knows its tests' own LOINC codes.

    Raises:
        PackError: a row names an unknown system, test or diagnosis, or a code twice.
    """
    tests = {(LOINC, test.loinc): test.test_code for test in pack.tests.values() if test.loinc}
    diagnoses: dict[tuple[str, str], str] = {}
    for row in _listed(pack.key):
        key = row.one_of("system", SYSTEMS), row.required("code")
        table, allowed = (tests, pack.tests) if _is_test(row) else (diagnoses, pack.diagnoses)
        if row.required("target") not in allowed:
            row.refuse("target", f"{row['target']!r} is not in this pack")
        if (key in table and table[key] != row["target"]) or key in diagnoses:
            raise PackError(f"{FILE}, row {row.line}, column code: {row['code']} stands there twice")
        table[key] = row["target"]
    return Codes(pack, MappingProxyType(tests), MappingProxyType(diagnoses))


def _is_test(row: Row) -> bool:
    return row.one_of("maps_to", ("test", "diagnosis")) == "test"
