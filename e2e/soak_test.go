//go:build soak

// Real minutes are not for every run: make soak.

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// soakFor is how long nobody says anything.
const soakFor = 5 * time.Minute

// Behind nginx as Debian ships it, whose read time-out of 60 s nobody has changed, a
// client that sends nothing for five minutes is still connected, and has never had to
// connect again: a bare one, and the operators' page in Chromium. One without pings shows
// that nginx does cut (emergencies contract 1.6, 4.4).
func TestSoakBehindNginx(t *testing.T) {
	e := openEmergencies(t, models.SQLite)
	deaf := openEmergencies(t, models.SQLite, "RELEVO_PUSH_PING_INTERVAL=10m")
	through, withoutPings := nginx(t, e.url), nginx(t, deaf.url)
	began := time.Now()
	s := e.olga.pushAt(through + pushPath)
	cut := deaf.olga.pushAt(withoutPings + pushPath)
	c := launch(t, front(t, through))
	c.do("olga", "goto", map[string]any{"path": operatorPage})
	c.logIn("olga", "olga")
	first := e.request()
	s.hears(first)
	c.lists("olga", first)

	time.Sleep(70 * time.Second)
	if cut.open() {
		t.Error("nginx has not cut what is silent: this run shows nothing")
	}
	time.Sleep(time.Until(began.Add(soakFor)))

	if !s.open() {
		_, err := s.end()
		t.Fatalf("the silent client was closed: %v", err)
	}
	second := e.request()
	s.hears(second)
	c.lists("olga", first, second)
	got := c.desk("olga")
	if got.Connects != 1 || got.Opens != 1 || len(got.Closes) != 0 {
		t.Errorf("the page: %+v, want one connect", got)
	}
	t.Logf("%v behind nginx: %d pings answered, %d reconnects of the page", time.Since(began).Round(time.Second), s.pings.Load(), got.Connects-1)
}

// nginx serves what is at url on a port of its own, with the least configuration that
// lets a WebSocket through.
func nginx(t *testing.T, url string) string {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx"
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	dir := t.TempDir()
	config := fmt.Sprintf(`daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  server {
    listen %[2]s;
    location / {
      proxy_pass %[3]s;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
    }
  }
}
`, dir, address, url)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	said := &logbook{}
	cmd := exec.Command(path, "-e", "stderr", "-p", dir, "-c", file)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(over)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-over
	})
	err = within(patience, func() error {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err
	})
	if err != nil {
		t.Fatalf("nginx does not listen: %v\n%v", err, said.lines())
	}
	return "http://" + address
}
