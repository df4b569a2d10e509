package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// dist is what web/ builds. Without Node there is only a README in it.
//
//go:embed all:dist
var dist embed.FS

// page is the built page, read once. It is immutable.
type page struct {
	publicHost string
	files      map[string]asset // by path below dist
}

// asset is one file of the build.
type asset struct {
	body, gzip []byte // gzip is nil when that is not shorter
	kind, etag string
}

// newPage reads the build; having none is no error.
func newPage(built fs.FS, publicURL string) (*page, error) {
	public, err := url.Parse(publicURL)
	if err != nil {
		return nil, fmt.Errorf("public URL: %w", err)
	}
	p := &page{publicHost: public.Host, files: map[string]asset{}}
	err = fs.WalkDir(built, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "dist/README" || strings.HasSuffix(name, ".gz") {
			return err
		}
		a, err := readAsset(built, name)
		p.files[strings.TrimPrefix(name, "dist/")] = a
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the console's page: %w", err)
	}
	return p, nil
}

// readAsset takes the compressed form that the build wrote beside the file, or makes one.
func readAsset(built fs.FS, name string) (asset, error) {
	body, err := fs.ReadFile(built, name)
	if err != nil {
		return asset{}, err
	}
	sum := sha256.Sum256(body)
	a := asset{body: body, kind: middleware.ContentType(name), etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
	switch packed, err := fs.ReadFile(built, name+".gz"); {
	case err == nil:
		a.gzip = packed
	case !errors.Is(err, fs.ErrNotExist):
		return asset{}, err
	default:
		var b bytes.Buffer
		w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // fails for other levels only
		_, err := w.Write(body)
		if err := errors.Join(err, w.Close()); err != nil {
			return asset{}, err
		}
		a.gzip = b.Bytes()
	}
	if len(a.gzip) >= len(a.body) {
		a.gzip = nil
	}
	return a, nil
}

// serve writes an asset, compressed for who takes that.
func (a asset) serve(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Type", a.kind)
	h.Add("Vary", "Accept-Encoding")
	body, etag := a.body, a.etag
	if a.gzip != nil && takesGzip(c.Request) {
		h.Set("Content-Encoding", "gzip")
		body, etag = a.gzip, strings.TrimSuffix(a.etag, `"`)+`-gzip"`
	}
	h.Set("ETag", etag)
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(body))
}

// takesGzip reports whether the client takes gzip for a whole file.
func takesGzip(r *http.Request) bool {
	if r.Header.Get("Range") != "" {
		return false
	}
	for offer := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, quality, _ := strings.Cut(strings.TrimSpace(offer), ";")
		if strings.EqualFold(coding, "gzip") && strings.ReplaceAll(quality, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

// policy allows the page what this server serves, by kind, and nothing inline.
func (p *page) policy(r *http.Request) string {
	return middleware.PagePolicy(r, p.publicHost, "img-src 'self' data:; font-src 'self'")
}

// Page is GET /console/: the page for who may see it, a plain word for who may not, and
// without a build how to make one.
func (s *Service) Page(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", s.page.policy(c.Request))
	h.Set("Cache-Control", "no-store")
	index, built := s.page.files["index.html"]
	switch {
	case !s.May(middleware.IdentityOf(c)):
		c.Data(http.StatusForbidden, index403.kind, index403.body)
	case !built:
		c.Data(http.StatusOK, indexUnbuilt.kind, indexUnbuilt.body)
	default:
		index.serve(c)
	}
}

// Asset is GET /console/assets/<file>. Its name changes with its content.
func (s *Service) Asset(c *gin.Context) {
	a, ok := s.page.files["assets"+path.Clean("/"+c.Param("file"))]
	if !ok {
		middleware.Refuse(c, models.Errorf(models.NotFound, "Recurso no encontrado"))
		return
	}
	h := c.Writer.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	a.serve(c)
}

// addSlash redirects for good and keeps the query.
func addSlash(c *gin.Context) {
	to := url.URL{Path: "/console/", RawQuery: c.Request.URL.RawQuery}
	c.Redirect(http.StatusPermanentRedirect, to.String())
}

// plainPage is a page in two languages without script and style.
func plainPage(title, es, en string) asset {
	return asset{kind: "text/html; charset=utf-8", body: []byte(`<!doctype html>
<html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>` + title + `</title>
<link rel="stylesheet" href="/static/desk.css"></head>
<body><main><h1>` + title + `</h1>` + es + `<div lang="en">` + en + `</div><p><a href="/">Relevo</a></p></main></body></html>
`)}
}

var (
	index403 = plainPage("Consola",
		`<p>Su rol no puede ver la consola. Pida a un usuario Master que lo permita.</p>`,
		`<p>Your role may not see the console. A Master may, and roles named in console.readers.</p>`)
	indexUnbuilt = plainPage("Consola",
		`<p>Este servidor se compiló sin la página de la consola. Para incluirla, ejecute <code>make build</code> con Node 20.19 o posterior y vuelva a iniciarlo.</p>`,
		`<p>This server was built without the console's page. To have it, run <code>make build</code> with Node 20.19 or newer and start the server again.</p>`)
)
