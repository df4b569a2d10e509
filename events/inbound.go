package events

import "github.com/relevo/relevo/schema"

// Inbound is an event that clients may send (contract 1.5): with exactly one
// argument it is acknowledged with an empty list (contract 1.6), and never relayed.
type Inbound struct {
	// Name is the wire name.
	Name string
	// Argument describes the one argument.
	Argument schema.Schema
	// Answers names the event that the server sends back; empty for none.
	Answers string
	// Doc is one sentence for the documentation.
	Doc string
}

// inboundNothing is what the system replaced took and ignored.
const inboundNothing = "Acknowledged, and nothing happens: kept for old pages."

// AllInbound returns the events that clients may send. The slice is the caller's.
func AllInbound() []Inbound {
	all := []Inbound{
		{"dashboard_refresh", schema.Schema{}, RefreshDashboardEvent.Name(), "Asks all tabs of the user to reload their numbers; limited per user."},
		{"join_client_room", schema.NewReflector("").Of(schema.Keys{"dni": ""}), JoinedRoomEvent.Name(),
			"Asks for the events of one client; answered whether or not the room was joined."},
		{"console_watch", schema.Schema{"type": "boolean"}, ConsoleNowEvent.Name(),
			"Begins (true) or ends (false) watching through the admin console; of a role that may not see it, acknowledged, and nothing happens."},
	}
	for _, name := range []string{
		"operation_created", "operation_updated", "operation_deleted", "client_created", "client_updated", "client_deleted",
		"user_created", "user_updated", "user_deleted",
	} {
		all = append(all, Inbound{Name: name, Doc: inboundNothing, Argument: schema.Schema{}})
	}
	return all
}
