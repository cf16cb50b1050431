"""Expressions of ES|QL: how their value is had from a row, and its type. What is not here is an error."""

import math
import re

from antlr4 import TerminalNode
from grammar import bare, kind, parts, written

UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}

# Lucene's expressions have more letters with a meaning than Python's; ours use none of those.
PLAIN_EXPRESSION = re.compile(r"[A-Za-z0-9 /.*|()\[\]^-]+")


def expression(table, tree, clock):
    """How its value is had from a row, and its type."""
    return EXPRESSIONS[kind(tree)](table, tree, clock)


def column(table, tree, clock):
    name = written(tree)
    of = table.type_of(name)
    return lambda row: row.get(name), of


def constant(value, of):
    return lambda row: value, of


def both(table, tree, clock):
    left, operator, right = parts(tree)
    sides = [expression(table, it, clock) for it in (left, right)]
    if {of for _, of in sides} != {"boolean"}:
        raise TypeError(written(tree))
    # What decides; what is not known does not.
    decisive = operator.getText().upper() == "OR"

    def combined(row):
        found = [compute(row) for compute, _ in sides]
        if decisive in found:
            return decisive
        return None if None in found else not decisive

    return combined, "boolean"


def compare(table, tree, clock):
    left, operator, right = parts(tree)
    (one, of), (other, with_) = (expression(table, it, clock) for it in (left, right))
    if of != with_:
        raise TypeError(f"{of} and {with_} in {written(tree)}")
    decide = {
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }[written(operator) if not isinstance(operator, TerminalNode) else operator.getText()]

    def compared(row):
        values = one(row), other(row)
        # Several values compare as nothing does.
        if any(it is None or isinstance(it, list) for it in values):
            return None
        return decide(*values)

    return compared, "boolean"


def one_of(table, tree, clock):
    value, _, *choices = parts(tree)
    compute, of = expression(table, value, clock)
    choices = [expression(table, it, clock) for it in choices]
    if {it for _, it in choices} != {of}:
        raise TypeError(written(tree))

    def found(row):
        value = compute(row)
        if value is None or isinstance(value, list):
            return None
        return value in [it(row) for it, _ in choices]

    return found, "boolean"


def is_null(table, tree, clock):
    value, *words = parts(tree)
    compute, _ = expression(table, value, clock)
    wanted = [it.getText().upper() for it in words] == ["IS", "NOT", "NULL"]
    return lambda row: (compute(row) is not None) == wanted, "boolean"


def matches(table, tree, clock):
    value, operator, pattern = parts(tree)
    compute, of = expression(table, value, clock)
    text = expression(table, pattern, clock)[0]({})
    if operator.getText().upper() == "LIKE":
        text = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text)
    elif not PLAIN_EXPRESSION.fullmatch(text):
        raise NotImplementedError(written(tree))
    if of != "keyword":
        raise TypeError(written(tree))
    # The whole value has to fit.
    compiled = re.compile(text, re.DOTALL)
    return lambda row: single(compute(row), lambda it: bool(compiled.fullmatch(it))), "boolean"


def single(value, decide):
    """Of nothing and of several values there is no answer."""
    return None if value is None or isinstance(value, list) else decide(value)


def arithmetic(table, tree, clock):
    left, operator, right = parts(tree)
    (one, of), (other, with_) = (expression(table, it, clock) for it in (left, right))
    if operator.getText() != "-" or (of, with_) != ("date", "duration"):
        raise NotImplementedError(written(tree))
    return lambda row: one(row) - other(row), "date"


def duration(table, tree, clock):
    count, unit = tree.getText().rstrip("abcdefghijklmnopqrstuvwxyz"), None
    unit = tree.getText()[len(count):].removesuffix("s")
    return constant(int(count) * UNITS[unit], "duration")


def function(table, tree, clock):
    name, *arguments = parts(tree)
    arguments = [expression(table, it, clock) for it in arguments]
    computes, types = [it for it, _ in arguments], [it for _, it in arguments]
    name = written(name).upper() if not isinstance(name, TerminalNode) else name.getText().upper()
    if name == "NOW" and not arguments:
        return constant(clock["now"], "date")
    if name == "COALESCE" and len(set(types)) == 1:
        return lambda row: next((found for it in computes if (found := it(row)) is not None), None), types[0]
    if name == "CONCAT" and set(types) == {"keyword"}:
        return lambda row: None if None in (found := [it(row) for it in computes]) else "".join(found), "keyword"
    if name in ("STARTS_WITH", "ENDS_WITH") and types == ["keyword", "keyword"]:
        holds = str.startswith if name == "STARTS_WITH" else str.endswith
        value, affix = computes
        return lambda row: single(value(row), lambda it: holds(it, affix(row))), "boolean"
    if name == "MV_CONCAT" and types == ["keyword", "keyword"]:
        def joined(row):
            found, between = (it(row) for it in computes)
            return found if found is None or isinstance(found, str) else between.join(found)

        return joined, "keyword"
    if name == "BUCKET" and types == ["date", "long", "date", "date"]:
        at, count, begin, end = computes

        def bucket(row):
            # Elasticsearch takes the next round width; which one changes no sum over all of them.
            width = math.ceil((end(row) - begin(row)) / count(row))
            return at(row) // width * width

        return bucket, "date"
    raise NotImplementedError(f"{name} of {types}")


EXPRESSIONS = {
    "LogicalBinary": both,
    "Comparison": compare,
    "LogicalIn": one_of,
    "IsNull": is_null,
    "RlikeExpression": matches,
    "LikeExpression": matches,
    "ArithmeticBinary": arithmetic,
    "QualifiedIntegerLiteral": duration,
    "FunctionExpression": function,
    "QualifiedName": column,
    "Identifier": column,
    "ParenthesizedExpression": lambda table, tree, clock: expression(table, next(parts(tree)), clock),
    "String": lambda table, tree, clock: constant(tree.getText()[1:-1], "keyword"),
    "IntegerValue": lambda table, tree, clock: constant(int(tree.getText()), "long"),
    "BooleanValue": lambda table, tree, clock: constant(tree.getText().lower() == "true", "boolean"),
    "InputNamedOrPositionalParam": lambda table, tree, clock: constant(clock[tree.getText()], "date"),
}
