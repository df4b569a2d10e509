package server_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"mime/multipart"
	"path/filepath"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// The least contents that are what they say.
var (
	pngFile  = append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), make([]byte, 64)...)
	jpegFile = append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF"), make([]byte, 64)...)
	pdfFile  = []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n")
)

type upload struct {
	field, name string
	content     []byte
}

// attach sends values and files as browsers do.
func (p *person) attach(path string, values object, files ...upload) reply {
	p.d.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key, v := range values {
		if err := w.WriteField(key, fmt.Sprint(v)); err != nil {
			p.d.t.Fatal(err)
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile(f.field, f.name)
		if err == nil {
			_, err = part.Write(f.content)
		}
		if err != nil {
			p.d.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		p.d.t.Fatal(err)
	}
	return p.send("POST", path, body.Bytes(), "Content-Type", w.FormDataContentType(), "Sec-Fetch-Site", "same-origin")
}

// eachUploadDesk runs f on a desk whose kept files can be counted.
func eachUploadDesk(t *testing.T, f func(t *testing.T, d *desk, kept func() int)) {
	for _, dialect := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			dir := t.TempDir()
			d := newDesk(t, dialect, func(c *server.Config) { c.Data.Dir = dir })
			f(t, d, func() (n int) {
				_ = filepath.WalkDir(filepath.Join(dir, "uploads"), func(_ string, e fs.DirEntry, err error) error {
					if err == nil && !e.IsDir() {
						n++
					}
					return nil
				})
				return n
			})
		})
	}
}

// contract 3.4: documents are taken at creation and later, by document type, and come
// back as they were, to signed-in users only and never as a page.
func TestClientDocuments(t *testing.T) {
	eachUploadDesk(t, func(t *testing.T, d *desk, kept func() int) {
		m, o := d.join(models.Master), d.join(models.Operador)
		values := newPerson(1, object{"bank_accounts": nil})
		for i, a := range twoAccounts() {
			values[fmt.Sprintf("bank_name%d", i+1)], values[fmt.Sprintf("currency%d", i+1)] = a["bank_name"], a["currency"]
			values[fmt.Sprintf("bank_account_number%d", i+1)] = a["account_number"]
		}
		c := m.attach("/clients/api/create", values, upload{"dni_front", "mi dni.PNG", pngFile}, upload{"dni_back", "b.jpeg", jpegFile},
			upload{"ficha_ruc", "x.pdf", pdfFile}).want(t, 201).body["client"].(object)
		if kept() != 2 {
			t.Errorf("%d files kept, want the two of a DNI", kept())
		}
		for key, want := range map[string]struct {
			kind, how string
			content   []byte
		}{"dni_front_url": {"image/png", "inline", pngFile}, "dni_back_url": {"image/jpeg", "inline", jpegFile}} {
			url := c[key].(string)
			r := o.get(url).want(t, 200)
			if !bytes.Equal(r.raw, want.content) || r.header.Get("Content-Type") != want.kind ||
				!strings.HasPrefix(r.header.Get("Content-Disposition"), want.how+`; filename="`) {
				t.Errorf("%s: %v", key, r.header)
			}
			if r.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(r.header.Get("Content-Security-Policy"), "sandbox") ||
				!strings.Contains(r.header.Get("Cache-Control"), "private") {
				t.Errorf("%s: unsafe headers %v", key, r.header)
			}
			d.stranger().get(url).want(t, 302) // to the sign-in, as for every page
		}
		d.events()

		company := idOf(m.addClient(newCompany(1)))
		d.events()
		path := fmt.Sprintf("/clients/api/upload_documents/%d", company)
		got := m.attach(path, nil, upload{"ficha_ruc", "f.pdf", pdfFile}).want(t, 200).body["client"].(object)
		url, _ := got["ficha_ruc_url"].(string)
		if r := o.get(url).want(t, 200); r.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("pdf headers %v", r.header)
		}
		oc := o.attach(fmt.Sprintf("/clients/api/upload_validation_oc/%d", company), nil, upload{"validation_oc_file", "v.png", pngFile}).want(t, 200)
		url, _ = oc.body["validation_oc_url"].(string)
		o.get(url).want(t, 200)
		// The page sends no token here (contract 3.1, 5.20); the browser vouches for it.
		o.csrf = ""
		oc = o.attach(fmt.Sprintf("/clients/api/upload_validation_oc/%d", company), nil, upload{"validation_oc_file", "v.png", pngFile}).want(t, 200)
		url, _ = oc.body["validation_oc_url"].(string)
		read := m.get(fmt.Sprintf("/clients/api/%d", company)).body["client"].(object)
		if read["validation_oc_url"] != url || read["ficha_ruc_url"] != got["ficha_ruc_url"] || read["razon_social"] != "Sur S.a.c." {
			t.Errorf("stored %v", read)
		}
		if names := d.eventNames(); len(names) != 0 {
			t.Errorf("uploads emitted %v", names)
		}
	})
}

