package api

import (
	"context"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// FileStore keeps uploaded documents and proofs of payment. A store of another kind
// (object storage) needs only these two methods.
type FileStore interface {
	// Save keeps the content for good. name is what the browser called the file; only
	// its extension counts. Errors of code Invalid (kind of file) and TooLarge are for
	// the user.
	Save(ctx context.Context, name string, r io.Reader) (Saved, error)
	// Open finds a kept file by the id at the end of its URL; code NotFound when there
	// is none. The caller closes Content.
	Open(ctx context.Context, id string) (File, error)
}

// Saved is a file that was just kept.
type Saved struct {
	// URL is where pages find it.
	URL string
	// Discard removes it again: for a request whose transaction failed.
	Discard func() error
}

// File is a kept file, opened.
type File struct {
	Content     io.ReadCloser
	ContentType string // image/png, image/jpeg or application/pdf
	Size        int64  // bytes
}

// fileTypes are the kinds of file that are kept, by the extension of their id.
var fileTypes = map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".pdf": "application/pdf"}

// Files serves kept files to signed-in users and takes uploads for the resources.
type Files struct {
	store FileStore
	base  string
	max   int64
}

// NewFiles serves store. publicURL is the server's own URL or empty; max bounds one
// file in bytes.
func NewFiles(store FileStore, publicURL string, max int64) *Files {
	return &Files{store: store, base: strings.TrimSuffix(publicURL, "/"), max: max}
}

// fileURL is the URL of an id: absolute when the public URL is known, else the path,
// which pages resolve against their own origin.
func fileURL(publicURL, id string) string {
	return strings.TrimSuffix(publicURL, "/") + "/uploads/" + id
}

// Own reports whether s is a URL of the own store. Only such URLs are accepted from
// clients, because pages put them into href as they are (contract 5.29).
func (f *Files) Own(s string) bool {
	for _, base := range []string{"", f.base} {
		if id, ok := strings.CutPrefix(s, base+"/uploads/"); ok && isFileID(id) {
			return true
		}
	}
	return false
}

// isFileID reports whether s has the form of an id made by newFileID. It is what keeps
// paths inside the store: no other text ever reaches the file system.
func isFileID(s string) bool {
	name, ext := strings.TrimSuffix(s, path.Ext(s)), path.Ext(s)
	if _, known := fileTypes[ext]; !known || len(name) != fileIDLength {
		return false
	}
	return strings.Trim(name, fileAlphabet) == ""
}

// Serve answers GET /uploads/:id. The type comes from the content that was checked at
// the upload; nosniff and the sandbox keep a file that is both image and page from
// running as a page of the desk.
func (f *Files) Serve(c *gin.Context) {
	id := c.Param("id")
	if !isFileID(id) {
		middleware.Refuse(c, models.Errorf(models.NotFound, "Archivo no encontrado"))
		return
	}
	file, err := f.store.Open(c.Request.Context(), id)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	defer func() { _ = file.Content.Close() }()
	how := "inline"
	if file.ContentType == "application/pdf" {
		how = "attachment"
	}
	h := c.Writer.Header()
	h.Set("Content-Type", file.ContentType)
	h.Set("Content-Length", strconv.FormatInt(file.Size, 10))
	h.Set("Content-Disposition", how+`; filename="`+id+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=3600")
	c.Status(http.StatusOK)
	// A reader that goes away half-way is no error of ours; the status is sent.
	_, _ = io.Copy(c.Writer, file.Content)
}
