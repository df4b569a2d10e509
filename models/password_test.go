package models_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/models"
)

// contract 3.2: the form that Flask with Werkzeug 3 reads.
func TestHasherHash(t *testing.T) {
	h, ctx := models.NewHasher(2), context.Background()
	form := regexp.MustCompile(`^scrypt:32768:8:1\$[A-Za-z0-9]{16}\$[0-9a-f]{128}$`)
	seen := map[string]bool{}
	for _, password := range []string{"correcta-9", "correcta-9", "contraseña-€-😀-1"} {
		stored, err := h.Hash(ctx, password)
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(stored) || len(stored) > 200 || seen[stored] {
			t.Errorf("hash %q of %d characters", stored, len(stored))
		}
		seen[stored] = true
		for given, want := range map[string]bool{password: true, password + " ": false, "": false} {
			if ok, err := h.Verify(ctx, stored, given); err != nil || ok != want {
				t.Errorf("%q for %q: %v, %v", given, password, ok, err)
			}
		}
	}
}

// A stored row must not be able to stall the process.
func TestHasherBoundsParameters(t *testing.T) {
	h := models.NewHasher(2)
	for _, stored := range []string{
		"scrypt:16777216:8:1$abcdefgh$00", "scrypt:32768:8:1024$abcdefgh$00", "scrypt:1024:99999:1$abcdefgh$00",
		"scrypt:99999999999999999999:8:1$a$00", "scrypt:-1:8:1$a$00", "scrypt:0:0:0$a$00",
		"pbkdf2:sha256:2000001$a$00", "pbkdf2:sha256:-5$a$00", "pbkdf2:sha256:99999999999999999999$a$00",
		"pbkdf2:sha256:1$" + strings.Repeat("s", 600) + "$00", "!", "",
	} {
		if ok, err := h.Verify(context.Background(), stored, "x"); ok || err != nil {
			t.Errorf("%.40q: %v, %v", stored, ok, err)
		}
	}
	stored, err := h.Hash(context.Background(), "corta-123")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _ := h.Verify(context.Background(), stored, strings.Repeat("x", 1<<20)); ok {
		t.Error("a megabyte matched")
	}
}

func TestHasherBoundsConcurrency(t *testing.T) {
	h := models.NewHasher(3)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := h.Verify(context.Background(), "scrypt:1024:8:1$abcdefgh$00", "x"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if peak := h.Peak(); peak < 1 || peak > 3 {
		t.Errorf("%d at once, want at most 3", peak)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Hash(ended, "x"); !errors.Is(err, context.Canceled) && err != nil {
		t.Errorf("ended context: %v", err)
	}
}

// A queue that grows without end would be the flood's other way to win.
func TestHasherBoundsWaiting(t *testing.T) {
	h := models.NewHasher(1)
	var wg sync.WaitGroup
	var mu sync.Mutex
	busy := 0
	for range models.MaxWaitingHashes + 60 {
		wg.Go(func() {
			_, err := h.Verify(context.Background(), "scrypt:1024:8:1$abcdefgh$00", "x")
			if models.CodeOf(err) == models.Unavailable {
				mu.Lock()
				busy++
				mu.Unlock()
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if busy > 60 {
		t.Errorf("%d refused, want at most 60", busy)
	}
}

// contract 3.2 and 4.6
func TestCheckPassword(t *testing.T) {
	for password, ok := range map[string]bool{
		"": false, "corta-1": false, "sinnumero": false, "12345678": true, "contraseña1": true, "ñññññññ1": true,
		strings.Repeat("a1", 600): false,
	} {
		if err := models.CheckPassword(password); (err == nil) != ok {
			t.Errorf("%.20q: %v", password, err)
		} else if err != nil && models.CodeOf(err) != models.Invalid {
			t.Errorf("%.20q: code %s", password, models.CodeOf(err))
		}
	}
}
