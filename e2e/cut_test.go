package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// cut is a way to lose a network.
type cut struct {
	name string
	make func(*cutProxy)
}

var cuts = []cut{
	{"reset and refused", func(p *cutProxy) { p.refuse(); p.reset() }},
	{"silence both ways", func(p *cutProxy) { p.hold(toServer, toClient) }},
	{"silence to the client", func(p *cutProxy) { p.hold(toClient) }},
	{"silence to the server", func(p *cutProxy) { p.hold(toServer) }},
	{"silence, then reset", func(p *cutProxy) { p.hold(toServer, toClient); p.refuse() }},
	{"half-close to the server", func(p *cutProxy) { p.halfClose(toServer) }},
	{"half-close to the client", func(p *cutProxy) { p.halfClose(toClient) }},
}

// cutting is the scale of a test with cuts.
type cutting struct {
	rounds           int
	shortest, spread time.Duration
	pace             time.Duration // of each writer
	settings         []string
}

// cuttingScale is the real one in the long form: heartbeats as shipped and cuts of 1
// to 90 s, with as much work as a desk has: what is missed in the longest of them is
// less than one replay holds. The short form is the same, about forty times as fast.
func cuttingScale(t *testing.T) cutting {
	if os.Getenv("RELEVO_CRASH_ROUNDS") != "" {
		return cutting{max(2, rounds(t, 0)/20), time.Second, 89 * time.Second, 1500 * time.Millisecond, nil}
	}
	return cutting{5, 25 * time.Millisecond, 2200 * time.Millisecond, 120 * time.Millisecond, []string{"RELEVO_SOCKET_PING_INTERVAL=600ms", "RELEVO_SOCKET_PING_TIMEOUT=1200ms"}}
}

// Each client has a network of its own that is cut at random, in every way and for a
// random time, while writers commit. Every client gets all that is for it, once but
// for replays, in order (contract 5.7, 5.8).
func TestCuts(t *testing.T) {
	needNode(t, npmClients...)
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		random, seed := chance(t)
		scale := cuttingScale(t)
		k := openDesk(t, d, append(scale.settings, "RELEVO_EVENTS_REPLAY_MAX=20000")...)
		watchers := k.audience()
		networks := make([]*cutProxy, len(watchers))
		for i, w := range watchers {
			// A page gives up after five attempts whatever the server does, and these
			// cuts are longer.
			delete(w.options, "reconnectionAttempts")
			networks[i] = newCutProxy(t, k.url)
			w.url = networks[i].url()
		}
		crowd := gather(k.process, watchers...)
		baseline := k.logEnd()
		ledger := newLedger()
		dismiss := employ(t, ledger, seed, scale.pace, nil, k.work()...)

		made := map[string]int{}
		for range scale.rounds {
			done := make(chan string, len(networks))
			for _, n := range networks {
				go scale.cutOnce(n, rand.New(rand.NewPCG(random.Uint64(), 0)), done)
			}
			for range networks {
				made[<-done]++
			}
			k.eventually("all clients are back", func() error {
				return crowd.all(func(w *watcher) bool { return w.attempts == 0 })
			})
		}
		dismiss()
		j := newJudge(t, k.store, baseline)
		ledger.agree(t, j.rows)
		v := j.settle(k.process, crowd)
		t.Logf("%s: cuts %v; %d writes; %s", d, fmt.Sprint(made), ledger.writes, v)
	})
}

// cutOnce cuts one network in a random way for a random time and says in which.
func (s cutting) cutOnce(n *cutProxy, random *rand.Rand, done chan<- string) {
	c := cuts[random.IntN(len(cuts))]
	// Most are short, as in life.
	x := random.Float64()
	length := s.shortest + time.Duration(x*x*float64(s.spread))
	time.Sleep(time.Duration(random.Int64N(int64(s.spread/20 + s.shortest))))
	c.make(n)
	time.Sleep(length)
	if c.name == "silence, then reset" {
		n.reset()
	}
	n.heal()
	done <- c.name
}
