package live

import "sync"

// mailboxLimit bounds the packets of one client that wait for their handler.
const mailboxLimit = 256

// mailbox runs the jobs of one socket one after the other, without a goroutine
// while there are none. It is safe for concurrent use.
type mailbox struct {
	mu      sync.Mutex
	room    sync.Cond
	jobs    []func()
	started bool
	running bool
	shut    bool
	ended   bool
}

// newMailbox returns a mailbox that keeps its jobs until start.
func newMailbox() *mailbox {
	m := &mailbox{}
	m.room.L = &m.mu
	return m
}

// start runs first, then what was put so far.
func (m *mailbox) start(first func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs = append([]func(){first}, m.jobs...)
	m.started = true
	m.wake()
}

// put queues a job. When the queue is full it waits, which stops reading from
// that client only; it reports false, without queueing, once the box is closed.
func (m *mailbox) put(job func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.jobs) >= mailboxLimit && !m.shut {
		m.room.Wait()
	}
	if m.shut {
		return false
	}
	m.jobs = append(m.jobs, job)
	m.wake()
	return true
}

// finish queues the last job, however full the queue is, and closes the box.
func (m *mailbox) finish(last func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.shut || m.started {
		m.jobs = append(m.jobs, last)
	}
	m.shut, m.ended = true, true
	m.wake()
	m.room.Broadcast()
}

// close lets no further job in. Jobs of a box that was started or finished
// still run.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shut = true
	if !m.started && !m.ended {
		m.jobs = nil
	}
	m.room.Broadcast()
}

func (m *mailbox) wake() {
	if m.started && !m.running && len(m.jobs) > 0 {
		m.running = true
		go m.run()
	}
}

func (m *mailbox) run() {
	for {
		m.mu.Lock()
		if len(m.jobs) == 0 {
			m.running = false
			m.jobs = nil
			m.mu.Unlock()
			return
		}
		job := m.jobs[0]
		m.jobs[0] = nil
		m.jobs = m.jobs[1:]
		m.room.Signal()
		m.mu.Unlock()
		job()
	}
}
