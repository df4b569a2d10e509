// Package conformance holds no code to import. Its tests hold the servers of
// packages socketio and engineio to the two protocol documents, over real
// connections and byte by byte, and to what is known of hostile clients.
//
// A comment above each test names the section of the document that it pins:
// "Engine.IO: ..." is the Engine.IO protocol, revision 4; "Socket.IO: ..." is
// the Socket.IO protocol, revision 5. "Node: ..." marks a rule that the
// documents leave open and that the reference server settles.
package conformance
