"""The commands, each from rows to rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .aggregate import Aggregate, Clause, compute, groups
from .expression import Row, expression, number, text
from .search import Search, search
from .syntax import SplError, seconds, stages

# Rows that `sort` keeps unless it is told a number.
SORTED = 10_000

# The longest range for which `timechart` makes steps of so many seconds.
STEPS = [(900, 10), (3600, 60), (14_400, 300), (86_400, 1800), (604_800, 86_400), (2_592_000, 86_400)]


@dataclass
class Context:
    """What a search is run on."""

    events: list[Row]
    earliest: float
    now: float
    lookups: dict[str, list[Row]] = field(default_factory=dict)

    def in_range(self, earliest: float | None) -> list[Row]:
        """The events that a search looks at, newest first, which is Splunk's order."""
        begin = self.earliest if earliest is None else earliest
        found = [it for it in self.events if begin <= it["_time"] <= self.now]
        return sorted(found, key=lambda it: -it["_time"])


def run(text_of_search: str, context: Context) -> list[Row]:
    """The rows of a search without macros and tokens."""
    rows: list[Row] = []
    for index, (command, argument) in enumerate(stages(text_of_search)):
        try:
            if index == 0:
                if command not in GENERATING:
                    raise SplError("does not begin a search")
                rows = GENERATING[command](argument, context)
            elif command in COMMANDS:
                rows = COMMANDS[command](rows, argument, context)
            else:
                raise SplError("no such command in this reference")
        except SplError as error:
            raise SplError(f"{command} {argument}: {error}") from error
    return rows


def begin_search(argument: str, context: Context) -> list[Row]:
    condition, reader = search(argument, context.now)
    return [dict(it) for it in context.in_range(reader.earliest) if condition(it)]


def inputlookup(argument: str, context: Context) -> list[Row]:
    if argument not in context.lookups:
        raise SplError("no such lookup")
    return [dict(it) for it in context.lookups[argument]]


def tstats(argument: str, context: Context) -> list[Row]:
    """Aggregates of indexed fields, which all fields of the events are."""
    clause = Clause(argument)
    options = clause.options("fillnull_value")
    aggregates = clause.aggregates("WHERE", "BY")
    clause.wants("word", "WHERE")
    reader = Search("", context.now)
    reader.found = clause.found[clause.position :]
    condition = reader.condition()
    clause.position += reader.position
    by = clause.by()
    clause.end()
    rows = [dict(it) for it in context.in_range(reader.earliest) if condition(it)]
    if "fillnull_value" in options:
        for row in rows:
            row.update({name: options["fillnull_value"] for name in by if row.get(name) is None})
    return grouped(rows, aggregates, by)


def grouped(rows: list[Row], aggregates: list[Aggregate], by: list[str]) -> list[Row]:
    if not by:
        return [compute(aggregates, rows)]
    found = sorted(groups(rows, by).items())
    return [dict(zip(by, values, strict=True)) | compute(aggregates, of) for values, of in found]


def stats(rows: list[Row], argument: str, _: Context) -> list[Row]:
    clause = Clause(argument)
    aggregates = clause.aggregates("BY")
    by = clause.by()
    clause.end()
    return grouped(rows, aggregates, by)


def streamstats(rows: list[Row], argument: str, _: Context) -> list[Row]:
    """Aggregates of each row and those before it in its group, as far back as the window reaches."""
    clause = Clause(argument)
    options = clause.options("time_window")
    aggregates = clause.aggregates("BY")
    by = clause.by()
    clause.end()
    window = seconds(options["time_window"])
    times = [it["_time"] for it in rows]
    if times != sorted(times):
        raise SplError("the rows are not in the order of time, so a window looks ahead")
    before: dict[tuple[str, ...], list[Row]] = {}
    found = []
    for row in rows:
        result = dict(row)
        for values in groups([row], by):
            group = before.setdefault(values, [])
            group.append(row)
            group[:] = [it for it in group if it["_time"] > row["_time"] - window]
            result |= compute(aggregates, group)
        found.append(result)
    return found


def evaluate(rows: list[Row], argument: str, context: Context) -> list[Row]:
    reader = expression(argument, context.now)
    rows = [dict(it) for it in rows]
    while True:
        target = reader.next()
        if target.kind not in ("name", "field", "text"):
            raise SplError(f"`{target.value}` is no field")
        reader.wants("operator", "=")
        value = reader.disjunction()
        for row in rows:
            result = value(row)
            if isinstance(result, bool):
                raise SplError("a field cannot be a truth value")
            if result is None:
                row.pop(target.value, None)
            else:
                row[target.value] = result
        if not reader.takes("operator", ","):
            break
    reader.end()
    return rows


