// Package engineio is a server of Engine.IO protocol 4: HTTP long-polling and
// WebSocket transports, upgrades between them, and the heartbeat. It is what
// Socket.IO stands on and can be used alone.
package engineio
