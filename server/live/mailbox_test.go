package live

import (
	"slices"
	"sync"
	"testing"
)

func TestMailbox(t *testing.T) {
	var mu sync.Mutex
	var ran []int
	job := func(n int) func() {
		return func() { mu.Lock(); defer mu.Unlock(); ran = append(ran, n) }
	}
	done := make(chan struct{})
	m := newMailbox()
	m.put(job(2))
	m.put(job(3))
	m.start(job(1))
	m.finish(func() { job(4)(); close(done) })
	<-done
	if m.put(job(5)) {
		t.Error("took a job after the last")
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(ran, []int{1, 2, 3, 4}) {
		t.Errorf("ran %v", ran)
	}
}

// A socket that ends before it began is still announced and then ended.
func TestMailboxFinishedBeforeStart(t *testing.T) {
	var ran []string
	done := make(chan struct{})
	m := newMailbox()
	m.finish(func() { ran = append(ran, "last"); close(done) })
	m.close()
	m.start(func() { ran = append(ran, "first") })
	<-done
	if !slices.Equal(ran, []string{"first", "last"}) {
		t.Errorf("ran %v", ran)
	}
}

// A full box makes its client wait, and closing lets the client go.
func TestMailboxIsBounded(t *testing.T) {
	m := newMailbox()
	for range mailboxLimit {
		m.put(func() {})
	}
	result := make(chan bool)
	go func() { result <- m.put(func() {}) }()
	select {
	case <-result:
		t.Fatal("took more than its limit")
	default:
	}
	m.close()
	if <-result {
		t.Error("took a job although closed")
	}
}