def where(rows: list[Row], argument: str, context: Context) -> list[Row]:
    reader = expression(argument, context.now)
    condition = reader.disjunction()
    reader.end()
    return [it for it in rows if condition(it) is True]


def further_search(rows: list[Row], argument: str, context: Context) -> list[Row]:
    condition, _ = search(argument, context.now)
    return [it for it in rows if condition(it)]


def fillnull(rows: list[Row], argument: str, _: Context) -> list[Row]:
    clause = Clause(argument)
    value = clause.options("value")["value"]
    names = clause.names()
    return [{name: value for name in names} | it for it in rows]


def sort_keys(argument: str) -> tuple[int, list[tuple[str, bool]]]:
    """How many are kept, and the fields with whether they descend."""
    words = Clause(argument.replace("-", " - ").replace("+", " + ")).names()
    limit = SORTED
    if words[0].isdigit():
        limit = int(words.pop(0))
    keys, descends = [], False
    for word in words:
        if word in ("-", "+"):
            descends = word == "-"
        else:
            keys.append((word, descends))
            descends = False
    if not keys:
        raise SplError("sorts by nothing")
    return limit, keys


def sort(rows: list[Row], argument: str, _: Context) -> list[Row]:
    limit, keys = sort_keys(argument)

    def key(name: str) -> Callable[[Row], Any]:
        def of(row: Row) -> Any:
            value = row.get(name)
            as_number = number(value)
            # Numbers before texts, and what is not there last.
            if value is None:
                return (2, 0.0, "")
            return (1, 0.0, text(value)) if as_number is None else (0, as_number, "")

        return of

    for name, descends in reversed(keys):
        rows = sorted(rows, key=key(name), reverse=descends)
    return rows[:limit] if limit else rows


def dedup(rows: list[Row], argument: str, _: Context) -> list[Row]:
    names = Clause(argument).names()
    seen, found = set(), []
    for row in rows:
        for values in groups([row], names):
            if values not in seen:
                seen.add(values)
                found.append(row)
    return found


def head(rows: list[Row], argument: str, _: Context) -> list[Row]:
    if not argument.isdigit():
        raise SplError("is told no number")
    return rows[: int(argument)]


def table(rows: list[Row], argument: str, _: Context) -> list[Row]:
    names = Clause(argument).names()
    return [{name: row[name] for name in names if name in row} for row in rows]


def renames(argument: str) -> dict[str, str]:
    """What is called what from now on."""
    clause = Clause(argument)
    found: dict[str, str] = {}
    while clause.peek():
        if found:
            clause.wants("operator", ",")
        old = clause.next().value
        clause.wants("word", "AS")
        found[old] = clause.next().value
    return found


def rename(rows: list[Row], argument: str, _: Context) -> list[Row]:
    names = renames(argument)
    return [{names.get(name, name): value for name, value in row.items()} for row in rows]


def timechart(rows: list[Row], argument: str, context: Context) -> list[Row]:
    """A row for each step of the range, a column for each value of the field; nothing there is zero for what counts."""
    clause = Clause(argument)
    options = clause.options("limit")
    if options.get("limit") != "0":
        raise SplError("without limit=0 the rarest values are hidden in OTHER")
    (aggregate,) = clause.aggregates("BY")
    (by,) = clause.by()
    if aggregate.function not in ("dc", "count"):
        raise SplError("only counts are charted")
    span = next((step for longest, step in STEPS if context.now - context.earliest <= longest), STEPS[-1][1])
    steps: dict[float, list[Row]] = {}
    start = context.earliest // span * span
    while start <= context.now:
        steps[start] = []
        start += span
    for row in rows:
        steps[row["_time"] // span * span].append(row)
    series = sorted(values[0] for values in groups(rows, [by]))
    found = []
    for start, of in steps.items():
        by_value = groups(of, [by])
        counts = {name: compute([aggregate], by_value.get((name,), []))[aggregate.name] for name in series}
        found.append({"_time": start} | counts)
    return found


GENERATING: dict[str, Callable[[str, Context], list[Row]]] = {
    "inputlookup": inputlookup,
    "search": begin_search,
    "tstats": tstats,
}

COMMANDS: dict[str, Callable[[list[Row], str, Context], list[Row]]] = {
    "dedup": dedup,
    "eval": evaluate,
    "fillnull": fillnull,
    "head": head,
    "rename": rename,
    "search": further_search,
    "sort": sort,
    "stats": stats,
    "streamstats": streamstats,
    "table": table,
    "timechart": timechart,
    "where": where,
}
