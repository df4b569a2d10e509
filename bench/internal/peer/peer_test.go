package peer

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/bench/internal/proc"
	"github.com/relevo/relevo/bench/internal/wire"
)

// ears keeps what clients hear.
type ears struct {
	t      *testing.T
	events []string
	acks   []string
}

func (e *ears) Event(_ *wire.Client, array []byte)       { e.events = append(e.events, string(array)) }
func (e *ears) Ack(_ *wire.Client, id int, array []byte) { e.acks = append(e.acks, string(array)) }
func (e *ears) Closed(c *wire.Client, err error)         { e.t.Errorf("client %d closed: %v", c.Index, err) }
func start(t *testing.T, name string) *Process {
	t.Helper()
	k, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Prepare(t.Context(), root); err != nil {
		if k.Go {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	p, err := k.Start(context.WithoutCancel(t.Context()), root, Settings{PingInterval: 300 * time.Millisecond, PingTimeout: 5 * time.Second, Log: filepath.Join(t.TempDir(), "log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

func TestPeersKeepTheContract(t *testing.T) {
	for _, name := range []string{"native", "node", "bun", "gws"} {
		t.Run(name, func(t *testing.T) {
			p := start(t, name)
			loop, err := wire.NewLoop()
			if err != nil {
				t.Fatal(err)
			}
			defer loop.Close()
			h := &ears{t: t}
			to := wire.Target{Address: p.Address, Plain: p.Kind.Plain}
			clients := []*wire.Client{loop.NewClient(0, to, h), loop.NewClient(1, to, h)}
			if !p.Kind.Plain {
				to.Polling = true
				clients = append(clients, loop.NewClient(2, to, h), loop.NewClient(3, to, h))
			}
			if err := loop.Open(clients, 2, 10*time.Second); err != nil {
				t.Fatal(err)
			}

			clients[0].Emit(7, `["leave"]`)
			clients[len(clients)-1].Emit(8, `["echo",{"text":"año \"€\""}]`)
			if err := loop.Until(10*time.Second, func() bool { return len(h.acks) == 2 }); err != nil {
				t.Fatalf("acknowledgements %q: %v", h.acks, err)
			}
			if !strings.Contains(strings.Join(h.acks, " "), `[{"text":"año \"€\""}]`) {
				t.Errorf("acknowledgements %q", h.acks)
			}

			clients[0].Emit(-1, `["bcast",41,20]`)
			clients[0].Emit(-1, `["bcast",42,20]`)
			receivers := len(clients) - 1
			if err := loop.Until(10*time.Second, func() bool { return len(h.events) == 2*receivers }); err != nil {
				t.Fatalf("%d of %d copies: %v", len(h.events), 2*receivers, err)
			}
			for _, n := range []string{"41", "42"} {
				want := `["news",{"n":` + n + `,"pad":"` + strings.Repeat("x", 20) + `"}]`
				if got := strings.Count(strings.Join(h.events, "\n"), want); got != receivers {
					t.Errorf("%d copies of %s in %q", got, want, h.events)
				}
			}

			// Heartbeats come and are answered on every transport.
			if err := loop.Until(10*time.Second, func() bool {
				for _, c := range clients {
					if c.Pings < 2 {
						return false
					}
				}
				return true
			}); err != nil {
				t.Errorf("no two heartbeats: %v", err)
			}
			if len(h.events) != 2*receivers {
				t.Errorf("%d copies, not %d", len(h.events), 2*receivers)
			}
		})
	}
}

func TestServerRunsOnItsCoreAndEnds(t *testing.T) {
	p := start(t, "gws")
	if cpu, err := proc.CPU(p.PID()); err != nil || cpu <= 0 {
		t.Errorf("CPU %v, %v", cpu, err)
	}
	if !p.Alive() {
		t.Error("not alive")
	}
	p.Stop()
	if p.Alive() {
		t.Error("alive after Stop")
	}
	p.Stop()
}
