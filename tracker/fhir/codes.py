"""What the codes of a chart mean to a guideline pack: the pack's tables of codes, its tests' LOINC codes, its names,
and what the clinic itself has mapped."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType

from tracker.engine.catalogue import Catalogue
from tracker.engine.rules import Pack
from tracker.errors import PackError
from tracker.fhir.values import Coding
from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.loader import PACKS
from tracker.guidelines.tables import Row, read_table
from tracker.services.diagnosis_names import CODE, pack_name

COLUMNS = ("system", "code", "display", "maps_to", "target", "source", "note")
SYSTEM_COLUMNS = ("system", "name", "owner", "licence", "source")
SYSTEMS_FILE = "code_systems.csv"
# Several tables of the same columns, so that each can be reviewed by whoever knows its field.
FILE = "codes.csv"
FILES = (FILE, "codes_treatment.csv", "codes_health.csv")
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
ICD_O_3 = "http://terminology.hl7.org/CodeSystem/icd-o-3"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
CVX = "http://hl7.org/fhir/sid/cvx"
HGNC = "http://www.genenames.org/geneId"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
SYSTEMS = (LOINC, SNOMED, ICD_10, ICD_O_3, RXNORM, ATC, CVX, HGNC, ROLE_CODE)
# One code system has several names in the field.
ALIASES = {
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "http://hl7.org/fhir/sid/icd-10-cm": ICD_10,
    "urn:oid:2.16.840.1.113883.6.3": ICD_10,
    "urn:oid:2.16.840.1.113883.6.90": ICD_10,
    "http://hl7.org/fhir/sid/icd-o-3": ICD_O_3,
    "urn:oid:2.16.840.1.113883.6.43.1": ICD_O_3,
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "urn:oid:2.16.840.1.113883.6.73": ATC,
    "http://terminology.hl7.org/CodeSystem/ATC": ATC,
    "urn:oid:2.16.840.1.113883.12.292": CVX,
    "http://www.genenames.org": HGNC,
    "http://www.genenames.org/genegroup": HGNC,
    "http://hl7.org/fhir/v3/RoleCode": ROLE_CODE,
}
SHORTEST_ICD = 3
TEST, DIAGNOSIS, AGENT, FIELD, OPERATION = "test", "diagnosis", "agent", "field", "operation"
# Somebody has looked at the code, and it means nothing to the follow-up: it is not listed again.
NOTHING = "nothing"

Key = tuple[str, str, str]  # kind, system, code
Table = Mapping[tuple[str, str], str]
EMPTY: Table = MappingProxyType({})


@dataclass(frozen=True)
class Codes:
    """Codes by kind of meaning and (system, code).

    The kinds are "test", "diagnosis", "agent", "field", "operation" and each list of the catalogue's terms
    ("vaccine", "topography", "laterality", "relation" …).
    """

    pack: Pack
    catalogue: Catalogue
    tables: Mapping[str, Table] = field(default_factory=dict)

    def of(self, kind: str, found: Iterable[Coding]) -> tuple[Coding, str] | None:
        """The first code that means something of this kind, with what it means."""
        table = self.tables.get(kind, EMPTY)
        return next(((each, target) for each in found for key in _wider(each) if (target := table.get(key))), None)

    def test_of(self, found: Iterable[Coding]) -> tuple[Coding, str] | None:
        """The first code that is a result of one of the pack's tests, with that test."""
        table = self.tables.get(TEST, EMPTY)
        return next(((each, code) for each in found if (code := table.get(_key(each)))), None)

    def diagnosis_of(self, found: Iterable[Coding]) -> tuple[Coding, str] | None:
        """The first code that names a diagnosis: listed, an ICD-10 code below a listed one, or a morphology."""
        for each in found:
            known = self.of(DIAGNOSIS, [each])
            name = known[1] if known else None
            if name is None and _key(each)[0] == ICD_O_3 and CODE.fullmatch(each.code):
                name = pack_name(self.pack, each.code)
            if name is not None:
                return each, name
        return None

    def diagnosis_named(self, text: str) -> str | None:
        """The pack's diagnosis of exactly this name, or of which this is another name."""
        return pack_name(self.pack, text)

    def is_dismissed(self, coding: Coding) -> bool:
        """Has the clinic looked at this code and found that it means nothing to the follow-up?"""
        return _key(coding) in self.tables.get(NOTHING, EMPTY)

    def with_own(self, own: Mapping[Key, str]) -> "Codes":
        """The same with the clinic's own mappings, which come before the pack's."""
        merged = {kind: dict(table) for kind, table in self.tables.items()}
        for (kind, system, code), target in own.items():
            merged.setdefault(kind, {})[canonical(system), code] = target
        return replace(self, tables={kind: MappingProxyType(table) for kind, table in merged.items()})


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
    return tuple(row for file in FILES if (folder / file).exists() for row in read_table(folder, file, COLUMNS))


