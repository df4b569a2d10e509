package server

import (
	"runtime"
	"runtime/debug"
)

// Set by the linker (Makefile, Dockerfile); empty in a plain go build.
var version, commit string

// BuildInfo says what is running.
type BuildInfo struct {
	Version   string `json:"version"`
	Commit    string `json:"commit"`
	GoVersion string `json:"go_version"`
	Platform  string `json:"platform"`
}

// ReadBuildInfo takes what the linker was told, else what the Go toolchain
// recorded; version is "dev" and commit "unknown" when neither knows.
func ReadBuildInfo() BuildInfo {
	info := BuildInfo{Version: version, Commit: commit, GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if built, ok := debug.ReadBuildInfo(); ok {
		if v := built.Main.Version; info.Version == "" && v != "(devel)" {
			info.Version = v
		}
		for _, s := range built.Settings {
			if s.Key == "vcs.revision" && info.Commit == "" {
				info.Commit = s.Value
			}
		}
	}
	if info.Version == "" {
		info.Version = "dev"
	}
	if info.Commit == "" {
		info.Commit = "unknown"
	}
	return info
}
