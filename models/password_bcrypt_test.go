package models_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/models"
)

// Hashes made by libxcrypt 4.4 of one salt: bcrypt's three names for one form verify,
// $2x$ of a faulty program, costs out of bounds and broken forms do not.
func TestHasherVerifiesBcrypt(t *testing.T) {
	h, ctx := models.NewHasher(2), context.Background()
	h.N = 1024
	const salt = "05$CCCCCCCCCCCCCCCCCCCCC."
	long := strings.Repeat("a1", 40)
	for password, digest := range map[string]string{
		"correcta-9":       "Icublh0JT8ENVDpMlPxKjiKoiLvjXsm",
		"contraseña-€-😀-1": "/pIn0Jd9nddAwCJyUJVIAIVXMvg46WC",
		"":                 "7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy",
		long:               "tzbqy/m88oykIkTtEH0EGoIhJ.v5e3O",
	} {
		for _, form := range []string{"$2a$", "$2b$", "$2y$"} {
			stored := form + salt + digest
			for given, want := range map[string]bool{password: true, "x" + password: false, "otra-1": false, password + strings.Repeat("x", 1100): false} {
				if ok, err := h.Verify(ctx, stored, given); err != nil || ok != want {
					t.Errorf("%s for %.20q: %v, %v", stored, given, ok, err)
				}
			}
		}
	}
	if ok, err := h.Verify(ctx, "$2b$"+salt+"tzbqy/m88oykIkTtEH0EGoIhJ.v5e3O", long[:72]+"tail"); err != nil || !ok {
		t.Errorf("bytes behind the 72nd count: %v, %v", ok, err)
	}
	const digest = "Icublh0JT8ENVDpMlPxKjiKoiLvjXsm"
	for _, stored := range []string{
		"$2x$" + salt + digest, "$2$" + salt + digest, "$2b$" + salt, "$2b$15$CCCCCCCCCCCCCCCCCCCCC." + digest, "$2b$31$CCCCCCCCCCCCCCCCCCCCC." + digest,
		"$2b$03$CCCCCCCCCCCCCCCCCCCCC." + digest, "$2b$0x$CCCCCCCCCCCCCCCCCCCCC." + digest, "$2b$", "$2b$" + salt + digest + "x", "$2b$" + strings.Repeat("C", 600),
		"$2b$05$CCCCCCCCCC!CCCCCCCCCC." + digest, " $2b$" + salt + digest,
	} {
		if ok, err := h.Verify(ctx, stored, "correcta-9"); err != nil || ok {
			t.Errorf("%.40q: %v, %v", stored, ok, err)
		}
	}
}

// bcrypt waits for the same slots as the other forms.
func TestHasherBoundsBcrypt(t *testing.T) {
	h := models.NewHasher(2)
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			ok, err := h.Verify(context.Background(), "$2b$05$CCCCCCCCCCCCCCCCCCCCC.Icublh0JT8ENVDpMlPxKjiKoiLvjXsm", "correcta-9")
			if err != nil || !ok {
				t.Error(ok, err)
			}
		})
	}
	wg.Wait()
	if peak := h.Peak(); peak < 1 || peak > 2 {
		t.Errorf("%d at once, want at most 2", peak)
	}
}
