// Package pprof stands in for the translator of profiles that the exporter for Splunk imports, of which the Go module
// proxy has no version. The sensor sends no profiles.
package pprof

import (
	"errors"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

var errNoProfiles = errors.New("this Collector translates no profiles")

// ConvertPprofileToPprof refuses.
func ConvertPprofileToPprof(*pprofile.Profiles) (*profile.Profile, error) {
	return nil, errNoProfiles
}
