package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func configCommand(c *cli) *cobra.Command {
	var asJSON bool
	show := &cobra.Command{Use: "show", Short: "Print each value and where it came from; secrets are masked", Args: noArguments, RunE: func(*cobra.Command, []string) error {
		cfg, err := c.load()
		if err != nil {
			return err
		}
		settings := cfg.Settings()
		if asJSON {
			return printJSON(c.out, settings)
		}
		w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "KEY\tVALUE\tFROM")
		for _, s := range settings {
			fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, s.Value, s.Origin)
		}
		return w.Flush()
	}}
	show.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return group("config", "Look at the configuration", show)
}
