package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/relevo/relevo/server"
)

// idleGCPercent keeps less garbage than the runtime does by itself: most of the heap are idle
// connections, and what their handshakes left behind costs more memory than collecting
// it costs CPU. The environment variable GOGC overrides it.
const idleGCPercent = 70

func serveCommand(c *cli) *cobra.Command {
	return &cobra.Command{Use: "serve", Short: "Serve until SIGINT or SIGTERM (the default verb)", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		cfg, err := c.load()
		if err != nil {
			return err
		}
		if os.Getenv("GOGC") == "" {
			debug.SetGCPercent(idleGCPercent)
		}
		log, level := server.NewLogger(cfg, c.err)
		ctx, cancel := context.WithCancel(cmd.Context())
		defer cancel()
		go toggleDebug(ctx, c.verbose, log, level)
		return server.Run(ctx, cfg, server.Process{Log: log, Level: level, Out: c.out})
	}}
}

// toggleDebug changes between the configured level and debug at each signal, until
// ctx ends.
func toggleDebug(ctx context.Context, verbose <-chan os.Signal, log *zap.Logger, level zap.AtomicLevel) {
	configured := level.Level()
	for {
		select {
		case <-ctx.Done():
			return
		case <-verbose:
			if level.Level() == zap.DebugLevel {
				level.SetLevel(configured)
			} else {
				level.SetLevel(zap.DebugLevel)
			}
			log.Info("log level changed", zap.Stringer("level", level.Level()))
		}
	}
}
