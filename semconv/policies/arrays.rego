# Backends keep arrays of strings; arrays of anything else, and maps, are dropped or become text somewhere.
package after_resolution

import rego.v1

deny contains finding if {
	some attribute in input.registry.attributes
	is_string(attribute.type)
	attribute.type != "string[]"
	regex.match(`\[|^any$`, attribute.type)
	finding := {
		"id": "unportable_type",
		"level": "violation",
		"message": sprintf("'%s' is '%s': only strings may be in arrays", [attribute.key, attribute.type]),
		"context": {"attribute": attribute.key, "type": attribute.type},
	}
}
