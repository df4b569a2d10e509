package socketio

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/relevo/relevo/socketio/engineio"
)

// Handshake says how a connection began.
type Handshake struct {
	Address string    // the client, as engineio.Options.ClientAddress names it
	Time    time.Time // when the connection was accepted
	Secure  bool      // the request came over TLS to this process
	Value   any       // what Options.Identify returned

	// Auth is what the client sent with its CONNECT, nil when it sent nothing. It is dropped when the connect
	// handlers have run, unless Options.KeepHandshake is set.
	Auth json.RawMessage

	// Header and Query are those of the request; nil unless Options.KeepHandshake is set.
	Header http.Header
	Query  url.Values
}

// arrival is what a connection remembers of its handshake request.
type arrival struct {
	unixNano int64
	secure   bool
	value    any
	kept     *keptRequest
}

type keptRequest struct {
	header http.Header
	query  url.Values
}

func arrivalOf(r *http.Request, o *Options) arrival {
	a := arrival{unixNano: time.Now().UnixNano(), secure: r.TLS != nil}
	if o.Identify != nil {
		a.value = o.Identify(r)
	}
	if o.KeepHandshake {
		a.kept = &keptRequest{header: r.Header.Clone(), query: r.URL.Query()}
	}
	return a
}

// sameClient is the engine's SameClient.
func (s *Server) sameClient(conn *engineio.Conn, r *http.Request) bool {
	c, ok := conn.Session().(*client)
	return ok && s.options.SameClient(c.arrival.value, r)
}

// Handshake returns how the connection of this socket began.
func (s *Socket) Handshake() Handshake {
	a := &s.client.arrival
	h := Handshake{
		Address: s.client.conn.RemoteAddr(), Time: time.Unix(0, a.unixNano), Secure: a.secure, Value: a.value,
		Auth: s.Auth(),
	}
	if a.kept != nil {
		h.Header, h.Query = a.kept.header, a.kept.query
	}
	return h
}

// Auth returns Handshake().Auth.
func (s *Socket) Auth() json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opening == nil {
		return nil
	}
	return s.opening.auth
}

// BindAuth decodes the client's auth object into v, which stays as it is when the client sent none.
func (s *Socket) BindAuth(v any) error {
	auth := s.Auth()
	if auth == nil {
		auth = json.RawMessage("null")
	}
	return json.Unmarshal(auth, v)
}