// contract 3.1, 3.4: files that are refused, and requests that fail, leave no file.
func TestUploadsRefused(t *testing.T) {
	eachUploadDesk(t, func(t *testing.T, d *desk, kept func() int) {
		m, o := d.join(models.Master), d.join(models.Operador)
		id := idOf(m.addClient(newPerson(1)))
		documents := fmt.Sprintf("/clients/api/upload_documents/%d", id)
		page := []byte("<html><script>alert(1)</script></html>")
		for _, tc := range []struct {
			name   string
			files  []upload
			status int
		}{
			{"no file", nil, 400},
			{"unknown field", []upload{{"foto", "a.png", pngFile}}, 400},
			{"field of the other type", []upload{{"ficha_ruc", "a.pdf", pdfFile}}, 400},
			{"page called image", []upload{{"dni_front", "a.png", page}}, 400},
			{"image called page", []upload{{"dni_front", "a.html", pngFile}}, 400},
			{"svg", []upload{{"dni_front", "a.svg", []byte("<svg onload=alert(1)>")}}, 400},
			{"gif", []upload{{"dni_front", "a.png", []byte("GIF89a....")}}, 400},
			{"empty file", []upload{{"dni_front", "a.png", nil}}, 400},
			{"no extension", []upload{{"dni_front", "png", pngFile}}, 400},
			{"second file bad", []upload{{"dni_front", "a.png", pngFile}, {"dni_back", "b.png", page}}, 400},
			{"over 10 MiB", []upload{{"dni_front", "a.png", append(pngFile[:len(pngFile):len(pngFile)], make([]byte, 10<<20)...)}}, 413},
			{"way over", []upload{{"dni_front", "a.png", append(pngFile[:len(pngFile):len(pngFile)], make([]byte, 12<<20)...)}}, 413},
		} {
			t.Run(tc.name, func(t *testing.T) { wantRefusal(t, m.attach(documents, nil, tc.files...), tc.status) })
		}
		wantRefusal(t, m.json("POST", documents, object{}), 415)
		wantRefusal(t, m.attach("/clients/api/upload_documents/999", nil, upload{"dni_front", "a.png", pngFile}), 404)
		wantRefusal(t, o.attach("/clients/api/upload_validation_oc/999", nil, upload{"validation_oc_file", "a.png", pngFile}), 404)
		wantRefusal(t, o.attach(fmt.Sprintf("/clients/api/upload_validation_oc/%d", id), nil), 400)
		// The document is taken: the transaction fails after the files were written.
		taken := newPerson(1, object{"email": "otro@correo.pe", "bank_accounts": `[{"bank_name":"A","account_number":"1","currency":"S/"},{"bank_name":"A","account_number":"1","currency":"$"}]`})
		wantRefusal(t, m.attach("/clients/api/create", taken, upload{"dni_front", "a.png", pngFile}), 400)
		if n := kept(); n != 0 {
			t.Errorf("%d files left by refused requests", n)
		}
		if d.trail("UPDATE_CLIENT") != 0 {
			t.Error("refusals left audit lines")
		}
		m.attach(documents, nil, upload{"dni_front", "../../../etc/a.png", append(pngFile[:len(pngFile):len(pngFile)], make([]byte, 10<<20-len(pngFile))...)}).want(t, 200)
		if n := kept(); n != 1 {
			t.Errorf("%d files, want one of exactly 10 MiB", n)
		}
	})
}

// contract 5.29: no path leads out of the store, and no text but an id into it.
func TestUploadPaths(t *testing.T) {
	d := newDesk(t, models.SQLite)
	m := d.join(models.Master)
	c := m.attach("/clients/api/create", newPerson(1, object{"bank_accounts": `[{"bank_name":"A","account_number":"1","currency":"S/"},{"bank_name":"A","account_number":"1","currency":"$"}]`}),
		upload{"dni_front", "a.png", pngFile}).want(t, 201).body["client"].(object)
	url := c["dni_front_url"].(string)
	id := strings.TrimPrefix(url, "/uploads/")
	for _, path := range []string{
		"/uploads/", "/uploads/..%2f..%2frelevo.db", "/uploads/%2e%2e/x.png", "/uploads/" + id[:2], "/uploads/" + id[:2] + "%2f" + id[2:4] + "%2f" + id,
		"/uploads/" + strings.ToUpper(id), "/uploads/" + id + "x", "/uploads/" + id + "%00", "/uploads/" + strings.Replace(id, ".png", ".jpg", 1),
		"/uploads/" + strings.Replace(id, ".png", ".html", 1), "/uploads/" + strings.Repeat("a", 26) + ".png",
	} {
		m.get(path).want(t, 404)
	}
	m.get(url).want(t, 200)
}

// The URL is absolute when the public URL is known, so that it fits a database that
// holds https URLs of another store.
func TestUploadPublicURL(t *testing.T) {
	d := newDesk(t, models.SQLite, func(c *server.Config) { c.HTTP.PublicURL = "https://mesa.example/" })
	m := d.join(models.Master)
	id := idOf(m.addClient(newPerson(1)))
	got := m.attach(fmt.Sprintf("/clients/api/upload_documents/%d", id), nil, upload{"dni_back", "a.jpg", jpegFile}).want(t, 200).body["client"].(object)
	url := got["dni_back_url"].(string)
	path, ok := strings.CutPrefix(url, "https://mesa.example/uploads/")
	if !ok {
		t.Fatalf("url %q", url)
	}
	m.get("/uploads/"+path).want(t, 200)
}
