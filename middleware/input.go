package middleware

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// ReadJSON reads a body of at most max bytes into dst, whose fields say what each key
// must be: 415 without a JSON content type, 400 when it does not parse or is not an
// object of that shape, 413 over the limit (contract 3.1). It answers and reports false
// then.
func ReadJSON(c *gin.Context, dst any, max int64) bool {
	body, err := ReadBody(c, max)
	if err == nil {
		err = ParseJSON(body, dst)
	}
	if err != nil {
		Refuse(c, err)
		return false
	}
	return true
}

// ReadBody reads a JSON body of at most max bytes whole.
func ReadBody(c *gin.Context, max int64) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || kind != gin.MIMEJSON {
		return nil, models.Errorf(models.Unsupported, "El contenido debe ser application/json")
	}
	return ReadBounded(http.MaxBytesReader(c.Writer, c.Request.Body, max))
}

// ReadBounded reads the whole of what is bounded by [http.MaxBytesReader].
func ReadBounded(r io.Reader) ([]byte, error) {
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

// ParseJSON reads an object into dst. Errors of dst's own types come through.
func ParseJSON(body []byte, dst any) error {
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

// PathID reads an integer path parameter; anything else is the framework's 404 of
// the system replaced (contract 3.1). It answers and reports false then.
func PathID(c *gin.Context, name string) (int64, bool) {
	id, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil || id < 0 || id > 1<<31-1 {
		Refuse(c, models.Errorf(models.NotFound, "Recurso no encontrado"))
		return 0, false
	}
	return id, true
}

// UserQuery reads the parameter user_id; 0 without it.
func UserQuery(c *gin.Context) (int64, error) {
	text := c.Query("user_id")
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 32)
	if err != nil || id < 1 {
		return 0, FieldError("user_id", "debe ser el número de un usuario")
	}
	return id, nil
}

// FieldError says which parameter or key is wrong, and what it must be.
func FieldError(key, why string) error {
	return models.Errorf(models.Invalid, "El campo %s %s", key, why)
}
