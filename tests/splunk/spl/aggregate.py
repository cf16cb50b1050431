"""What `stats` and its kin make of many rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

from .expression import Row, number, text
from .syntax import WORD, Reader, SplError, tokens


@dataclass(frozen=True)
class Aggregate:
    """A function of a field, and what its result is called."""

    function: str
    field: str | None
    name: str


def flat(rows: Iterable[Row], field: str) -> list[Any]:
    """All values of a field."""
    found: list[Any] = []
    for row in rows:
        value = row.get(field)
        found.extend(value if isinstance(value, list) else [] if value is None else [value])
    return found


def distinct(values: list[Any]) -> list[str]:
    return sorted({text(it) for it in values})


def extreme(of: Callable[..., Any], values: list[Any]) -> Any:
    if not values:
        return None
    if any(number(it) is None for it in values):
        return of(text(it) for it in values)
    return of(number(it) for it in values)


def total(values: list[Any]) -> float | None:
    numbers = [it for it in map(number, values) if it is not None]
    return sum(numbers) if numbers else None


def several(values: list[Any]) -> Any:
    """A field with these: one value is no list, and none is no field."""
    return None if not values else values[0] if len(values) == 1 else values


FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "dc": lambda values: float(len(distinct(values))),
    "max": lambda values: extreme(max, values),
    "min": lambda values: extreme(min, values),
    "sum": total,
    "values": lambda values: several(distinct(values)),
}


class Clause(Reader):
    """Reads aggregates and what they are grouped by."""

    def __init__(self, source: str) -> None:
        super().__init__(tokens(source, WORD))

    def options(self, *known: str) -> dict[str, str]:
        """`name=value` before the aggregates."""
        found = {}
        while (
            (name := self.peek())
            and self.position + 1 < len(self.found)
            and self.found[self.position + 1].value == "="
        ):
            if name.value not in known:
                raise SplError(f"no option `{name.value}` in this reference")
            self.position += 2
            found[name.value] = self.next().value
        return found

    def aggregates(self, *until: str) -> list[Aggregate]:
        """At least one, up to the end or one of these words."""
        found: list[Aggregate] = []
        while (token := self.peek()) and token.value.upper() not in until:
            if found:
                self.takes("operator", ",")
            found.append(self.aggregate())
        if not found:
            raise SplError("aggregates nothing")
        return found

    def aggregate(self) -> Aggregate:
        function = self.next().value
        field = None
        if self.takes("operator", "("):
            field = self.next().value
            self.wants("operator", ")")
        if function not in FUNCTIONS and not (function == "count" and field is None):
            raise SplError(f"no aggregate `{function}` in this reference")
        if function in FUNCTIONS and field is None:
            raise SplError(f"`{function}` of nothing")
        name = function if field is None else f"{function}({field})"
        if self.takes("word", "AS"):
            name = self.next().value
        return Aggregate(function, field, name)

    def by(self) -> list[str]:
        """The fields after BY, up to the end."""
        if not self.takes("word", "BY"):
            return []
        return self.names()

    def names(self) -> list[str]:
        """Fields with commas or blanks between them, up to the end."""
        found = []
        while self.peek():
            if found:
                self.takes("operator", ",")
            token = self.next()
            if token.kind == "operator":
                raise SplError(f"`{token.value}` is no field")
            found.append(token.value)
        if not found:
            raise SplError("names no field")
        return found


def compute(aggregates: list[Aggregate], rows: list[Row]) -> Row:
    """Their results; one that is null is no field."""
    results: Row = {}
    for it in aggregates:
        value = float(len(rows)) if it.field is None else FUNCTIONS[it.function](flat(rows, it.field))
        if value is not None:
            results[it.name] = value
    return results


def groups(rows: list[Row], by: list[str]) -> dict[tuple[str, ...], list[Row]]:
    """Rows by the values of these fields: one that lacks a field is in none, one with several values in several."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        values = [row.get(it) for it in by]
        if None in values:
            continue
        choices = [it if isinstance(it, list) else [it] for it in values]
        for choice in product(*choices):
            found.setdefault(tuple(text(it) for it in choice), []).append(row)
    return found
