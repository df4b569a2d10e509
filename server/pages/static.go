package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

//go:embed static
var staticFiles embed.FS

// asset is an embedded file with the tag of its content.
type asset struct {
	body []byte
	kind string
	etag string
}

var assets = loadAssets()

func loadAssets() map[string]asset {
	out := map[string]asset{}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic(err) // the files are part of the binary
	}
	for _, e := range entries {
		body, err := staticFiles.ReadFile(path.Join("static", e.Name()))
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(body)
		out[e.Name()] = asset{body, middleware.ContentType(e.Name()), `"` + hex.EncodeToString(sum[:12]) + `"`}
	}
	return out
}

// serveStatic is GET /static/<file>. Browsers ask again each time and get 304 while
// the tag stands: modules import each other by plain names, so an old one beside a
// new one would break the page.
func serveStatic(c *gin.Context) {
	a, ok := assets[strings.TrimPrefix(c.Param("file"), "/")]
	if !ok {
		middleware.Refuse(c, models.Errorf(models.NotFound, "Recurso no encontrado"))
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Type", a.kind)
	h.Set("ETag", a.etag)
	h.Set("Cache-Control", "public, max-age=0, must-revalidate")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(a.body))
}
