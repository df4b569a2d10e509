package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// contract 3.5, 5.29: proofs of deposits, their index and their files.
func TestUploadDepositProof(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		png := [][3]string{{"file", "voucher.PNG", onePixel}}
		op := w.row(models.Pendiente, nil)
		for index, want := range []int{1, 2} { // on the one there is, then after it
			r := w.trader.upload(opPath("upload_deposit_proof/%d", op), png, "deposit_index", []string{"0", "1"}[index]).want(t, 200)
			url, _ := r.body["url"].(string)
			got := w.stored(op.ID).ClientDeposits
			if len(got) != want || got[index].ComprobanteURL == nil || *got[index].ComprobanteURL != url || r.message() == "" {
				t.Fatalf("%s: %+v", r.raw, got)
			}
			if file := w.operator.get(url).want(t, 200); string(file.raw) != onePixel {
				t.Errorf("the file reads %q", file.raw)
			}
			// The URL may come back in an update, and in a completion.
			w.trader.json("PATCH", opPath("update/%d", op), object{"client_deposits": []object{{"importe": 1000, "comprobante_url": url}}}).want(t, 200)
		}
		if n := d.trail("UPDATE_OPERATION_PROOFS"); n != 2 {
			t.Errorf("%d audit lines", n)
		}
		w.events()
		for _, c := range []struct {
			from   string
			files  [][3]string
			index  []string
			status int
		}{
			{models.Pendiente, png, []string{"deposit_index", "-1"}, 400},
			{models.Pendiente, png, []string{"deposit_index", "2"}, 400},
			{models.Pendiente, png, []string{"deposit_index", "99999999999999999999"}, 400},
			{models.Pendiente, png, []string{"deposit_index", "NaN"}, 400},
			{models.Pendiente, png, []string{"deposit_index", ""}, 400},
			{models.Pendiente, png, nil, 400},
			{models.Pendiente, nil, []string{"deposit_index", "0"}, 400},
			{models.Pendiente, [][3]string{{"file", "a.png", "<html>"}}, []string{"deposit_index", "0"}, 400},
			{models.Pendiente, [][3]string{{"file", "a.exe", onePixel}}, []string{"deposit_index", "0"}, 400},
			{models.Pendiente, [][3]string{{"other", "a.png", onePixel}}, []string{"deposit_index", "0"}, 400},
			{models.Pendiente, [][3]string{{"file", "a.png", onePixel + strings.Repeat("x", 11<<20)}}, []string{"deposit_index", "0"}, 413},
			{models.Completada, png, []string{"deposit_index", "1"}, 400},
			{models.Cancelado, png, []string{"deposit_index", "0"}, 400},
		} {
			op := w.row(c.from, nil)
			before, _ := json.Marshal(w.stored(op.ID))
			wantRefusal(t, w.trader.upload(opPath("upload_deposit_proof/%d", op), c.files, c.index...), c.status)
			if after, _ := json.Marshal(w.stored(op.ID)); string(after) != string(before) {
				t.Errorf("%v changed the row", c.index)
			}
		}
		full := w.row(models.Pendiente, func(op *models.Operation) { op.ClientDeposits = make(models.JSONText[models.Deposit], 50) })
		wantRefusal(t, w.trader.upload(opPath("upload_deposit_proof/%d", full), png, "deposit_index", "50"), 400)
		wantRefusal(t, w.trader.upload("/operations/api/upload_deposit_proof/424242", png, "deposit_index", "0"), 404)
		w.trader.upload(opPath("upload_deposit_proof/%d", w.row(models.Completada, nil)), png, "deposit_index", "0").want(t, 200)
		w.wantTold(t)
	})
}

// contract 3.5, 5.13: an operator's proofs, at most four, only on what is theirs.
func TestUploadOperatorProof(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		pdf := [][3]string{{"file", "pago.pdf", "%PDF-1.7 rest"}}
		op := w.row(models.EnProceso, nil)
		var last reply
		for i := range 4 {
			last = w.operator.upload(opPath("upload_operator_proof/%d", op), pdf, "proof_index", string(rune('0'+i)), "comentario", "<i>pago</i> "+string(rune('0'+i))).want(t, 200)
		}
		proofs := last.body["proofs"].([]any)
		if len(proofs) != 4 || proofs[3].(object)["comentario"] != "pago 3" || proofs[3].(object)["comprobante_url"] != last.body["url"] {
			t.Fatalf("%s", last.raw)
		}
		// Again at 0, the default, without a comment: the comment stays.
		again := w.master.upload(opPath("upload_operator_proof/%d", op), pdf).want(t, 200)
		if got := w.stored(op.ID).OperatorProofs; got[0].Comentario != "pago 0" || got[0].ComprobanteURL != again.body["url"] {
			t.Errorf("%+v", got)
		}
		wantRefusal(t, w.operator.upload(opPath("upload_operator_proof/%d", op), pdf, "proof_index", "4"), 400)
		wantRefusal(t, w.operator.upload(opPath("upload_operator_proof/%d", op), pdf, "proof_index", "-1"), 400)
		wantRefusal(t, w.operator.upload(opPath("upload_operator_proof/%d", op), pdf, "comentario", strings.Repeat("x", 5000)), 400)
		wantRefusal(t, w.operator.upload(opPath("upload_operator_proof/%d", op), nil), 400)
		wantRefusal(t, w.other.upload(opPath("upload_operator_proof/%d", op), pdf), 403)
		wantRefusal(t, w.operator.upload(opPath("upload_operator_proof/%d", w.row(models.Pendiente, nil)), pdf), 400)
		wantRefusal(t, w.operator.upload(opPath("upload_operator_proof/%d", w.row(models.EnProceso, nil)), pdf, "proof_index", "1"), 400)
		wantRefusal(t, w.operator.json("POST", opPath("upload_operator_proof/%d", op), object{}), 415)
		// What is stored may be sent back when completing, also of the own store only.
		w.operator.json("POST", opPath("complete/%d", op), object{"operator_proofs": []object{{"comprobante_url": last.body["url"]}}}).want(t, 200)
		w.events()
	})
}

// contract 5.12: the two proofs of old, for Masters and the operator in charge.
func TestUploadProof(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		op := w.row(models.EnProceso, nil)
		r := w.operator.upload(opPath("upload_proof/%d", op), [][3]string{{"payment_proof", "a.png", onePixel}, {"operator_proof", "b.jpeg", "\xff\xd8\xff\xe0rest"}}).want(t, 200)
		got := r.body["operation"].(object)
		first, _ := got["payment_proof_url"].(string)
		if second, _ := got["operator_proof_url"].(string); first == "" || second == "" || first == second {
			t.Fatalf("%s", r.raw)
		}
		r = w.master.upload(opPath("upload_proof/%d", op), [][3]string{{"operator_proof", "c.png", onePixel}}).want(t, 200)
		if r.body["operation"].(object)["payment_proof_url"] != first {
			t.Errorf("the other proof did not stay: %s", r.raw)
		}
		wantRefusal(t, w.master.upload(opPath("upload_proof/%d", op), nil), 400)
		wantRefusal(t, w.other.upload(opPath("upload_proof/%d", op), [][3]string{{"payment_proof", "a.png", onePixel}}), 403)
		wantRefusal(t, w.trader.upload(opPath("upload_proof/%d", op), [][3]string{{"payment_proof", "a.png", onePixel}}), 403)
		wantRefusal(t, w.master.upload("/operations/api/upload_proof/424242", [][3]string{{"payment_proof", "a.png", onePixel}}), 404)
		w.wantTold(t)
	})
}
