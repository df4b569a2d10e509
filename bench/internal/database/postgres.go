// Package database starts the Postgres server that a benchmark writes to.
package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Server is a Postgres server: one of our own that ends with Stop, or the one that
// TEST_DATABASE_URL names.
type Server struct {
	base *url.URL // of the maintenance database
	bin  string
	cmd  *exec.Cmd // nil when it is not ours
	dir  string
	made int
}

// Start starts a server with the settings of a fresh installation, fsync included, in a
// temporary folder on a free port.
func Start(ctx context.Context) (*Server, error) {
	bin, err := installed()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin}
	if given := os.Getenv("TEST_DATABASE_URL"); given != "" {
		if s.base, err = url.Parse(given); err != nil {
			return nil, errors.New("TEST_DATABASE_URL is not a URL")
		}
		return s, nil
	}
	if err := s.start(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "relevo-bench-pg"); err != nil {
		return err
	}
	who, err := unprivileged(s.dir)
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), "-D", data, "-U", "relevo", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
	initdb.Dir, initdb.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: who}
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), "-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-c", "unix_socket_directories=")
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	s.cmd = cmd
	s.base = &url.URL{Scheme: "postgres", User: url.User("relevo"), Host: "127.0.0.1:" + strconv.Itoa(port), Path: "/postgres", RawQuery: "sslmode=disable"}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err = s.run(ctx, "SELECT 1"); err == nil || ctx.Err() != nil || time.Now().After(end) {
			return err
		}
	}
}

// run has psql run one statement in the maintenance database.
func (s *Server) run(ctx context.Context, statement string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", s.base.String(), "-c", statement)
	cmd.Dir = os.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("psql: %w: %s", err, out)
	}
	return nil
}

// Database makes an empty database and returns its URL. drop removes it.
func (s *Server) Database(ctx context.Context) (at string, drop func(), err error) {
	s.made++
	name := fmt.Sprintf("relevo_bench_%d_%d", os.Getpid(), s.made)
	if err := s.run(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	u := *s.base
	u.Path = "/" + name
	return u.String(), func() { _ = s.run(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)") }, nil
}

// Checkpoint writes out what runs before have left to write.
func (s *Server) Checkpoint(ctx context.Context) error { return s.run(ctx, "CHECKPOINT") }

// PID of the server, 0 when it is not ours.
func (s *Server) PID() int {
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// Stop ends the server if it is ours and removes its folder.
func (s *Server) Stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(syscall.SIGINT)
		_ = s.cmd.Wait()
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// installed finds the newest server in Debian's folders, or by PATH.
func installed() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	sort.Slice(found, func(i, j int) bool { return version(found[i]) < version(found[j]) })
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

func version(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4])
	return n
}

// unprivileged returns whom the server runs as, and hands dir over: Postgres refuses to
// run as root.
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
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
