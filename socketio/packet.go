package socketio

import "strconv"

// packetType is the first character of a Socket.IO packet, minus '0'
// (Socket.IO protocol 5, "Packet types").
type packetType byte

const (
	packetConnect packetType = iota
	packetDisconnect
	packetEvent
	packetAck
	packetConnectError
	packetBinaryEvent
	packetBinaryAck
)

// binary tells whether attachments follow the packet.
func (t packetType) binary() bool { return t == packetBinaryEvent || t == packetBinaryAck }

// noID is the id of a packet that asks for no acknowledgement and is none.
const noID = -1

// packet is one Socket.IO packet without its attachments.
type packet struct {
	kind        packetType
	attachments int    // how many binary messages follow; 0 unless kind is binary
	nsp         string // "/" is the default namespace; never empty in a parsed packet
	id          int64  // noID when absent; note that the zero value is the id 0
	data        []byte // the JSON payload, nil when absent; a slice of the parsed text
}

// The bounds that no option lifts.
const (
	maxDepth       = 64 // one bit of a word for each level of nesting
	maxAttachments = 64 // one bit of a word for each attachment
	maxSafeInteger = 1<<53 - 1
)

// packetLimits bounds what a peer may send. The zero value of a field stands for its default.
type packetLimits struct {
	attachments    int // of one packet; 10 as in the official parser, 64 at most
	namespaceBytes int // length of the name of a namespace with its slash; 255
	depth          int // nesting of the payload, its outermost array or object included; 64, which is the most
	args           int // elements of the array of an event or acknowledgement, the name included; 256
}

func (l packetLimits) orDefault() packetLimits {
	if l.attachments <= 0 {
		l.attachments = 10
	}
	l.attachments = min(l.attachments, maxAttachments)
	if l.namespaceBytes <= 0 {
		l.namespaceBytes = 255
	}
	if l.depth <= 0 || l.depth > maxDepth {
		l.depth = maxDepth
	}
	if l.args <= 0 {
		l.args = 256
	}
	return l
}

// packetError says why a packet was refused. The connection that sent it is at fault and is closed.
type packetError string

func (e packetError) Error() string { return "socketio: " + string(e) }

const (
	errPacketType      = packetError("unknown packet type")
	errAttachmentCount = packetError("illegal number of attachments")
	errNamespace       = packetError("illegal namespace")
	errPacketID        = packetError("illegal acknowledgement id")
	errPayload         = packetError("payload does not suit the packet type")
	errReservedEvent   = packetError("reserved event name")
	errJSON            = packetError("invalid JSON")
	errUTF8            = packetError("invalid UTF-8")
	errDepth           = packetError("payload nested too deep")
	errArgs            = packetError("too many arguments")
	errPlaceholder     = packetError("illegal attachments")
)

// appendPacket appends the wire form of p to dst, without the leading '4' of Engine.IO. It allocates
// only when dst is too small. The payload is trusted: it must be JSON that suits the type.
func appendPacket(dst []byte, p packet) []byte {
	dst = append(dst, '0'+byte(p.kind))
	if p.kind.binary() {
		dst = strconv.AppendInt(dst, int64(p.attachments), 10)
		dst = append(dst, '-')
	}
	if p.nsp != "" && p.nsp != "/" {
		dst = append(dst, p.nsp...)
		dst = append(dst, ',')
	}
	if p.id >= 0 {
		dst = strconv.AppendInt(dst, p.id, 10)
	}
	return append(dst, p.data...)
}
