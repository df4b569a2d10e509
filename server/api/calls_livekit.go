package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/relevo/relevo/models"
)

const (
	// callTimeout bounds one question to the call service.
	callTimeout = 3 * time.Second
	// callTokenLife is how long a token lets somebody enter a call.
	callTokenLife = 6 * time.Hour
	// callAdminLife is how long a question to the service may be under way.
	callAdminLife = time.Minute
	// callRoomEmpty is how long a room stays without anybody in it, in seconds.
	callRoomEmpty = 600
	// maxCallAnswer bounds an answer of the service, in bytes.
	maxCallAnswer = 1 << 20
)

// LiveKit speaks with a LiveKit server: access tokens signed with its API secret, and
// its RoomService over HTTP. It may be used concurrently.
type LiveKit struct {
	url, api    string
	key, secret string
	now         func() time.Time
	client      *http.Client
}

// NewLiveKit takes the address that clients get (ws, wss, http or https) and the keys
// of its API.
func NewLiveKit(address, key, secret string, now func() time.Time) (*LiveKit, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address of the call service: %w", err)
	}
	switch u.Scheme {
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	}
	return &LiveKit{
		url: address, api: strings.TrimSuffix(u.String(), "/"), key: key, secret: secret, now: now,
		client: &http.Client{
			Timeout: callTimeout,
			// A token for the whole API goes where it was made for, and nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// URL implements Calls.
func (l *LiveKit) URL() string { return l.url }

// videoGrant is what a token allows.
type videoGrant struct {
	Room       string `json:"room,omitempty"`
	RoomJoin   bool   `json:"roomJoin,omitempty"`
	RoomCreate bool   `json:"roomCreate,omitempty"`
	RoomList   bool   `json:"roomList,omitempty"`
	RoomAdmin  bool   `json:"roomAdmin,omitempty"`
}

// callClaims is the payload of an access token.
type callClaims struct {
	Name  string     `json:"name,omitempty"`
	Video videoGrant `json:"video"`
	jwt.RegisteredClaims
}

func (l *LiveKit) sign(identity, name string, life time.Duration, grant videoGrant) (string, error) {
	now := l.now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, callClaims{Name: name, Video: grant, RegisteredClaims: jwt.RegisteredClaims{
		Issuer: l.key, Subject: identity, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(life)),
		NotBefore: jwt.NewNumericDate(now.Add(-time.Minute)), // clocks differ
	}}).SignedString([]byte(l.secret))
	if err != nil {
		return "", fmt.Errorf("sign call token: %w", err)
	}
	return token, nil
}

// Token implements Calls.
func (l *LiveKit) Token(room, identity, name string) (string, error) {
	return l.sign(identity, name, callTokenLife, videoGrant{Room: room, RoomJoin: true})
}

// Open implements Calls.
func (l *LiveKit) Open(ctx context.Context, room string) error {
	in := map[string]any{"name": room, "max_participants": callPlaces, "empty_timeout": callRoomEmpty}
	return l.ask(ctx, "CreateRoom", videoGrant{RoomCreate: true}, in, &struct{}{})
}

// Participants implements Calls.
func (l *LiveKit) Participants(ctx context.Context, room string) (int, error) {
	var out struct {
		Participants []struct{} `json:"participants"`
	}
	err := l.ask(ctx, "ListParticipants", videoGrant{Room: room, RoomAdmin: true}, map[string]any{"room": room}, &out)
	if models.CodeOf(err) == models.NotFound {
		return 0, nil
	}
	return len(out.Participants), err
}

// Rooms implements Calls.
func (l *LiveKit) Rooms(ctx context.Context) ([]CallRoom, error) {
	var out struct {
		Rooms []struct {
			Name         string      `json:"name"`
			Participants json.Number `json:"num_participants"`
		} `json:"rooms"`
	}
	if err := l.ask(ctx, "ListRooms", videoGrant{RoomList: true}, map[string]any{}, &out); err != nil {
		return nil, err
	}
	rooms := make([]CallRoom, len(out.Rooms))
	for i, r := range out.Rooms {
		n, _ := r.Participants.Int64() // a room without anybody has no number
		rooms[i] = CallRoom{r.Name, int(n)}
	}
	return rooms, nil
}

// ask calls a method of the RoomService (Twirp, JSON form).
func (l *LiveKit) ask(ctx context.Context, method string, grant videoGrant, in, out any) error {
	down := func(err error) error {
		return &models.Error{Code: models.Unavailable, Message: "El servicio de llamadas no responde", Err: fmt.Errorf("call service, %s: %w", method, err)}
	}
	token, err := l.sign("", "", callAdminLife, grant)
	if err != nil {
		return err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode %s: %w", method, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.api+"/twirp/livekit.RoomService/"+method, bytes.NewReader(body))
	if err != nil {
		return down(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	answer, err := l.client.Do(req)
	if err != nil {
		return down(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxCallAnswer))
	switch {
	case err != nil:
		return down(err)
	case answer.StatusCode == http.StatusNotFound && bytes.Contains(raw, []byte(`"not_found"`)): // an unknown method is bad_route
		return models.Errorf(models.NotFound, "La sala no existe")
	case answer.StatusCode != http.StatusOK:
		return down(fmt.Errorf("status %d", answer.StatusCode))
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return down(err)
	}
	return nil
}
