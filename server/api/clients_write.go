package api

import (
	"encoding/json"
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Create answers POST /clients/api/create, as JSON or as a form with documents. The
// documents are kept only when the client is.
func (h *Clients) Create(c *gin.Context) {
	by := middleware.ActorOf(c)
	kind, _, _ := mime.ParseMediaType(c.GetHeader("Content-Type"))
	var in models.ClientInput
	var err error
	var up *uploads
	if kind == "multipart/form-data" {
		up, err = h.files.begin(c)
		defer up.close(c)
		if err == nil {
			in, err = clientFromForm(c.Request.MultipartForm.Value)
		}
	} else {
		var body map[string]json.RawMessage
		if !middleware.ReadJSON(c, &body, maxBody) {
			return
		}
		in, err = clientFromJSON(body)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	row, err := models.NewClient(by, in)
	if err == nil && up != nil {
		var urls map[string]string
		urls, err = up.documents(c, models.ClientDocuments(row.DocumentType))
		row.SetDocuments(urls)
	}
	if err == nil {
		err = h.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
			if err := tx.CreateClient(by, &row); err != nil {
				return err
			}
			return events.EmitClient(tx, events.ClientWasCreated, notice(row, by))
		})
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	if up != nil {
		up.keep()
	}
	answer(c, http.StatusCreated, gin.H{"message": "Cliente creado exitosamente", "client": clientOf(row)})
}

// Update answers PUT and PATCH /clients/api/update/:id.
func (h *Clients) Update(c *gin.Context) {
	by := middleware.ActorOf(c)
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	var body map[string]json.RawMessage
	if !middleware.ReadJSON(c, &body, maxBody) {
		return
	}
	in, err := clientFromJSON(body)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	var row models.Client
	err = h.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		var err error
		if row, err = tx.UpdateClient(by, id, in); err != nil {
			return err
		}
		return events.EmitClient(tx, events.ClientWasUpdated, notice(row, by))
	})
	answerClient(c, row, "Cliente actualizado exitosamente", err)
}

// ChangeStatus answers PATCH /clients/api/change_status/:id.
func (h *Clients) ChangeStatus(c *gin.Context) {
	by := middleware.ActorOf(c)
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	var body struct {
		Status string `json:"status"`
	}
	if !middleware.ReadJSON(c, &body, maxBody) {
		return
	}
	var row models.Client
	err := h.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		changed, old, err := tx.ChangeClientStatus(by, id, body.Status)
		if err != nil {
			return err
		}
		row = changed
		n := notice(row, by)
		n.OldStatus = old
		return events.EmitClient(tx, events.ClientStatusWasChanged, n)
	})
	answerClient(c, row, "Estado del cliente actualizado", err)
}

// Delete answers DELETE /clients/api/delete/:id. Kept documents of the client stay in
// the file store: operations and the audit trail may still lead to them.
func (h *Clients) Delete(c *gin.Context) {
	by := middleware.ActorOf(c)
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	err := h.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		row, err := tx.DeleteClient(by, id)
		if err != nil {
			return err
		}
		return events.EmitClient(tx, events.ClientWasDeleted, notice(row, by))
	})
	if err != nil {
		middleware.Refuse(c, unknownIsInvalid(err))
		return
	}
	answer(c, http.StatusOK, gin.H{"message": "Cliente eliminado exitosamente"})
}

// notice is what the events tell of the client.
func notice(row models.Client, by models.Actor) events.ClientNotice {
	return events.ClientNotice{Client: row, Name: row.DisplayName(), By: by.Username}
}

func answerClient(c *gin.Context, row models.Client, message string, err error) {
	if err != nil {
		middleware.Refuse(c, unknownIsInvalid(err))
		return
	}
	answer(c, http.StatusOK, gin.H{"message": message, "client": clientOf(row)})
}

// unknownIsInvalid gives an unknown client the status that update, change_status and
// delete always had for it, 400 (contract 3.4).
func unknownIsInvalid(err error) error {
	if models.CodeOf(err) == models.NotFound {
		return &models.Error{Code: models.Invalid, Message: models.MessageOf(err), Err: err}
	}
	return err
}
