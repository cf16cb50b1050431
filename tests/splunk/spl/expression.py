"""Expressions of `eval` and `where`: a null is neither true nor false, and makes null what it is part of."""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from .syntax import EXPRESSION, Reader, SplError, moment, tokens

# A row of what a command passes on. A field that is not there is null; several values are a list of at least two.
Row = dict[str, Any]
Evaluation = Callable[[Row], Any]

COMPARISONS = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def number(value: Any) -> float | None:
    """What it is as a number, if it is one."""
    if isinstance(value, bool) or value is None or isinstance(value, list):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def text(value: Any) -> str:
    """As Splunk prints it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def compare(symbol: str, left: Any, right: Any) -> bool | None:
    """As numbers if both are, else as texts."""
    if left is None or right is None:
        return None
    if isinstance(left, list) or isinstance(right, list):
        raise SplError("compares several values at once")
    numbers = number(left), number(right)
    if None in numbers:
        return COMPARISONS[symbol](text(left), text(right))
    return COMPARISONS[symbol](*numbers)


class Expression(Reader):
    """Reads one, by precedence: OR, AND, NOT, comparisons, sums."""

    def __init__(self, found: list, now: float) -> None:
        super().__init__(found)
        self.now = now
        # Fields that it reads, for whoever checks them.
        self.fields: set[str] = set()

    def disjunction(self) -> Evaluation:
        """Whatever binds least."""
        left = self.conjunction()
        while self.takes("name", "OR"):
            left = either(left, self.conjunction())
        return left

    def conjunction(self) -> Evaluation:
        left = self.negation()
        while self.takes("name", "AND"):
            left = both(left, self.negation())
        return left

    def negation(self) -> Evaluation:
        if self.takes("name", "NOT"):
            inner = self.negation()
            return lambda row: None if (it := inner(row)) is None else not it
        return self.comparison()

    def comparison(self) -> Evaluation:
        left = self.sum()
        symbol = self.takes("operator", *COMPARISONS)
        if symbol is None:
            return left
        right = self.sum()
        return lambda row: compare(symbol.value, left(row), right(row))

    def sum(self) -> Evaluation:
        left = self.operand()
        while sign := self.takes("operator", "+", "-"):
            left = added(left, self.operand(), 1 if sign.value == "+" else -1)
        return left

    def operand(self) -> Evaluation:
        token = self.next()
        match token.kind:
            case "text":
                return lambda row: token.value
            case "number":
                return lambda row: float(token.value)
            case "field":
                return self.of_field(token.value)
            case "name" if self.takes("operator", "("):
                return self.call(token.value)
            case "name" if token.value.upper() in ("TRUE", "FALSE", "AND", "OR", "NOT"):
                raise SplError(f"`{token.value}` is no field")
            case "name":
                return self.of_field(token.value)
            case _ if token.value == "(":
                inner = self.disjunction()
                self.wants("operator", ")")
                return inner
        raise SplError(f"`{token.value}` begins no operand")

    def of_field(self, name: str) -> Evaluation:
        self.fields.add(name)
        return lambda row: row.get(name)

    def call(self, name: str) -> Evaluation:
        arguments: list[Evaluation] = []
        while not self.takes("operator", ")"):
            if arguments:
                self.wants("operator", ",")
            arguments.append(self.disjunction())
        return function(name, arguments, self.now)


def either(left: Evaluation, right: Evaluation) -> Evaluation:
    def evaluate(row: Row) -> bool | None:
        sides = left(row), right(row)
        return True if True in sides else None if None in sides else False

    return evaluate


def both(left: Evaluation, right: Evaluation) -> Evaluation:
    def evaluate(row: Row) -> bool | None:
        sides = left(row), right(row)
        return False if False in sides else None if None in sides else True

    return evaluate


def added(left: Evaluation, right: Evaluation, sign: int) -> Evaluation:
    def evaluate(row: Row) -> float | None:
        sides = number(left(row)), number(right(row))
        return None if None in sides else sides[0] + sign * sides[1]

    return evaluate


def function(name: str, given: list[Evaluation], now: float) -> Evaluation:
    """One of those that the app uses."""
    known: dict[str, tuple[int, Callable[..., Any]]] = {
        "if": (3, lambda row: (given[1] if given[0](row) is True else given[2])(row)),
        "isnotnull": (1, lambda row: given[0](row) is not None),
        "mvfind": (2, lambda row: found_at(given[0](row), given[1](row))),
        "mvjoin": (2, lambda row: joined(given[0](row), given[1](row))),
        "now": (0, lambda row: now),
        "null": (0, lambda row: None),
        "relative_time": (2, lambda row: moment(given[1](row), given[0](row))),
        "strftime": (2, lambda row: printed(given[0](row), given[1](row))),
        "tonumber": (1, lambda row: number(given[0](row))),
    }
    if name not in known:
        raise SplError(f"no function `{name}` in this reference")
    arity, evaluate = known[name]
    if len(given) != arity:
        raise SplError(f"`{name}` takes {arity} arguments, not {len(given)}")
    return evaluate


def found_at(values: Any, pattern: str) -> int | None:
    """Where the first value is that the pattern is found in."""
    if values is None:
        return None
    for index, value in enumerate(values if isinstance(values, list) else [values]):
        if re.search(pattern, text(value)):
            return index
    return None


def joined(values: Any, separator: str) -> str | None:
    """All values as one."""
    if values is None:
        return None
    return separator.join(text(it) for it in (values if isinstance(values, list) else [values]))


def printed(moment_: Any, form: str) -> str | None:
    """A moment as people read it; the reference is at Greenwich."""
    seconds = number(moment_)
    if seconds is None:
        return None
    if form != "%F %T":
        raise SplError(f"no form of time `{form}` in this reference")
    return datetime.fromtimestamp(seconds, UTC).strftime(form)


def expression(source: str, now: float) -> Expression:
    """A reader of this text."""
    return Expression(tokens(source, EXPRESSION), now)
