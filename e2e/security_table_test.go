package e2e

import (
	"flag"
	"os"
	"strings"
	"sync"
	"testing"
)

var updateTables = flag.Bool("update", false, "rewrite the tables of docs/security-matrix.md, the pictures of docs/img")

const matrixFile = "../docs/security-matrix.md"

var matrixLock sync.Mutex

// table is a matrix in Markdown: a header, then rows in order.
type table struct{ rows [][]string }

func newTable(header ...string) *table { return &table{rows: [][]string{header}} }

func (m *table) add(cells ...string) { m.rows = append(m.rows, cells) }

func (m *table) String() string {
	var b strings.Builder
	for i, row := range m.rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString(strings.Repeat("| --- ", len(row)) + "|\n")
		}
	}
	return b.String()
}

// documented prints the table and fails the test when the page has another one;
// make security-matrix rewrites it.
func (m *table) documented(t *testing.T, name string) {
	t.Helper()
	if t.Failed() {
		return // a wrong matrix is not written down
	}
	matrixLock.Lock()
	defer matrixLock.Unlock()
	t.Logf("%s\n%s", name, m)
	raw, err := os.ReadFile(matrixFile)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+":begin -->\n", "<!-- "+name+":end -->"
	head, rest, found := strings.Cut(string(raw), begin)
	old, tail, closed := strings.Cut(rest, end)
	switch {
	case !found || !closed:
		t.Fatalf("%s has no place for %s", matrixFile, name)
	case old == m.String():
	case !*updateTables:
		t.Errorf("%s is not what was measured; run make security-matrix", matrixFile)
	default:
		if err := os.WriteFile(matrixFile, []byte(head+begin+m.String()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
