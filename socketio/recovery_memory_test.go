package socketio_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio"
)

func TestMemoryRecoveryIsBounded(t *testing.T) {
	now := time.Unix(0, 0)
	ctx := context.Background()
	to := socketio.Target{All: true}
	m := socketio.NewMemoryRecovery(socketio.MemoryRecoveryOptions{
		MaxAge: time.Minute, MaxSessions: 2, MaxPackets: 3, MaxBytes: 300, Now: func() time.Time { return now },
	})
	add := func(ns, text string) string {
		return m.Append(ns, socketio.LoggedPacket{Target: to, Payload: []byte(text)})
	}
	restore := func(pid, offset string) bool {
		m.Save(socketio.Session{Namespace: "/", PID: pid})
		s, err := m.Restore(ctx, "/", pid, offset)
		return err == nil && s != nil
	}
	first := add("/", `["a"]`)
	second := add("/", `["a"]`)
	if !restore("p", first) || !restore("p", second) {
		t.Error("kept packets are not there")
	}
	for range 3 {
		add("/", `["a"]`)
	}
	if restore("p", first) || !restore("p", second) {
		t.Error("count: a gap, or too little kept")
	}
	last := add("/", `["`+strings.Repeat("x", 280)+`"]`)
	if restore("p", second) || !restore("p", last) {
		t.Error("bytes: a gap, or too little kept")
	}
	for _, pid := range []string{"1", "2", "3"} {
		m.Save(socketio.Session{Namespace: "/", PID: pid})
	}
	if s, _ := m.Restore(ctx, "/", "1", last); s != nil {
		t.Error("more sessions than allowed")
	}
	if s, _ := m.Restore(ctx, "/other", "2", last); s != nil {
		t.Error("restored in another namespace")
	}
	if s, _ := m.Restore(ctx, "/", "2", last); s == nil {
		t.Error("session 2 is gone")
	}
	now = now.Add(2 * time.Minute)
	if s, _ := m.Restore(ctx, "/", "3", last); s != nil {
		t.Error("restored after its time")
	}
	add("/other", `["a"]`)
	if now = now.Add(2 * time.Minute); restore("p", last) {
		t.Error("packets of before are taken for whole")
	}
}
