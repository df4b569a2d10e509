package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// documents keeps the files of the fields that the form has and returns their URLs.
func (u *uploads) documents(c *gin.Context, fields []string) (map[string]string, error) {
	urls := map[string]string{}
	for _, field := range fields {
		url, err := u.save(c, field)
		if err != nil {
			return nil, err
		}
		if url != "" {
			urls[field] = url
		}
	}
	return urls, nil
}

// UploadDocuments answers POST /clients/api/upload_documents/:id. A document that it
// replaces stays in the file store.
func (h *Clients) UploadDocuments(c *gin.Context) {
	h.upload(c, models.ClientDocuments, nil, func(row models.Client) gin.H {
		return gin.H{"message": "Documentos subidos exitosamente", "client": clientOf(row)}
	})
}

// UploadValidationOC answers POST /clients/api/upload_validation_oc/:id.
func (h *Clients) UploadValidationOC(c *gin.Context) {
	fields := func(string) []string { return []string{"validation_oc_file"} }
	h.upload(c, fields, map[string]string{"validation_oc_file": "validation_oc"}, func(row models.Client) gin.H {
		return gin.H{"message": "Validación subida exitosamente", "validation_oc_url": row.ValidationOCURL}
	})
}

// upload keeps the files of the fields that the client's document type has and notes
// them in its row, under the names that rename gives; at least one must be there.
func (h *Clients) upload(c *gin.Context, fields func(documentType string) []string, rename map[string]string, body func(models.Client) gin.H) {
	by := middleware.ActorOf(c)
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	row, err := h.store.ClientByID(c.Request.Context(), id)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	up, err := h.files.begin(c)
	defer up.close(c)
	var urls map[string]string
	if err == nil {
		urls, err = up.documents(c, fields(row.DocumentType))
	}
	if err == nil && len(urls) == 0 {
		err = models.Errorf(models.Invalid, "No se recibió ningún archivo")
	}
	for from, to := range rename {
		if url, ok := urls[from]; ok {
			delete(urls, from)
			urls[to] = url
		}
	}
	if err == nil {
		err = h.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
			row, err = tx.UpdateClientDocuments(by, id, urls)
			return err
		})
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	up.keep()
	answer(c, http.StatusOK, body(row))
}
