package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// idleTimeout is above the minute after which common proxies drop idle
	// connections to us, so that the proxy and not we end them.
	idleTimeout = 75 * time.Second
	// lastWrites is what an answer may take that begins when the time of its request
	// is over.
	lastWrites = 10 * time.Second
)

// ports are the listeners of a process and their servers.
type ports struct {
	cfg              *Config
	public, internal *http.Server // internal is nil when it is off
	publicAt         net.Listener
	internalAt       net.Listener
	serving          sync.WaitGroup
}

// listen takes both ports, or none and says which one is not to be had.
func listen(ctx context.Context, cfg *Config, p Process, app *Server) (*ports, error) {
	quiet := stdLog(p.Log)
	out := &ports{cfg: cfg}
	var lc net.ListenConfig
	var err error
	if out.publicAt, err = lc.Listen(ctx, "tcp", cfg.HTTP.Addr); err != nil {
		return nil, fmt.Errorf("listen on http.addr: %w", err)
	}
	heads := newHeaderWatch(func() { app.metrics.LimitHit(limitHeader) })
	out.public = &http.Server{
		Handler: heads.handler(boundBody(app, cfg.HTTP.RequestTimeout)), ErrorLog: quiet, ReadHeaderTimeout: cfg.HTTP.ReadHeaderTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: cfg.HTTP.MaxHeaderBytes, ConnContext: heads.begin, ConnState: heads.changed,
	}
	if cfg.Internal.Addr == "" {
		return out, nil
	}
	if out.internalAt, err = lc.Listen(ctx, "tcp", cfg.Internal.Addr); err != nil {
		return nil, errors.Join(fmt.Errorf("listen on internal.addr: %w", err), out.publicAt.Close())
	}
	out.internal = &http.Server{
		Handler: app.internalHandler(p.Level), ErrorLog: quiet, ReadHeaderTimeout: cfg.HTTP.ReadHeaderTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: cfg.HTTP.MaxHeaderBytes,
	}
	return out, nil
}

// serve starts both servers. The channel gets a failure of either.
func (l *ports) serve() <-chan error {
	failed := make(chan error, 2)
	start := func(srv *http.Server, at net.Listener, what string) {
		l.serving.Go(func() {
			if err := srv.Serve(at); !ended(err) {
				failed <- fmt.Errorf("serve %s: %w", what, err)
			}
		})
	}
	start(l.public, l.publicAt, "http.addr")
	if l.internal != nil {
		start(l.internal, l.internalAt, "internal.addr")
	}
	return failed
}

// close gives the ports back when they were never served.
func (l *ports) close() error {
	err := l.publicAt.Close()
	if l.internalAt != nil {
		err = errors.Join(err, l.internalAt.Close())
	}
	return err
}

// wait returns when no server accepts any more.
func (l *ports) wait() { l.serving.Wait() }

// announce prints where the process is reached.
func (l *ports) announce(p Process) {
	public := l.cfg.HTTP.PublicURL
	if public == "" {
		public = "http://" + browserAddr(l.publicAt.Addr())
	}
	public = strings.TrimSuffix(public, "/")
	fmt.Fprintf(p.Out, "Relevo %s\n  pages     %s/\n  sockets   %s%s\n", ReadBuildInfo().Version, public, public, l.cfg.Socket.Path)
	var internal net.Addr
	if l.internal != nil {
		internal = l.internalAt.Addr()
		fmt.Fprintf(p.Out, "  internal  http://%s/metrics\n", browserAddr(internal))
	}
	if p.Started != nil {
		p.Started(l.publicAt.Addr(), internal)
	}
}

// browserAddr is an address that can be typed: a listener on all interfaces is
// reached at localhost.
func browserAddr(at net.Addr) string {
	tcp, ok := at.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return at.String()
	}
	return fmt.Sprintf("localhost:%d", tcp.Port)
}

// boundBody puts a deadline on the arrival of bodies, and takes away what the request
// before on the connection had for its answer. http.Server.ReadTimeout and
// WriteTimeout would bound that too but also end long polls.
func boundBody(next http.Handler, limit time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Time{}) // not every writer of a test can
		if r.Body != nil && r.Body != http.NoBody {
			_ = control.SetReadDeadline(time.Now().Add(limit))
		}
		next.ServeHTTP(w, r)
	})
}
