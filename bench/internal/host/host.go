// Package host is what the Go peers share: their environment, the session cookie, the
// listener, and a CPU profile on request.
package host

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Host is the environment of a peer.
type Host struct {
	PingInterval time.Duration
	PingTimeout  time.Duration
	secret       []byte
	sessions     map[string]int
}

// New reads the environment.
func New() *Host {
	h := &Host{
		PingInterval: milliseconds("PING_INTERVAL", 25*time.Second),
		PingTimeout:  milliseconds("PING_TIMEOUT", 20*time.Second),
		secret:       []byte(os.Getenv("SESSION_SECRET")),
		sessions:     map[string]int{},
	}
	n, _ := strconv.Atoi(os.Getenv("SESSIONS"))
	for i := range n {
		h.sessions["token-"+strconv.Itoa(i)] = i
	}
	return h
}

func milliseconds(name string, otherwise time.Duration) time.Duration {
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		return otherwise
	}
	return time.Duration(n) * time.Millisecond
}

// Guarded reports whether a connection needs a session.
func (h *Host) Guarded() bool { return len(h.sessions) > 0 }

// User resolves a Cookie header with "session=token.signature"; -1 is nobody.
func (h *Host) User(header string) int {
	for part := range strings.SplitSeq(header, ";") {
		value, ok := strings.CutPrefix(strings.TrimSpace(part), "session=")
		if !ok {
			continue
		}
		dot := strings.LastIndexByte(value, '.')
		if dot < 0 {
			return -1
		}
		given, err := hex.DecodeString(value[dot+1:])
		if err != nil {
			return -1
		}
		mac := hmac.New(sha256.New, h.secret)
		mac.Write([]byte(value[:dot]))
		if !hmac.Equal(given, mac.Sum(nil)) {
			return -1
		}
		if user, ok := h.sessions[value[:dot]]; ok {
			return user
		}
		return -1
	}
	return -1
}

// Run serves until SIGTERM. SIGUSR1 starts a CPU profile into $CPU_PROFILE, SIGUSR2
// ends it and writes a heap profile next to it.
func Run(handler http.Handler) {
	listener, err := net.Listen("tcp4", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		if err := http.Serve(listener, handler); err != nil {
			log.Fatal(err)
		}
	}()
	path := os.Getenv("CPU_PROFILE")
	var file *os.File
	for s := range signals {
		switch {
		case s == syscall.SIGTERM:
			return
		case path == "":
		case s == syscall.SIGUSR1:
			if file, err = os.Create(path); err == nil {
				err = pprof.StartCPUProfile(file)
			}
			if err != nil {
				log.Fatal(err)
			}
		case s == syscall.SIGUSR2 && file != nil:
			pprof.StopCPUProfile()
			_ = file.Close()
			file = nil
			writeHeap(path + ".heap")
		}
	}
}

func writeHeap(path string) {
	f, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	runtime.GC()
	if err := pprof.Lookup("heap").WriteTo(f, 0); err != nil {
		log.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	log.Printf("goroutines %d, heap objects %d in %d bytes, spans in use %d, idle %d, released %d, stacks %d, collector %d, other %d, system %d",
		runtime.NumGoroutine(), m.HeapObjects, m.HeapAlloc, m.HeapInuse, m.HeapIdle, m.HeapReleased, m.StackInuse, m.GCSys, m.OtherSys+m.MSpanSys+m.BuckHashSys, m.Sys)
}