def listed_codes(pack: Pack) -> tuple[Row, ...]:
    """The rows of the pack's tables of codes, with what each code is called and where that comes from."""
    return _listed(pack.key)


def code_systems(pack: Pack) -> tuple[Row, ...]:
    """The code systems that the pack's tables use, each with its owner and licence; none where there is no table."""
    folder = PACKS / pack.key
    if not (folder / SYSTEMS_FILE).exists():
        return ()
    return tuple(read_table(folder, SYSTEMS_FILE, SYSTEM_COLUMNS))


def targets_of(kind: str, pack: Pack, catalogue: Catalogue) -> Mapping[str, object]:
    """What codes of a kind may lead to, by its code or name; empty for a kind that does not exist."""
    known: dict[str, Mapping[str, object]] = {
        TEST: pack.tests,
        DIAGNOSIS: pack.diagnoses,
        AGENT: catalogue.agents,
        FIELD: catalogue.fields,
        OPERATION: catalogue.operations,
    }
    return known.get(kind) or catalogue.terms.get(kind, {})


def read_codes(pack: Pack) -> Codes:
    """The codes a pack knows. A pack without the tables knows its tests' and agents' own codes.

    Raises:
        PackError: a row names an unknown system, kind or target, or a code of one kind twice.
    """
    catalogue = load_catalogue(pack.key) if (PACKS / pack.key / "pack.toml").exists() else Catalogue()
    tables: dict[str, dict[tuple[str, str], str]] = {}
    for kind, key, target in _own_codes(pack, catalogue):
        tables.setdefault(kind, {}).setdefault(key, target)
    seen: set[tuple[str, tuple[str, str]]] = set()
    for row in _listed(pack.key):
        kind, key = row.required("maps_to"), (row.one_of("system", SYSTEMS), row.required("code"))
        _check_target(row, kind, pack, catalogue)
        table = tables.setdefault(kind, {})
        if (kind, key) in seen or table.get(key, row["target"]) != row["target"]:
            raise PackError(f"{row.file}, row {row.line}, column code: {row['code']} stands there twice")
        seen.add((kind, key))
        table[key] = row["target"]
    return Codes(pack, catalogue, MappingProxyType({kind: MappingProxyType(each) for kind, each in tables.items()}))


def _check_target(row: Row, kind: str, pack: Pack, catalogue: Catalogue) -> None:
    allowed = targets_of(kind, pack, catalogue)
    if not allowed:
        row.refuse("maps_to", f"{kind!r} is not a kind that codes can mean")
    if row.required("target") not in allowed:
        row.refuse("target", f"{row['target']!r} is not in this pack")


def _own_codes(pack: Pack, catalogue: Catalogue) -> Iterator[tuple[str, tuple[str, str], str]]:
    """The codes that stand beside what they name: the tests' LOINC codes, the agents' RxNorm and ATC codes."""
    for test in pack.tests.values():
        if test.loinc:
            yield TEST, (LOINC, test.loinc), test.test_code
    for agent in catalogue.agents.values():
        for system, code in ((RXNORM, agent.rxnorm), (ATC, agent.atc)):
            if code:
                yield AGENT, (system, code), agent.code
