"""The reference itself, held to what Splunk's documentation says."""

import unittest

from spl import Context, SplError, run
from spl.expression import expression

NOW = 10_000.0


def event(at: float, **fields: object) -> dict:
    return {"_time": NOW - at, "index": "main"} | fields


def answer(search: str, *events: dict, lookups: dict | None = None) -> list[dict]:
    return run(search, Context(list(events), NOW - 3600, NOW, lookups or {}))


def value(text: str, **fields: object) -> object:
    reader = expression(text, NOW)
    found = reader.disjunction()
    reader.end()
    return found(fields)


class Conditions(unittest.TestCase):
    """Of `search`."""

    def found(self, condition: str, **fields: object) -> bool:
        return bool(answer(condition, event(1, **fields)))

    def test_values_are_compared_without_case_and_with_wildcards(self) -> None:
        self.assertTrue(self.found("user=Ada", user="ada"))
        self.assertTrue(self.found('path="/usr/*/cat"', path="/usr/bin/cat"))
        self.assertFalse(self.found("path=/usr/bin", path="/usr/bin/cat"))
        self.assertTrue(self.found("kind IN (a, b)", kind="b"))
        self.assertTrue(self.found("sourcetype=a:b", sourcetype="a:b"))
        self.assertTrue(self.found("n>9", n="10"))

    def test_a_field_that_is_not_there_fits_nothing(self) -> None:
        self.assertFalse(self.found("user=*"))
        self.assertFalse(self.found("user!=ada"))
        self.assertTrue(self.found("NOT user=ada"))

    def test_one_of_several_values_is_enough(self) -> None:
        self.assertTrue(self.found("t=T1016", t=["T1082", "T1016"]))

    def test_or_binds_closer_than_and(self) -> None:
        # As (a=1 OR b=1) AND c=1; with the precedence of eval it would be found.
        self.assertFalse(self.found("c=1 b=1 OR a=1", a="1"))
        self.assertTrue(self.found("a=1 OR b=1 c=1", b="1", c="1"))

    def test_the_range_has_a_begin(self) -> None:
        events = [event(60), event(4000), event(600)]
        self.assertEqual(answer("index=main | stats count", *events), [{"count": 2}])
        self.assertEqual(answer("index=main earliest=-5m | stats count", *events), [{"count": 1}])


class Expressions(unittest.TestCase):
    """Of `eval` and `where`."""

    def test_numbers_and_texts(self) -> None:
        self.assertIs(value("a > 9", a="10"), True)
        self.assertIs(value('a > "9"', a="b"), True)
        self.assertIs(value("'a.b' = \"x\"", **{"a.b": "x"}), True)
        self.assertEqual(value("a - 1 + 2", a=3.0), 4.0)

    def test_null_is_neither(self) -> None:
        self.assertIsNone(value("a < 1"))
        self.assertIsNone(value("NOT a < 1"))
        self.assertEqual(value('if(a < 1, "yes", "no")'), "no")
        self.assertIs(value("a < 1 OR b = 1", b="1"), True)
        self.assertIs(value("a < 1 AND b = 2", b="1"), False)

    def test_and_binds_closer_than_or(self) -> None:
        self.assertIs(value("a=1 OR b=1 AND c=1", a="1"), True)

    def test_functions(self) -> None:
        self.assertEqual(value('mvfind(a, "^-w$")', a=["x", "-w"]), 1)
        self.assertIsNone(value('mvfind(a, "^-w$")', a=["x"]))
        self.assertEqual(value('mvjoin(a, " ")', a=["x", "y"]), "x y")
        self.assertEqual(value('mvjoin(a, " ")', a="x"), "x")
        self.assertEqual(value('relative_time(now(), "-15m")'), NOW - 900)
        self.assertEqual(value('strftime(a, "%F %T")', a=0.0), "1970-01-01 00:00:00")
        self.assertIsNone(value("tonumber(a)", a="x"))
        self.assertIs(value("isnotnull(null())"), False)

    def test_what_is_not_known_is_refused(self) -> None:
        for text in ['upper("a")', "if(1)", "a..b", "a =", "(a", "'a", "a ~ b", 'a = "b" c']:
            with self.subTest(text=text), self.assertRaises(SplError):
                value(text, a="1", b="1")
        with self.assertRaises(SplError):
            value("a = 1", a=["1", "2"])


