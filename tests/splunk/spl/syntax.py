"""Words, quotes and pipes."""

import re
from dataclasses import dataclass

# A text in double quotes, a field in single ones, a number, a name, an operator.
EXPRESSION = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<field>'[^']+')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)
    |(?P<operator><=|>=|!=|==|[-+*/%.<>=(),]))""",
    re.VERBOSE,
)

# In a search and in arguments a word reaches to the next blank, and is whatever it is.
WORD = re.compile(r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<operator><=|>=|!=|[<>=(),])|(?P<word>[^\s"<>=!(),|]+))""")

CLOSING = {"(": ")", "[": "]"}


class SplError(Exception):
    """A search that this reference cannot read, or would rather not guess at."""


@dataclass(frozen=True)
class Token:
    """One of them, without its quotes."""

    kind: str
    value: str


def tokens(text: str, pattern: re.Pattern[str]) -> list[Token]:
    """All of them; what the pattern does not know is refused."""
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = pattern.match(text, position)
        if match is None:
            raise SplError(f"cannot read `{text[position:]}`")
        kind = match.lastgroup or ""
        value = match.group(kind)
        if kind in ("text", "field"):
            value = re.sub(r'\\(["\\])', r"\1", value[1:-1])
        found.append(Token(kind, value))
        position = match.end()
    return found


class Reader:
    """Tokens, one after the other."""

    def __init__(self, found: list[Token]) -> None:
        self.found = found
        self.position = 0

    def peek(self) -> Token | None:
        """The next one, if there is one."""
        return self.found[self.position] if self.position < len(self.found) else None

    def next(self) -> Token:
        """The next one, which has to be there."""
        token = self.peek()
        if token is None:
            raise SplError("ends too early")
        self.position += 1
        return token

    def takes(self, kind: str, *values: str) -> Token | None:
        """The next one if it is this, whatever the case of its letters."""
        token = self.peek()
        if token and token.kind == kind and token.value.upper() in values:
            self.position += 1
            return token
        return None

    def wants(self, kind: str, value: str) -> None:
        """Reads over this one, or refuses."""
        if not self.takes(kind, value):
            raise SplError(f"`{value}` is missing before {self.peek()}")

    def end(self) -> None:
        """Refuses what is left."""
        if self.peek():
            raise SplError(f"does not understand {self.peek()}")


def stages(search: str) -> list[tuple[str, str]]:
    """The commands between the pipes, with their arguments; a search that begins without a pipe is `search`."""
    parts, depth, quote, start = [], [], None, 0
    index = 0
    while index < len(search):
        letter = search[index]
        if quote:
            if letter == "\\":
                index += 1
            elif letter == quote:
                quote = None
        elif letter == '"':
            quote = letter
        elif letter in CLOSING:
            depth.append(CLOSING[letter])
        elif letter in CLOSING.values():
            if not depth or depth.pop() != letter:
                raise SplError(f"`{letter}` closes nothing in `{search}`")
        elif letter == "|" and not depth:
            parts.append(search[start:index])
            start = index + 1
        index += 1
    if quote or depth:
        raise SplError(f"a quote or a bracket stays open in `{search}`")
    parts.append(search[start:])
    if not parts[0].strip():
        parts.pop(0)
    else:
        parts[0] = "search " + parts[0]
    found = []
    for part in parts:
        words = part.split(None, 1)
        if not words:
            raise SplError(f"nothing between two pipes in `{search}`")
        found.append((words[0].lower(), words[1].strip() if len(words) > 1 else ""))
    return found


def seconds(span: str) -> int:
    """A span such as `10m`."""
    match = re.fullmatch(r"(\d+)(s|m|h|d)", span)
    if match is None:
        raise SplError(f"no span of time: `{span}`")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


def moment(text: str, now: float) -> float:
    """A moment as seen from now: `now`, or so long ago as in `-10m`."""
    if text == "now":
        return now
    if not text.startswith("-"):
        raise SplError(f"no moment: `{text}`")
    return now - seconds(text[1:])
