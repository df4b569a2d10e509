package socketio

import (
	"encoding/json"
	"time"
)

// reassembly is a binary packet whose attachments are still coming.
type reassembly struct {
	socket      *Socket // nil when the server has disconnected it
	packet      packet
	args        []json.RawMessage
	attachments [][]byte
	bytes       int
	size        int
	deadline    *time.Timer
}

// expect begins to collect the attachments of p.
func (c *client) expect(s *Socket, p packet, args []json.RawMessage, size int) {
	c.pending = &reassembly{
		socket: s, packet: p, args: args, size: size,
		attachments: make([][]byte, 0, p.attachments),
		deadline: time.AfterFunc(c.server.options.AttachmentTimeout, func() {
			c.refuse(ReasonParseError, "attachments did not arrive in time")
		}),
	}
}

// attachment takes one binary message.
func (c *client) attachment(data []byte) {
	r := c.pending
	if r == nil {
		c.refuse(ReasonParseError, "binary message without a packet")
		return
	}
	if r.bytes += len(data); r.bytes > c.server.options.MaxBinaryBytes {
		c.dropPending()
		c.refuse(ReasonParseError, "attachments too large")
		return
	}
	// An empty attachment is an empty one, not nil.
	r.attachments = append(r.attachments, append(make([]byte, 0, len(data)), data...))
	if len(r.attachments) < r.packet.attachments {
		return
	}
	c.dropPending()
	c.deliver(r.socket, r.packet, r.args, r.attachments, r.size+r.bytes)
}

func (c *client) dropPending() {
	if c.pending != nil {
		c.pending.deadline.Stop()
		c.pending = nil
	}
}
