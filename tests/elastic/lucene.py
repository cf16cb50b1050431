"""Lucene's query syntax, as much of it as pySigma writes for our rules: `field:value` with wildcards, `field:(a OR b)`, `field:>1`,
`_exists_:field`, `AND`, `OR`, `NOT` and parentheses. A field with several values fits if one of them does.
"""

import re

from kql import values

TOKEN = re.compile(r"\s*(?:(?P<mark>[()])|(?P<word>AND|OR|NOT)\b|(?P<term>(?:\\.|[^\s()\\])+))")


def tokens(query):
    at = 0
    while query[at:].strip():
        match = TOKEN.match(query, at)
        at = match.end()
        yield match.lastgroup, match.group(match.lastgroup)
    yield "end", ""


class Query:
    """A query that was understood: `matches` answers it, `names` is what it reads."""

    def __init__(self, text):
        self.names = set()
        self._tokens = list(tokens(text))
        self._at = 0
        self.matches = self._either(None)
        if self._next() != ("end", ""):
            raise SyntaxError(f"Lucene: {text}")

    def _next(self):
        self._at += 1
        return self._tokens[self._at - 1]

    def _has(self, *token):
        found = self._tokens[self._at] == token
        self._at += found
        return found

    def _joined(self, word, part, join):
        parts = [part()]
        while self._has("word", word):
            parts.append(part())
        return lambda document: join(it(document) for it in parts)

    def _either(self, field):
        return self._joined("OR", lambda: self._all(field), any)

    def _all(self, field):
        return self._joined("AND", lambda: self._one(field), all)

    def _one(self, field):
        if self._has("word", "NOT"):
            inner = self._one(field)
            return lambda document: not inner(document)
        if self._has("mark", "("):
            inner = self._either(field)
            if not self._has("mark", ")"):
                raise SyntaxError("Lucene: a parenthesis is not closed")
            return inner
        kind, term = self._next()
        if kind != "term":
            raise SyntaxError(f"Lucene: {term}")
        if field is None:
            field, _, term = term.partition(":")
            if field == "_exists_":
                self.names.add(term)
                return lambda document: values(document, term) != []
            self.names.add(field)
            if not term:
                return self._one(field)
        return self._compared(field, term)

    def _compared(self, field, term):
        bound = re.fullmatch(r"([<>]=?)(\d+)", term)
        if bound:
            number = int(bound.group(2))
            decide = {">": lambda it: it > number, "<": lambda it: it < number}[bound.group(1)]
        else:
            decide = re.compile(pattern(term)).fullmatch
        return lambda document: any(decide(it if bound else text(it)) for it in values(document, field))


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def pattern(term):
    """An expression of Python for a term with wildcards and escapes."""
    made = ""
    for escaped, letter in re.findall(r"\\(.)|(.)", term):
        if escaped:
            made += re.escape(escaped)
        else:
            made += {"*": ".*", "?": "."}.get(letter, re.escape(letter))
    return made
