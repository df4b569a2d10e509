package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// healthTimeout is below the usual timeout of a container's health check.
const healthTimeout = 3 * time.Second

func healthCommand(c *cli) *cobra.Command {
	return &cobra.Command{Use: "health", Short: "Ask the server of this configuration whether it lives; for HEALTHCHECK", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error {
		cfg, err := c.load()
		if err != nil {
			return err
		}
		url := "http://" + dialAddr(cfg.HTTP.Addr) + "/healthz"
		if err := probe(cmd.Context(), url); err != nil {
			return fmt.Errorf("health: %w", err)
		}
		_, err = fmt.Fprintln(c.out, "ok")
		return err
	}}
}

// dialAddr is where a listener on addr is reached from the same machine.
func dialAddr(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	switch host {
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}

func probe(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // never through a proxy
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 512))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s: %s", url, resp.Status, body)
	}
	return err
}
