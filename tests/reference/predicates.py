"""The language of ``exposure``: `and or not ( )`, comparisons of a name with a number, a bare name; three-valued."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

WORDS = re.compile(r"\s*(>=|<=|==|!=|>|<|\(|\)|[a-z_][a-z0-9_]*|\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Amount:
    """A dose. One that is not known is "above 0 for certain, any amount beyond", and at least its known part."""

    at_least: Decimal
    known: bool = True


NOTHING = Amount(Decimal(0))


@dataclass(frozen=True)
class Compared:
    name: str
    sign: str
    number: Decimal


@dataclass(frozen=True)
class Not:
    part: "Tree"


@dataclass(frozen=True)
class Joined:
    word: str
    parts: tuple["Tree", ...]


Tree = Compared | Not | Joined


class Reader:
    """Recursive descent, one word ahead: `or` of `and`s of `not`s of atoms."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            found = WORDS.match(text, at)
            if found is None:
                raise ValueError(f"cannot read {text!r} at {at}")
            self.words.append(found[1])
            at = found.end()

    def next_is(self, *words: str) -> bool:
        return bool(self.words) and self.words[0] in words

    def take(self) -> str:
        if not self.words:
            raise ValueError(f"{self.text!r} ends too early")
        return self.words.pop(0)

    def whole(self) -> Tree:
        tree = self.joined("or")
        if self.words:
            raise ValueError(f"{self.text!r} has {self.words[0]!r} too much")
        return tree

    def joined(self, word: str) -> Tree:
        parts = [self.below(word)]
        while self.next_is(word):
            self.take()
            parts.append(self.below(word))
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def below(self, word: str) -> Tree:
        return self.joined("and") if word == "or" else self.negated()

    def negated(self) -> Tree:
        if self.next_is("not"):
            self.take()
            return Not(self.negated())
        return self.atom()

    def atom(self) -> Tree:
        word = self.take()
        if word == "(":
            inner = self.joined("or")
            if self.take() != ")":
                raise ValueError(f"{self.text!r} lacks a closing bracket")
            return inner
        if self.next_is(">=", "<=", "==", "!=", ">", "<"):
            return Compared(word, self.take(), Decimal(self.take()))
        return Compared(word, ">", Decimal(0))  # "a bare name (true if above 0)"


def parse(text: str) -> Tree:
    return Reader(text).whole()


def negation(verdict: bool | None) -> bool | None:
    return None if verdict is None else not verdict


def compare(amount: Amount, sign: str, number: Decimal) -> bool | None:
    """True, False, or None where the certain part does not decide."""
    if sign == "<":
        return negation(compare(amount, ">=", number))
    if sign == "<=":
        return negation(compare(amount, ">", number))
    if sign == "!=":
        return negation(compare(amount, "==", number))
    if amount.known:
        return {">": amount.at_least > number, ">=": amount.at_least >= number, "==": amount.at_least == number}[sign]
    if sign == "==":
        return False if number <= 0 or number < amount.at_least else None
    above = amount.at_least >= number if sign == ">=" else amount.at_least > number
    return True if number <= 0 or above else None


def verdict_of(tree: Tree, amounts: Mapping[str, Amount]) -> bool | None:
    """`unknown or true` is true, `unknown and false` is false, otherwise unknown spreads."""
    if isinstance(tree, Compared):
        return compare(amounts.get(tree.name, NOTHING), tree.sign, tree.number)
    if isinstance(tree, Not):
        return negation(verdict_of(tree.part, amounts))
    deciding = tree.word == "or"
    unknown = False
    for part in tree.parts:
        verdict = verdict_of(part, amounts)
        if verdict is deciding:
            return deciding
        unknown = unknown or verdict is None
    return None if unknown else not deciding
