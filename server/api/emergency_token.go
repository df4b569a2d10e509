package api

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/relevo/relevo/models"
)

// maxBearer bounds a token, in bytes.
const maxBearer = 4096

// bearerClaims is the payload of a token (emergencies contract 2). Clients read id,
// tipoUsuario and exp; the rest ties the token to what it speaks for.
type bearerClaims struct {
	Sub      string  `json:"sub"` // e-mail, else user name
	ID       int64   `json:"id"`
	Username string  `json:"nombreDeUsuario"`
	Email    string  `json:"email"`
	Kind     *string `json:"tipoUsuario"`
	// Session and Mark are of a user of the desk: the session's row, and what changes
	// when the session gets another token.
	Session int64  `json:"sid,omitempty"`
	Mark    string `json:"mrk,omitempty"`
	// Account and Version are of a requester or a crew, Person is who that is: the
	// id_solicitante of its requests.
	Account int64  `json:"acc,omitempty"`
	Version int64  `json:"ver,omitempty"`
	Person  *int64 `json:"id_persona,omitempty"`

	ExpiresAt int64 `json:"exp"`
	IssuedAt  int64 `json:"iat"`
}

// MarshalJSON writes what the existing client can decode: it takes the payload for plain
// base64, byte by byte.
func (b bearerClaims) MarshalJSON() ([]byte, error) {
	type plain bearerClaims
	raw, err := json.Marshal(plain(b))
	return asciiJSON(raw), err
}

// asciiJSON escapes what is not ASCII, and of ASCII the four characters that can make a -
// or _ in base64url where plain base64 has + and /: those whose low six bits are 62 or 63.
// In JSON all these stand inside of strings alone.
func asciiJSON(raw []byte) []byte {
	var out bytes.Buffer
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		switch {
		case r < utf8.RuneSelf && r&0x3F < 62:
			out.WriteByte(raw[0])
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		raw = raw[size:]
	}
	return out.Bytes()
}

// The claims as the library checks them.

// GetExpirationTime implements jwt.Claims.
func (b bearerClaims) GetExpirationTime() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(b.ExpiresAt, 0)), nil
}

// GetIssuedAt implements jwt.Claims.
func (b bearerClaims) GetIssuedAt() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(b.IssuedAt, 0)), nil
}

// GetNotBefore implements jwt.Claims.
func (bearerClaims) GetNotBefore() (*jwt.NumericDate, error) { return nil, nil }

// GetIssuer implements jwt.Claims.
func (bearerClaims) GetIssuer() (string, error) { return "", nil }

// GetSubject implements jwt.Claims.
func (b bearerClaims) GetSubject() (string, error) { return b.Sub, nil }

// GetAudience implements jwt.Claims.
func (bearerClaims) GetAudience() (jwt.ClaimStrings, error) { return nil, nil }

// bearerTokens signs and reads tokens. It is immutable.
type bearerTokens struct {
	key    []byte
	parser *jwt.Parser
}

// newBearerTokens derives its key from the secret, so that nothing that is signed with
// that for another purpose is ever a token.
func newBearerTokens(secret string, now func() time.Time) (*bearerTokens, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "relevo emergencies bearer", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of bearer tokens: %w", err)
	}
	return &bearerTokens{key, jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(now))}, nil
}

// sign returns the token of the claims.
func (t *bearerTokens) sign(claims bearerClaims) (string, error) {
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(t.key)
	if err != nil {
		return "", fmt.Errorf("sign bearer token: %w", err)
	}
	return token, nil
}

// read returns the claims of a token that is ours and not over.
func (t *bearerTokens) read(token string) (bearerClaims, error) {
	var claims bearerClaims
	if len(token) > maxBearer {
		return claims, errors.New("bearer token is too long")
	}
	if _, err := t.parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return t.key, nil }); err != nil {
		return bearerClaims{}, fmt.Errorf("bearer token: %w", err)
	}
	return claims, nil
}

// mark tells the tokens of a session apart from those of another one that gets its row's
// number, and from those before the session's own token changed.
func (t *bearerTokens) mark(s models.Session) string {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte("session " + s.TokenHash))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}
