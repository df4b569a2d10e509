package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// What connections can do to a process, and what payloads and identities can, in turn
// on one process (docs/hostile.md).
func TestHostile(t *testing.T) {
	besides(t)
	f := newField(t)
	const ends = "relevo_socket_disconnects_total{"
	resets := many(100, 500)
	f.underFire(t, "case 1 resets during a broadcast", moved{
		ends + `reason="transport_close"}|` + ends + `reason="transport_error"}`: resets, `relevo_events_emitted_total{event="notification"}`: 100,
	}, func(t *testing.T) { f.resets(resets) })
	stalled := many(4, 20)
	f.underFire(t, "case 3 readers that stall", moved{ends + `reason="slow_consumer"}|` + ends + `reason="transport_error"}`: stalled},
		func(t *testing.T) { f.stalls(stalled) })
	slow := many(200, 2000)
	f.underFire(t, "case 4 slowloris", moved{`relevo_limits_hit_total{limit="http.max_header_bytes"}`: slow}, func(t *testing.T) { f.slow(slow) })
	f.underFire(t, "cases 2 and 7 heartbeats", moved{ends + `reason="ping_timeout"}`: 10}, func(t *testing.T) { f.heartbeats() })
	f.underFire(t, "case 10 oversize", moved{ends + `reason="payload_too_large"}|` + ends + `reason="parse_error"}`: 2, `relevo_limits_hit_total{limit="uploads.max_bytes"}`: 1},
		func(t *testing.T) { f.oversize() })
	f.underFire(t, "cases 11, 12 and 15 rubbish", moved{ends + `reason="parse_error"}`: 30}, f.rubbish)
	f.underFire(t, "case 20 forged cookies", moved{`relevo_limits_hit_total{limit="http.max_header_bytes"}`: 1, "relevo_socket_connects_total{": 20}, f.forgedCookies)
	f.underFire(t, "case 23 stolen session ids", moved{"relevo_handshake_failures_total{": 4}, f.stolenIDs)
}

// resets: sockets that events are being written to vanish with RST.
func (f *field) resets(n int) {
	defer f.stream.weigh(50, 1000)()
	crowd := f.intruders(n, f.max.cookie(), f.tina.cookie(), f.olga.cookie())
	f.stream.await(1)
	var all sync.WaitGroup
	for part := range 4 {
		all.Go(func() {
			for k := part; k < n; k += 4 {
				crowd[k].reset()
			}
		})
	}
	all.Wait()
}

// stalls: sockets that read nothing any more, while there is much to read.
func (f *field) stalls(n int) {
	defer f.stream.weigh(100, many(8000, 1000))()
	for range many(0, 8) {
		f.stream.await(50) // until the process has as many of the latest events at hand as it keeps
	}
	before, peak := f.memory(), int64(0)
	over := time.Now().Add(time.Duration(many(0, 60)) * time.Second)
	for first := true; first || time.Now().Before(over); first = false {
		crowd := f.intruders(n, f.tina.cookie())
		for _, i := range crowd {
			_ = i.conn.SetReadBuffer(4096)
		}
		sockets := f.residents()
		f.soonOr("those who do not read are sent away", func() error {
			peak = max(peak, f.memory())
			if now := f.sum("relevo_sockets{"); now > sockets {
				return fmt.Errorf("%d sockets, want %d", now, sockets)
			}
			return nil
		})
		for _, i := range crowd {
			i.close()
		}
	}
	f.t.Logf("RSS %d MB before, %d MB at most", before>>20, peak>>20)
	if peak > before+int64(n)*(2<<20)+(96<<20) {
		f.t.Errorf("RSS grew from %d to %d MB for %d sockets", before>>20, peak>>20, n)
	}
}

