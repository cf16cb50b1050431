module github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/pprof

go 1.25.0

require (
	github.com/google/pprof v0.0.0-20260507013755-92041b743c96
	go.opentelemetry.io/collector/pdata/pprofile v0.157.0
)
