package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models/modelstest"
)

// patience bounds every wait. It is a limit for a broken server, never a delay.
const patience = 30 * time.Second

// binary is the program under test, built once as it is shipped.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "relevo-e2e")
	if err == nil {
		binary = filepath.Join(dir, "relevo")
		build := exec.Command("go", "build", "-trimpath", "-o", binary, "github.com/relevo/relevo/cmd/relevo")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		var out []byte
		if out, err = build.CombinedOutput(); err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		os.Exit(1)
	}
	code := modelstest.Main(m)
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// command runs a verb of the program on the process's data and returns what it printed.
func (p *process) command(stdin string, args ...string) string {
	p.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = p.dir, p.env, strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		p.t.Fatalf("relevo %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}
