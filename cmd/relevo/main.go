// Command relevo is the real-time desk server and its tools.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the desk keeps Lima time, also in an image without zone files
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		cancel() // the ordered end
		<-signals
		os.Exit(exitFailure) // whoever asks twice does not want to wait
	}()
	verbose := make(chan os.Signal, 1)
	signal.Notify(verbose, syscall.SIGUSR1)
	os.Exit(execute(ctx, terminal{os.Stdin, os.Stdout, os.Stderr, os.Environ(), verbose}, os.Args[1:]))
}
