package engineio

import "net/http"

const protocolRevision = "4"

// ServeHTTP implements http.Handler. The checks and their order are those of the
// reference server.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.o.Plain {
		if refusal := s.servePlain(w, r); refusal != nil {
			refusal.write(w)
		}
		return
	}
	if s.cors(w, r) {
		return
	}
	if refusal := s.serve(w, r); refusal != nil {
		refusal.write(w)
	}
}

// serve answers a request or returns how it is refused.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) *Refusal {
	q := parseQuery(r.URL.RawQuery)
	switch {
	case q.transport == transportPolling && s.polling:
	case q.transport == transportWebSocket && s.websocket:
	default:
		return errTransport
	}
	if q.sid != "" {
		return s.serveSession(w, r, q)
	}
	switch {
	case r.Method != http.MethodGet:
		return errMethod
	case q.eio != protocolRevision:
		// The seam for revision 3: it would be a second implementation behind this line.
		return errProtocol
	case q.transport == transportPolling && r.Header.Get("Upgrade") != "":
		// It would be answered in a protocol that the client does not expect.
		return errBadRequest
	case q.jsonp:
		// Clients of revision 4 know no JSONP, and a callback name is an injection.
		return errBadRequest
	}
	if s.o.Allow != nil {
		if err := s.o.Allow(r); err != nil {
			return refusalOf(err, errForbidden)
		}
	}
	address := s.o.ClientAddress(r)
	if q.transport == transportWebSocket {
		return s.openWebSocket(w, r, address)
	}
	return s.openPolling(w, r, address)
}

// serveSession answers a request that names a session.
func (s *Server) serveSession(w http.ResponseWriter, r *http.Request, q query) *Refusal {
	c := s.find(q.sid)
	switch {
	case c == nil:
		return errUnknownSID
	case q.eio != "" && q.eio != protocolRevision, q.eio == "" && q.transport == transportWebSocket:
		// A session is never continued under another revision than it began with.
		return errBadRequest
	case s.o.SameClient != nil && !s.o.SameClient(c, r):
		if s.find(q.sid) == nil {
			return errUnknownSID // the application has let go of it
		}
		return errForbidden
	}
	if q.transport == transportWebSocket {
		return s.upgrade(w, r, c)
	}
	if c.poll == nil || c.Transport() != transportPolling {
		return errBadRequest
	}
	switch r.Method {
	case http.MethodGet:
		s.servePoll(w, r, c, q.t)
	case http.MethodPost:
		s.servePost(w, r, c)
	default:
		return errBadRequest
	}
	return nil
}

// openPolling makes a connection that polls.
func (s *Server) openPolling(w http.ResponseWriter, r *http.Request, address string) *Refusal {
	p, refusal := s.admit(address, r)
	if refusal != nil {
		return refusal
	}
	c := &Conn{srv: s, id: newSID(), place: p, busy: true, corked: true}
	c.poll = &poll{wake: make(chan struct{}, 1), polling: true}
	c.poll.backBy = s.wheel.Now() + s.o.HandshakeTimeout
	if !s.register(c) {
		return errFull
	}
	s.introduce(c, r)
	c.leave()
	body := bodies.Get().(*[]byte)
	defer freeBody(body)
	*body = s.appendOpen(append((*body)[:0], packetOpen), c.id, 0)
	*body, _ = c.pollAnswer(*body, true)
	if s.answer(w, r, *body) != nil {
		c.fail(ReasonTransportError)
	}
	return nil
}

// appendOpen appends the data of the open packet.
func (s *Server) appendOpen(dst []byte, sid string, tail int) []byte {
	dst = append(dst, `{"sid":"`...)
	dst = append(dst, sid...)
	return append(dst, s.openTails[tail]...)
}

// introduce gives the connection to the Handler; it must be busy.
func (s *Server) introduce(c *Conn, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			c.panicked(v)
			c.fail(ReasonPanic)
		}
	}()
	c.session = s.handler(c, r)
	if c.session == nil {
		c.fail(ReasonForcedClose)
	}
}
