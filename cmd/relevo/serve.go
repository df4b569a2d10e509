package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/relevo/relevo/server"
)

func serveCommand(c *cli) *cobra.Command {
	return &cobra.Command{Use: "serve", Short: "Serve until SIGINT or SIGTERM (the default verb)", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		cfg, err := c.load()
		if err != nil {
			return err
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
