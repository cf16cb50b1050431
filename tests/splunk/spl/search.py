"""Conditions of `search` and of `tstats WHERE`: OR binds closer than AND there, values may have wildcards, and letters are
the same in either case."""

import re
from collections.abc import Callable
from typing import Any

from .expression import Row, compare, number, text
from .syntax import WORD, Reader, SplError, moment, tokens

Condition = Callable[[Row], bool]


class Search(Reader):
    """Reads a condition, and notes how far back it looks and what it asks for."""

    def __init__(self, source: str, now: float) -> None:
        super().__init__(tokens(source, WORD))
        self.now = now
        self.earliest: float | None = None
        # Fields that it names, and those of them without which nothing is found.
        self.fields: set[str] = set()
        self.certain: set[str] = set()

    def condition(self) -> Condition:
        """All of it, up to the end or a bracket that closes."""
        parts = []
        while (token := self.peek()) and token.value != ")" and token.value.upper() != "BY":
            if parts:
                self.takes("word", "AND")
            parts.append(self.alternatives())
        return lambda row: all(part(row) for part in parts)

    def alternatives(self) -> Condition:
        before = set(self.certain)
        parts = [self.negation()]
        while self.takes("word", "OR"):
            parts.append(self.negation())
        if len(parts) > 1:
            # Not every event that is found has what one of them asks for.
            self.certain = before
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def negation(self) -> Condition:
        if self.takes("word", "NOT"):
            before = set(self.certain)
            inner = self.negation()
            self.certain = before
            return lambda row: not inner(row)
        if self.takes("operator", "("):
            inner = self.condition()
            self.wants("operator", ")")
            return inner
        return self.comparison()

    def comparison(self) -> Condition:
        field = self.next()
        if field.kind == "word" and field.value == "*":
            return lambda row: True
        if field.kind != "word":
            raise SplError(f"`{field.value}` is no field")
        if self.takes("word", "IN"):
            self.wants("operator", "(")
            values = []
            while not self.takes("operator", ")"):
                if values:
                    self.wants("operator", ",")
                values.append(self.next().value)
            patterns = [wildcard(it) for it in values]
            return self.about(field.value, lambda value: any(it(value) for it in patterns))
        symbol = self.takes("operator", "=", "!=", "<", "<=", ">", ">=")
        if symbol is None:
            raise SplError(f"`{field.value}` is searched for in the text of events, which the app never does")
        value = self.next().value
        if field.value == "earliest":
            self.earliest = moment(value, self.now)
            return lambda row: row["_time"] >= moment(value, self.now)
        if symbol.value == "=":
            return self.about(field.value, wildcard(value))
        if symbol.value == "!=":
            equal = wildcard(value)
            return self.about(field.value, lambda it: not equal(it))
        if number(value) is None:
            raise SplError(f"`{value}` is no number")
        return self.about(field.value, lambda it: compare(symbol.value, it, value) is True)

    def about(self, field: str, fits: Callable[[Any], bool]) -> Condition:
        """Whether one of the field's values fits; a field that is not there never does."""
        self.fields.add(field)
        self.certain.add(field)

        def condition(row: Row) -> bool:
            value = row.get(field)
            if value is None:
                return False
            return any(fits(it) for it in (value if isinstance(value, list) else [value]))

        return condition


def wildcard(pattern: str) -> Callable[[Any], bool]:
    """Whether a value is this, with `*` for anything."""
    parts = [re.escape(it) for it in pattern.lower().split("*")]
    compiled = re.compile(".*".join(parts), re.DOTALL)
    return lambda value: compiled.fullmatch(text(value).lower()) is not None


def search(source: str, now: float) -> tuple[Condition, Search]:
    """A condition that is all of the text, and who read it."""
    reader = Search(source, now)
    condition = reader.condition()
    reader.end()
    return condition, reader
