# What this registry defines is Scoutline's own or stands in the Elastic Common Schema under the same name. Upstream's
# attributes are referred to and never defined, so `input.registry.attributes` does not have them.
package after_resolution

import rego.v1

namespaces := {"scoutline", "threat", "data_stream"}

deny contains finding if {
	some attribute in input.registry.attributes
	not split(attribute.key, ".")[0] in namespaces
	finding := {
		"id": "foreign_namespace",
		"level": "violation",
		"message": sprintf("'%s' is defined outside of %s", [attribute.key, concat(", ", namespaces)]),
		"context": {"attribute": attribute.key},
	}
}
