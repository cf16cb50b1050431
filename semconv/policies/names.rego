# Lower case, a namespace, and never both an attribute and the namespace of another: a backend that nests by dots would
# have to store a value and an object in one place.
package after_resolution

import rego.v1

signals contains signal if {
	some kind in ["events", "spans", "metrics", "attribute_groups"]
	some signal in input.registry[kind]
}

attribute_names contains attribute.key if {
	some attribute in input.registry.attributes
}

attribute_names contains attribute.key if {
	some signal in signals
	some attribute in signal.attributes
}

deny contains finding if {
	some leaf in attribute_names
	some name in attribute_names
	startswith(name, concat("", [leaf, "."]))
	finding := {
		"id": "leaf_is_namespace",
		"level": "violation",
		"message": sprintf("'%s' is an attribute and the namespace of '%s'", [leaf, name]),
		"context": {"attribute": leaf},
	}
}

deny contains finding if {
	some attribute in input.registry.attributes
	not regex.match(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`, attribute.key)
	finding := {
		"id": "malformed_name",
		"level": "violation",
		"message": sprintf("'%s' is not lower_case words with dots between", [attribute.key]),
		"context": {"attribute": attribute.key},
	}
}
