package e2e

import (
	"fmt"
	"strings"
)

// mute proves that it is open, and that nothing came but its greeting and pongs.
func (s *pushSocket) mute() {
	s.t.Helper()
	s.barrier()
	for _, f := range s.all() {
		if f.Type != "connection" && f.Type != "pong" {
			s.t.Errorf("%s is mute and got %s", s.name, f.raw)
		}
	}
}

// listening fails the test unless so many sockets are not mute. Whether one is, is
// decided before it is read from: after a round trip.
func (p *process) listening(n int) {
	p.t.Helper()
	if got := p.metric(`relevo_push_sockets{state="listening"}`); got != fmt.Sprint(n) {
		p.t.Errorf("%s sockets listen, want %d", got, n)
	}
}

// replayed waits until so many sockets have had what is sent first: what comes from now
// on comes live, with its place in the log.
func (p *process) replayed(n int) {
	p.t.Helper()
	p.eventually(fmt.Sprintf("%d sockets have the open requests", n), func() error {
		if got := p.sum("relevo_push_replays_total{"); got != n {
			return fmt.Errorf("%d have", got)
		}
		return nil
	})
}

// secrets are what no socket without a right to it may have in any form.
var secrets = []string{"Persona", "000111", "asma", "1990-01-01", "emergencia-"}

// clean fails the test for personal data.
func (s *pushSocket) clean() {
	s.t.Helper()
	for _, f := range s.all() {
		for _, secret := range secrets {
			if strings.Contains(f.raw, secret) {
				s.t.Errorf("%s got %q: %s", s.name, secret, f.raw)
			}
		}
	}
}
