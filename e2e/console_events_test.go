package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// heardOfConsole counts what the socket got of the console; where probe is not empty,
// only what holds it.
func heardOfConsole(s *livetest.Client, probe string) (n int) {
	for _, e := range s.Events() {
		if strings.HasPrefix(e.Name, "console_") && strings.Contains(e.Arg(), probe) {
			n++
		}
	}
	return n
}

// watchConsole asks for what the console gets and returns when that is answered.
func watchConsole(t *testing.T, s *livetest.Client) {
	t.Helper()
	id, err := s.EmitAck(soon(t), "console_watch", "true")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Acked(soon(t), id); err != nil || got != "[]" {
		t.Fatalf("console_watch: %q, %v", got, err)
	}
}

// Everybody asks for what the console gets: a Master gets it, nobody else does, and a
// Master that becomes an Operador gets nothing more, also when it asks again.
func TestConsoleEventsReachWatchersAlone(t *testing.T) {
	for _, engine := range []string{"native", "zishang520"} {
		t.Run(engine, func(t *testing.T) {
			eachDialect(t, func(t *testing.T, d models.Dialect) {
				p := start(t, d, "RELEVO_SOCKET_ENGINE="+engine)
				max, mona := p.hire("max", models.Master), p.hire("mona", models.Master)
				olga, tina := p.hire("olga", models.Operador), p.hire("tina", models.Trader)
				masters, others := map[string]*livetest.Client{}, map[string]*livetest.Client{}
				for _, transport := range []string{"websocket", "polling"} {
					masters["max "+transport], masters["mona "+transport] = max.listen(transport), mona.listen(transport)
					others["olga "+transport], others["tina "+transport] = olga.listen(transport), tina.listen(transport)
					others["nobody "+transport] = p.stranger().listen(transport)
				}
				if t.Failed() {
					return
				}
				ask := func() {
					for _, all := range []map[string]*livetest.Client{masters, others} {
						for _, s := range all {
							watchConsole(t, s)
						}
					}
				}
				// tell makes something happen and waits until all watchers have heard of it.
				tell := func(watchers ...string) (code string) {
					t.Helper()
					client := max.newClient(fmt.Sprintf("4%07d", len(max.operationCodes())))
					_, code = tina.newOperationOf(client)
					for _, name := range watchers {
						p.eventually(name+" hears of it", func() error {
							if heardOfConsole(masters[name], code) == 0 {
								return fmt.Errorf("%v", masters[name].Names())
							}
							return nil
						})
					}
					return code
				}
				silent := func(when string, sockets map[string]*livetest.Client, before map[string]int) {
					t.Helper()
					for name, s := range sockets {
						if err := s.Barrier(soon(t)); err != nil {
							t.Fatal(err)
						}
						if n := heardOfConsole(s, "") - before[name]; n != 0 {
							t.Errorf("%s: %s got %d events of the console: %v", when, name, n, s.Names())
						}
					}
				}
				silentSoFar := func() map[string]int {
					before := map[string]int{}
					for name, s := range masters {
						before[name] = heardOfConsole(s, "")
					}
					return before
				}
				tell()
				silent("before anybody asks", masters, nil)
				ask()
				tell("max websocket", "max polling", "mona websocket", "mona polling")
				silent("after all asked", others, nil)

				max.json("PUT", fmt.Sprintf("/users/api/update/%d", mona.id), map[string]any{"role": models.Operador}).want(200)
				demoted := map[string]*livetest.Client{"mona websocket": masters["mona websocket"], "mona polling": masters["mona polling"]}
				for name, s := range demoted {
					p.eventually(name+" hears of the role", func() error {
						if !slices.Contains(s.Names(), "session_updated") {
							return fmt.Errorf("%v", s.Names())
						}
						return nil
					})
				}
				before := silentSoFar()
				for _, again := range []bool{false, true} {
					if again {
						ask()
					}
					tell("max websocket", "max polling")
					silent(fmt.Sprintf("after the change of role, asked again %v", again), demoted, before)
				}
				silent("at the end", others, nil)
				for name, s := range masters {
					for _, private := range []string{"ROJAS", "4000000", "@client.example"} {
						if heardOfConsole(s, private) != 0 {
							t.Errorf("%s heard %s of a client", name, private)
						}
					}
				}
			})
		})
	}
}
