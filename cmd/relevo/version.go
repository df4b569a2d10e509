package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/relevo/relevo/server"
)

func versionCommand(c *cli) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "version", Short: "Print what is installed", Args: noArguments, RunE: func(*cobra.Command, []string) error {
		build := server.ReadBuildInfo()
		if asJSON {
			return printJSON(c.out, build)
		}
		_, err := fmt.Fprintf(c.out, "relevo %s (commit %s, %s, %s)\n", build.Version, build.Commit, build.GoVersion, build.Platform)
		return err
	}}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
