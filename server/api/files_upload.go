package api

import (
	"errors"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// formMemory is the bytes of a form kept in memory; the rest waits in temporary files.
const formMemory = 1 << 20

// uploads are the files of one request. They are kept as they are read, and discarded
// by close unless keep was called after the commit.
type uploads struct {
	files *Files
	saved []Saved
	kept  bool
}

// begin reads the multipart form of the request, whose size the body limit of all
// routes bounds: code Unsupported for another content type, TooLarge over the limit,
// Invalid when it does not parse. The caller
// defers close and calls keep when its transaction committed.
//
//	up, err := files.begin(c)
//	defer up.close(c)
//	url, err := up.save(c, "file")
//	... transaction ...
//	up.keep()
func (f *Files) begin(c *gin.Context) (*uploads, error) {
	u := &uploads{files: f}
	if kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || kind != "multipart/form-data" {
		return u, models.Errorf(models.Unsupported, "El contenido debe ser multipart/form-data")
	}
	err := c.Request.ParseMultipartForm(formMemory)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return u, nil
	case errors.As(err, &tooLarge), errors.Is(err, multipart.ErrMessageTooLarge):
		return u, &models.Error{Code: models.TooLarge, Message: "El archivo supera el tamaño permitido", Err: err}
	}
	return u, &models.Error{Code: models.Invalid, Message: "No se pudo leer el formulario", Err: err}
}

// save keeps the file of one field and returns its URL, "" when the form has none.
// Errors of code Invalid and TooLarge are for the user.
func (u *uploads) save(c *gin.Context, field string) (string, error) {
	headers := c.Request.MultipartForm.File[field]
	if len(headers) == 0 || headers[0].Filename == "" {
		return "", nil
	}
	if headers[0].Size > u.files.max {
		return "", models.Errorf(models.TooLarge, "El archivo supera el tamaño permitido")
	}
	file, err := headers[0].Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	saved, err := u.files.store.Save(c.Request.Context(), headers[0].Filename, file)
	if err != nil {
		return "", err
	}
	u.saved = append(u.saved, saved)
	return saved.URL, nil
}

// keep says that the rows that name the files are committed.
func (u *uploads) keep() { u.kept = true }

// close discards the files unless they were kept, and the form's temporary files. When
// the database failed the outcome of the commit may be unknown; then the files stay,
// because a row without its file is worse than a file without its row. A file that
// cannot be discarded is left and noted for the request log.
func (u *uploads) close(c *gin.Context) {
	if c.Request.MultipartForm != nil {
		_ = c.Request.MultipartForm.RemoveAll()
	}
	if u.kept {
		return
	}
	if last := c.Errors.Last(); last != nil {
		if code := models.CodeOf(last.Err); code == models.Unavailable || code == models.Internal {
			return
		}
	}
	for _, s := range u.saved {
		if err := s.Discard(); err != nil {
			_ = c.Error(err)
		}
	}
}
