package console

import (
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

// maxBody bounds what an action is asked with, in bytes.
const maxBody = 64 << 10

// readJSON reads the body into dst; it answers and reports false when it is no object of
// that shape.
func readJSON(c *gin.Context, dst any) bool {
	err := parseJSON(c, dst)
	if err != nil {
		middleware.Refuse(c, err)
	}
	return err == nil
}

func parseJSON(c *gin.Context, dst any) error {
	if kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || kind != gin.MIMEJSON {
		return models.Errorf(models.Unsupported, "El contenido debe ser application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return models.Errorf(models.TooLarge, "El contenido supera el tamaño permitido")
	}
	if err == nil {
		err = json.Unmarshal(body, dst)
	}
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil && string(body) != "null":
		return nil
	case errors.As(err, &kind) && kind.Field != "":
		return &models.Error{Code: models.Invalid, Message: "El campo " + kind.Field + " no tiene el tipo esperado", Err: err}
	}
	return &models.Error{Code: models.Invalid, Message: "JSON inválido", Err: err}
}

// refused says which parameter or field is wrong.
func refused(field, why string) error {
	return models.Errorf(models.Invalid, "El campo %s %s", field, why)
}

// longestQuery bounds the text of a search, in bytes.
const longestQuery = 100

// textQuery reads a parameter of a search; "" without it.
func textQuery(c *gin.Context, key string) (string, error) {
	text := c.Query(key)
	if len(text) > longestQuery {
		return "", refused(key, "admite hasta "+strconv.Itoa(longestQuery)+" caracteres")
	}
	return text, nil
}

// userQuery reads the parameter user_id; 0 without it.
func userQuery(c *gin.Context) (int64, error) {
	text := c.Query("user_id")
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 32)
	if err != nil || id < 1 {
		return 0, refused("user_id", "debe ser el número de un usuario")
	}
	return id, nil
}

// pathID reads an integer path parameter; anything else is a 404, as everywhere.
func pathID(c *gin.Context) (int64, bool) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || id < 0 || id > 1<<31-1 {
		middleware.Refuse(c, models.Errorf(models.NotFound, "Recurso no encontrado"))
		return 0, false
	}
	return id, true
}
