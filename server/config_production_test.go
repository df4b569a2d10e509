package server

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"go.uber.org/zap"
)

// In production a key that is missing or can be guessed ends the start, and the
// message never shows it. Elsewhere a key is made.
func TestProductionSecret(t *testing.T) {
	random := make([]byte, 32)
	for key, want := range map[string]string{
		"":                                    "not set",
		"changeme":                            "sample",
		"secret":                              "sample",
		"short-but-own":                       "shorter than 16",
		"dev-secret-key-change-in-production": "sample",
		"Change_Me-Change_Me":                 "sample",
		"CHANGE THIS KEY PLEASE":              "sample",
		"your-secret-key-goes-here":           "sample",
		"super-secret-key-123":                "sample",
		"django-insecure-8f!x0z@kq7w2":        "sample",
		"replace-me-with-a-key-9931":          "sample",
		"esta-clave-es-ejemplo-77":            "sample",
		"aaaaaaaaaaaaaaaaaaaaaaaa":            "only 1 different",
		"0000000000000000":                    "only 1 different",
		"1212121212121212121212":              "only 2 different",
		"k3vQ9zT1k3vQ9zT1":                    "repeats",
		"0123456789abcdef":                    "row",
		"abcdefghijklmnopqrstuvwxyz":          "row",
		"9876543210fedcba":                    "row",
	} {
		c := DefaultConfig()
		c.Environment, c.SecretKey, c.Data.Dir = "production", key, t.TempDir()
		err := Run(context.Background(), c, Process{Log: zap.NewNop()})
		var fault *ConfigError
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "SECRET_KEY") {
			t.Errorf("%q: %v, want one with %q", key, err, want)
		} else if len(key) > 6 && strings.Contains(err.Error(), key) {
			t.Errorf("the message shows the key: %v", err)
		}
		c.Environment = "development"
		if err := c.checkProduction(); err != nil {
			t.Errorf("%q while developing: %v", key, err)
		}
	}
	for range 200 {
		_, _ = rand.Read(random)
		for _, key := range []string{hex.EncodeToString(random), base64.StdEncoding.EncodeToString(random), base64.RawURLEncoding.EncodeToString(random[:18])} {
			if why := guessable(key); why != "" {
				t.Errorf("the random key %s %s", key, why)
			}
		}
	}
	if why := guessable("muelle tranvia 7 cebolla nieve"); why != "" {
		t.Errorf("a phrase of one's own %s", why)
	}
}

func TestEnvironmentIsOneOfTwo(t *testing.T) {
	_, err := LoadConfig(Source{Environ: []string{"RELEVO_ENVIRONMENT=prod"}})
	if err == nil || !strings.Contains(err.Error(), "development, production") {
		t.Errorf("error = %v", err)
	}
	c, err := LoadConfig(Source{Environ: []string{"RELEVO_ENVIRONMENT=production"}})
	if err != nil || c.Environment != "production" || !DefaultConfig().Session.CompatNames || DefaultConfig().Environment != "development" {
		t.Errorf("%+v, %v", c, err)
	}
}
