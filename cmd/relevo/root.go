package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/relevo/relevo/server"
)

// The exit statuses.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2 // the command line or the configuration is wrong
)

// terminal is what a command may talk to.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	environ  []string
	// verbose turns debug lines of a running server on and off; nil never does.
	verbose <-chan os.Signal
}

// usageError is a fault of the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// execute runs one command line and returns the exit status.
func execute(ctx context.Context, term terminal, args []string) int {
	root := newRoot(term)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(term.err, "relevo:", strings.ReplaceAll(err.Error(), "\n", "\nrelevo: "))
	var usage usageError
	var config *server.ConfigError
	if errors.As(err, &usage) || errors.As(err, &config) {
		return exitUsage
	}
	return exitFailure
}

// cli is what the verbs share.
type cli struct {
	terminal
	file   string
	values map[string]*string // flags by configuration key
	flags  *pflag.FlagSet
}

func newRoot(term terminal) *cobra.Command {
	c := &cli{terminal: term, values: map[string]*string{}}
	root := serveCommand(c)
	root.Use, root.Short = "relevo", "Real-time operations desk"
	root.Long = "Relevo serves the desk's REST interface and its Socket.IO events.\n" +
		"Without a verb it serves. Every configuration key is a flag too; relevo serve --help lists them."
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetIn(term.in)
	root.SetOut(term.out)
	root.SetErr(term.err)
	root.SetFlagErrorFunc(c.flagError)
	c.flags = root.PersistentFlags()
	c.flags.StringVar(&c.file, "config", "", "configuration file (default: ./config.yaml when there)")
	for _, s := range server.DefaultConfig().Settings() {
		value := new(string)
		c.values[s.Key] = value
		c.flags.StringVar(value, strings.TrimPrefix(s.Flag, "--"), s.Default, s.Doc)
		flag := c.flags.Lookup(strings.TrimPrefix(s.Flag, "--"))
		flag.Hidden = true // listed by serve --help, not below every verb
		if s.Bool {
			flag.NoOptDefVal = "true"
		}
	}
	serve := serveCommand(c)
	serve.Long = "Serve until SIGINT or SIGTERM. Later wins: defaults, configuration file, environment, flags.\n\nConfiguration flags:\n" + configFlagsHelp()
	root.AddCommand(serve, migrateCommand(c), userCommand(c), accountCommand(c), sessionCommand(c), keyCommand(c), emitCommand(c), configCommand(c), healthCommand(c), versionCommand(c))
	return root
}

// load reads the configuration for a verb.
func (c *cli) load() (*server.Config, error) {
	src := server.Source{File: c.file, Environ: c.environ, Flags: map[string]string{}}
	if src.File == "" {
		switch _, err := os.Stat("config.yaml"); {
		case err == nil:
			src.File = "config.yaml"
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("read configuration: %w", err)
		}
	}
	for _, s := range server.DefaultConfig().Settings() {
		if c.flags.Changed(strings.TrimPrefix(s.Flag, "--")) {
			src.Flags[s.Key] = *c.values[s.Key]
		}
	}
	return server.LoadConfig(src)
}

// flagError adds the nearest flag to pflag's complaint.
func (c *cli) flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		err = fmt.Errorf("unknown flag --%s, the nearest known one is --%s", unknown.GetSpecifiedName(), server.NearestKey(unknown.GetSpecifiedName(), known))
	}
	return usageError{err}
}

// noArguments refuses words after a verb; on a command with verbs, a word is a
// misspelt verb.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var verbs []string
	for _, sub := range cmd.Commands() {
		verbs = append(verbs, sub.Name())
	}
	if len(verbs) == 0 {
		return usageError{fmt.Errorf("%s takes no arguments, got %q", cmd.CommandPath(), args)}
	}
	return usageError{fmt.Errorf("unknown verb %q, the nearest known one is %q", args[0], server.NearestKey(args[0], verbs))}
}

// group is a command that only holds verbs.
func group(use, short string, verbs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		var names []string
		for _, v := range verbs {
			names = append(names, v.Name())
		}
		return usageError{fmt.Errorf("%s: expected one of %s", cmd.CommandPath(), strings.Join(names, ", "))}
	}}
	cmd.AddCommand(verbs...)
	return cmd
}

func configFlagsHelp() string {
	var b strings.Builder
	for _, s := range server.DefaultConfig().Settings() {
		def := ""
		if s.Default != "" {
			def = " (default " + s.Default + ")"
		}
		fmt.Fprintf(&b, "  %s%s\n      %s\n", s.Flag, def, s.Doc)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
