package api

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// A request that would be refused anyway is refused before its file is kept; the
// transaction checks again, and the file goes when that fails.

// UploadDepositProof is POST /operations/api/upload_deposit_proof/<id>.
func (o *Operations) UploadDepositProof(c *gin.Context) {
	o.upload(c, func(up *uploads, by models.Actor, op models.Operation) (gin.H, error) {
		index, err := formIndex(c, "deposit_index", "")
		if err != nil {
			return nil, err
		}
		if err := op.CheckDepositIndex(index); err != nil {
			return nil, err
		}
		url, err := required(up, c, "file")
		if err != nil {
			return nil, err
		}
		err = o.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
			_, err := tx.SetDepositProof(by, op.ID, index, url)
			return err
		})
		return gin.H{"message": "Comprobante subido exitosamente", "url": url}, err
	})
}

// UploadOperatorProof is POST /operations/api/upload_operator_proof/<id>.
func (o *Operations) UploadOperatorProof(c *gin.Context) {
	o.upload(c, func(up *uploads, by models.Actor, op models.Operation) (gin.H, error) {
		index, err := formIndex(c, "proof_index", "0")
		if err != nil {
			return nil, err
		}
		comment, err := formComment(c)
		if err != nil {
			return nil, err
		}
		if err := op.CheckProofIndex(by, index); err != nil {
			return nil, err
		}
		url, err := required(up, c, "file")
		if err != nil {
			return nil, err
		}
		err = o.store.Tx(c.Request.Context(), func(tx *models.Tx) (err error) {
			op, err = tx.SetOperatorProof(by, op.ID, index, url, comment)
			return err
		})
		return gin.H{"message": "Comprobante subido exitosamente", "url": url, "proofs": op.OperatorProofs}, err
	})
}

// UploadProof is POST /operations/api/upload_proof/<id>: the two proofs of old, for
// Masters and the operator in charge (contract 5.12).
func (o *Operations) UploadProof(c *gin.Context) {
	o.upload(c, func(up *uploads, by models.Actor, op models.Operation) (gin.H, error) {
		if err := op.CheckProofs(by); err != nil {
			return nil, err
		}
		payment, err := up.save(c, "payment_proof")
		if err != nil {
			return nil, err
		}
		operator, err := up.save(c, "operator_proof")
		if err != nil {
			return nil, err
		}
		if payment == "" && operator == "" {
			return nil, models.Errorf(models.Invalid, "No se envió ningún archivo")
		}
		err = o.store.Tx(c.Request.Context(), func(tx *models.Tx) (err error) {
			op, err = tx.SetProofs(by, op.ID, payment, operator)
			return err
		})
		return gin.H{"message": "Comprobantes subidos exitosamente", "operation": newOperationJSON(op, o.store.Now())}, err
	})
}

// upload frames one upload: the operation of the path, the form, the answer. Files that
// no committed row names are discarded.
func (o *Operations) upload(c *gin.Context, do func(*uploads, models.Actor, models.Operation) (gin.H, error)) {
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	op, err := o.store.OperationByID(c.Request.Context(), id)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	up, err := o.files.begin(c)
	defer up.close(c)
	var out gin.H
	if err == nil {
		out, err = do(up, middleware.ActorOf(c), op)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	up.keep()
	answer(c, http.StatusOK, out)
}

// required keeps the file of a field that must be there.
func required(up *uploads, c *gin.Context, field string) (string, error) {
	url, err := up.save(c, field)
	if err == nil && url == "" {
		err = models.Errorf(models.Invalid, "No se envió ningún archivo")
	}
	return url, err
}

// formIndex reads a whole number of the form; "" as fallback makes it required.
func formIndex(c *gin.Context, field, fallback string) (int, error) {
	text := fallback
	if v := c.Request.MultipartForm.Value[field]; len(v) > 0 {
		text = v[0]
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, middleware.FieldError(field, "debe ser un número entero")
	}
	return int(n), nil
}

// formComment reads the optional comment of a proof.
func formComment(c *gin.Context) (*string, error) {
	v := c.Request.MultipartForm.Value["comentario"]
	if len(v) == 0 {
		return nil, nil
	}
	if len([]rune(v[0])) > maxRemark {
		return nil, middleware.FieldError("comentario", "es demasiado largo")
	}
	plain := models.PlainText(v[0])
	return &plain, nil
}
