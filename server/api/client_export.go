package api

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/xuri/excelize/v2"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

var clientColumns = []string{
	"ID", "Tipo de documento", "Documento", "Nombre", "Persona de contacto", "Email", "Teléfono", "Estado",
	"Dirección", "Distrito", "Provincia", "Departamento", "Cuentas bancarias", "Creado por", "Creado", "Actualizado",
}

// ExportCSV answers GET /clients/api/export/csv, UTF-8 with the mark by which Excel
// knows it; 404 without clients.
func (h *Clients) ExportCSV(c *gin.Context) {
	rows, ok := h.exported(c)
	if !ok {
		return
	}
	var out bytes.Buffer
	out.WriteString("\ufeff")
	w := csv.NewWriter(&out)
	if err := w.WriteAll(rows); err != nil {
		middleware.Refuse(c, fmt.Errorf("write csv: %w", err))
		return
	}
	attach(c, "clientes.csv", "text/csv; charset=utf-8", out.Bytes())
}

// ExportXLSX answers GET /clients/api/export/xlsx with the same cells.
func (h *Clients) ExportXLSX(c *gin.Context) {
	rows, ok := h.exported(c)
	if !ok {
		return
	}
	body, err := workbook("Clientes", rows)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	attach(c, "clientes.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body)
}

// exported is the header and one row of cells per client; it answers and reports false
// when there is none.
func (h *Clients) exported(c *gin.Context) ([][]string, bool) {
	clients, err := h.store.Clients(c.Request.Context())
	if err == nil && len(clients) == 0 {
		err = models.Errorf(models.NotFound, "No hay clientes para exportar")
	}
	if err != nil {
		middleware.Refuse(c, err)
		return nil, false
	}
	rows := [][]string{clientColumns}
	for _, row := range clients {
		rows = append(rows, clientCells(row))
	}
	return rows, true
}

func clientCells(c models.Client) []string {
	var accounts []string
	for _, a := range c.BankAccounts {
		accounts = append(accounts, strings.Join(strings.Fields(a.BankName+" "+a.AccountType+" "+a.Currency+" "+a.AccountNumber), " "))
	}
	creator, updated := "", ""
	if c.Creator != nil {
		creator = c.Creator.Username
	}
	if c.UpdatedAt != nil {
		updated = c.UpdatedAt.ISO()
	}
	cells := []string{
		fmt.Sprint(c.ID), c.DocumentType, c.DNI, textOf(c.DisplayName()), textOf(c.PersonaContacto), c.Email, textOf(c.Phone), c.Status,
		textOf(c.Direccion), textOf(c.Distrito), textOf(c.Provincia), textOf(c.Departamento),
		strings.Join(accounts, "; "), creator, c.CreatedAt.ISO(), updated,
	}
	for i := range cells {
		cells[i] = safeCell(cells[i])
	}
	return cells
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// safeCell keeps a spreadsheet from running a text as a formula: what begins like one
// gets an apostrophe, which spreadsheets take as "this is text".
func safeCell(s string) string {
	if strings.IndexAny(s, "=+-@\t\r\n") == 0 {
		return "'" + s
	}
	return s
}

// workbook is an XLSX file with one sheet, the first row being its header; cells are
// text or, with T any, also numbers.
func workbook[T any](sheet string, rows [][]T) (body []byte, err error) {
	f := excelize.NewFile()
	defer func() {
		if closing := f.Close(); closing != nil && err == nil {
			err = fmt.Errorf("write workbook: %w", closing)
		}
	}()
	if err := f.SetSheetName(f.GetSheetName(0), sheet); err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	w, err := f.NewStreamWriter(sheet)
	if err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	for i, row := range rows {
		cells := make([]any, len(row))
		for j, text := range row {
			cells[j] = text
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), cells); err != nil {
			return nil, fmt.Errorf("write workbook: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	return out.Bytes(), nil
}

// attach sends a file that browsers save.
func attach(c *gin.Context, name, contentType string, body []byte) {
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Header("Cache-Control", "private, no-store")
	c.Data(http.StatusOK, contentType, body)
}
