package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

var tourBlock = regexp.MustCompile("(?s)<!-- tour -->\\s*```(?:sh|bash|shell)\n(.*?)```")

// The tour of README.md does what it says: its commands are run as they stand there,
// with BASE set to the server.
func TestReadmeTour(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := tourBlock.FindAllSubmatch(readme, -1)
	if len(blocks) == 0 {
		t.Fatal("README.md has no shell block after <!-- tour -->")
	}
	var script strings.Builder
	script.WriteString("set -euo pipefail\n")
	for _, b := range blocks {
		script.Write(b[1])
	}
	needNode(t, "ws")
	p := start(t, models.SQLite)
	// The tour calls the program as make run builds it.
	if err := os.MkdirAll(p.dir+"/bin", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, p.dir+"/bin/relevo"); err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs(".")
	if err == nil {
		err = os.Symlink(here, p.dir+"/e2e")
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(soon(t), "bash", "-c", script.String())
	cmd.Dir, cmd.Env = p.dir, append(append([]string(nil), p.env...), "BASE="+p.url)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\nof\n%s", err, out, script.String())
	}
	t.Logf("the tour printed:\n%s", out)
	if !strings.Contains(string(out), "EXP-1001") {
		t.Error("the tour created no operation")
	}
	if !regexp.MustCompile(`heard: {"type":"nueva_solicitud".*"nombre":"Rosa"`).Match(out) {
		t.Error("no emergency arrived in the terminal")
	}
}
