"""What the golden records become in Elasticsearch: by the exporter's documented form, our pipeline and our mappings."""

import copy
import re
import unittest

import documents
import pipeline
import repository

README = (repository.ROOT / "semconv" / "README.md").read_text(encoding="utf-8")

# An attribute and the field that means the same, by the table of semconv.
EQUIVALENT = dict(re.findall(r"^\| `([\w.]+)` \| [^|]+ \| `([\w.]+)`, equivalent \|", README, re.MULTILINE))

KINDS = ("detection", "heartbeat", "loss", "sensor")


def golden():
    """Documents by kind of record."""
    for kind in KINDS:
        requests = repository.load(repository.GOLDEN / f"{kind}.json")
        for _, document in (it for request in requests for it in documents.exported(request)):
            yield kind, document


class Pipeline(unittest.TestCase):
    def test_a_record_becomes_an_event_of_its_kind(self):
        seen = set()
        for kind, document in golden():
            pipeline.run(documents.PIPELINE, document, 7.0)
            own = document["attributes"]
            event = document["event"]
            self.assertEqual(event["ingested"], 7.0)
            seen.add((kind, own.get("scoutline.detection.kind")))
            if kind != "detection":
                self.assertEqual(event, {"ingested": 7.0, "kind": "event"})
                continue
            self.assertEqual(event["kind"], "alert")
            wanted = {"file_access": (["file"], ["access"]), "execution": (["process"], ["start"])}
            found = event["category"], event["type"]
            self.assertEqual(found, wanted[own["scoutline.detection.kind"]])
        self.assertGreaterEqual(len(seen), len(KINDS))

    def test_twice_is_once(self):
        for _, document in golden():
            pipeline.run(documents.PIPELINE, document, 7.0)
            once = copy.deepcopy(document)
            pipeline.run(documents.PIPELINE, document, 7.0)
            self.assertEqual(document, once)

    def test_executions_are_starts_of_processes(self):
        for _, document in golden():
            document["attributes"].update(
                {"scoutline.record.kind": "detection", "scoutline.detection.kind": "execution"}
            )
            pipeline.run(documents.PIPELINE, document, 7.0)
            self.assertEqual((document["event"]["category"], document["event"]["type"]), (["process"], ["start"]))

    def test_what_the_interpreter_does_not_know_is_an_error(self):
        for step in (
            {"rename": {"field": "a", "target_field": "b"}},
            {"set": {"field": "a", "value": "b", "override": False}},
            {"set": {"field": "a", "value": "b", "if": "true"}},
        ):
            with self.assertRaises(NotImplementedError):
                pipeline.run({"processors": [step]}, {"attributes": {}}, 0)


class Mappings(unittest.TestCase):
    def test_every_attribute_has_a_type_that_takes_its_value(self):
        types = documents.types()
        for kind, document in golden():
            for name, content in documents.leaves(document):
                with self.subTest(kind=kind, name=name):
                    self.assertIn(name, types)
                    for value in content if isinstance(content, list) else [content]:
                        self.assertTrue(fits(types[name], value), (types[name], value))

    def test_fields_of_ecs_have_the_values_of_what_is_equivalent(self):
        self.assertGreater(len(EQUIVALENT), 25)
        checked = set()
        for _, document in golden():
            found = documents.fields(document)
            for ours, ecs in EQUIVALENT.items():
                if ours in found:
                    self.assertEqual(found[ecs], found[ours], ecs)
                    checked.add(ecs)
        # Spans, and what these four records have no value for.
        self.assertGreater(len(checked), 25)

    def test_what_the_sensor_runs_is_not_what_the_process_ran(self):
        """Elasticsearch's own alias leads to the resource, which has no process here."""
        (detection, *_) = [document for kind, document in golden() if kind == "detection"]
        self.assertEqual(documents.fields(detection)["process.executable"], "/usr/bin/cat")

    def test_no_alias_hides_an_attribute(self):
        aliases = {name: it["path"] for name, it in documents.properties() if it["type"] == "alias"}
        types = documents.types()
        for name, path in aliases.items():
            self.assertIn(path, types)
            self.assertNotIn(f"attributes.{name}", types)
            self.assertNotIn(f"resource.attributes.{name}", types)

    def test_the_template_puts_ours_after_those_of_elasticsearch(self):
        template = repository.load(repository.ELASTIC / "ingest" / "logs-scoutline.otel.json")
        parts = template["composed_of"]
        # logs-otel@template of Elasticsearch, in its order.
        stock = [
            "logs@mappings", "logs@settings", "otel@mappings", "logs-otel@mappings", "semconv-resource-to-ecs@mappings",
            "logs@custom", "logs-otel@custom", "ecs@mappings",
        ]  # fmt: skip
        self.assertEqual(parts, [*stock, "logs-scoutline.otel@mappings", "logs-scoutline.otel@custom"])
        self.assertEqual(
            template["ignore_missing_component_templates"], [it for it in parts if it.endswith("@custom")]
        )
        self.assertGreater(template["priority"], 200)
        self.assertIn("data_stream", template)
        settings = template["template"]["settings"]["index"]
        self.assertEqual(settings, {"mode": "logsdb", "final_pipeline": "scoutline-ecs"})
        for path in ("scoutline-ecs.json", "logs-scoutline.otel@mappings.json"):
            self.assertTrue((repository.ELASTIC / "ingest" / path).is_file())


def fits(kind, value):
    if kind == "date":
        return isinstance(value, float) or documents.stamp(value) > 0
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "long":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str) and len(value) <= 1024


if __name__ == "__main__":
    unittest.main()
