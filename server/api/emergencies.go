package api

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// LimitRequests is the configuration key of the limit on requests for an ambulance.
const LimitRequests = "emergencies.requests_per_minute"

// Who may call, by tipoUsuario (emergencies contract 2).
const (
	Requesters     = models.AccountRequester
	Crews          = models.AccountCrew
	Operators      = "OPERADOR_EMERGENCIA"
	Administrators = "ADMINISTRADOR"
)

// EmergencyRule says how the emergencies desk works.
type EmergencyRule struct {
	// Secret is what the key of tokens is derived from; TokenLifetime is their life.
	Secret        string
	TokenLifetime time.Duration
	// AnonymousRequests takes requests for an ambulance without a token.
	AnonymousRequests bool
	// UntypedOperators lets accounts without a kind work as operators.
	UntypedOperators bool
	// RequestsPerMinute is how often one account or address may ask for an ambulance.
	RequestsPerMinute int
	// Calls is the service of calls; nil for none.
	Calls Calls
	// Seen is told of each request of a session of the desk; nil is nobody.
	Seen func(s models.Session, address, userAgent string)
	// Trouble is told of faults of the call service that change no answer.
	Trouble func(ctx context.Context, doing string, err error)
}

// Emergencies serves the emergencies desk: requests for an ambulance, their evaluation
// and dispatch (emergencies contract 2). Who calls is told by a token alone, never by a
// cookie. Errors have the form of detailJSON.
type Emergencies struct {
	store    *models.Store
	auth     *Auth
	rule     EmergencyRule
	tokens   *bearerTokens
	requests *middleware.Buckets[string]
	// callsBack is until when no rooms are asked for, in Unix milliseconds.
	callsBack atomic.Int64
}

// NewEmergencies signs in through auth.
func NewEmergencies(store *models.Store, auth *Auth, rule EmergencyRule) (*Emergencies, error) {
	tokens, err := newBearerTokens(rule.Secret, store.Instant)
	if err != nil {
		return nil, err
	}
	return &Emergencies{
		store: store, auth: auth, rule: rule, tokens: tokens,
		requests: middleware.NewBuckets[string](rate.Limit(float64(rule.RequestsPerMinute)/60), rule.RequestsPerMinute),
	}, nil
}

// callURL is the address of calls that requests carry; "" without a call service.
func (e *Emergencies) callURL() string {
	if e.rule.Calls == nil {
		return ""
	}
	return e.rule.Calls.URL()
}
