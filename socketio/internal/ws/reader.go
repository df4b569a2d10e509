package ws

import "unicode/utf8"

// Limits bound what a Reader takes.
type Limits struct {
	MaxMessage   int64 // bytes of a message, all its fragments together
	MaxFragments int   // frames of one message
}

// Message is a whole message or a control frame.
type Message struct {
	Op   Op // Text, Binary, Close, Ping or Pong; zero: none yet
	Data []byte
}

// Reader turns bytes into messages. It holds memory only while a message or a
// frame is incomplete; its zero value is ready. It is for one goroutine.
type Reader struct {
	p *partial
}

// partial is what has arrived of something incomplete.
type partial struct {
	header [headerMax]byte
	have   int // bytes of header; zero once the frame began, or between frames

	inFrame bool
	frame   header // length is what is missing of it, key the one of the next byte
	control []byte

	message   Op // of the message whose fragments arrive; zero: none
	fragments int
	body      []byte
}

var (
	errTooBig      = &Error{StatusTooBig, "message too long"}
	errFragments   = &Error{StatusPolicy, "too many fragments"}
	errNoMessage   = &Error{StatusProtocol, "continuation of no message"}
	errInterrupted = &Error{StatusProtocol, "message within a fragmented message"}
	errUTF8        = &Error{StatusInvalidData, "text is not UTF-8"}
)

// Next returns the first message of in, if any, and the bytes after it; in is
// overwritten. Once no message is returned, all of in has been taken. A message's
// data is valid until the next call and until in is used again. After an error
// the Reader must not be used again.
func (r *Reader) Next(in []byte, limits *Limits) (m Message, rest []byte, err error) {
	for len(in) > 0 {
		p := r.p
		if p == nil || !p.inFrame {
			var h header
			h, in, err = r.begin(in, limits)
			if err != nil {
				return Message{}, nil, err
			}
			if h.length < 0 {
				return Message{}, nil, nil
			}
			if err = r.check(h, limits); err != nil {
				return Message{}, nil, err
			}
			if r.p == nil && h.fin && int64(len(in)) >= h.length {
				data := in[:h.length:h.length]
				unmask(h.key, data)
				if h.op == Text && !utf8.Valid(data) {
					return Message{}, nil, errUTF8
				}
				return Message{h.op, data}, in[h.length:], nil
			}
			p = r.start(h)
		}
		n := min(p.frame.length, int64(len(in)))
		data := in[:n]
		p.frame.key = unmask(p.frame.key, data)
		p.frame.length -= n
		in = in[n:]
		if p.frame.op.control() {
			p.control = append(p.control, data...)
		} else {
			p.body = append(p.body, data...)
		}
		if p.frame.length == 0 {
			m, err = r.finish()
			if err != nil || m.Op != 0 {
				return m, in, err
			}
		}
	}
	return Message{}, nil, nil
}

// begin parses a header that may have begun in an earlier call; a length of -1
// means that it is not complete.
func (r *Reader) begin(in []byte, limits *Limits) (h header, rest []byte, err error) {
	if r.p == nil || r.p.have == 0 {
		h, n, err := parseHeader(in)
		if err != nil || n > 0 {
			return h, in[n:], err
		}
		if r.p == nil {
			r.p = &partial{}
		}
		r.p.have = copy(r.p.header[:], in)
		return r.unfinished(h, limits)
	}
	p := r.p
	before := p.have
	p.have += copy(p.header[before:], in)
	h, n, err := parseHeader(p.header[:p.have])
	if err != nil {
		return h, nil, err
	}
	if n == 0 {
		return r.unfinished(h, limits)
	}
	p.have = 0
	if p.message == 0 {
		r.p = nil
	}
	return h, in[n-before:], nil
}

// unfinished is what begin returns for a part of a header. What is wrong with the
// frame does not wait for the rest.
func (r *Reader) unfinished(h header, limits *Limits) (header, []byte, error) {
	if h.length >= 0 {
		if err := r.check(h, limits); err != nil {
			return h, nil, err
		}
	}
	return header{length: -1}, nil, nil
}

// check holds a frame against the message that it continues or begins.
func (r *Reader) check(h header, limits *Limits) error {
	if h.op.control() {
		return nil
	}
	var before int64
	p := r.p
	switch {
	case p == nil || p.message == 0:
		if h.op == Continuation {
			return errNoMessage
		}
	case h.op != Continuation:
		return errInterrupted
	default:
		before = int64(len(p.body))
		if p.fragments >= limits.MaxFragments {
			return errFragments
		}
	}
	if h.length > limits.MaxMessage-before {
		return errTooBig
	}
	return nil
}

// largeFrame is the length from which memory is taken as the bytes arrive, not
// as they are announced.
const largeFrame = 16 << 10

// start notes a frame that is not complete, or belongs to a fragmented message.
func (r *Reader) start(h header) *partial {
	if r.p == nil {
		r.p = &partial{}
	}
	p := r.p
	p.inFrame, p.frame = true, h
	switch {
	case h.op.control():
		p.control = make([]byte, 0, h.length)
	case h.op == Continuation:
		p.fragments++
	default:
		p.message, p.fragments = h.op, 1
		p.body = make([]byte, 0, min(h.length, largeFrame))
	}
	return p
}

// finish ends the frame; it returns the message that is complete with it, if any.
func (r *Reader) finish() (Message, error) {
	p := r.p
	p.inFrame = false
	if p.frame.op.control() {
		m := Message{p.frame.op, p.control}
		p.control = nil
		if p.message == 0 {
			r.p = nil
		}
		return m, nil
	}
	if !p.frame.fin {
		return Message{}, nil
	}
	r.p = nil
	if p.message == Text && !utf8.Valid(p.body) {
		return Message{}, errUTF8
	}
	return Message{p.message, p.body}, nil
}
