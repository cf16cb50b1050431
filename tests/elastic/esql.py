"""ES|QL, as much of it as our queries use, over the parse tree of the PyPI package `esql-parser`, whose grammar is
Elasticsearch's of that version. This is a reference of our own, by what Elastic documents, and no Elasticsearch: whatever is
not written here is an error, and so are a column that there is none of and a comparison of a text with a number.
"""

from collections import defaultdict

import documents
from antlr4 import TerminalNode
from expressions import expression
from grammar import bare, kind, parse, parts, written

# What a query gives without LIMIT.
DEFAULT_LIMIT = 1000

METADATA = {"_id": "keyword", "_index": "keyword", "_version": "long"}

# Of spans, which are no log records; the rest of their document is not asked about.
OF_SPANS = {"trace_id": "keyword", "service.name": "keyword", "host.name": "keyword"}


class Table:
    """Rows, and the columns that there are."""

    def __init__(self, columns, rows):
        self.columns = dict(columns)
        self.rows = rows

    def type_of(self, name):
        if name not in self.columns:
            raise KeyError(f"unknown column {name}")
        return self.columns[name]


def run(query, found, now, begin):
    """Rows of the columns that the query leaves."""
    first, *commands = parse(query)
    table = source(first, found)
    clock = {"now": now, "?_tstart": begin, "?_tend": now}
    for command in commands:
        table = COMMANDS[kind(command)](table, command, clock)
    return [{name: row.get(name) for name in table.columns} for row in table.rows[:DEFAULT_LIMIT]]


def names(query):
    """What a query reads of documents. Fails if there is no such field."""
    read = set()

    class Watched(dict):
        def __missing__(self, name):
            raise KeyError(f"unknown column {name}")

        def __getitem__(self, name):
            read.add(name)
            return super().__getitem__(name)

    first, *commands = parse(query)
    table = source(first, [])
    table.columns = Watched(table.columns)
    own = set()
    for command in commands:
        table = COMMANDS[kind(command)](table, command, {"now": 0, "?_tstart": 0, "?_tend": 0})
        own |= set(table.columns) - set(documents.types())
        table.columns = Watched(table.columns)
    return read - own


def source(command, found):
    if kind(command) != "FromCommand":
        raise NotImplementedError(kind(command))
    _, *rest = parts(command)
    (index,) = {written(it).split(" ")[0] for it in rest}
    if index == "logs-scoutline.otel-*":
        columns = documents.types()
    elif index == "traces-scoutline.otel-*":
        columns = OF_SPANS
    else:
        raise KeyError(f"unknown index {index}")
    if "METADATA" in written(command):
        columns = {**columns, **METADATA}
    return Table(columns, [dict(it) for it in found])


def where(table, command, clock):
    holds, of = expression(table, bare(command.booleanExpression()), clock)
    if of != "boolean":
        raise TypeError(f"WHERE of {of}")
    return Table(table.columns, [row for row in table.rows if holds(row) is True])


def evaluate(table, command, clock):
    for field in parts(command.fields()) if kind(bare(command.fields())) == "Fields" else [bare(command.fields())]:
        name, tree = named(field)
        compute, of = expression(table, tree, clock)
        for row in table.rows:
            row[name] = compute(row)
        table.columns[name] = of
    return table


def named(field):
    """The name of a field and what it is."""
    if kind(field) == "Field" or (kind(field) == "AggField"):
        name, tree = parts(field)
        return written(name), tree
    return written(field), field


def items(tree):
    """Elements of a list of fields, of one as well."""
    tree = bare(tree)
    return list(parts(tree)) if kind(tree) in ("Fields", "AggFields") else [tree]


def stats(table, command, clock):
    by = []
    if command.grouping is not None:
        by = [named(it) for it in items(command.grouping)]
    by = [(name, *expression(table, tree, clock)) for name, tree in by]
    groups = defaultdict(list)
    for row in table.rows:
        keys = [()]
        for _, compute, _ in by:
            found = compute(row)
            # Each of several values is a group; none is one as well.
            found = found if isinstance(found, list) else [found]
            keys = [key + (it,) for key in keys for it in found]
        for key in keys:
            groups[key].append(row)
    if not by:
        # Without BY there is a row whatever there is to count.
        groups.setdefault((), [])
    columns = {}
    rows = [dict(zip([name for name, *_ in by], key)) for key in groups]
    for name, tree in map(named, items(command.stats)):
        aggregate, columns[name] = aggregation(table, tree, clock)
        for row, members in zip(rows, groups.values()):
            row[name] = aggregate(members)
    columns.update({name: of for name, _, of in by})
    return Table(columns, rows)


def aggregation(table, tree, clock):
    if kind(tree) != "FunctionExpression":
        raise NotImplementedError(written(tree))
    function, *arguments = parts(tree)
    function = written(function).upper()
    if function == "COUNT" and [it.getText() for it in arguments] == ["*"]:
        return len, "long"
    compute, of = expression(table, bare(arguments[0]), clock)

    def values(rows):
        for row in rows:
            found = compute(row)
            yield from [] if found is None else found if isinstance(found, list) else [found]

    if function == "COUNT_DISTINCT":
        return lambda rows: len(set(values(rows))), "long"
    if function == "SUM" and of == "long":
        return lambda rows: sum(found) if (found := list(values(rows))) else None, of
    if function in ("MIN", "MAX") and of in ("long", "date"):
        pick = {"MIN": min, "MAX": max}[function]
        return lambda rows: pick(values(rows), default=None), of
    raise NotImplementedError(f"{function} of {of}")


def sort(table, command, clock):
    rows = table.rows
    for order in reversed(command.orderExpression()):
        texts = [it.getText().upper() for it in order.getChildren()][1:]
        if not set(texts) <= {"ASC", "DESC"}:
            raise NotImplementedError(written(order))
        compute, _ = expression(table, bare(order.booleanExpression()), clock)
        down = "DESC" in texts
        # Nothing counts as the greatest.
        rows = sorted(rows, key=lambda row: ((found := compute(row)) is None, found or 0), reverse=down)
    return Table(table.columns, rows)


def limit(table, command, clock):
    return Table(table.columns, table.rows[: int(written(command).split()[1])])


def keep(table, command, clock):
    (listed,) = [it for it in command.getChildren() if not isinstance(it, TerminalNode)]
    wanted = [it.strip() for it in written(listed).split(",")]
    return Table({name: table.type_of(name) for name in wanted}, table.rows)


COMMANDS = {
    "WhereCommand": where,
    "EvalCommand": evaluate,
    "StatsCommand": stats,
    "SortCommand": sort,
    "LimitCommand": limit,
    "KeepCommand": keep,
}
