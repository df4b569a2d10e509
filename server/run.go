package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
)

// Process is what Run gets from the command besides the configuration.
type Process struct {
	Log *zap.Logger
	// Level is the level of Log, changeable at /loglevel of the internal listener.
	Level zap.AtomicLevel
	// Out gets the URLs and, once, the first user's password.
	Out io.Writer
	// Started, when set, is called as soon as requests are served. The internal
	// address is nil when that listener is off.
	Started func(public, internal net.Addr)
}

// Run serves until ctx ends, or the console is told to drain, and then ends in order: not ready, no new
// connections, sockets drained, requests answered, store closed, all under
// http.shutdown_timeout. It returns nil after an ordered end, also when ctx ended
// before anything was served, and all faults of the end joined. A port that is taken is an error before anything is served; so is,
// in production, a secret key that is missing or can be guessed.
func Run(ctx context.Context, cfg *Config, p Process) error {
	if err := cfg.checkProduction(); err != nil {
		return err
	}
	if err := prepareSecret(cfg, p.Log); err != nil {
		return err
	}
	if cfg.Redis.URL != "" {
		p.Log.Warn("redis.url is set, but this version runs as one node and does not use it")
	}
	store, err := OpenStore(ctx, cfg)
	if err != nil {
		return unlessToldToEnd(ctx, p, err)
	}
	return errors.Join(runOn(ctx, cfg, p, store), store.Close())
}

func prepareSecret(cfg *Config, log *zap.Logger) error {
	path, created, err := cfg.ResolveSecret()
	if err == nil && created {
		log.Info("made a secret key; keep this file, sign-in forms depend on it", zap.String("file", path))
	}
	return err
}

// unlessToldToEnd returns the fault of a start, and nil for a start that was given up
// because ctx ended.
func unlessToldToEnd(ctx context.Context, p Process, err error) error {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	p.Log.Info("told to end while starting", zap.NamedError("reason", err))
	return nil
}

// runOn serves on an open store and does not close it.
func runOn(ctx context.Context, cfg *Config, p Process, store *models.Store) error {
	app, ports, err := prepare(ctx, cfg, p, store)
	if err != nil {
		return unlessToldToEnd(ctx, p, err)
	}
	defer app.Follow()()
	failed := ports.serve()
	ports.announce(p)
	defer app.startPurge(ctx)()

	var fault error
	select {
	case <-ctx.Done():
	case <-app.ending.told:
	case fault = <-failed:
	}
	return errors.Join(fault, app.shutdown(ctx, p, ports))
}

// prepare brings the store up to date, takes the ports and serves nothing yet.
func prepare(ctx context.Context, cfg *Config, p Process, store *models.Store) (*Server, *ports, error) {
	steps, err := store.Migrate(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, step := range steps {
		p.Log.Info("migrated", zap.String("step", step.Name))
	}
	if err := teachEventNames(ctx, store); err != nil {
		return nil, nil, err
	}
	app, err := New(cfg, store, p.Log)
	if err != nil {
		return nil, nil, err
	}
	ports, err := listen(ctx, cfg, p, app)
	if err != nil {
		return nil, nil, errors.Join(err, app.drainSockets(context.WithoutCancel(ctx)))
	}
	if err := firstUser(ctx, store, p.Out); err != nil {
		return nil, nil, errors.Join(err, ports.close(), app.drainSockets(context.WithoutCancel(ctx)))
	}
	return app, ports, nil
}

// shutdown is the ordered end.
func (s *Server) shutdown(ctx context.Context, p Process, ports *ports) error {
	p.Log.Info("draining", zap.Duration("deadline", s.cfg.HTTP.ShutdownTimeout))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.HTTP.ShutdownTimeout)
	defer cancel()

	s.health.Drain()
	// Shutdown closes the listener at once and then waits for the requests that
	// are being answered; long polls among them end because their sockets drain.
	answered := make(chan error, 1)
	go func() { answered <- ports.public.Shutdown(ctx) }()
	var errs []error
	if err := s.drainSockets(ctx); err != nil {
		errs = append(errs, fmt.Errorf("drain sockets: %w", err))
	}
	if err := <-answered; err != nil {
		errs = append(errs, fmt.Errorf("end of HTTP: %w", err), ports.public.Close())
	}
	if ports.internal != nil {
		// A profile that is being taken is not worth waiting for.
		errs = append(errs, ports.internal.Close())
	}
	ports.wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	p.Log.Info("ended in order")
	return nil
}

func (s *Server) drainSockets(ctx context.Context) error {
	if s.engine == nil {
		return nil
	}
	drained := make(chan error, 1)
	go func() { drained <- s.push.Drain(ctx) }()
	return errors.Join(s.engine.Drain(ctx), <-drained)
}

// ended tells an ordered end of an http.Server from a failure.
func ended(err error) bool { return err == nil || errors.Is(err, http.ErrServerClosed) }
