package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	passing = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"run","Package":"p","Test":"TestA/one"}
{"Action":"pass","Package":"p","Test":"TestA/one"}
{"Action":"pass","Package":"p","Test":"TestA/two"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p"}
{"Action":"skip","Package":"without/tests"}
`
	skipping = `{"Action":"output","Package":"p","Test":"TestS","Output":"=== RUN   TestS\n"}
{"Action":"output","Package":"p","Test":"TestS","Output":"    a_test.go:3: no chromium here\n"}
{"Action":"output","Package":"p","Test":"TestS","Output":"--- SKIP: TestS (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestS"}
`
	failing = `{"Action":"output","Package":"q","Test":"TestF/sub","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"q","Test":"TestF/sub"}
{"Action":"fail","Package":"q","Test":"TestF"}
{"Action":"fail","Package":"q"}
`
	parentFailing = `{"Action":"pass","Package":"q","Test":"TestF/sub"}
{"Action":"output","Package":"q","Test":"TestF","Output":"leak after all\n"}
{"Action":"fail","Package":"q","Test":"TestF"}
{"Action":"fail","Package":"q"}
`
	panicking = `{"Action":"output","Package":"q","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"q"}
`
	notBuilding = `{"ImportPath":"q [q.test]","Action":"build-output","Output":"q.go:1: undefined: x\n"}
{"ImportPath":"q [q.test]","Action":"build-fail"}
{"Action":"output","Package":"q","Output":"FAIL\tq [build failed]\n"}
{"Action":"fail","Package":"q","FailedBuild":"q [q.test]"}
`
)

func TestReport(t *testing.T) {
	for name, tc := range map[string]struct {
		in     string
		ci     bool
		lint   bool
		ok     bool
		closed string
		shows  []string
		hides  []string
	}{
		"all pass":             {in: passing, ok: true, closed: "3 passed, 0 failed, 0 skipped", hides: []string{"without/tests", "=== RUN"}},
		"skip":                 {in: passing + skipping, ok: true, closed: "3 passed, 0 failed, 1 skipped", shows: []string{"p TestS: a_test.go:3: no chromium here"}},
		"skip in CI":           {in: passing + skipping, ci: true, closed: "3 passed, 0 failed, 1 skipped", shows: []string{"with CI=true a skipped test is a failure"}},
		"failing subtest":      {in: passing + failing, closed: "3 passed, 1 failed, 0 skipped", shows: []string{"q TestF/sub", "got 1, want 2"}},
		"parent fails itself":  {in: parentFailing, closed: "1 passed, 1 failed, 0 skipped", shows: []string{"leak after all"}},
		"package panics":       {in: passing + panicking, closed: "3 passed, 1 failed, 0 skipped", shows: []string{"test timed out"}},
		"package won't build":  {in: passing + notBuilding, closed: "3 passed, 1 failed, 0 skipped", shows: []string{"undefined: x"}},
		"lint":                 {in: passing, lint: true, closed: "3 passed, 1 failed, 0 skipped", shows: []string{"artifacts/lint.log"}},
		"nothing ran":          {in: "", closed: "0 passed, 0 failed, 0 skipped"},
		"something else spoke": {in: passing + "pattern ./...: no modules\n", closed: "3 passed, 1 failed, 0 skipped", shows: []string{"no modules"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			logFile := filepath.Join(t.TempDir(), "test.log")
			ok, err := run(strings.NewReader(tc.in), &out, logFile, tc.lint, tc.ci)
			if err != nil || ok != tc.ok {
				t.Errorf("ok %v, error %v", ok, err)
			}
			if !strings.HasSuffix(out.String(), tc.closed+"\n") {
				t.Errorf("closing line of %q, want %q", out.String(), tc.closed)
			}
			for _, want := range tc.shows {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q lacks %q", out.String(), want)
				}
			}
			for _, never := range tc.hides {
				if strings.Contains(out.String(), never) {
					t.Errorf("%q has %q", out.String(), never)
				}
			}
			if raw, err := os.ReadFile(logFile); err != nil || strings.Contains(tc.in, "=== RUN") && !strings.Contains(string(raw), "=== RUN") {
				t.Errorf("log %q, error %v", raw, err)
			}
		})
	}
}
