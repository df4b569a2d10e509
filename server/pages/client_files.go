package pages

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// clientNames are the files of the browser client that pages ask for.
var clientNames = []string{"socket.io.js", "socket.io.min.js", "socket.io.js.map", "socket.io.min.js.map"}

// ClientFiles serves the Socket.IO browser client from dir at <socketPath>socket.io.js
// and its siblings; all other requests pass. It is a middleware because the path lies
// inside the engine's. With no dir, or without the file in it, the answer is a JSON
// 404 that tells the operator which setting is missing.
func ClientFiles(socketPath, dir string) gin.HandlerFunc {
	return func(c *gin.Context) {
		name, inside := strings.CutPrefix(c.Request.URL.Path, socketPath)
		if !inside || !slices.Contains(clientNames, name) {
			return
		}
		defer c.Abort()
		if c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
			c.Header("Allow", "GET, HEAD")
			c.JSON(http.StatusMethodNotAllowed, gin.H{"success": false, "message": "Método no permitido", "error": "Método no permitido"})
			return
		}
		f, info := openClientFile(dir, name)
		if f == nil {
			middleware.Refuse(c, models.Errorf(models.NotFound, "El cliente de Socket.IO no se sirve: configure socket.client_dir"))
			return
		}
		defer f.Close()
		h := c.Writer.Header()
		h.Set("Content-Type", middleware.ContentType(name))
		h.Set("Cache-Control", "public, max-age=0, must-revalidate")
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(c.Writer, c.Request, "", info.ModTime(), f)
	}
}

// HasClient reports whether dir holds the browser client.
func HasClient(dir string) bool {
	f, _ := openClientFile(dir, "socket.io.js")
	if f == nil {
		return false
	}
	_ = f.Close()
	return true
}

// openClientFile opens a regular file of dir; nil when there is none.
func openClientFile(dir, name string) (*os.File, os.FileInfo) {
	if dir == "" {
		return nil, nil
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, nil
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		_ = f.Close()
		return nil, nil
	}
	return f, info
}
