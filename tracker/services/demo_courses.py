"""What an invented survivor was given: medicines, radiation, operations, transplants and blood, as drafts of entries.

Days are counted from the diagnosis, so that a life can be moved in time with its treatment.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tracker.engine.catalogue import Catalogue, RegimenPart
from tracker.engine.partial_dates import PartialDate
from tracker.services.demo_regimens import Beam, Dose, Regimen

HOSPITALS = ("Harbor Children's Hospital", "St. Brendan Medical Center", "Mill River University Hospital")
SURGEONS = ("Dr. Ines Calloway", "Dr. Peter Nakashima", "Dr. Ruth Adeyemi", "Dr. Jonas Weir")
WITH_A_SIDE = "left", "right"
# More courses than these are one total: what is taken daily is not counted in courses.
MOST_COURSES = 60
PER_BODY = ("mg/kg", "mg", "g", "[U]")
GY_PER_FRACTION = 1.8
BEFORE_THE_OPERATION = ("csf-shunt", "external-ventricular-drain")
LEUKEMIAS = ("Acute lymphoblastic leukemia", "Acute myeloid leukemia")
MAINTENANCE = ("mercaptopurine", "isotretinoin")
LUNG_OPERATED = ("Leiomyosarcoma", "Osteosarcoma", "Soft tissue sarcoma, non-rhabdomyosarcoma")


@dataclass(frozen=True)
class When:
    """A day counted from the diagnosis, and how far it is known: to the day, the month or the year."""

    days: int
    known_to: str = "day"

    def on(self, diagnosed: date) -> PartialDate:
        """The date, as far as it is known."""
        return known(diagnosed + timedelta(days=self.days), self.known_to)


@dataclass(frozen=True)
class Draft:
    """One entry of a section: its values, with days as ``When``."""

    section: str
    values: Mapping[str, Any]

    def on(self, diagnosed: date) -> dict[str, Any]:
        """The values, with real dates."""
        return {name: value.on(diagnosed) if isinstance(value, When) else value for name, value in self.values.items()}


def known(day: date, known_to: str) -> PartialDate:
    """A day as far as it is known."""
    if known_to == "year":
        return PartialDate(day.year)
    return PartialDate(day.year, day.month) if known_to == "month" else PartialDate.of(day)


def draw(random: Random, dose: Dose) -> Decimal:
    """An amount of that span, as a chart would round it."""
    low, high = dose
    amount = low + (high - low) * random.randrange(21) / 20
    return Decimal(str(round(amount, 1))) if amount < 200 else Decimal(round(amount / 5) * 5)


@dataclass(frozen=True, kw_only=True)
class Illness:
    """What was to be treated, and when: days from the diagnosis to the operation (None: there was none) and to the end
    of therapy. ``side``: of the tumor, empty where it has none."""

    regimen: Regimen
    years_old: float
    resected: int | None
    end: int
    tumor: Mapping[str, str]
    side: str


def treatment(random: Random, illness: Illness, catalogue: Catalogue) -> tuple[Draft, ...]:
    """Everything that was given by the regimen."""
    course = _Course(random, illness, catalogue)
    return (
        *course.spread(),
        *course.operations(),
        *course.drugs(),
        *course.radiation(),
        *course.transplant(),
        *course.radioiodine(),
        *course.transfusions(),
    )


class _Course:
    """One treatment, from the diagnosis to its end."""

    def __init__(self, random: Random, illness: Illness, catalogue: Catalogue) -> None:
        self.random, self.catalogue, self.regimen = random, catalogue, illness.regimen
        self.tumor, self.side = illness.tumor, illness.side
        resected, end, years_old = illness.resected, illness.end, illness.years_old
        self.resected, self.end = resected, end
        # Who was operated on early had the chemotherapy afterwards.
        self.adjuvant = resected is not None and resected < 70
        self.start = min(resected + 18 if self.adjuvant and resected else 6, max(end - 40, 1))
        self.transplanted = round(self.start + (end - self.start) * 0.6) if self.regimen.transplant else None
        self.weight_kg = Decimal(round(min(8 + 2.6 * years_old, 62)))
        self.surface_m2 = round((4 * self.weight_kg + 7) / (self.weight_kg + 90), 2)
        self.organ = self._organ()

    def spread(self) -> Iterator[Draft]:
        """Where the tumor had spread to, if it had."""
        if self.organ:
            found_by = "chest CT" if self.organ == "lung" else "imaging at diagnosis"
            treated = "removed" if self.operates_on_lung else "answered to chemotherapy"
            yield Draft(
                "metastases",
                {"organ": self.organ, "found_on": self._when(5), "found_by": found_by, "treated": treated},
            )

    @property
    def operates_on_lung(self) -> bool:
        return self.organ == "lung" and self.regimen.diagnosis in LUNG_OPERATED

    def operations(self) -> Iterator[Draft]:
        """The tumor's own operation, those beside it, and the line for chemotherapy."""
        for place, operation in enumerate(self.regimen.operations):
            yield Draft("surgeries", self._operation(operation, is_main=place == 0))
        if self.operates_on_lung:
            day = min((self.resected or self.start) + 35, self.end)
            side = self.random.choice(WITH_A_SIDE)
            values = {"operation": "lung-metastasectomy", "done_on": self._when(day), "laterality": side}
            yield Draft("surgeries", values | {"site": "C34.3", "place": self._place()})
        if self.regimen.chemo:
            clotted = self.random.random() < 0.05
            values = {"operation": "central-line-thrombosis" if clotted else "central-line", "laterality": "right"}
            yield Draft("surgeries", values | {"done_on": self._when(max(self.start - 2, 0))})

    def _operation(self, operation: str, *, is_main: bool) -> dict[str, Any]:
        day = self.start + 30 if self.resected is None else self.resected
        values: dict[str, Any] = {"operation": operation, "place": self._place()}
        if self.catalogue.operations[operation].sided:
            values["laterality"] = self.side or self.random.choice(WITH_A_SIDE)
        if operation in BEFORE_THE_OPERATION:
            return values | {"done_on": self._when(1)}
        values |= {"done_on": self._when(day, precisely=True), "surgeon": self.random.choice(SURGEONS)}
        resection = self.tumor.get("resection", "")
        if is_main and self.resected is not None:
            values |= {"site": self.regimen.details.get("icdo3_topography", ("",))[0], "resection": resection}
            values |= {"margin_mm": self._margin(resection), "limb_reason": self.regimen.limb_reason}
        return values

    def _margin(self, resection: str) -> Decimal | None:
        if resection == "r1":
            return Decimal(0)
        return Decimal(self.random.choice((1, 2, 4, 5, 8, 10, 15, 20))) if resection == "r0" else None

    def drugs(self) -> Iterator[Draft]:
        """Each medicine of the regimens, in the time that was theirs."""
        for code in self.regimen.chemo:
            first, last = self._span(code)
            for part in self.catalogue.regimens[code].parts:
                yield self._drug(part, code, first, last)
        for each in self.regimen.agents:
            given = {**each, "dose": Decimal(str(each["dose"]))}
            yield self._drug(RegimenPart(**given), "", self.start, self.end)

    def _span(self, code: str) -> tuple[int, int]:
        if self.transplanted is None:
            return self.start, self.end
        if _is_conditioning(code):
            return self.transplanted - 8, self.transplanted - 1
        if code == self.regimen.chemo[0]:
            return self.start, self.transplanted - 20
        return self.transplanted + 60, self.end

    def _drug(self, part: RegimenPart, code: str, first: int, last: int) -> Draft:
        courses, dose = self._given_courses(part), part.dose
        if courses > MOST_COURSES:
            dose, counted = dose * courses, None
        else:
            counted = courses
        began = first + round((last - first) * self.random.uniform(0, 0.15))
        ended = (
            began if courses == 1 and last - began < 60 else began + round((last - began) * self.random.uniform(0.7, 1))
        )
        if courses == 1 and last - began >= 60:
            ended = began + 28
        lost = self.random.random() < 0.03
        values: dict[str, Any] = {
            "regimen": code,
            "agent": part.agent,
            "dose": None if lost else dose,
            "unit": part.unit,
            "courses": counted,
            "route": part.route,
            "timing": self._timing(part.agent, code),
            "single_dose": part.single_dose,
            "weeks": part.weeks,
            "myeloablative": "yes" if part.myeloablative else "no",
            "started_on": self._when(began),
            "ended_on": self._when(ended),
        }
        if part.unit in PER_BODY and self.random.random() < 0.9:
            values |= {"weight_kg": self.weight_kg, "surface_m2": self.surface_m2}
        return Draft("drugs", values)

    def _given_courses(self, part: RegimenPart) -> int:
        """As planned, or one or two fewer where it was not borne well."""
        fewer = self.random.choice((1, 2)) if self.random.random() < 0.12 else 0
        return part.courses - fewer if part.courses > 3 else part.courses

    def _timing(self, agent: str, code: str) -> str:
        if _is_conditioning(code):
            return "conditioning"
        if agent in MAINTENANCE:
            return "maintenance"
        if self.regimen.diagnosis in LEUKEMIAS:
            return "induction"
        if self.transplanted is not None and code != self.regimen.chemo[0]:
            return "consolidation"
        if self.resected is None:
            return "unknown"
        return "adjuvant" if self.adjuvant else "neoadjuvant"

    def radiation(self) -> Iterator[Draft]:
        """The courses one after another, after the operation where there was one."""
        day = max(self.start, (self.resected or 0) + 25, round(self.end * 0.45))
        for beam in self.regimen.radiation:
            dose = draw(self.random, beam.gy)
            fractions = max(round(float(dose) / (2 if "tbi" in beam.fields else GY_PER_FRACTION)), 1)
            length = 3 if "tbi" in beam.fields else fractions * 7 // 5
            day = min(day, self.end - length)
            if "tbi" in beam.fields and self.transplanted:
                day = self.transplanted - 5
            yield Draft("radiation", self._beam(beam, dose, fractions, day, day + length))
            day += length + 1

    def _beam(self, beam: Beam, dose: Decimal, fractions: int, first: int, last: int) -> dict[str, Any]:
        fields = [
            f"{each}-{self.side}" if f"{each}-{self.side}" in self.catalogue.fields else each for each in beam.fields
        ]
        is_lost = self.random.random() < 0.03
        return {
            "fields": fields,
            "laterality": self.side if any(each.endswith(self.side) for each in fields if self.side) else "",
            "dose_gy": None if is_lost else dose,
            "fractions": fractions,
            "purpose": self._purpose(beam, first),
            "modality": beam.modality,
            "started_on": self._when(first),
            "ended_on": self._when(last),
        }

    def _purpose(self, beam: Beam, first: int) -> str:
        if "tbi" in beam.fields:
            return "conditioning"
        if self.resected is None:
            return "curative"
        if first < self.resected:
            return "neoadjuvant"
        return "residual" if self.tumor.get("resection") in ("r1", "r2") else "adjuvant"

    def transplant(self) -> Iterator[Draft]:
        """The transplant, and what may follow a donor's cells."""
        if self.transplanted is None:
            return
        choices = {name: value for name, value in self.regimen.transplant.items() if name != "kind"}
        values = {name: self.random.choice(value) for name, value in choices.items()}
        values |= {"kind": self.regimen.transplant["kind"], "place": self._place()}
        values |= {"sos": "yes" if self.random.random() < 0.08 else "no"}
        yield Draft("transplants", values | {"done_on": self._when(self.transplanted, precisely=True)})
        if values["kind"] == "allogeneic":
            yield from self._gvhd(self.transplanted)

    def _gvhd(self, transplanted: int) -> Iterator[Draft]:
        if self.random.random() < 0.6:
            values = {"kind": "acute", "organ": "skin", "grade": "II", "active": "no"}
            began, ended = self._when(transplanted + 30), self._when(transplanted + 75)
            yield Draft("gvhd", values | {"started_on": began, "ended_on": ended})
        if self.random.random() < 0.45:
            values = {"kind": "chronic", "organ": self.random.choice(("mouth", "skin", "eye")), "grade": "mild"}
            active = self.random.choice(("no", "yes", "unknown"))
            yield Draft(
                "gvhd", values | {"active": active, "started_on": self._when(min(transplanted + 150, self.end))}
            )

    def radioiodine(self) -> Iterator[Draft]:
        """Radioiodine, some weeks after the thyroid was removed."""
        if self.regimen.radioiodine:
            values = {"kind": "i131", "activity": draw(self.random, self.regimen.radioiodine), "activity_unit": "GBq"}
            yield Draft("radionuclides", values | {"treatments": 1, "given_on": self._when(self.end)})

    def transfusions(self) -> Iterator[Draft]:
        """Blood during chemotherapy; of a short treatment the record may say that there was none."""
        if not self.regimen.chemo:
            if self.random.random() < 0.6:
                yield Draft("transfusions", {"product": "none", "country": "United States"})
            return
        for product, chance in (("red_cells", 0.8), ("platelets", 0.5)):
            if self.random.random() < chance:
                count = None if self.random.random() < 0.12 else self.random.randint(1, 14)
                began, ended = self._when(self.start + 10), self._when(self.end)
                values = {"product": product, "count": count, "country": "United States"}
                yield Draft("transfusions", values | {"started_on": began, "ended_on": ended})

    def _organ(self) -> str:
        chart = self.regimen.chart
        spreads = self.random.randrange(100) < chart.spread_percent
        return self.random.choice(chart.organs) if spreads else ""

    def _place(self) -> str:
        return self.random.choice(HOSPITALS)

    def _when(self, days: int, *, precisely: bool = False) -> When:
        """A day within the treatment; old charts often tell the month only, or the year."""
        when = When(min(max(days, 0), self.end))
        chance = 1.0 if precisely else self.random.random()
        return replace(when, known_to="year" if chance < 0.04 else "month" if chance < 0.14 else "day")


def _is_conditioning(code: str) -> bool:
    return code.startswith("cond-") or code == "nb-tandem"
