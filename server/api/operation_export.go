package api

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// maxExported bounds the rows of one spreadsheet. A longer one is refused, never cut,
// because nobody would notice the missing rows.
const maxExported = 20000

var operationColumns = []any{
	"Operación", "Fecha", "Cliente", "Documento", "Tipo", "USD", "Tipo de cambio", "PEN", "Cuenta de origen", "Banco de origen",
	"Cuenta de destino", "Banco de destino", "Estado", "Creado por", "Operador", "En proceso desde", "Completada", "Abonos", "Pagos",
	"Notas", "Comentarios",
}

// ExportToday is GET /operations/api/export_today: a spreadsheet of today's operations,
// or with format=csv the same as text.
func (o *Operations) ExportToday(c *gin.Context) {
	day := o.store.Now().DayStart()
	o.export(c, "operaciones_"+day.Date(), models.OperationFilter{From: day, Before: day.AddDate(0, 0, 1)})
}

// ExportHistory is GET /operations/api/export_history: all days, or those from and to
// (YYYY-MM-DD, both included).
func (o *Operations) ExportHistory(c *gin.Context) {
	var f models.OperationFilter
	for key, set := range map[string]func(models.LimaTime){
		"from": func(day models.LimaTime) { f.From = day },
		"to":   func(day models.LimaTime) { f.Before = day.AddDate(0, 0, 1) },
	} {
		text := c.Query(key)
		if text == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			middleware.Refuse(c, middleware.FieldError(key, "debe ser una fecha AAAA-MM-DD"))
			return
		}
		set(models.LimaDate(day.Date()))
	}
	o.export(c, "operaciones_historial", f)
}

func (o *Operations) export(c *gin.Context, name string, f models.OperationFilter) {
	f.Limit = maxExported + 1
	ops, err := o.store.Operations(c.Request.Context(), f)
	if err == nil && len(ops) > maxExported {
		err = models.Errorf(models.Invalid, "Hay más de %d operaciones; acote el período con from y to", maxExported)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	rows := [][]any{operationColumns}
	for _, op := range ops {
		rows = append(rows, operationCells(op))
	}
	if c.Query("format") == "csv" {
		body, err := operationCSV(rows)
		if err != nil {
			middleware.Refuse(c, err)
			return
		}
		attach(c, name+".csv", "text/csv; charset=utf-8", body)
		return
	}
	body, err := workbook("Operaciones", numbered(rows))
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	attach(c, name+".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body)
}

// operationCells is one row: models.Money where the column is an amount, text otherwise.
func operationCells(op models.Operation) []any {
	operator := ""
	if op.AssignedOperator != nil {
		operator = op.AssignedOperator.Username
	}
	cells := []any{
		op.OperationID, op.CreatedAt.ISO(), textOf(op.Client.StoredName()), op.Client.DNI, op.OperationType,
		op.AmountUSD, op.ExchangeRate, op.AmountPEN,
		textOf(op.SourceAccount), op.BankOf(op.SourceAccount), textOf(op.DestinationAccount), op.BankOf(op.DestinationAccount),
		op.Status, op.User.Username, operator, isoOf(op.InProcessSince), isoOf(op.CompletedAt),
		op.TotalDeposits(), op.TotalPayments(), textOf(op.Notes), textOf(op.OperatorComments),
	}
	for i, cell := range cells {
		if text, ok := cell.(string); ok {
			cells[i] = safeCell(text)
		}
	}
	return cells
}

func isoOf(t *models.LimaTime) string {
	if t == nil {
		return ""
	}
	return t.ISO()
}

// numbered makes number cells of amounts: a spreadsheet knows no other numbers than
// floats, and numeric(15,2) survives the way there and back.
func numbered(rows [][]any) [][]any {
	for _, row := range rows {
		for i, cell := range row {
			if m, ok := cell.(models.Money); ok {
				row[i] = m.InexactFloat64()
			}
		}
	}
	return rows
}

// operationCSV is UTF-8 with the mark by which Excel knows it.
func operationCSV(rows [][]any) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff")
	w := csv.NewWriter(&out)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = fmt.Sprint(cell)
		}
		if err := w.Write(cells); err != nil {
			return nil, fmt.Errorf("write csv: %w", err)
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}