// slow: requests that come byte by byte, upgrades and sockets that are never
// completed.
func (f *field) slow(n int) {
	var all sync.WaitGroup
	ended := func(what string, begin func(i *intruder) error) {
		crowd := make([]*intruder, n)
		for part := range 8 {
			all.Go(func() {
				for k := part; k < n; k += 8 {
					i, err := f.call()
					if err == nil {
						crowd[k], err = i, begin(i)
					}
					if err != nil {
						f.t.Errorf("%s: %v", what, err)
						return
					}
				}
				for k := part; k < n; k += 8 {
					if err := crowd[k].gone(); err != nil {
						f.t.Errorf("%s: %v", what, err)
						return
					}
				}
			})
		}
	}
	request := "GET " + openWebSocket + " HTTP/1.1\r\nHost: " + f.host() + "\r\nUser-Agent: " + strings.Repeat("x", 500)
	ended("byte by byte", func(i *intruder) error {
		all.Go(func() {
			for k := range request {
				if i.write([]byte{request[k]}) != nil {
					return
				}
				time.Sleep(200 * time.Millisecond) // no wait: this client is slow
			}
		})
		return nil
	})
	ended("no CONNECT", func(i *intruder) error { return i.upgrade(openWebSocket, f.tina.cookie()) })
	ended("no probe", func(i *intruder) error {
		if _, err := io.WriteString(i.conn, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: "+f.host()+"\r\n\r\n"); err != nil {
			return err
		}
		resp, err := http.ReadResponse(i.in, nil)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		_, rest, _ := bytes.Cut(body, []byte(`"sid":"`))
		sid, _, found := bytes.Cut(rest, []byte(`"`))
		if !found {
			return fmt.Errorf("handshake %.200s", body)
		}
		return i.upgrade(openWebSocket+"&sid="+string(sid), "")
	})
	all.Wait()
}

// heartbeats: pongs that never come, that come unasked, and that come without end.
func (f *field) heartbeats() {
	mute := f.intruders(10, f.tina.cookie(), "")
	eager := f.intruders(5, f.tina.cookie(), "")
	flood := f.intruders(5, f.tina.cookie(), "")
	var all sync.WaitGroup
	for _, i := range flood {
		all.Go(func() {
			pongs := bytes.Repeat(frame(0x81, "3"), 1000)
			for range 100 {
				if i.write(pongs) != nil {
					break
				}
			}
			if err := i.gone(); err != nil {
				f.t.Errorf("pongs without end: %v", err)
			}
		})
	}
	over := make(chan struct{})
	for _, i := range eager {
		all.Go(func() {
			for {
				if err := i.write(frame(0x81, "3")); err != nil {
					f.t.Errorf("unasked pongs: %v", err)
					return
				}
				select {
				case <-over:
					return
				case <-time.After(300 * time.Millisecond):
				}
			}
		})
		// Who answers more than it is asked must read as well, or it is a stalled reader.
		all.Go(func() { _, _ = io.Copy(io.Discard, i.in) })
	}
	timeouts := f.sum(`relevo_socket_disconnects_total{reason="ping_timeout"}`)
	f.soonOr("those who do not answer are gone", func() error {
		if now := f.sum(`relevo_socket_disconnects_total{reason="ping_timeout"}`) - timeouts; now < len(mute) {
			return fmt.Errorf("%d of %d", now, len(mute))
		}
		return nil
	})
	for _, i := range mute {
		if err := i.gone(); err != nil {
			f.t.Errorf("no pong: %v", err)
		}
	}
	close(over)
	for _, i := range eager {
		i.close()
	}
	all.Wait()
}

// Everybody comes at once after a restart, with cookies: sessions are looked up, and no
// password is looked at.
func TestHostileStorm(t *testing.T) {
	besides(t)
	f := hireField(t, "RELEVO_SOCKET_CONNECT_TIMEOUT=45s")
	f.stop()
	f.restart()
	f.takePlaces()
	n := many(500, 5000)
	f.underFire(t, "case 5 connection storm", moved{`relevo_socket_connects_total{transport="websocket"}`: n}, func(t *testing.T) {
		began := time.Now()
		crowd := f.intruders(n, f.max.cookie(), f.tina.cookie(), f.olga.cookie())
		t.Logf("%d sockets in %v", n, time.Since(began).Round(time.Millisecond))
		for _, i := range crowd {
			i.close()
		}
	})
	if n := f.sum("relevo_login_attempts_total{"); n != 0 {
		t.Errorf("%d sign-ins", n)
	}
	if f.read("/debug/pprof/heap?gc=1&debug=1"); strings.Contains(f.read("/debug/pprof/heap?gc=1&debug=1"), "scrypt") {
		t.Error(errors.New("a password was hashed"))
	}
}
