"""Small phrases that explanations are built from: dates, intervals, doses, causes, starting points.

Every text goes through ``say``: translated first, then filled in, so that a translator sees whole phrases with
named gaps.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tracker.engine.conditions import DoseIs
from tracker.engine.not_applicable import plain
from tracker.engine.partial_dates import PartialDate
from tracker.engine.rules import LateEffectRule, Pack
from tracker.engine.schedule import Period, parse_period
from tracker.engine.types import Reason

Translate = Callable[[str], str]
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
UNIT_SIGNS = {"mg/m2": "mg/m²", "[U]/m2": "U/m²", "Gy": "Gy", "{count}": "", "a": "", "1": ""}
OP_SIGNS = {">=": "≥", ">": ">", "<": "<", "<=": "≤", "==": "=", "!=": "≠"}
_AFTER = re.compile(r"(\d+)([ymwd]) after (.+)")
_LATER = re.compile(r"later of (.+?) and (.+)")
_AGE = re.compile(r"age (\w+)")
_OF = re.compile(r"(date|event)\((\w+)\)")


def same(text: str) -> str:
    """English stays English."""
    return text


@dataclass(frozen=True, slots=True)
class Words:
    """How one reader is spoken to: the pack's names (or others, by code), in the reader's language."""

    pack: Pack
    translate: Translate = same
    names: Mapping[str, str] = field(default_factory=dict)

    def say(self, text: str, **values: str | int) -> str:
        """The text in the reader's language, its named gaps filled."""
        return self.translate(text).format(**values)

    def day(self, day: date) -> str:
        """Like "May 14, 2028"."""
        return self.say("{month} {day}, {year}", month=self.say(MONTHS[day.month - 1]), day=day.day, year=day.year)

    def partial_day(self, known: PartialDate) -> str:
        """Like "2019" or "March 2019"."""
        if known.month is None:
            return str(known.year)
        if known.day is None:
            return self.say("{month} {year}", month=self.say(MONTHS[known.month - 1]), year=known.year)
        return self.day(known.earliest())

    def test(self, test_code: str) -> str:
        """The test's name for a clinician."""
        known = self.pack.tests.get(test_code)
        return self.names.get(test_code) or self.say(known.name if known else test_code)

    def plain_test(self, test_code: str) -> str:
        """The test's name for a family."""
        known = self.pack.tests.get(test_code)
        return self.names.get(test_code) or self.say(known.plain_name if known else test_code)

    def exposure(self, name: str) -> str:
        """The exposure's name for a clinician."""
        known = self.pack.exposures.get(name)
        return self.names.get(name) or self.say(known.label if known else name)

    def plain_exposure(self, name: str) -> str:
        """The exposure's name for a family."""
        known = self.pack.exposures.get(name)
        return self.names.get(name) or self.say(known.plain_label if known else name)

    def listed(self, parts: Sequence[str], between: str = ", ") -> str:
        """One, "one and two", "one, two and three"."""
        if len(parts) < 2:
            return "".join(parts)
        return self.say("{first} and {last}", first=between.join(parts[:-1]), last=parts[-1])

    def length(self, period: Period) -> str:
        """Like "2 years" or "6 months"."""
        years, months = divmod(period.months, 12)
        if months:
            years, months = 0, period.months
        weeks, days = divmod(period.days, 7)
        if days:
            weeks, days = 0, period.days
        parts = ((years, "year"), (months, "month"), (weeks, "week"), (days, "day"))
        return self.listed([self._counted(count, unit) for count, unit in parts if count]) or self._counted(0, "day")

    def _counted(self, count: int, unit: str) -> str:
        singular = {"year": "1 year", "month": "1 month", "week": "1 week", "day": "1 day"}
        plural = {"year": "{n} years", "month": "{n} months", "week": "{n} weeks", "day": "{n} days"}
        return self.say(singular[unit]) if count == 1 else self.say(plural[unit], n=count)

    def interval(self, interval: str | None, longest: str | None = None) -> str:
        """Like "every 2 years", "every 3 to 6 months", "once"."""
        if interval is None or interval == "once":
            return self.say("once")
        least = parse_period(interval)
        if longest is not None and longest != interval:
            return self._range(least, parse_period(longest))
        single = {(12, 0): "every year", (1, 0): "every month", (0, 7): "every week", (0, 1): "every day"}
        known = single.get((least.months, least.days))
        return self.say(known) if known else self.say("every {length}", length=self.length(least))

    def _range(self, least: Period, most: Period) -> str:
        both_months = not (least.days or most.days) and (least.months % 12 or most.months % 12)
        if both_months and most.months < 24:
            return self.say("every {least} to {most} months", least=least.months, most=most.months)
        both_years = not (least.days or most.days) and not (least.months % 12 or most.months % 12)
        if both_years:
            return self.say("every {least} to {most} years", least=least.months // 12, most=most.months // 12)
        return self.say("every {least} to {most}", least=self.length(least), most=self.length(most))

    def dose(self, name: str, value: Decimal | None, at_least: Decimal | None = None) -> str:
        """The exposure with its dose, like "doxorubicin, 300 mg/m²"; a yes/no exposure by its name alone.

        Where the dose is unknown (None), the part of it that is known: "doxorubicin, at least 300 mg/m²".
        """
        label = self.exposure(name)
        known = at_least if value is None else value
        amount = self.amount(name, plain(known)) if known is not None else ""
        if value is None and not amount:
            return self.say("{exposure}, dose unknown", exposure=label)
        if value is None:
            amount = self.say("at least {amount}", amount=amount)
        return self.say("{exposure}, {amount}", exposure=label, amount=amount) if amount else label

    def amount(self, name: str, number: str) -> str:
        """A dose with its unit's sign; nothing for a yes/no exposure."""
        known = self.pack.exposures.get(name)
        if known is None or known.unit == "1":
            return ""
        return f"{number} {UNIT_SIGNS.get(known.unit, known.unit)}".strip()

    def threshold(self, rule_id: str, name: str, value: Decimal | None, at_least: Decimal | None = None) -> str:
        """The limits of the rule that the dose keeps to, like "(≥ 250 mg/m²)"; empty if it has none.

        Of a dose unknown (None) but for its known part, the lower limits that this part reaches.
        """
        rule, known = self.pack.rules.get(rule_id), at_least if value is None else value
        if known is None or not isinstance(rule, LateEffectRule):
            return ""
        certain = OP_SIGNS if value is not None else (">=", ">")
        kept = dict.fromkeys(
            f"{OP_SIGNS[leaf.op]} {plain(leaf.limit)}"
            for leaf in rule.condition.leaves()
            if isinstance(leaf, DoseIs)
            and leaf.name == name
            and leaf.limit
            and leaf.op in certain
            and leaf.compare(known, leaf.limit)
        )
        return f" ({self.amount(name, self.listed(list(kept)))})" if kept else ""

    def causes(self, reason: Reason) -> str:
        """The exposures behind a late-effects reason, with dose and threshold."""
        known = dict(reason.at_least)
        parts = [
            self.dose(name, value, known.get(name)) + self.threshold(reason.rule_id, name, value, known.get(name))
            for name, value in reason.exposures
        ]
        return self.listed(parts, "; ") or self.exposure("any_cancer")

    def basis(self, text: str) -> str:
        """Where counting began, in words: "2 years after the end of therapy"."""
        if later := _LATER.fullmatch(text):
            return self.say(
                "the later of {first} and {second}", first=self.basis(later[1]), second=self.basis(later[2])
            )
        if after := _AFTER.fullmatch(text):
            length = self.length(parse_period(f"P{after[1]}{after[2].upper()}"))
            return self.say("{length} after {basis}", length=length, basis=self.basis(after[3]))
        if age := _AGE.fullmatch(text):
            return self._age(parse_period("P" + age[1].upper()))
        if of := _OF.fullmatch(text):
            return self._dated(of[1], of[2])
        known = {
            "end_of_therapy": "the end of therapy",
            "ltfu_entry": "entry to long-term follow-up",
            "resection": "the resection",
            "diagnosis": "the diagnosis",
            "decided_on": "the decision",
        }
        return self.say(known.get(text, text))

    def _age(self, age: Period) -> str:
        if not age.months and not age.days:
            return self.say("birth")
        if age.days or age.months % 12:
            return self.say("the age of {length}", length=self.length(age))
        return self.say("age {years}", years=age.months // 12)

    def _dated(self, kind: str, name: str) -> str:
        if kind == "event":
            return self.say("the event “{event}”", event=self.say(name.replace("_", " ")))
        if name == "hsct":
            return self.say("the last transplant")
        stems = {info.stem: info.name for info in self.pack.exposures.values()}
        return self.say("the last day of {exposure}", exposure=self.exposure(stems.get(name, name)))
