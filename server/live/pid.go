package live

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// pidClaims is what a client of version 4.6 or newer carries itself, so that a
// restarted server, or another node, can go on with its session.
type pidClaims struct {
	SID     string `json:"s"` // id of the socket
	Slot    string `json:"l"` // id of its delivery slot; empty without
	Session string `json:"k"` // key of the session; empty for nobody
	UserID  int64  `json:"u"`
	Cursor  string `json:"c"` // the client has, or is not owed, what is behind it
	// Told is why the socket was told to load everything again; empty when it was not. Had is
	// the mark of the offset that its client came with, by which it can be told whether that
	// has arrived.
	Told string `json:"t,omitempty"`
	Had  string `json:"h,omitempty"`
}

// markOfOffset stands for an offset, which may be long; "" is one as well.
func markOfOffset(offset string) string {
	sum := sha256.Sum256([]byte(offset))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// untold reports whether the client may not know that it has to load everything again. It
// keeps the last offset over its connections, and what tells it has one: with any other
// offset than before something of the connection has arrived, and that came first.
func (c *pidClaims) untold(offset string) bool {
	return c.Told != "" && c.Had == markOfOffset(offset)
}

// pidSigner makes and reads the private ids of sockets. It is safe for concurrent use.
type pidSigner struct{ key []byte }

// newPIDSigner derives its key from the secret.
func newPIDSigner(secret string) pidSigner {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("relevo: private ids of sockets, 1"))
	return pidSigner{mac.Sum(nil)}
}

// longestPID bounds what is looked at.
const longestPID = 2048

func (p pidSigner) sign(c pidClaims) string {
	body, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	text := base64.RawURLEncoding.EncodeToString(body)
	return text + "." + p.mac(text)
}

func (p pidSigner) mac(text string) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// read returns the claims of a pid that this key has signed.
func (p pidSigner) read(pid string) (c pidClaims, cursor models.EventCursor, ok bool) {
	text, mac, _ := strings.Cut(pid, ".")
	if len(pid) > longestPID || !hmac.Equal([]byte(mac), []byte(p.mac(text))) {
		return c, cursor, false
	}
	body, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(body, &c) != nil {
		return c, cursor, false
	}
	cursor, err = models.ParseEventCursor(c.Cursor)
	return c, cursor, err == nil
}

// slotKey names the session that an identity speaks for; empty for nobody. A
// remembered login outlives its sessions, which are of one browser.
func slotKey(id middleware.Identity) string {
	switch {
	case id.Anonymous():
		return ""
	case id.RememberedID != 0:
		return "r" + strconv.FormatInt(id.RememberedID, 10)
	case id.SessionID != 0:
		return "s" + strconv.FormatInt(id.SessionID, 10)
	}
	return ""
}
