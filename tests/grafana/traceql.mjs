// Parses TraceQL with Grafana's grammar: a line of JSON a query on stdin, with its panel. Appends to the table of results
// that SCOUTLINE_RESULTS names, if it does.
import {appendFileSync, readFileSync} from 'node:fs';
import {parser} from '@grafana/lezer-traceql';

/** Where a text stops being TraceQL; null if it does not. */
function fault(text) {
  let at = null;
  parser.parse(text).iterate({
    enter: (node) => {
      if (node.type.isError && at === null) at = node.from;
    },
  });
  return at;
}

// What is never an error checks nothing.
const broken = '{ resource.service.name=="scoutline" &&& span.x }';
if (fault(broken) === null) throw new Error(`the grammar takes ${broken}`);

const lines = readFileSync(0, 'utf8').split('\n').filter(Boolean);
let wrong = 0;
// A variable alone is the id of a trace.
const queries = lines.map((line) => JSON.parse(line)).filter(({query}) => !query.startsWith('$'));
for (const {dashboard, panel, query} of queries) {
  const at = fault(query);
  if (at !== null) {
    console.error(`grafana: ${dashboard}, ${panel}: no TraceQL from column ${at + 1} of ${query}`);
    wrong += 1;
  }
  if (process.env.SCOUTLINE_RESULTS) {
    const row = [panel, dashboard, 'TraceQl', 'lezer-traceql 1.0.0', 'parsed', 'no error', at === null ? 'no error' : 'an error'];
    appendFileSync(process.env.SCOUTLINE_RESULTS, `${row.join('\t')}\n`);
  }
}
if (queries.length === 0 || wrong > 0) process.exit(1);
console.error(`grafana: queries of TraceQL that parse: ${queries.length}`);
