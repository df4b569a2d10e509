package main

import (
	"github.com/spf13/cobra"

	"github.com/relevo/relevo/server"
)

func serveCommand(c *cli) *cobra.Command {
	return &cobra.Command{Use: "serve", Short: "Serve until SIGINT or SIGTERM (the default verb)", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		cfg, err := c.load()
		if err != nil {
			return err
		}
		log, level := server.NewLogger(cfg, c.err)
		return server.Run(cmd.Context(), cfg, server.Process{Log: log, Level: level, Out: c.out})
	}}
}
