// Package api is the desk's REST interface, one file per resource. Handlers read
// the request, run one transaction and answer; rules live in models.
package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// maxBody bounds a JSON body, in bytes (contract 3.1).
const maxBody = 10 << 20

// readJSON reads the body into dst, whose fields say what each key must be: 415
// without a JSON content type, 400 when it does not parse or is not an object of
// that shape, 413 over the limit (contract 3.1). It answers and reports false then.
func readJSON(c *gin.Context, dst any) bool {
	body, err := readBody(c, maxBody)
	if err == nil {
		err = parseJSON(body, dst)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return false
	}
	return true
}

// readBody reads a JSON body of at most max bytes whole.
func readBody(c *gin.Context, max int64) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || kind != gin.MIMEJSON {
		return nil, models.Errorf(models.Unsupported, "El contenido debe ser application/json")
	}
	return readBounded(http.MaxBytesReader(c.Writer, c.Request.Body, max))
}

// readBounded reads the whole of what is bounded by [http.MaxBytesReader].
func readBounded(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(r)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, models.Errorf(models.TooLarge, "El contenido supera el tamaño permitido")
	}
	if err != nil {
		return nil, &models.Error{Code: models.Invalid, Message: "No se pudo leer el contenido", Err: err}
	}
	return body, nil
}

func parseJSON(body []byte, dst any) error {
	err := json.Unmarshal(body, dst)
	var known *models.Error
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil && string(bytes.TrimSpace(body)) != "null":
		return nil
	case errors.As(err, &known):
		return known
	case errors.As(err, &kind) && kind.Field != "":
		return &models.Error{Code: models.Invalid, Message: "El campo " + kind.Field + " no tiene el tipo esperado", Err: err}
	}
	return &models.Error{Code: models.Invalid, Message: "JSON inválido", Err: err}
}

// pathID reads an integer path parameter; anything else is the framework's 404 of
// the system replaced (contract 3.1).
func pathID(c *gin.Context, name string) (int64, bool) {
	id, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil || id < 0 || id > 1<<31-1 {
		middleware.Refuse(c, models.Errorf(models.NotFound, "Recurso no encontrado"))
		return 0, false
	}
	return id, true
}

// answer sends a success object.
func answer(c *gin.Context, status int, body gin.H) {
	body["success"] = true
	c.JSON(status, body)
}
