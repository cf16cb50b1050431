# Whoever reads a record learns from the registry what an attribute says, how it looks and how far to rely on it.
package after_resolution

import rego.v1

is_enum(attribute) if attribute.type.members

missing contains [attribute.key, "brief"] if {
	some attribute in input.registry.attributes
	trim_space(object.get(attribute, "brief", "")) == ""
}

missing contains [attribute.key, "stability"] if {
	some attribute in input.registry.attributes
	not attribute.stability
}

missing contains [attribute.key, "examples"] if {
	some attribute in input.registry.attributes
	not is_enum(attribute)
	count(object.get(attribute, "examples", [])) == 0
}

missing contains [attribute.key, sprintf("brief of %s", [member.id])] if {
	some attribute in input.registry.attributes
	some member in attribute.type.members
	trim_space(object.get(member, "brief", "")) == ""
}

deny contains finding if {
	some [name, part] in missing
	finding := {
		"id": "undocumented",
		"level": "violation",
		"message": sprintf("'%s' has no %s", [name, part]),
		"context": {"attribute": name, "missing": part},
	}
}
