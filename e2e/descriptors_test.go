package e2e

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// A process that runs out of descriptors goes on serving the sockets it has, says so
// without a wall of lines, and takes new ones as soon as there is room.
func TestDescriptorsExhausted(t *testing.T) {
	t.Parallel()
	p := start(t, models.SQLite)
	max := p.hire("max", models.Master)
	stays := max.socket()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	const room = 20
	pid, limit := strconv.Itoa(p.cmd.Process.Pid), strconv.Itoa(len(open)+room)
	out, err := exec.Command("prlimit", "--pid", pid, "--nofile="+limit+":").CombinedOutput()
	if err != nil {
		t.Fatalf("prlimit: %v: %s", err, out)
	}
	mark := len(p.log.lines())

	crowd := make([]net.Conn, 0, 3*room)
	for range 3 * room {
		c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		crowd = append(crowd, c)
	}
	newcomer := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	p.eventually("a newcomer is not served", func() error {
		resp, err := newcomer.Get(p.url + "/healthz")
		if err != nil {
			return nil
		}
		return errors.Join(errors.New("it is"), resp.Body.Close())
	})
	for range 3 {
		if err := stays.Barrier(soon(t)); err != nil {
			t.Fatalf("the socket that was there: %v", err)
		}
	}

	for _, c := range crowd {
		_ = c.Close()
	}
	p.eventually("a new socket is served", func() error { return p.answers("/readyz") })
	if err := max.socket().Barrier(soon(t)); err != nil {
		t.Errorf("a new socket: %v", err)
	}
	for _, e := range p.log.entries(mark) {
		if e.Level == "error" {
			t.Errorf("log: %s", e.raw)
		}
	}
}
