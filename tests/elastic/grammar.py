"""The parse tree of ES|QL, by the PyPI package `esql-parser`, whose grammar is Elasticsearch's of that version."""

from antlr4 import CommonTokenStream, InputStream, TerminalNode
from antlr4.error.ErrorListener import ErrorListener
from esql_parser.EsqlBaseLexer import EsqlBaseLexer
from esql_parser.EsqlBaseParser import EsqlBaseParser


class Strict(ErrorListener):
    def syntaxError(self, recognizer, offendingSymbol, line, column, msg, e):
        raise SyntaxError(f"ES|QL at {column}: {msg}")


def parse(query):
    """The commands of a query, the first one first."""
    lexer = EsqlBaseLexer(InputStream(query))
    parser = EsqlBaseParser(CommonTokenStream(lexer))
    for it in (lexer, parser):
        it.removeErrorListeners()
        it.addErrorListener(Strict())
    commands = []
    tree = parser.singleStatement().query()
    while kind(tree) == "CompositeQuery":
        commands.append(bare(tree.processingCommand()))
        tree = tree.query()
    commands.append(bare(tree))
    return commands[::-1]


def kind(tree):
    return type(tree).__name__.removesuffix("Context")


def bare(tree):
    """Without the rules that add nothing to what they are made of."""
    while tree.getChildCount() == 1 and not isinstance(tree.getChild(0), TerminalNode):
        tree = tree.getChild(0)
    return tree


def parts(tree, ignored=("(", ")", ",", "=", ".")):
    """Children, but for marks."""
    for child in tree.getChildren():
        if not (isinstance(child, TerminalNode) and child.getText() in ignored):
            yield child if isinstance(child, TerminalNode) else bare(child)


def written(tree):
    """As it is in the query: what a column without a name of its own is called."""
    return tree.start.getInputStream().getText(tree.start.start, tree.stop.stop)
