package models

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"
)

// ServiceKey lets another service publish events. Instants are Unix milliseconds, UTC.
type ServiceKey struct {
	ID   int64 `gorm:"primaryKey"`
	Name string
	// Prefix is the beginning of the token, which names the key to people.
	Prefix string
	// Hash is what is stored of the token: SHA-256, in hex.
	Hash string
	// Events are the names that the key may publish, "*" for all; Audiences the
	// rooms that it may address, "role_*" for all that begin so, "*" for all.
	Events, Audiences JSONText[string]
	CreatedAt         int64 `gorm:"autoCreateTime:false"`
	CreatedBy         int64
	// LastUsedAt lags behind by up to a minute; nil before the first use.
	LastUsedAt *int64
	RevokedAt  *int64
}

// NewServiceKey is what a key is made of. Name has 1 to 80 characters.
type NewServiceKey struct {
	Name              string
	Events, Audiences []string
}

const (
	// serviceKeyMark begins every token, so that a leaked one is known by its look.
	serviceKeyMark = "rk_"
	// serviceKeyPrefix is how long Prefix is; 256 bits follow the mark.
	serviceKeyPrefix = len(serviceKeyMark) + 8
	// serviceKeyTouch is how often LastUsedAt is written at most.
	serviceKeyTouch = time.Minute
	// samePrefix bounds how many keys share a prefix; chance makes none.
	samePrefix = 8
)

// CreateServiceKey adds a key and returns its token, which is not stored and
// cannot be had again.
func (tx *Tx) CreateServiceKey(by Actor, in NewServiceKey) (string, ServiceKey, error) {
	name := strings.TrimSpace(in.Name)
	if n := len([]rune(name)); n == 0 || n > 80 {
		return "", ServiceKey{}, Errorf(Invalid, "El nombre de la clave debe tener de 1 a 80 caracteres")
	}
	if len(in.Events) == 0 || len(in.Audiences) == 0 {
		return "", ServiceKey{}, Errorf(Invalid, "La clave necesita al menos un evento y una audiencia")
	}
	token := serviceKeyMark + NewToken()
	row := ServiceKey{
		Name: name, Prefix: token[:serviceKeyPrefix], Hash: HashToken(token), Events: in.Events, Audiences: in.Audiences,
		CreatedAt: tx.store.now().UnixMilli(), CreatedBy: by.UserID,
	}
	if err := tx.db.Create(&row).Error; err != nil {
		return "", ServiceKey{}, unavailable(err)
	}
	return token, row, tx.Audit(by, "CREATE_SERVICE_KEY", "ServiceKey", row.ID,
		"Clave de servicio creada: "+name+" (eventos "+strings.Join(in.Events, " ")+"; audiencias "+strings.Join(in.Audiences, " ")+")")
}

// RevokeServiceKey ends a key for good. Code NotFound for an unknown one; one that
// is revoked already stays as it is.
func (tx *Tx) RevokeServiceKey(by Actor, id int64) (ServiceKey, error) {
	var row ServiceKey
	if err := tx.locked().Where("id = ?", id).Take(&row).Error; err != nil {
		return ServiceKey{}, found(err, "La clave de servicio no existe")
	}
	if row.RevokedAt != nil {
		return row, nil
	}
	now := tx.store.now().UnixMilli()
	row.RevokedAt = &now
	if err := tx.db.Model(&ServiceKey{}).Where("id = ?", id).Update("revoked_at", now).Error; err != nil {
		return ServiceKey{}, unavailable(err)
	}
	return row, tx.Audit(by, "REVOKE_SERVICE_KEY", "ServiceKey", id, "Clave de servicio revocada: "+row.Name)
}

// ListServiceKeys returns all keys, revoked ones too, oldest first.
func (q Queries) ListServiceKeys(ctx context.Context) ([]ServiceKey, error) {
	var rows []ServiceKey
	err := q.q(ctx).Order("id").Find(&rows).Error
	return rows, unavailable(err)
}

// UseServiceKey returns the live key of a token and notes its use, at most once a
// minute. Code Unauthorized, always with the same text, when the token is of no
// key or of a revoked one. The token's secret part is compared in constant time.
func (s *Store) UseServiceKey(ctx context.Context, token string) (ServiceKey, error) {
	refused := Errorf(Unauthorized, "La clave de servicio falta o no es válida")
	if !strings.HasPrefix(token, serviceKeyMark) || len(token) != len(serviceKeyMark)+43 || !isToken(token) {
		return ServiceKey{}, refused
	}
	var rows []ServiceKey
	err := s.q(ctx).Where("prefix = ?", token[:serviceKeyPrefix]).Order("id").Limit(samePrefix).Find(&rows).Error
	if err != nil {
		return ServiceKey{}, unavailable(err)
	}
	hash, match := []byte(HashToken(token)), -1
	for i := range rows {
		if subtle.ConstantTimeCompare(hash, []byte(rows[i].Hash)) == 1 {
			match = i
		}
	}
	if match < 0 || rows[match].RevokedAt != nil {
		return ServiceKey{}, refused
	}
	return rows[match], s.touchServiceKey(ctx, rows[match])
}

func (s *Store) touchServiceKey(ctx context.Context, key ServiceKey) error {
	now := s.now()
	stale := now.Add(-serviceKeyTouch).UnixMilli()
	if key.LastUsedAt != nil && *key.LastUsedAt > stale {
		return nil
	}
	err := s.write.WithContext(ctx).Model(&ServiceKey{}).
		Where("id = ? AND (last_used_at IS NULL OR last_used_at <= ?)", key.ID, stale).
		Update("last_used_at", now.UnixMilli()).Error
	return unavailable(err)
}

// isToken reports whether text has only the characters of a token.
func isToken(text string) bool {
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
