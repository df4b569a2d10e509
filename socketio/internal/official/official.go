// Package official lets tests ask the official parsers of Socket.IO and Engine.IO, which run in one Node
// process (parsers.mjs describes the questions).
package official

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// client is the dependency of e2e/package.json that brings the parsers.
const client = "socket.io-client-4.8"

// Parsers is the Node process.
type Parsers struct {
	t       testing.TB
	command *exec.Cmd
	in      *bufio.Writer
	out     *bufio.Reader
}

// Start runs the process until the test ends. root is the way to the root of the module. The test is
// skipped where there is no node or where the packages of e2e are not installed.
func Start(t testing.TB, root string) *Parsers {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("no node on this machine")
	}
	project, err := filepath.Abs(filepath.Join(root, "e2e", "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(project), "node_modules", client)); err != nil {
		t.Skipf("%s is not installed: run npm ci in e2e", client)
	}
	command := exec.Command("node", filepath.Join(root, "socketio", "internal", "official", "parsers.mjs"), project, client)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			_ = command.Process.Kill() // it may be waiting for somebody to read its answers
		}
		_ = stdin.Close() // ends the loop of the script
		if err := command.Wait(); err != nil && !t.Failed() {
			t.Errorf("node: %v", err)
		}
	})
	return &Parsers{t: t, command: command, in: bufio.NewWriterSize(stdin, 1<<16), out: bufio.NewReaderSize(stdout, 1<<16)}
}

// AskAll puts many questions at once and decodes each answer into its own element of answers, which has as
// many. A fault of the script ends the test.
func AskAll[Q, A any](p *Parsers, questions []Q, answers []A) {
	p.t.Helper()
	sent := make(chan error, 1)
	go func() {
		for _, q := range questions {
			line, err := json.Marshal(q)
			if err != nil {
				sent <- err
				return
			}
			if _, err := p.in.Write(append(line, '\n')); err != nil {
				sent <- err
				return
			}
		}
		sent <- p.in.Flush()
	}()
	for i := range questions {
		line, err := p.out.ReadBytes('\n')
		if err != nil {
			p.t.Fatalf("question %d: %v", i, err)
		}
		var fault struct{ Fault string }
		if err := json.Unmarshal(line, &fault); err != nil || fault.Fault != "" {
			p.t.Fatalf("question %d: %v %s", i, err, fault.Fault)
		}
		if err := json.Unmarshal(line, &answers[i]); err != nil {
			p.t.Fatalf("question %d: %v", i, err)
		}
	}
	if err := <-sent; err != nil {
		p.t.Fatal(err)
	}
}

// Versions returns which parsers answer.
func (p *Parsers) Versions() string {
	answers := make([]struct{ Socket, Engine string }, 1)
	AskAll(p, []map[string]string{{"op": "versions"}}, answers)
	return fmt.Sprintf("socket.io-parser %s, engine.io-parser %s", answers[0].Socket, answers[0].Engine)
}
