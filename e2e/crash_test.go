package e2e

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// rounds is how often something is broken; RELEVO_CRASH_ROUNDS makes it more.
func rounds(t *testing.T, short int) int {
	t.Helper()
	text := os.Getenv("RELEVO_CRASH_ROUNDS")
	if text == "" {
		return short
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("RELEVO_CRASH_ROUNDS=%q is no number of rounds", text)
	}
	return n
}

// chance is a source of random numbers whose seed is printed; RELEVO_CRASH_SEED
// repeats one.
func chance(t *testing.T) (*rand.Rand, uint64) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("RELEVO_CRASH_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("RELEVO_CRASH_SEED=%q is no seed", text)
		}
		seed = n
	}
	t.Logf("RELEVO_CRASH_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0)), seed
}

// desk is a process with people, a client of the desk, and the database beside it.
type desk struct {
	*process
	max, mara, tina, olga, omar *person
	client                      int64
	store                       *models.Store
}

func openDesk(t *testing.T, d models.Dialect, settings ...string) *desk {
	t.Helper()
	// The work goes on with operators who are away.
	p := start(t, d, append([]string{"RELEVO_PRESENCE_GRACE=1h"}, settings...)...)
	k := &desk{process: p}
	k.max, k.mara = p.hire("max", models.Master), p.hire("mara", models.Master)
	k.tina, k.olga, k.omar = p.hire("tina", models.Trader), p.hire("olga", models.Operador), p.hire("omar", models.Operador)
	k.client = k.max.newClient("11112222")
	k.store = p.open()
	return k
}

// logEnd is the seq of the last event so far.
func (k *desk) logEnd() int64 {
	k.t.Helper()
	return logEnd(k.t, k.store)
}

// work is what the writers do.
func (k *desk) work() []job {
	return []job{
		{k.tina, trade(k.client)}, {k.max, manage(k.client, k.olga.id, k.omar.id)},
		{k.mara, enrol}, {k.mara, appoint},
	}
}

// audience is one tab of every kind: versions, transports and upgrades (contract 1.7),
// several of one session, and people without one.
func (k *desk) audience() []*watcher {
	const old, new = "socket.io-client-4.5.4", "socket.io-client-4.8"
	return []*watcher{
		{name: "olga 4.5.4 page", who: k.olga, pkg: old, options: pageOptions()},
		{name: "olga 4.5.4 polling", who: k.olga, pkg: old, options: quickOptions(overPolling)},
		{name: "olga 4.8 websocket", who: k.olga, pkg: new, options: quickOptions(overWebSocket)},
		{name: "omar 4.5.4 upgrading", who: k.omar, pkg: old, options: quickOptions(upgrading)},
		{name: "max 4.5.4 websocket", who: k.max, pkg: old, options: quickOptions(overWebSocket)},
		{name: "max 4.8 upgrading", who: k.max, pkg: new, options: quickOptions(upgrading)},
		{name: "mara 4.8 polling", who: k.mara, pkg: new, options: quickOptions(overPolling)},
		{name: "tina 4.8 page", who: k.tina, pkg: new, options: pageOptions()},
		{name: "nobody 4.5.4", pkg: old, options: quickOptions(overWebSocket)},
		{name: "nobody 4.8", pkg: new, options: quickOptions(upgrading)},
	}
}

// writesPerKill is how many writes there are for each kill.
const writesPerKill = 9

// Writers commit over REST while the program is killed with SIGKILL at random instants
// and started again. What was committed is in the log, and each client has got of it
// exactly what is for it: per entity in order of the commits, repeated only as a
// replay, and nobody gave up (contract 2.2, 5.5, 5.7, 5.8).
func TestCrash(t *testing.T) {
	needNode(t, npmClients...)
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		random, seed := chance(t)
		// A client whose server dies in the middle of an upgrade may learn of it from the
		// heartbeat alone; it shall learn within the patience of this test.
		// And no run lasts the two seconds after which a client is asked what it has:
		// without an answer each return would begin where the first one did.
		k := openDesk(t, d, "RELEVO_EVENTS_REPLAY_MAX=20000", "RELEVO_SOCKET_PING_INTERVAL=5s", "RELEVO_SOCKET_PING_TIMEOUT=8s",
			"RELEVO_SOCKET_CONFIRM_AFTER=150ms")
		crowd := gather(k.process, k.audience()...)
		baseline := k.logEnd()
		ledger := newLedger()
		kills, early := rounds(t, 5), 0
		// While kills follow each other a client of 4.5.4 gets the last minutes again each
		// time (docs/replay.md). That has to stay below what one return is sent, however
		// fast the machine is.
		allow := make(chan struct{}, kills*writesPerKill)
		dismiss := employ(t, ledger, seed, 60*time.Millisecond, allow, k.work()...)

		addr := strings.TrimPrefix(k.url, "http://")
		for round := range kills {
			// Most kills hit a program at work, some one that is starting.
			delay := time.Duration(50+random.IntN(1450)) * time.Millisecond
			if round%5 == 4 {
				delay /= 5
				early++
			} else {
				k.ready()
				k.eventually("no client is near giving up", crowd.nearGivingUp)
			}
			for range writesPerKill {
				allow <- struct{}{}
				time.Sleep(delay / writesPerKill)
			}
			if k.ended() {
				t.Fatalf("round %d: the program ended by itself", round)
			}
			k.kill()
			k.launch(addr)
		}
		k.ready()
		dismiss()
		j := newJudge(t, k.store, baseline)
		ledger.agree(t, j.rows)
		v := j.settle(k.process, crowd)
		t.Logf("%s: %d kills (%d while starting), %d writes answered, %d with the answer lost of which %d committed; %s",
			d, kills, early, ledger.writes, ledger.unknown, ledger.settled, v)
	})
}
