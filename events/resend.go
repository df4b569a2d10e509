package events

import "slices"

// Resendable reports whether a kept event of this name may be sent again as it was. The
// end of a session and a change of role are only what the server did itself: sockets end
// and move with them.
func Resendable(name string) bool {
	return slices.ContainsFunc(catalogue, func(r Row) bool {
		return r.Name == name && r.Class == Durable && name != sessionUpdated.Name() && name != sessionEnded.Name()
	})
}
