package e2e

import "testing"

// arrival is what the sockets heard when they came (contract 1.4), and the answer to
// asking for a client's room (contract 1.5, 5.2).
var arrival = []want{
	{"connection_established", []string{max1}, `{"message":"<text>","user":"max","role":"Master"}`},
	{"connection_established", []string{tina}, `{"message":"<text>","user":"tina","role":"Trader"}`},
	{"connection_established", bothOlgas, `{"message":"<text>","user":"olga","role":"Operador"}`},
	{"connection_established", []string{omar}, `{"message":"<text>","user":"omar","role":"Operador"}`},
	{"connection_established", []string{walter}, `{"message":"<text>","user":"walter","role":"Trader"}`},
	{"joined_room", []string{walter, nobody}, `{"room":"client_11112222","dni":"11112222"}`},
}

// inboundSteps are what clients may send.
var inboundSteps = []struct {
	section, name, by, event string
	args                     []string
	wants                    []want
}{
	{"1.5", "a refresh reaches all tabs of the user", olga1, "dashboard_refresh", []string{"{}"},
		[]want{{"refresh_dashboard", bothOlgas, `{"message":"<text>"}`}}},
	{"1.5", "a signed-out refresh does nothing", nobody, "dashboard_refresh", []string{"{}"}, nil},
	{"1.6", "a refresh without an argument does nothing", olga1, "dashboard_refresh", nil, nil},
	{"1.6", "a refresh with two arguments does nothing", olga1, "dashboard_refresh", []string{"1", "2"}, nil},
	{"1.5", "a room without a number", walter, "join_client_room", []string{`{"dni":""}`}, nil},
	{"1.5", "operation_created is not relayed", tina, "operation_created", []string{`{"operation_id":"EXP-1"}`}, nil},
	{"1.5", "operation_updated is not relayed", tina, "operation_updated", []string{"{}"}, nil},
	{"1.5", "operation_deleted is not relayed", tina, "operation_deleted", []string{"{}"}, nil},
	{"1.5", "client_created is not relayed", tina, "client_created", []string{"{}"}, nil},
	{"1.5", "client_updated is not relayed", tina, "client_updated", []string{"{}"}, nil},
	{"1.5", "client_deleted is not relayed", tina, "client_deleted", []string{"{}"}, nil},
	{"1.5", "user_created is not relayed", max1, "user_created", []string{"{}"}, nil},
	{"1.5", "user_updated is not relayed", max1, "user_updated", []string{"{}"}, nil},
	{"1.5", "user_deleted is not relayed", max1, "user_deleted", []string{"{}"}, nil},
	{"1.5", "an Operador does not get into the console", olga1, "console_watch", []string{"true"}, nil},
	{"1.5", "a Trader does not get into the console", tina, "console_watch", []string{"true"}, nil},
	{"1.5", "who is not signed in does not get into the console", nobody, "console_watch", []string{"true"}, nil},
	{"1.5", "a server's event is not relayed", nobody, "nueva_operacion", []string{"{}"}, nil},
}

func (s *scene) inbound(t *testing.T) {
	for _, in := range inboundSteps {
		t.Run("contract "+in.section+" "+in.name, func(t *testing.T) {
			s.mustEmit(in.by, in.event, in.args...)
			s.check(t, in.wants)
		})
	}
}
