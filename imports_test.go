// Package relevo_test holds the rules that no single package can keep: who may
// import whom, how files are named, and that what is shipped fits the code.
package relevo_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/relevo/relevo/"

// floors orders the house: a package imports only from floors below its own.
// The longest matching prefix counts.
var floors = map[string]int{
	"cmd": 1, "server": 2, "server/console": 3, "server/": 4, "events": 5, "middleware": 5, "models": 6,
	"socketio": 7, "schema": 7, "build": 7,
}

func floorOf(pkg string) int {
	best, floor := "", 0 // tests of the whole house stand above it
	for prefix, f := range floors {
		matches := pkg == prefix || strings.HasPrefix(pkg, strings.TrimSuffix(prefix, "/")+"/")
		if matches && len(prefix) > len(best) && !(strings.HasSuffix(prefix, "/") && pkg+"/" == prefix) {
			best, floor = prefix, f
		}
	}
	return floor
}

// importFault says why file may not import path, "" when it may.
func importFault(file, path string) string {
	dir := filepath.ToSlash(filepath.Dir(file))
	test := strings.HasSuffix(file, "_test.go") || strings.HasSuffix(dir, "test")
	switch {
	case strings.HasPrefix(path, "gorm.io/"), strings.HasPrefix(path, "github.com/libtnb/sqlite"):
		return unless(within(dir, "models"), "gorm stays in models")
	case strings.HasPrefix(path, "github.com/gin-gonic/"):
		return unless(within(dir, "server") || dir == "middleware", "gin stays in server and middleware")
	case strings.HasPrefix(path, "github.com/zishang520/"):
		return unless(dir == "server/live" && strings.HasPrefix(filepath.Base(file), "zishang"), "zishang520 stays in server/live/zishang*.go")
	case !strings.HasPrefix(path, module):
		return ""
	}
	target := strings.TrimPrefix(path, module)
	if strings.HasSuffix(target, "test") && !test {
		return "a package for tests, in code that ships"
	}
	if within(target, "cmd") {
		return "nobody imports cmd"
	}
	if within(dir, "socketio") {
		return unless(within(target, "socketio"), "socketio imports nothing of ours")
	}
	if within(target, "socketio") && file != "server/live/native.go" && !strings.HasPrefix(file, "server/live/native_") {
		return "only server/live/native*.go imports socketio"
	}
	if target == dir || floorOf(dir) == floorOf(target) && (within(dir, target) || test && within(target, dir)) {
		return "" // a package's own test, or a room of the same floor
	}
	if test && strings.HasSuffix(target, "test") {
		return ""
	}
	return unless(floorOf(dir) < floorOf(target), "a floor imports only from floors below")
}

func within(dir, top string) bool { return dir == top || strings.HasPrefix(dir, top+"/") }

func unless(ok bool, fault string) string {
	if ok {
		return ""
	}
	return fault
}

// goFiles visits every Go file of this module.
func goFiles(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != "." && (strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "bench", "bin", "artifacts", "data", "testdata"}, name)) {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(name, ".go") {
			visit(filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImportRule(t *testing.T) {
	seen := 0
	goFiles(t, func(path string) {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			return
		}
		seen++
		for _, spec := range f.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if fault := importFault(path, target); fault != "" {
				t.Errorf("%s imports %s: %s", path, target, fault)
			}
		}
	})
	if seen < 20 {
		t.Errorf("only %d files were found", seen)
	}
}

// TestImportRuleBites keeps the rule itself honest.
func TestImportRuleBites(t *testing.T) {
	for _, tc := range []struct {
		file, path string
		allowed    bool
	}{
		{"cmd/relevo/main.go", module + "server", true},
		{"cmd/relevo/migrate.go", module + "models", true},
		{"server/server.go", module + "server/live", true},
		{"server/live/hub.go", module + "events", true},
		{"server/api/users.go", module + "models", true},
		{"events/emit.go", module + "models", true},
		{"models/store_test.go", module + "models/modelstest", true},
		{"models/modelstest/postgres.go", module + "models", true},
		{"server/desk_test.go", module + "models/modelstest", true},
		{"server/live/native.go", module + "socketio", true},
		{"server/live/native_recovery.go", module + "socketio", true},
		{"server/live/replay_plan.go", module + "socketio", false},
		{"server/live/native.go", module + "socketio/engineio", true},
		{"socketio/server.go", module + "socketio/engineio", true},
		{"socketio/conformance/close_test.go", module + "socketio", true},
		{"server/live/zishang_socket.go", "github.com/zishang520/socket.io/v2/socket", true},
		{"e2e/page_test.go", module + "server/live", true},
		{"server/server.go", module + "cmd/relevo", false},
		{"server/live/hub.go", module + "server", false},
		{"server/console/people.go", module + "server/live", true},
		{"server/live/hub.go", module + "server/console", false},
		{"server/console/page.go", module + "server", false},
		{"server/api/users.go", module + "server/live", false},
		{"events/emit.go", module + "middleware", false},
		{"middleware/session.go", module + "events", false},
		{"models/user.go", module + "events", false},
		{"models/user.go", module + "models/modelstest", false},
		{"middleware/session.go", module + "server/api", false},
		{"server/live/hub.go", module + "socketio", false},
		{"server/sockets.go", module + "socketio/engineio", false},
		{"socketio/server.go", module + "events", false},
		{"socketio/engineio/conn.go", module + "models", false},
		{"socketio/server.go", "github.com/gin-gonic/gin", false},
		{"server/api/users.go", "gorm.io/gorm", false},
		{"events/emit.go", "github.com/gin-gonic/gin", false},
		{"server/live/hub.go", "github.com/zishang520/socket.io/v2/socket", false},
		{"server/sockets.go", "github.com/zishang520/engine.io/v2/types", false},
	} {
		if fault := importFault(tc.file, tc.path); (fault == "") != tc.allowed {
			t.Errorf("%s importing %s: allowed %v, said %q", tc.file, tc.path, tc.allowed, fault)
		}
	}
}

func TestFilesAreNamedAfterTheirConcept(t *testing.T) {
	goFiles(t, func(path string) {
		for part := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSuffix(path, ".go"), "_test"), "/") {
			for _, empty := range []string{"util", "utils", "common", "helper", "helpers", "types", "misc"} {
				if part == empty || strings.HasSuffix(part, "_"+empty) {
					t.Errorf("%s: %q names no concept", path, part)
				}
			}
		}
	})
}
