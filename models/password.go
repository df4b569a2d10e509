package models

import (
	"context"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/scrypt"
	"golang.org/x/sync/semaphore"
)

// Bounds on what a stored hash may ask for, so that a row cannot stall the process:
// at most four times the memory and twice the rounds that Werkzeug ever generated.
const (
	maxPassword     = 1024 // bytes; a longer one never matches
	maxStoredHash   = 512  // bytes
	maxScryptMemory = 128 << 20
	maxScryptWork   = 1 << 20 // N*r*p
	maxPBKDF2Rounds = 2_000_000
)

// The forms of Werkzeug.
const (
	defaultScryptN  = 32768
	defaultScryptR  = 8
	defaultScryptP  = 1
	scryptKeyLength = 64
	defaultPBKDF2   = 260_000 // Werkzeug 2.0 to 2.2, for "pbkdf2:HASH" without rounds
	newSaltLength   = 16
	saltAlphabet    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

var errHashForm = errors.New("password hash of unknown form")

// Hasher computes password hashes, a bounded number at a time: each takes 32 MiB.
// It reads and writes Werkzeug's text forms, so that Flask can still read what is
// stored here, and reads bcrypt's, which the emergencies backend wrote. All methods may be called concurrently.
type Hasher struct {
	// N is the cost of new hashes and of the decoy, a power of two; zero means
	// Werkzeug's 32768. To be set before the first use.
	N int

	slots   *semaphore.Weighted
	waiting atomic.Int64
	now     atomic.Int64
	peak    atomic.Int64
	garbage atomic.Int64 // bytes that finished computations left since the last collection
}

// mostGarbage is how much of it is left to the collector's own pace. Under many
// sign-ins at once that would let the heap grow to a multiple of what is in use.
const mostGarbage = 64 << 20

// MaxWaitingHashes is how many callers may wait for a Hasher; further ones get code
// Unavailable at once.
const MaxWaitingHashes = 200

// NewHasher computes at most max hashes at the same time; others wait.
func NewHasher(max int) *Hasher { return &Hasher{slots: semaphore.NewWeighted(int64(max))} }

// Peak is the most computations that ever ran at the same time.
func (h *Hasher) Peak() int { return int(h.peak.Load()) }

// Hash returns the stored form of a new password. The error is that of ctx.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	random := make([]byte, newSaltLength)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the process instead
	salt := make([]byte, newSaltLength)
	for i, b := range random {
		salt[i] = saltAlphabet[int(b)%len(saltAlphabet)]
	}
	done, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	key, err := scrypt.Key([]byte(password), salt, h.cost(), defaultScryptR, defaultScryptP, scryptKeyLength)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return h.method() + "$" + string(salt) + "$" + hex.EncodeToString(key), nil
}

// Verify reports whether the password belongs to the stored form. A form that is
// not understood, an empty one included, never matches and takes the time of a
// usual one, so that an answer does not tell whether a user exists. The legacy
// methods sha1, md5, sha256, sha512 and plain are refused: a master resets such a
// password. The error is that of ctx: too many were waiting.
func (h *Hasher) Verify(ctx context.Context, stored, password string) (bool, error) {
	done, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	if len(password) > maxPassword {
		password, stored = "", ""
	}
	verify := verifyWerkzeug
	if isBcrypt(stored) {
		verify = verifyBcrypt
	}
	ok, err := verify(stored, password)
	if err != nil {
		_, _ = verifyWerkzeug(h.method()+"$decoydecoydecoy0$", password)
		return false, nil
	}
	return ok, nil
}

func (h *Hasher) cost() int {
	if h.N == 0 {
		return defaultScryptN
	}
	return h.N
}

func (h *Hasher) method() string {
	return fmt.Sprintf("scrypt:%d:%d:%d", h.cost(), defaultScryptR, defaultScryptP)
}

// enter waits for a slot.
func (h *Hasher) enter(ctx context.Context) (done func(), err error) {
	const busy = "El servicio está ocupado. Intente de nuevo"
	if h.waiting.Add(1) > MaxWaitingHashes {
		h.waiting.Add(-1)
		return nil, Errorf(Unavailable, busy)
	}
	err = h.slots.Acquire(ctx, 1)
	h.waiting.Add(-1)
	if err != nil {
		return nil, &Error{Code: Unavailable, Message: busy, Err: err}
	}
	n := h.now.Add(1)
	for p := h.peak.Load(); n > p && !h.peak.CompareAndSwap(p, n); p = h.peak.Load() {
	}
	return func() {
		if h.garbage.Add(int64(h.cost())*defaultScryptR*128) >= mostGarbage {
			h.garbage.Store(0)
			runtime.GC()
		}
		h.now.Add(-1)
		h.slots.Release(1)
	}, nil
}

// verifyWerkzeug checks "method$salt$hex"; salt and password are used as they are,
// the digest is compared as text. An error means that the form is not supported.
func verifyWerkzeug(stored, password string) (bool, error) {
	parts := strings.SplitN(stored, "$", 3)
	if len(parts) != 3 || len(stored) > maxStoredHash {
		return false, errHashForm
	}
	method, salt, digest := strings.Split(parts[0], ":"), []byte(parts[1]), parts[2]
	var key []byte
	var err error
	switch method[0] {
	case "scrypt":
		key, err = scryptKey(method[1:], salt, password)
	case "pbkdf2":
		key, err = pbkdf2Key(method[1:], salt, password)
	default:
		err = errHashForm
	}
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(key)), []byte(digest)) == 1, nil
}

// scryptKey takes N, r and p, or nothing for Werkzeug's defaults.
func scryptKey(args []string, salt []byte, password string) ([]byte, error) {
	n, r, p := defaultScryptN, defaultScryptR, defaultScryptP
	if len(args) != 0 {
		if len(args) != 3 {
			return nil, errHashForm
		}
		for i, into := range []*int{&n, &r, &p} {
			v, err := strconv.ParseUint(args[i], 10, 24)
			if err != nil {
				return nil, errHashForm
			}
			*into = int(v)
		}
	}
	// Each factor is below 2^24, so the products fit.
	if n < 2 || r < 1 || p < 1 || 128*n*r > maxScryptMemory || n*r*p > maxScryptWork {
		return nil, errors.New("scrypt parameters out of bounds")
	}
	// OpenSSL's own bound as Werkzeug sets it; such a hash never worked there.
	if 128*r*p+128*n*r+256*r+64 > 132*n*r*p {
		return nil, errors.New("scrypt parameters out of bounds")
	}
	return scrypt.Key([]byte(password), salt, n, r, p, scryptKeyLength)
}

// pbkdf2Key takes the hash name and the rounds.
func pbkdf2Key(args []string, salt []byte, password string) ([]byte, error) {
	name, rounds := "sha256", defaultPBKDF2
	switch len(args) {
	case 2:
		v, err := strconv.ParseUint(args[1], 10, 31)
		if err != nil || v == 0 || v > maxPBKDF2Rounds {
			return nil, errors.New("pbkdf2 rounds out of bounds")
		}
		rounds = int(v)
		fallthrough
	case 1:
		name = args[0]
	case 0:
	default:
		return nil, errHashForm
	}
	digests := map[string]func() hash.Hash{
		"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
	}
	digest, ok := digests[name]
	if !ok {
		return nil, errHashForm
	}
	return pbkdf2.Key(digest, password, salt, rounds, digest().Size())
}
