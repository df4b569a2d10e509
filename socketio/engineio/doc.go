// Package engineio is a server of Engine.IO protocol 4: HTTP long-polling and
// WebSocket transports, upgrades between them, and the heartbeat. It is what
// Socket.IO stands on and can be used alone.
//
// Frames may carry marks, ordinals of the application (SendOptions.Mark). A
// connection never takes a mark twice, and Conn.Confirmed says up to which one
// the client has received everything: each pong of any client confirms what was
// sent before its ping. Conn.Farewell says how a client that has gone went.
package engineio