class Commands(unittest.TestCase):
    """Each of them."""

    def test_stats(self) -> None:
        events = [event(1, h="a", n="2"), event(2, h="a", n="10"), event(3, h="b", n="1"), event(4, n="7")]
        self.assertEqual(
            answer("index=main | stats count, dc(n) AS d, sum(n) AS s, min(n) AS low BY h", *events),
            [{"h": "a", "count": 2, "d": 2, "s": 12, "low": 2}, {"h": "b", "count": 1, "d": 1, "s": 1, "low": 1}],
        )
        self.assertEqual(answer("index=main | stats count, sum(n) AS s"), [{"count": 0}])
        self.assertEqual(answer("index=main | stats count BY h"), [])

    def test_stats_by_several_values(self) -> None:
        events = [event(1, t=["a", "b"]), event(2, t="b")]
        self.assertEqual(
            answer("index=main | stats count, values(t) AS v BY t", *events),
            [{"t": "a", "count": 1, "v": ["a", "b"]}, {"t": "b", "count": 2, "v": ["a", "b"]}],
        )

    def test_streamstats_looks_back_for_so_long(self) -> None:
        events = [event(900, h="a", r="x"), event(500, h="a", r="y"), event(100, h="a", r="z"), event(90, h="b", r="z")]
        search = "index=main | sort 0 _time | streamstats time_window=10m dc(r) AS n BY h | table h, n"
        self.assertEqual(
            answer(search, *events),
            [{"h": "a", "n": 1}, {"h": "a", "n": 2}, {"h": "a", "n": 2}, {"h": "b", "n": 1}],
        )

    def test_streamstats_wants_the_order_of_time(self) -> None:
        with self.assertRaisesRegex(SplError, "order of time"):
            answer("index=main | streamstats time_window=10m dc(r) AS n", event(9, r="x"), event(1, r="y"))

    def test_tstats(self) -> None:
        events = [event(1, i="x", p="q"), event(2, i="x"), event(3)]
        self.assertEqual(
            answer("| tstats count max(_time) AS last WHERE index=main i=* BY i, p", *events),
            [{"i": "x", "p": "q", "count": 1, "last": NOW - 1}],
        )
        self.assertEqual(
            answer('| tstats fillnull_value="-" count WHERE index=main i=* BY i, p', *events),
            [{"i": "x", "p": "-", "count": 1}, {"i": "x", "p": "q", "count": 1}],
        )

    def test_sort(self) -> None:
        events = [event(1, n="9"), event(2, n="10"), event(3, n="1")]
        found = answer("index=main | sort 2 - n | table n", *events)
        self.assertEqual(found, [{"n": "10"}, {"n": "9"}])
        found = answer("index=main | sort 0 n | table n", *events)
        self.assertEqual(found, [{"n": "1"}, {"n": "9"}, {"n": "10"}])

    def test_events_come_newest_first(self) -> None:
        found = answer("index=main | head 1 | table n", event(5, n="old"), event(1, n="new"))
        self.assertEqual(found, [{"n": "new"}])

    def test_timechart_counts_nothing_as_zero(self) -> None:
        found = answer("index=main | timechart limit=0 dc(u) BY r", event(30, r="a", u="1"), event(3000, r="b", u="2"))
        self.assertEqual({name for row in found for name in row}, {"_time", "a", "b"})
        self.assertEqual([sum(row[name] for row in found) for name in "ab"], [1, 1])
        self.assertEqual({later["_time"] - row["_time"] for row, later in zip(found, found[1:], strict=False)}, {60})

    def test_the_rest(self) -> None:
        one = event(1, a="x", u="1")
        self.assertEqual(len(answer("index=main | dedup u", one, one, event(2, u="2"), event(3))), 2)
        self.assertEqual(answer('index=main | fillnull value="-" a b | table a, b', one), [{"a": "x", "b": "-"}])
        self.assertEqual(answer('index=main | rename a AS "b c" | table "b c"', one), [{"b c": "x"}])
        self.assertEqual(answer("index=main | eval c=a, d=c | where d=a | table c, d", one), [{"c": "x", "d": "x"}])
        self.assertEqual(answer("index=main | eval a=null() | table a", one), [{}])
        self.assertEqual(answer("index=main | table a | search a=X | search *", one), [{"a": "x"}])
        self.assertEqual(answer("| inputlookup t | table k", lookups={"t": [{"k": "v"}]}), [{"k": "v"}])

    def test_what_is_not_known_is_refused(self) -> None:
        for search in [
            "index=main | transaction h",
            "index=main | stats perc95(n)",
            "index=main | stats dc()",
            "index=main | stats",
            "index=main | streamstats window=5 count",
            "index=main | timechart dc(u) BY r",
            "index=main | timechart limit=0 span=1h dc(u) BY r",
            "index=main | sort 10",
            "index=main | head",
            "index=main | rename a TO b",
            "index=main | tstats count WHERE index=main",
            "index=main failed login",
            "index=main earliest=yesterday",
            "| stats count",
            "| inputlookup nothing",
            "index=main | search (a=1",
            'index=main | where a="1',
        ]:
            with self.subTest(search=search), self.assertRaises(SplError):
                answer(search, event(1))


if __name__ == "__main__":
    unittest.main()
