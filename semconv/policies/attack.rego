# Ids of ATT&CK look like ids of ATT&CK.
package after_resolution

import rego.v1

id_patterns := {
	"threat.tactic.id": `^TA[0-9]{4}$`,
	"threat.technique.id": `^T[0-9]{4}$`,
	"threat.technique.subtechnique.id": `^T[0-9]{4}\.[0-9]{3}$`,
	"scoutline.attack.tactics": `^TA[0-9]{4}$`,
	"scoutline.attack.techniques": `^T[0-9]{4}(\.[0-9]{3})?$`,
}

# An example of an array is an array itself.
example_texts(attribute) := {text |
	some example in attribute.examples
	is_string(example)
	text := example
} | {text |
	some example in attribute.examples
	is_array(example)
	some text in example
}

deny contains finding if {
	some attribute in input.registry.attributes
	pattern := id_patterns[attribute.key]
	some text in example_texts(attribute)
	not regex.match(pattern, text)
	finding := {
		"id": "malformed_attack_id",
		"level": "violation",
		"message": sprintf("'%s' is no id for '%s'", [text, attribute.key]),
		"context": {"attribute": attribute.key, "example": text},
	}
}
