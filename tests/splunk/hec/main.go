// Hec turns what the sensor sends into what Splunk's HTTP Event Collector gets: by the code of the Collector's splunk_hec
// exporter itself. It reads requests in OTLP/JSON, one a line, and prints for each of them its events, one JSON array a line.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/splunk"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// What the gateway's configuration gives the exporter.
const (
	source = "scoutline"
	index  = "main"
)

func main() {
	log.SetFlags(0)
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if len(line) == 0 {
			break
		}
		events, wrong := events(line)
		if wrong != nil {
			log.Fatalf("hec: line %d: %v", number, wrong)
		}
		text, wrong := json.Marshal(events)
		if wrong != nil {
			log.Fatalf("hec: line %d: %v", number, wrong)
		}
		fmt.Fprintf(out, "%s\n", text)
		if err != nil {
			break
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatalf("hec: %v", err)
	}
}

func events(request []byte) ([]*splunk.Event, error) {
	logs, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(request)
	if err != nil {
		return nil, err
	}
	found := []*splunk.Event{}
	for _, ofResource := range logs.ResourceLogs().All() {
		for _, ofScope := range ofResource.ScopeLogs().All() {
			for _, record := range ofScope.LogRecords().All() {
				event, err := event(ofResource.Resource(), record)
				if err != nil {
					return nil, err
				}
				found = append(found, event)
			}
		}
	}
	return found, nil
}

func event(resource pcommon.Resource, record plog.LogRecord) (*splunk.Event, error) {
	attributes := splunk.DefaultHecToOtelAttrs()
	// What the gateway's transform does.
	kind, known := record.Attributes().Get("scoutline.record.kind")
	if !known {
		return nil, fmt.Errorf("a record without a kind")
	}
	record.Attributes().PutStr(attributes.SourceType, "scoutline:"+kind.Str())
	event := splunk.LogToSplunkEvent(resource, record, attributes, splunk.DefaultOtelToHecFields(), source, "otel", index)
	if event == nil {
		return nil, fmt.Errorf("the exporter drops a record without a body")
	}
	return event, nil
}
