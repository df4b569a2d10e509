package server

import (
	"fmt"
	"strings"
	"unicode"
)

// sampleWords stand in the keys of examples, templates and hurried first set-ups,
// without what separates words. A random key of 64 characters holds one of them less
// than once in a million times.
var sampleWords = []string{
	"changeme", "changethis", "changeit", "changein", "replaceme", "replacethis", "yoursecret", "yourkey", "mysecret", "secretkey",
	"supersecret", "topsecret", "verysecret", "notsosecret", "password", "contrasena", "cambiame", "placeholder", "insecure",
	"unsafe", "default", "development", "testing", "example", "sample", "ejemplo", "lorem", "foobar", "todo123", "qwerty", "letmein",
}

// productionDistinct is the fewest different characters of a key in production; 16
// random hexadecimal digits have fewer about once in 500 keys, 32 practically never.
const productionDistinct = 8

// checkProduction refuses what is convenient while developing and a hole afterwards.
// It says nothing in any other environment.
func (c *Config) checkProduction() error {
	if c.Environment != "production" {
		return nil
	}
	why := "is not set"
	if c.SecretKey != "" {
		why = guessable(c.SecretKey)
	}
	if why == "" {
		return nil
	}
	return &ConfigError{fmt.Errorf(`secret_key: the key (not shown) %s, expected with environment "production" one of your own in SECRET_KEY or RELEVO_SECRET_KEY_FILE, such as the output of: openssl rand -hex 32`, why)}
}

// guessable says why a key of sufficient length can be guessed all the same, "" when
// nothing speaks for it.
func guessable(key string) string {
	if checkSecret(key) != "" {
		return "is a sample or shorter than 16 characters"
	}
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, key)
	for _, word := range sampleWords {
		if strings.Contains(plain, word) {
			return "reads like the sample key of an example"
		}
	}
	distinct := map[rune]bool{}
	for _, r := range plain {
		distinct[r] = true
	}
	switch {
	case len(distinct) < productionDistinct:
		return fmt.Sprintf("has only %d different letters and digits", len(distinct))
	case repeats(key):
		return "repeats one piece of text"
	case isRow(plain):
		return "is a row of neighbouring characters"
	}
	return ""
}

// repeats reports whether text is one shorter piece said again and again.
func repeats(text string) bool {
	return strings.Contains((text + text)[1:len(text)*2-1], text)
}

// isRow reports whether nearly every character is the neighbour of the one before,
// as in 0123456789abcdef.
func isRow(text string) bool {
	steps, last := 0, rune(0)
	for _, r := range text {
		if r == last+1 || r == last-1 {
			steps++
		}
		last = r
	}
	return steps*4 >= len(text)*3
}
