"""Which fields a search reads, and whether they can be there: followed through its commands without any events."""

import re
from dataclasses import dataclass, field

import app
from spl import SplError
from spl.aggregate import Aggregate, Clause
from spl.commands import COMMANDS, GENERATING, renames, sort_keys
from spl.expression import expression
from spl.search import Search, search
from spl.syntax import stages


@dataclass
class Flow:
    """What is known after some commands."""

    # By name; how surely a row has them is in `certain`.
    known: set[str] = field(default_factory=set)
    certain: set[str] = field(default_factory=set)
    # Fields of events that were read, with the sourcetypes that they were read from.
    read: set[str] = field(default_factory=set)
    sourcetypes: set[str] = field(default_factory=set)
    # As long as rows are events.
    types: dict[str, str] = field(default_factory=dict)

    def reads(self, *names: str) -> None:
        for name in names:
            if name not in self.known:
                raise SplError(f"there is no field `{name}`")
            if name in self.types:
                self.read.add(name)

    def groups_by(self, names: list[str]) -> None:
        """A row without such a field would be left out without a word."""
        self.reads(*names)
        for name in names:
            if name not in self.certain:
                raise SplError(f"rows without `{name}` are left out; fillnull it, or search for {name}=*")

    def aggregates(self, found: list[Aggregate]) -> None:
        for it in found:
            if it.field is None:
                continue
            self.reads(it.field)
            kind = self.types.get(it.field, "int")
            if it.function == "sum" and kind not in ("int", "double"):
                raise SplError(f"`{it.field}` is {kind}, and cannot be added up")

    def becomes(self, by: list[str], found: list[Aggregate]) -> None:
        self.known = set(by) | {it.name for it in found}
        self.certain = set(by) | {it.name for it in found if it.function in ("count", "dc")}
        self.types = {}


def follow(text: str) -> Flow:
    """What a search without macros and tokens reads; refused if it reads what is not there."""
    flow = Flow()
    for index, (command, argument) in enumerate(stages(text)):
        if command not in (GENERATING if index == 0 else COMMANDS):
            raise SplError(f"no command `{command}` here")
        try:
            step(flow, index, command, argument)
        except SplError as error:
            raise SplError(f"{command} {argument}: {error}") from error
    return flow


def events(flow: Flow, reader: Search) -> None:
    """The fields of the sourcetypes that a condition asks for."""
    patterns = [it.value for it in reader.found]
    known = app.fields()
    named = {it for it in known if it in patterns}
    if "scoutline:*" in patterns:
        named = set(known)
    if not named:
        raise SplError("asks for no sourcetype")
    # The narrower of two conditions counts: one is the macro's, one the search's own.
    narrow = [it for before, it in zip(patterns, patterns[2:], strict=False) if before == "sourcetype" and it in known]
    if narrow:
        named = {narrow[-1]}
    flow.sourcetypes = named
    for sourcetype in named:
        of = known[sourcetype]
        flow.types |= of.types
        flow.known |= set(of.types)
    required = [{name for name, level in known[it].levels.items() if level == "required"} for it in named]
    flow.certain = set.intersection(*required) | reader.certain
    flow.reads(*reader.fields)


def step(flow: Flow, index: int, command: str, argument: str) -> None:
    match command:
        case "search" if index == 0:
            _, reader = search(argument, 0)
            events(flow, reader)
        case "search":
            _, reader = search(argument, 0)
            flow.reads(*reader.fields)
            flow.certain |= reader.certain
        case "inputlookup":
            rows = app.lookups().get(argument)
            if rows is None:
                raise SplError("there is no such lookup")
            flow.known = flow.certain = set(rows[0])
        case "tstats":
            clause = Clause(argument)
            options = clause.options("fillnull_value")
            found = clause.aggregates("WHERE", "BY")
            clause.wants("word", "WHERE")
            reader = Search("", 0)
            reader.found = clause.found[clause.position :]
            reader.condition()
            clause.position += reader.position
            by = clause.by()
            events(flow, reader)
            flow.aggregates(found)
            flow.certain |= set(by) if "fillnull_value" in options else set()
            flow.groups_by(by)
            flow.becomes(by, found)
        case "stats" | "streamstats" | "timechart":
            clause = Clause(argument)
            clause.options("time_window", "limit")
            found = clause.aggregates("BY")
            by = clause.by()
            flow.aggregates(found)
            flow.groups_by(by)
            if command == "stats":
                flow.becomes(by, found)
            elif command == "streamstats":
                flow.known |= {it.name for it in found}
            else:
                flow.becomes(["_time"], [])
        case "eval":
            evaluate(flow, argument)
        case "where":
            reader = expression(argument, 0)
            reader.disjunction()
            reader.end()
            flow.reads(*reader.fields)
        case "fillnull":
            clause = Clause(argument)
            clause.options("value")
            names = clause.names()
            flow.reads(*names)
            flow.certain |= set(names)
        case "dedup":
            flow.groups_by(Clause(argument).names())
        case "sort":
            flow.reads(*(name for name, _ in sort_keys(argument)[1]))
        case "table":
            names = Clause(argument).names()
            flow.reads(*names)
            flow.known &= set(names)
        case "rename":
            names = renames(argument)
            flow.reads(*names)
            flow.known = {names.get(it, it) for it in flow.known}
            flow.certain = {names.get(it, it) for it in flow.certain}
            flow.types = {name: it for name, it in flow.types.items() if name not in names}
        case "head":
            if not re.fullmatch(r"\d+", argument):
                raise SplError("is told no number")
        case _:
            raise SplError("is not followed")


def evaluate(flow: Flow, argument: str) -> None:
    reader = expression(argument, 0)
    while True:
        target = reader.next().value
        reader.wants("operator", "=")
        reader.fields.clear()
        reader.disjunction()
        flow.reads(*reader.fields)
        flow.known.add(target)
        # What is computed may be null, but not what is only called something else.
        if len(reader.fields) == 1 and reader.fields <= flow.certain:
            flow.certain.add(target)
        flow.types.pop(target, None)
        if not reader.takes("operator", ","):
            break
    reader.end()
