package modelstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgresServer returns the URL of the server's maintenance database. A server of
// our own runs in a temporary folder on a free port and ends with the test binary.
var postgresServer = sync.OnceValues(func() (string, error) {
	if url := os.Getenv("TEST_DATABASE_URL"); url != "" {
		if !strings.Contains(url, "/postgres?") {
			return "", errors.New("TEST_DATABASE_URL must name the maintenance database with a query, as in postgres://user:password@127.0.0.1:5432/postgres?sslmode=disable")
		}
		return url, nil
	}
	return startPostgres()
})

var ownServer struct {
	sync.Mutex
	stop func()
}

// Main runs the tests of a package and then ends the Postgres server that they
// started, if any. Call it from TestMain: os.Exit(modelstest.Main(m)).
func Main(m *testing.M) int {
	code := m.Run()
	Stop()
	return code
}

// Stop ends the Postgres server that this test binary started, if any.
func Stop() {
	ownServer.Lock()
	defer ownServer.Unlock()
	if ownServer.stop != nil {
		ownServer.stop()
		ownServer.stop = nil
	}
}

func startPostgres() (string, error) {
	bin, err := postgresBin()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "relevo-pg")
	if err != nil {
		return "", err
	}
	cred, err := unprivileged(dir)
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "relevo", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: cred}
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	logFile, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return "", err
	}
	srv := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port),
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=200")
	srv.Dir, srv.Stdout, srv.Stderr = dir, logFile, logFile
	srv.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Setpgid: true}
	if err := srv.Start(); err != nil {
		return "", fmt.Errorf("start postgres: %w", err)
	}
	stop := func() {
		_ = srv.Process.Signal(syscall.SIGQUIT)
		_ = srv.Wait()
		_ = logFile.Close()
		_ = os.RemoveAll(dir)
	}
	url := fmt.Sprintf("postgres://relevo@127.0.0.1:%d/postgres?sslmode=disable", port)
	if err := waitReady(url); err != nil {
		stop()
		return "", err
	}
	ownServer.Lock()
	ownServer.stop = stop
	ownServer.Unlock()
	return url, nil
}

// waitReady polls until the server answers a connection.
func waitReady(url string) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		conn, err := pgx.Connect(ctx, url)
		cancel()
		if err == nil {
			return conn.Close(context.Background())
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("postgres did not come up: %w", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// postgresBin finds the newest server installed, by PATH or in Debian's folders.
func postgresBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	sort.Strings(found)
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p), nil
		}
	}
	return "", errors.New("initdb not found; install postgresql")
}

// unprivileged returns whom the server runs as, and hands dir over: Postgres
// refuses to run as root.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("running as root and no user postgres or nobody to run the server as")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
