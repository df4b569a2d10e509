package e2e

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
)

// logbook collects the lines that a process writes. It is safe for concurrent use.
type logbook struct {
	mu   sync.Mutex
	rest []byte
	all  []string
}

// Write implements io.Writer.
func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte{'\n'})
		if !found {
			return len(p), nil
		}
		l.all = append(l.all, string(line))
		l.rest = append([]byte(nil), rest...)
	}
}

// lines returns what came so far.
func (l *logbook) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.all...)
}

// value returns what stands behind the first word of a line, or "".
func (l *logbook) value(word string) string {
	for _, line := range l.lines() {
		if f := strings.Fields(line); len(f) > 1 && f[0] == word {
			return f[1]
		}
	}
	return ""
}

// entry is one log line.
type entry struct {
	Level, Msg string
	raw        string
}

// entries parses the lines from the n-th on; a line that is not JSON, such as the
// text of a crash, has the level "not JSON".
func (l *logbook) entries(n int) []entry {
	var out []entry
	for _, line := range l.lines()[n:] {
		e := entry{raw: line}
		if json.Unmarshal([]byte(line), &e) != nil {
			e.Level = "not JSON"
		}
		out = append(out, e)
	}
	return out
}
