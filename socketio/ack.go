package socketio

import (
	"encoding/json"
	"slices"
	"sync"
)

// Answer is the acknowledgement of one client.
type Answer struct {
	SocketID    string
	Args        []json.RawMessage // as the client sent them; binary ones are placeholders
	Attachments [][]byte          // the binary parts; nil when there are none
}

// Bind decodes the arguments as Event.Bind does.
func (a Answer) Bind(into ...any) error { return bind(a.Args, a.Attachments, into) }

// Answers are what came back of a broadcast that asked for acknowledgements.
type Answers struct {
	Got     []Answer // in the order in which they came
	Missing []string // ids of the sockets that did not answer: in time, or at all because they were lost
}

// waiter takes the answer of a client, or learns that there will be none. Either comes at most once for a socket.
type waiter interface {
	answered(s *Socket, a Answer)
	lost(s *Socket)
}

// pendingAck is an acknowledgement that a client owes.
type pendingAck struct {
	id int64
	to waiter
}

// await registers w for an id. It is false when the socket is not connected.
func (s *Socket) await(id int64, w waiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateConnected {
		return false
	}
	s.acks = append(s.acks, pendingAck{id: id, to: w})
	return true
}

// unawait forgets an id; the waiter will not be called any more, unless it is being called now.
func (s *Socket) unawait(id int64) { s.takeAck(id) }

func (s *Socket) takeAck(id int64) waiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.acks {
		if s.acks[i].id != id {
			continue
		}
		to := s.acks[i].to
		s.acks = slices.Delete(s.acks, i, i+1)
		if len(s.acks) == 0 && cap(s.acks) > 8 {
			s.acks = nil
		}
		return to
	}
	return nil
}

// answered gives an acknowledgement to whoever waits for it. One that nobody asked for, or that comes late, is
// ignored, as the reference server does.
func (s *Socket) answered(id int64, args []json.RawMessage, attachments [][]byte) {
	if to := s.takeAck(id); to != nil {
		to.answered(s, Answer{SocketID: s.id, Args: args, Attachments: attachments})
	}
}

// singleWaiter waits for one client. done is closed when there will be no answer.
type singleWaiter struct {
	done chan Answer
}

func (w *singleWaiter) answered(_ *Socket, a Answer) { w.done <- a }
func (w *singleWaiter) lost(*Socket)                 { close(w.done) }

// manyWaiter collects the answers of a broadcast.
type manyWaiter struct {
	mu      sync.Mutex
	open    map[*Socket]struct{}
	answers Answers
	armed   bool          // all sockets are registered
	done    chan struct{} // closed when none is open
}

func newManyWaiter() *manyWaiter {
	return &manyWaiter{open: map[*Socket]struct{}{}, done: make(chan struct{})}
}

func (w *manyWaiter) expect(s *Socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[s] = struct{}{}
}

// arm is told when no further socket is expected.
func (w *manyWaiter) arm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = true
	w.settle()
}

func (w *manyWaiter) answered(s *Socket, a Answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, open := w.open[s]; !open {
		return
	}
	w.answers.Got = append(w.answers.Got, a)
	delete(w.open, s)
	w.settle()
}

func (w *manyWaiter) lost(s *Socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, open := w.open[s]; !open {
		return
	}
	w.answers.Missing = append(w.answers.Missing, s.id)
	delete(w.open, s)
	w.settle()
}

func (w *manyWaiter) settle() {
	if w.armed && len(w.open) == 0 {
		close(w.done)
		w.armed = false
	}
}

// stop ends the waiting and returns what there is; those who still owe an answer are forgotten with id.
func (w *manyWaiter) stop(id int64) Answers {
	w.mu.Lock()
	late := make([]*Socket, 0, len(w.open))
	for s := range w.open {
		late = append(late, s)
		w.answers.Missing = append(w.answers.Missing, s.id)
	}
	clear(w.open)
	answers := w.answers
	w.mu.Unlock()
	for _, s := range late {
		s.unawait(id)
	}
	return answers
}
