package server_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/relevo/relevo/models"
)

// contract 3.4: the export, as CSV and as XLSX; 404 without clients; no cell that a
// spreadsheet would run.
func TestClientExport(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		m := d.join(models.Master)
		for _, kind := range []string{"csv", "xlsx"} {
			wantRefusal(t, m.get("/clients/api/export/"+kind), 404)
		}
		m.addClient(newCompany(1, object{"razon_social": `=HYPERLINK("http://x","y")`, "phone": "+51 999", "direccion": "-1", "distrito": "@SUM(A1)"}))
		m.addClient(newPerson(2, object{"nombres": "Ana \"La\", Ñ\nx"}))
		r := m.get("/clients/api/export/csv").want(t, 200)
		if r.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(r.header.Get("Content-Disposition"), `"clientes.csv"`) {
			t.Errorf("headers %v", r.header)
		}
		text, marked := bytes.CutPrefix(r.raw, []byte("\ufeff"))
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil || !marked {
			t.Fatalf("csv: %v, marked %v", err, marked)
		}
		r = m.get("/clients/api/export/xlsx").want(t, 200)
		book, err := excelize.OpenReader(bytes.NewReader(r.raw))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = book.Close() }()
		sheet, err := book.GetRows("Clientes")
		if err != nil {
			t.Fatal(err)
		}
		for name, table := range map[string][][]string{"csv": rows, "xlsx": sheet} {
			if len(table) != 3 {
				t.Fatalf("%s: %d rows", name, len(table))
			}
			cell := func(row int, column string) string {
				for i, head := range table[0] {
					if head == column && i < len(table[row]) {
						return table[row][i]
					}
				}
				return ""
			}
			for _, want := range []struct {
				row          int
				column, cell string
			}{
				{1, "Documento", "40000002"}, {1, "Nombre", "PEÑA RUIZ ANA \"LA\", Ñ\nX"}, {1, "Creado", "2026-01-15T12:00:00.123456"},
				{1, "Cuentas bancarias", "BCP Ahorro S/ 191-1; BCP Ahorro $ 191-2"}, {1, "Creado por", m.user.Username},
				{2, "Nombre", `'=HYPERLINK("HTTP://X","Y")`}, {2, "Teléfono", "'+51 999"}, {2, "Dirección", "'-1"}, {2, "Distrito", "'@SUM(A1)"},
			} {
				if got := cell(want.row, want.column); got != want.cell {
					t.Errorf("%s row %d %s: %q, want %q", name, want.row, want.column, got, want.cell)
				}
			}
			for _, row := range table[1:] {
				for _, c := range row {
					if strings.IndexAny(c, "=+-@\t\r") == 0 {
						t.Errorf("%s: cell %q", name, c)
					}
				}
			}
		}
	})
}
