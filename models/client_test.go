package models_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

func ptr[T any](v T) *T { return &v }

// contract 2.1, 2.7: the name in events and full_name, the stored name, the address.
func TestClientNames(t *testing.T) {
	for _, tc := range []struct {
		name            string
		c               models.Client
		display, stored *string
	}{
		{"person", models.Client{DocumentType: models.DNI, ApellidoPaterno: ptr("Peña"), ApellidoMaterno: ptr("Ruiz"), Nombres: ptr("Ana")}, ptr("PEÑA RUIZ ANA"), ptr("PEÑA RUIZ ANA")},
		{"part missing", models.Client{DocumentType: models.CE, ApellidoPaterno: ptr("Li"), Nombres: ptr("")}, ptr("LI"), ptr("LI")},
		{"company", models.Client{DocumentType: models.RUC, RazonSocial: ptr("Sur S.a.c."), Nombres: ptr("Ana")}, ptr("SUR S.A.C."), ptr("Sur S.a.c.")},
		{"empty person", models.Client{DocumentType: models.DNI, RazonSocial: ptr("x")}, nil, nil},
		{"empty company", models.Client{DocumentType: models.RUC, RazonSocial: ptr(" ")}, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, pair := range [][2]*string{{tc.c.DisplayName(), tc.display}, {tc.c.StoredName(), tc.stored}} {
				if (pair[0] == nil) != (pair[1] == nil) || pair[0] != nil && *pair[0] != *pair[1] {
					t.Errorf("got %v, want %v", deref(pair[0]), deref(pair[1]))
				}
			}
		})
	}
	c := models.Client{Direccion: ptr("Av. Sol 1"), Distrito: ptr(""), Departamento: ptr("Lima")}
	if got := deref(c.FullAddress()); got != "Av. Sol 1, Lima" {
		t.Errorf("address %q", got)
	}
	if got := (models.Client{}).FullAddress(); got != nil {
		t.Errorf("address %q, want none", *got)
	}
}

func deref(s *string) string {
	if s == nil {
		return "<nil>"
	}
	return *s
}

// contract 5.29: markup is stripped, text stays as typed.
func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"  ANA MARÍA ":                                      "ANA MARÍA",
		"AT&T <b>Perú</b>":                                  "AT&T Perú",
		"a < b y 3<4":                                       "a < b y 3<4",
		"O'Brien \"El Gato\"":                               "O'Brien \"El Gato\"",
		"<script>alert(1)</script>Ana":                      "Ana",
		"<scr<script>ipt>alert(1)</script>":                 "ipt>alert(1)",
		"<<b>img src=x onerror=alert(1)>":                   "",
		"<img src=x onerror=alert(1)>x":                     "x",
		"Ana <img src=x onerror=alert(1) ":                  "Ana",
		"<!-- nota -->Ana<!DOCTYPE html>":                   "Ana",
		"&lt;script&gt;":                                    "&lt;script&gt;",
		"<textarea><img src=x onerror=alert(1)></textarea>": "",
		"<style>b{}</style>":                                "",
		"a\x00b\x07c\nd\te":                                 "abc\nd\te",
		"mal \xff utf8":                                     "mal  utf8",
		"termina en <":                                      "termina en",
		"<svg/onload=alert(1)>":                             "",
	} {
		got := models.PlainText(in)
		if got != want {
			t.Errorf("PlainText(%q) = %q, want %q", in, got, want)
		}
	}
}

// Whatever goes in, no tag comes out and a second pass changes nothing.
func FuzzPlainText(f *testing.F) {
	for _, s := range []string{"<<<<b>b>b>b>x", "<scr<!-- -->ipt>", "a<b", "</", "<?php", "<p><textarea><", strings.Repeat("<", 40) + "b>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := models.PlainText(s)
		if twice := models.PlainText(once); twice != once {
			t.Fatalf("%q: %q then %q", s, once, twice)
		}
		for i := 0; i+1 < len(once); i++ {
			if next := once[i+1]; once[i] == '<' && (next|0x20 >= 'a' && next|0x20 <= 'z') {
				t.Fatalf("%q: tag left in %q", s, once)
			}
		}
	})
}

// contract 3.4: search is a substring whatever the case, also beyond ASCII, and
// wildcards stand for themselves; lists are newest first.
func TestClientQueries(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		ctx := context.Background()
		add := func(c models.Client) int64 {
			t.Helper()
			c.CreatedAt = s.Now()
			if c.Status == "" {
				c.Status = models.Active
			}
			if err := s.Tx(ctx, func(tx *models.Tx) error { return tx.InsertClient(&c) }); err != nil {
				t.Fatal(err)
			}
			return c.ID
		}
		a := add(models.Client{DocumentType: models.DNI, DNI: "10000001", Email: "ana@a.pe", ApellidoPaterno: ptr("PEÑA"), ApellidoMaterno: ptr("ÁVILA"), Nombres: ptr("ANA")})
		b := add(models.Client{DocumentType: models.RUC, DNI: "20100000001", Email: "100%_x@b.pe", RazonSocial: ptr("Compañía del Sur"), Status: models.Inactive})
		for q, want := range map[string][]int64{
			"peña": {a}, "ÁVI": {a}, "peña ávila ana": {a}, "1000000": {b, a}, "100%": {b}, "%_x": {b},
			"del sur": {b}, "A.PE": {a}, "%%%": {}, "___": {}, `\\\`: {}, "' OR 1=1 --": {}, "20100000001": {b},
		} {
			rows, err := s.SearchClients(ctx, q)
			if err != nil {
				t.Fatalf("%q: %v", q, err)
			}
			if got := clientIDs(rows); !slices.Equal(got, want) {
				t.Errorf("search %q: %v, want %v", q, got, want)
			}
		}
		all, err := s.Clients(ctx)
		if err != nil || !slices.Equal(clientIDs(all), []int64{b, a}) {
			t.Errorf("all: %v %v", clientIDs(all), err)
		}
		active, err := s.ActiveClients(ctx)
		if err != nil || !slices.Equal(clientIDs(active), []int64{a}) {
			t.Errorf("active: %v %v", clientIDs(active), err)
		}
		if _, err := s.ClientByID(ctx, 99); models.CodeOf(err) != models.NotFound {
			t.Errorf("unknown client: %v", err)
		}
		if st, err := s.ClientStats(ctx, a); err != nil || st.TotalOperations != 0 || st.LastOperation != nil || !st.TotalUSDTraded.IsZero() {
			t.Errorf("stats without operations: %+v %v", st, err)
		}
	})
}

func clientIDs(rows []models.Client) []int64 {
	out := []int64{}
	for _, c := range rows {
		out = append(out, c.ID)
	}
	return out
}
