"""KQL, as much of it as our rules use: comparisons with a text, `field: *`, `and`, `or`, `not` and parentheses."""

import re

TOKEN = re.compile(r'\s*(?:(?P<word>and|or|not)\b|(?P<mark>[():*])|"(?P<text>[^"\\]*)"|(?P<name>[@A-Za-z_][\w.@]*))')


def tokens(query):
    at = 0
    while query[at:].strip():
        match = TOKEN.match(query, at)
        if match is None:
            raise SyntaxError(f"KQL: {query[at:]}")
        at = match.end()
        yield match.lastgroup, match.group(match.lastgroup)
    yield "end", ""


class Query:
    """A query that was understood: `matches` answers it, `names` is what it reads."""

    def __init__(self, text):
        self.names = set()
        self._tokens = list(tokens(text))
        self._at = 0
        self.matches = self._either()
        if self._peek()[0] != "end":
            raise SyntaxError(f"KQL: {self._peek()[1]} in {text}")

    def _peek(self):
        return self._tokens[self._at]

    def _take(self, kind, value=None):
        found = self._peek()
        if found[0] != kind or value not in (None, found[1]):
            raise SyntaxError(f"KQL: {found[1]} instead of {value or kind}")
        self._at += 1
        return found[1]

    def _joined(self, word, part, join):
        parts = [part()]
        while self._peek() == ("word", word):
            self._take("word")
            parts.append(part())
        return lambda document: join(it(document) for it in parts)

    def _either(self):
        return self._joined("or", self._all, any)

    def _all(self):
        return self._joined("and", self._one, all)

    def _one(self):
        if self._peek() == ("word", "not"):
            self._take("word")
            inner = self._one()
            return lambda document: not inner(document)
        if self._peek() == ("mark", "("):
            self._take("mark")
            inner = self._either()
            self._take("mark", ")")
            return inner
        name = self._take("name")
        self.names.add(name)
        self._take("mark", ":")
        if self._peek() == ("mark", "*"):
            self._take("mark")
            return lambda document: values(document, name) != []
        text = self._take("text")
        return lambda document: text in values(document, name)


def values(document, name):
    """All values of a field; a document without it has none."""
    found = document.get(name)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]
