package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/relevo/relevo/models"
)

// LocalFiles keeps files in a folder of this machine, in two levels of sub-folders so
// that no folder grows large. All methods may be called concurrently.
//
// A file is written aside, synced and renamed before Save returns, so that an URL in a
// committed row always leads to a whole file. A process that dies between Save and the
// commit leaves a file that no row names: it costs space, never correctness.
type LocalFiles struct {
	dir, publicURL string
	max            int64
}

// NewLocalFiles keeps files of at most max bytes under dir, which is made when needed.
func NewLocalFiles(dir, publicURL string, max int64) *LocalFiles {
	return &LocalFiles{dir: dir, publicURL: publicURL, max: max}
}

const (
	fileAlphabet = "abcdefghijklmnopqrstuvwxyz234567"
	fileIDLength = 26 // 130 random bits
)

// newFileID makes an id that cannot be guessed.
func newFileID(ext string) string {
	b := make([]byte, fileIDLength)
	_, _ = rand.Read(b) // never fails; ends the process when the system has no randomness
	for i := range b {
		b[i] = fileAlphabet[int(b[i])%len(fileAlphabet)]
	}
	return string(b) + ext
}

var errFileKind = models.Errorf(models.Invalid, "Solo se permiten archivos PNG, JPG, JPEG o PDF")

// sniff decides the kind of file by its first bytes.
func sniff(head []byte) (ext string, err error) {
	switch {
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return ".pdf", nil
	case http.DetectContentType(head) == "image/png":
		return ".png", nil
	case http.DetectContentType(head) == "image/jpeg":
		return ".jpg", nil
	}
	return "", errFileKind
}

// allowedName reports whether the browser's name for the file has an extension that
// the pages offer.
func allowedName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".pdf":
		return true
	}
	return false
}

// Save implements FileStore.
func (l *LocalFiles) Save(ctx context.Context, name string, r io.Reader) (Saved, error) {
	if !allowedName(name) {
		return Saved{}, errFileKind
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Saved{}, fmt.Errorf("read upload: %w", err)
	}
	ext, err := sniff(head[:n])
	if err != nil {
		return Saved{}, err
	}
	id := newFileID(ext)
	target := l.path(id)
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return Saved{}, fmt.Errorf("keep upload: %w", err)
	}
	body := io.MultiReader(bytes.NewReader(head[:n]), r)
	if err := l.write(ctx, target, body); err != nil {
		return Saved{}, err
	}
	discard := func() error {
		if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("discard upload: %w", err)
		}
		return nil
	}
	return Saved{URL: fileURL(l.publicURL, id), Discard: discard}, nil
}

// write makes the whole file appear under target at once, or nothing.
func (l *LocalFiles) write(ctx context.Context, target string, r io.Reader) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(target), ".upload-*")
	if err != nil {
		return fmt.Errorf("keep upload: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	n, err := io.Copy(tmp, io.LimitReader(r, l.max+1))
	if err != nil {
		return fmt.Errorf("keep upload: %w", err)
	}
	if n > l.max {
		return models.Errorf(models.TooLarge, "El archivo supera el tamaño permitido")
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("keep upload: %w", err)
	}
	if err := tmp.Sync(); err != nil {
		return fmt.Errorf("keep upload: %w", err)
	}
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("keep upload: %w", err)
	}
	if err := os.Rename(tmp.Name(), target); err != nil {
		return fmt.Errorf("keep upload: %w", err)
	}
	leaf := filepath.Dir(target)
	return errors.Join(syncDir(leaf), syncDir(filepath.Dir(leaf)), syncDir(l.dir))
}

// syncDir makes a rename or a new folder in dir itself durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("keep upload: %w", err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("keep upload: %w", err)
	}
	return nil
}

// Open implements FileStore.
func (l *LocalFiles) Open(_ context.Context, id string) (File, error) {
	if !isFileID(id) {
		return File{}, models.Errorf(models.NotFound, "Archivo no encontrado")
	}
	f, err := os.Open(l.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return File{}, &models.Error{Code: models.NotFound, Message: "Archivo no encontrado", Err: err}
	}
	if err != nil {
		return File{}, fmt.Errorf("open upload: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return File{}, fmt.Errorf("open upload: %w", err)
	}
	return File{Content: f, ContentType: fileTypes[path.Ext(id)], Size: info.Size()}, nil
}

// path is where an id is kept; id must have passed isFileID.
func (l *LocalFiles) path(id string) string {
	return filepath.Join(l.dir, id[:2], id[2:4], id)
}
