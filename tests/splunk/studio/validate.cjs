// Holds the dashboards to Splunk's own schema: the definition as a whole, the options of each visualization, and that
// everything that is drawn has a place.
//
// The newest schema wants tabs; what is committed has the one layout that Splunk 9 reads as well, and is put into a tab here.
// node validate.cjs VIEW...
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const Ajv = require("ajv");
const { defaultSchema } = require("@splunk/dashboard-definition");
const validation = require("@splunk/dashboard-validation");
const visualizations = require("@splunk/visualization-schemas");

const CHECKS = ["checkVisualizationsInStructure", "checkInputsInStructure", "checkDuplicateTokens"];

// By the type of a visualization.
const OPTIONS = {
  "splunk.bar": "barOptionsSchema",
  "splunk.column": "columnOptionsSchema",
  "splunk.line": "lineOptionsSchema",
  "splunk.pie": "pieOptionsSchema",
  "splunk.singlevalue": "singleValueOptionsSchema",
  "splunk.table": "tableOptionsSchema",
};

// The definition in a view.
function definition(file) {
  const text = fs.readFileSync(file, "utf8");
  const inside = text.match(/<!\[CDATA\[([\s\S]*)\]\]>/);
  if (!inside) throw new Error(`${file} has no definition`);
  return JSON.parse(inside[1]);
}

// In the form that the newest schema wants.
function tabbed(dashboard) {
  const { globalInputs, ...layout } = dashboard.layout;
  return {
    ...dashboard,
    layout: {
      globalInputs,
      tabs: { items: [{ label: dashboard.title, layoutId: "only" }] },
      layoutDefinitions: { only: layout },
    },
  };
}

// What is wrong with it, a line each.
function faults(dashboard) {
  const found = [];
  const validator = new validation.DashboardValidator();
  const refused = validator.setSchema(defaultSchema);
  if (refused) throw refused;
  const add = (name, errors) => {
    for (const it of errors ?? []) found.push(`${name}: ${JSON.stringify(it)}`);
  };
  const whole = tabbed(dashboard);
  add("schema", validator.validate(whole));
  for (const check of CHECKS) add(check, validation[check](whole));
  const ajv = new Ajv({ strict: false, allErrors: true });
  for (const [name, it] of Object.entries(dashboard.visualizations)) {
    const schema = visualizations[OPTIONS[it.type]];
    if (!schema) {
      found.push(`${name}: no schema of options for ${it.type}`);
      continue;
    }
    const properties = schema.properties ?? schema;
    const closed = { type: "object", properties, additionalProperties: false };
    const validate = ajv.compile(closed);
    if (!validate(it.options)) add(name, validate.errors);
  }
  return found;
}

// A schema that lets mistakes pass checks nothing.
function selfTest(dashboard) {
  const mistakes = {
    "an unknown key": (it) => (Object.values(it.visualizations)[0].titel = "x"),
    "a source without a type": (it) => delete Object.values(it.dataSources)[0].type,
    "a panel without a type": (it) => delete Object.values(it.visualizations)[0].type,
    "a panel that is drawn nowhere": (it) => it.layout.structure.pop(),
    "an option that there is none of": (it) => (Object.values(it.visualizations)[0].options.colour = "red"),
    "an option of the wrong type": (it) => (Object.values(it.visualizations)[0].options.backgroundColor = 7),
  };
  for (const [name, make] of Object.entries(mistakes)) {
    const broken = structuredClone(dashboard);
    make(broken);
    if (faults(broken).length === 0) throw new Error(`${name} is not found`);
  }
}

let wrong = 0;
const files = process.argv.slice(2);
if (files.length === 0) throw new Error("validate.cjs VIEW...");
for (const file of files) {
  const dashboard = definition(file);
  selfTest(dashboard);
  for (const fault of faults(dashboard)) {
    console.error(`${path.basename(file)}: ${fault}`);
    wrong += 1;
  }
  console.log(`${path.basename(file)}: ${Object.keys(dashboard.visualizations).length} visualizations fit Splunk's schema`);
}
process.exit(wrong ? 1 : 0);
