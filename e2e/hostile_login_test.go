package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// visit gets what the form of sign-in gives to everybody who asks: one is enough for
// any number of attempts.
func (f *field) visit() {
	f.t.Helper()
	who := f.stranger()
	token := formToken.FindSubmatch(who.send("GET", "/login", nil).want(200).raw)
	if token == nil {
		f.t.Fatal("no csrf_token in the login form")
	}
	f.visitor = http.Header{"Cookie": {who.cookie()}, "X-Csrftoken": {string(token[1])}}
}

// loginAttempt signs in with JSON from an address of its own; header may be nil.
func (f *field) loginAttempt(client *http.Client, user, secret string, header http.Header) (status int, retryAfter string, err error) {
	body, _ := json.Marshal(map[string]string{"username": user, "password": secret})
	req, err := http.NewRequest("POST", f.url+"/login", strings.NewReader(string(body)))
	if err != nil {
		return 0, "", err
	}
	maps.Copy(req.Header, f.visitor)
	maps.Copy(req.Header, header)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	_ = resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Retry-After"), nil
}

// flood tries wrong passwords all at once; address, user and header may differ by the
// number of the attempt. It returns how many had which status, 0
// for who did not wait for the answer.
func (f *field) flood(n int, client func(int) *http.Client, user func(int) string, header func(int) http.Header) map[int]int {
	f.t.Helper()
	var mu sync.Mutex
	statuses := map[int]int{}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			c := client(i)
			defer c.CloseIdleConnections()
			status, after, err := f.loginAttempt(c, user(i), "equivocada-1", header(i))
			if err != nil {
				status = 0 // it was not waited for
			}
			if seconds, err := strconv.Atoi(after); status == 429 && (err != nil || seconds < 1) {
				f.t.Errorf("attempt %d: 429 with Retry-After %q", i, after)
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	all.Wait()
	return statuses
}

// watchMemory notes the most memory that the process takes until it is stopped.
func (f *field) watchMemory() (most func() int64) {
	stop, peak := make(chan struct{}), make(chan int64)
	go func() {
		var highest int64
		for {
			highest = max(highest, f.memory())
			select {
			case <-stop:
				peak <- highest
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() int64 { close(stop); return <-peak }
}

const (
	attempts  = 200
	mostBytes = 300 << 20
)

// 200 wrong passwords at once, from one address and from 200: the passwords that are
// looked at are few at a time, the others are told when to come again, and the right
// password from elsewhere is let in (cases 21 and 22).
func TestHostileLogin(t *testing.T) {
	besides(t)
	f := hireField(t, "RELEVO_HTTP_TRUSTED_PROXIES=127.0.0.9")
	// People have signed in; from here on the limits are those that nobody configured.
	f.stop()
	f.env = append(f.env, "RELEVO_LOGIN_PER_MINUTE=5")
	f.restart()
	f.takePlaces()
	f.visit()
	none := func(int) http.Header { return nil }
	tina := func(int) string { return "tina" }
	limited := `relevo_limits_hit_total{limit="login.per_minute"}|relevo_limits_hit_total{limit="login.max_delay"}`

	f.underFire(t, "case 21 one address", moved{limited: attempts - 5, `relevo_login_attempts_total{result="limited"}`: attempts - 5, `relevo_login_attempts_total{result="rejected"}`: 1},
		func(t *testing.T) {
			most, attacker := f.watchMemory(), f.clientFrom(elsewhere())
			right := f.rightLogin(t, "tina")
			statuses := f.flood(attempts, func(int) *http.Client { return attacker }, tina, none)
			right()
			if statuses[429] < attempts-5 || statuses[429]+statuses[401] != attempts {
				t.Errorf("statuses %v", statuses)
			}
			f.bounded(t, most())
		})
	f.underFire(t, "case 21 as many addresses", moved{limited: attempts - 20}, func(t *testing.T) {
		most := f.watchMemory()
		right := f.rightLogin(t, "olga")
		statuses := f.flood(attempts, func(int) *http.Client { return f.clientFrom(elsewhere()) }, func(int) string { return "olga" }, none)
		right()
		if statuses[429] < attempts-20 || statuses[429]+statuses[401] != attempts {
			t.Errorf("statuses %v", statuses)
		}
		f.bounded(t, most())
	})
	f.underFire(t, "case 21 as many addresses and accounts", moved{`relevo_login_attempts_total{result="rejected"}`: 5}, func(t *testing.T) {
		most := f.watchMemory()
		// Each of these passwords is looked at, in turn: it is their number that counts here.
		statuses := f.flood(many(30, attempts), func(int) *http.Client { return f.clientFrom(elsewhere()) }, func(i int) string { return fmt.Sprintf("nadie%d", i) }, none)
		f.t.Logf("statuses %v", statuses)
		f.bounded(t, most())
	})
	forwarded := func(i int) http.Header { return http.Header{"X-Forwarded-For": {fmt.Sprintf("203.0.113.%d", i)}} }
	f.underFire(t, "case 22 forwarded by nobody who may", moved{limited: 20 - 5}, func(t *testing.T) {
		attacker := f.clientFrom(elsewhere())
		statuses := f.flood(20, func(int) *http.Client { return attacker }, func(i int) string { return fmt.Sprintf("nadie%d", i) }, forwarded)
		if statuses[429] != 20-5 {
			t.Errorf("statuses %v, want %d times 429", statuses, 20-5)
		}
	})
	f.underFire(t, "case 22 forwarded by the proxy", nil, func(t *testing.T) {
		proxy := f.clientFrom("127.0.0.9")
		statuses := f.flood(20, func(int) *http.Client { return proxy }, func(i int) string { return fmt.Sprintf("ninguno%d", i) }, forwarded)
		if statuses[401] != 20 {
			t.Errorf("statuses %v, want 20 times 401", statuses)
		}
		// The client's own word before the proxy's is no address.
		spoofed := func(i int) http.Header {
			return http.Header{"X-Forwarded-For": {fmt.Sprintf("198.51.100.%d, 203.0.113.250", i)}}
		}
		if statuses = f.flood(20, func(int) *http.Client { return proxy }, func(i int) string { return fmt.Sprintf("alguien%d", i) }, spoofed); statuses[429] != 20-5 {
			t.Errorf("statuses %v, want %d times 429", statuses, 20-5)
		}
	})
}

// rightLogin signs in with the right password from elsewhere until the returned
// function is called, which wants the last of these to have been let in: the long form
// within two seconds, each try of which waits as it is told.
func (f *field) rightLogin(t *testing.T, user string) (done func()) {
	began := make(chan struct{})
	type outcome struct {
		status int
		took   time.Duration
	}
	over := make(chan outcome, 1)
	go func() {
		close(began)
		client := f.clientFrom(elsewhere())
		defer client.CloseIdleConnections()
		at := time.Now()
		for {
			status, _, err := f.loginAttempt(client, user, password, nil)
			if err == nil && status == 200 || time.Since(at) > patience {
				over <- outcome{status, time.Since(at)}
				return
			}
			time.Sleep(100 * time.Millisecond) // the person types again
		}
	}()
	<-began
	return func() {
		t.Helper()
		o := <-over
		t.Logf("the right password from elsewhere: %d after %v", o.status, o.took.Round(time.Millisecond))
		if o.status != 200 || longForm() && o.took > 2*time.Second {
			t.Errorf("the right password from elsewhere: %d after %v", o.status, o.took)
		}
	}
}

func (f *field) bounded(t *testing.T, most int64) {
	t.Helper()
	t.Logf("RSS %d MB at most", most>>20)
	if most >= mostBytes {
		t.Errorf("RSS %d MB", most>>20)
	}
}
