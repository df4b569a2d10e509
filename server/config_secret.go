package server

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ResolveSecret makes sure that SecretKey is set. Without a configured one it
// uses data.dir/secret_key, which it creates with a random key and mode 0600 on
// the first start, so that what was signed stays valid over restarts. It reports
// the file it used, "" when the key was configured, and whether it was created.
func (c *Config) ResolveSecret() (path string, created bool, err error) {
	if c.SecretKey != "" {
		return "", false, nil
	}
	if err := os.MkdirAll(c.Data.Dir, 0o700); err != nil {
		return "", false, fmt.Errorf("create data.dir: %w", err)
	}
	path = filepath.Join(c.Data.Dir, "secret_key")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		raw, created, err = createSecret(path)
	}
	if err != nil {
		return "", false, fmt.Errorf("secret key: %w", err)
	}
	key := strings.TrimSpace(string(raw))
	if want := checkSecret(key); want != "" {
		return "", false, fmt.Errorf("secret key in %s is not valid, expected %s", path, want)
	}
	c.SecretKey = key
	c.origins["secret_key"] = "file " + path
	return path, created, nil
}

// createSecret writes a whole file under another name and links it, so that of
// two processes that start together both use the same key and none reads half of it.
func createSecret(path string) (raw []byte, created bool, err error) {
	random := make([]byte, 32)
	rand.Read(random)                                              // never fails; see crypto/rand
	tmp, err := os.CreateTemp(filepath.Dir(path), ".secret_key-*") // mode 0600
	if err != nil {
		return nil, false, err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(hex.EncodeToString(random) + "\n")
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return nil, false, err
	}
	err = os.Link(tmp.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, false, err
	}
	raw, readErr := os.ReadFile(path)
	return raw, err == nil, readErr
}
