// Command testreport reads the output of go test -json and says what a person
// wants to know: the output of what failed, which tests were skipped and why, and
// how many there were. With CI=true in the environment a skip is a failure.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	lint := flag.Int("lint", 0, "exit status of the lint step; not 0 counts as one failure")
	logFile := flag.String("log", "", "file for the whole output as text")
	flag.Parse()
	ok, err := run(os.Stdin, os.Stdout, *logFile, *lint != 0, os.Getenv("CI") == "true")
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, logFile string, lintFailed, skipIsFailure bool) (bool, error) {
	var log io.Writer = io.Discard
	if logFile != "" {
		f, err := os.Create(logFile)
		if err != nil {
			return false, err
		}
		defer f.Close()
		log = f
	}
	r := newReport(skipIsFailure)
	if err := r.read(in, log); err != nil {
		return false, err
	}
	if lintFailed {
		r.fail("lint", "see artifacts/lint.log\n")
	}
	r.print(out)
	return r.ok(), nil
}
