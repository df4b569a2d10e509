package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// event is a line of go test -json. Lines of a build have Action build-output or
// build-fail and ImportPath instead of Package.
type event struct {
	Action, Package, ImportPath, Test, Output, FailedBuild string
}

// report collects results. A package that fails without a failing test of its
// own (it does not build, it panics, it times out) counts as one failure.
type report struct {
	skipIsFailure bool
	passed        int
	failures      []result
	skips         []result
	outputs       map[string]*bytes.Buffer // by package and test, until it ends
	failedIn      map[string]bool          // packages with a failing test
	parents       map[string]bool          // tests that have subtests: counted by them
}

type result struct{ name, output string }

func newReport(skipIsFailure bool) *report {
	return &report{skipIsFailure: skipIsFailure, outputs: map[string]*bytes.Buffer{}, failedIn: map[string]bool{}, parents: map[string]bool{}}
}

// read takes the whole stream and copies its text to log. A line that is not an
// event is a failure: something broke that go test could not put into words.
func (r *report) read(in io.Reader, log io.Writer) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil || e.Action == "" {
				r.fail("go test", string(line))
			} else if _, err := io.WriteString(log, e.Output); err != nil {
				return err
			} else {
				r.take(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) take(e event) {
	name := e.Package
	if e.Test != "" {
		name += " " + e.Test
		if i := strings.LastIndexByte(e.Test, '/'); i > 0 {
			r.parents[e.Package+" "+e.Test[:i]] = true
		}
	}
	switch e.Action {
	case "output":
		r.buffer(name).WriteString(e.Output)
	case "build-output":
		r.buffer(e.ImportPath).WriteString(e.Output)
	case "pass":
		if e.Test != "" && !r.parents[name] {
			r.passed++
		}
		delete(r.outputs, name)
	case "skip":
		if e.Test != "" { // a package without tests is "skipped" too
			r.skips = append(r.skips, result{name, r.buffer(name).String()})
		}
		delete(r.outputs, name)
	case "fail":
		r.takeFailure(e, name)
	}
}

func (r *report) takeFailure(e event, name string) {
	output := r.buffer(name).String()
	delete(r.outputs, name)
	switch {
	case e.Test == "" && r.failedIn[e.Package]: // told by its tests
	case e.Test == "":
		r.fail(name, r.buffer(e.FailedBuild).String()+output)
	case r.parents[name]: // told by its subtests, unless it failed by itself
		if !r.failedUnder(name) {
			r.fail(name, output)
		}
	default:
		r.fail(name, output)
	}
	if e.Test != "" {
		r.failedIn[e.Package] = true
	}
}

func (r *report) failedUnder(name string) bool {
	for _, f := range r.failures {
		if strings.HasPrefix(f.name, name+"/") {
			return true
		}
	}
	return false
}

func (r *report) fail(name, output string) { r.failures = append(r.failures, result{name, output}) }

func (r *report) buffer(name string) *bytes.Buffer {
	b := r.outputs[name]
	if b == nil {
		b = &bytes.Buffer{}
		r.outputs[name] = b
	}
	return b
}

// ok reports whether the run is good. A run without a single test is not.
func (r *report) ok() bool {
	return len(r.failures) == 0 && r.passed > 0 && (len(r.skips) == 0 || !r.skipIsFailure)
}

func (r *report) print(out io.Writer) {
	for _, f := range r.failures {
		fmt.Fprintf(out, "--- failed: %s\n%s", f.name, f.output)
	}
	if len(r.skips) > 0 {
		fmt.Fprintln(out, "skipped:")
	}
	for _, s := range r.skips {
		fmt.Fprintf(out, "  %s: %s\n", s.name, reason(s.output))
	}
	if len(r.skips) > 0 && r.skipIsFailure {
		fmt.Fprintln(out, "with CI=true a skipped test is a failure")
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", r.passed, len(r.failures), len(r.skips))
}

// reason is what a test said when it skipped, without go test's own lines.
func reason(output string) string {
	var said []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "--- SKIP") {
			said = append(said, line)
		}
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}
