package models

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The document types of people (emergencies contract 3).
const (
	Cedula           = "CEDULA"
	TarjetaIdentidad = "TARJETA_DE_IDENTIDAD"
)

// DocumentKinds lists the document types of people.
var DocumentKinds = []string{Cedula, TarjetaIdentidad}

// Bounds of what is stored of a person, in characters.
const (
	MaxPersonName     = 100
	MaxDocumentNumber = 30
	MaxCondition      = 200
	MaxConditions     = 50 // how many of them
	MaxLicence        = 50
)

// Person is whoever the emergencies desk knows by name: who asks for an ambulance,
// and who drives it (emergencies contract 3). DocumentType and DocumentNumber
// together name one person.
type Person struct {
	ID             int64
	FirstName      string
	LastName       string
	BirthDate      Day
	DocumentType   string
	DocumentNumber string
	SecondName     *string
	SecondLastName *string
}

// Requester is who asks for an ambulance.
type Requester struct {
	Person `gorm:"embedded"`
	// Conditions are medical conditions in free text; nil marshals as [].
	Conditions JSONText[string]
}

// AmbulanceOperator is a member of an ambulance's crew.
type AmbulanceOperator struct {
	Person  `gorm:"embedded"`
	Licence string
}

// PersonInput is what a request says of a person. Markup is stripped of every text.
type PersonInput struct {
	FirstName, LastName          string
	BirthDate                    Day
	DocumentType, DocumentNumber string
	SecondName, SecondLastName   *string
}

// ParseBirthDate reads YYYY-MM-DD from the year 1900 to the day of now (UTC); anything
// else is an error of code Invalid.
func ParseBirthDate(text string, now time.Time) (Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1900 || t.After(now.UTC()) {
		return "", Errorf(Invalid, "La fecha de nacimiento debe tener la forma AAAA-MM-DD y no ser futura")
	}
	return Day(text), nil
}

// clean strips markup and white space, checks every rule and returns the row.
func (in PersonInput) clean(now time.Time) (personRow, error) {
	row := personRow{Person: Person{DocumentType: in.DocumentType}}
	if !slices.Contains(DocumentKinds, in.DocumentType) {
		return row, Errorf(Invalid, "El tipo de documento debe ser CEDULA o TARJETA_DE_IDENTIDAD")
	}
	var err error
	if row.BirthDate, err = ParseBirthDate(string(in.BirthDate), now); err != nil {
		return row, err
	}
	for _, f := range []struct {
		name, in string
		max      int
		out      *string
	}{
		{"nombre", in.FirstName, MaxPersonName, &row.FirstName}, {"apellido", in.LastName, MaxPersonName, &row.LastName},
		{"numeroDocumento", in.DocumentNumber, MaxDocumentNumber, &row.DocumentNumber},
	} {
		if *f.out, err = emergencyText(f.name, f.in, f.max); err != nil {
			return row, err
		}
	}
	// A mark that nobody sees would make another person of the same document.
	if strings.ContainsFunc(row.DocumentNumber, func(r rune) bool { return unicode.Is(unicode.Cf, r) }) {
		return row, Errorf(Invalid, "El campo numeroDocumento tiene caracteres invisibles")
	}
	if row.SecondName, err = optionalText("nombre2", in.SecondName, MaxPersonName); err != nil {
		return row, err
	}
	row.SecondLastName, err = optionalText("apellido2", in.SecondLastName, MaxPersonName)
	return row, err
}

// emergencyText is the text without markup, from one character to max of them.
func emergencyText(field, text string, max int) (string, error) {
	text = PlainText(text)
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return "", Errorf(Invalid, "El campo %s es obligatorio", field)
	case n > max:
		return "", Errorf(Invalid, "El campo %s no puede superar %d caracteres", field, max)
	}
	return text, nil
}

// optionalText is emergencyText of a field that may be missing or empty: nil then.
func optionalText(field string, text *string, max int) (*string, error) {
	if text == nil || PlainText(*text) == "" {
		return nil, nil
	}
	out, err := emergencyText(field, *text, max)
	return &out, err
}

// cleanConditions strips markup, drops what is empty, and holds the rest to its bounds.
func cleanConditions(list []string) (JSONText[string], error) {
	if len(list) > MaxConditions {
		return nil, Errorf(Invalid, "El campo padecimientos admite hasta %d elementos", MaxConditions)
	}
	out := JSONText[string]{}
	for _, text := range list {
		clean, err := optionalText("padecimientos", &text, MaxCondition)
		if err != nil {
			return nil, err
		}
		if clean != nil {
			out = append(out, *clean)
		}
	}
	return out, nil
}

// personRow is a row of emergency_people.
type personRow struct {
	Person    `gorm:"embedded"`
	CreatedAt Instant `gorm:"autoCreateTime:false"`
	UpdatedAt Instant `gorm:"autoUpdateTime:false"`
}

// TableName implements schema.Tabler.
func (personRow) TableName() string { return "emergency_people" }
