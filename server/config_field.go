package server

import (
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// configField is one key: its tags, and the place in a Config that holds it.
type configField struct {
	Key, Env, Flag, Alias, Default, Doc string

	section string // "" for keys at the root
	secret  string // "", "url" (mask the password only) or "all"
	check   string
	value   reflect.Value
	origins map[string]string
}

// configFields walks the struct in order. The fields write into c.
func configFields(c *Config) []*configField {
	var out []*configField
	root := reflect.ValueOf(c).Elem()
	for i := range root.NumField() {
		tag := root.Type().Field(i).Tag
		key, ok := tag.Lookup("key")
		switch {
		case !ok:
		case root.Field(i).Kind() == reflect.Struct:
			for j := range root.Field(i).NumField() {
				out = append(out, newConfigField(c, key, root.Field(i).Type().Field(j).Tag, root.Field(i).Field(j)))
			}
		default:
			out = append(out, newConfigField(c, "", tag, root.Field(i)))
		}
	}
	return out
}

func newConfigField(c *Config, section string, tag reflect.StructTag, v reflect.Value) *configField {
	key := tag.Get("key")
	if section != "" {
		key = section + "." + key
	}
	return &configField{
		Key:     key,
		Env:     "RELEVO_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_")),
		Flag:    "--" + strings.ReplaceAll(key, "_", "-"),
		Alias:   tag.Get("alias"),
		Default: tag.Get("default"),
		Doc:     tag.Get("doc"),
		section: section,
		secret:  tag.Get("secret"),
		check:   tag.Get("check"),
		value:   v,
		origins: c.origins,
	}
}

func (f *configField) isBool() bool { return f.value.Kind() == reflect.Bool }
func (f *configField) isList() bool { return f.value.Kind() == reflect.Slice }

// set parses text, checks it and stores it together with its origin. A list is
// comma separated. The error names key, value and what is expected.
func (f *configField) set(text, origin string) error {
	text = strings.TrimSpace(text)
	bad := func(want string) error {
		shown := strconv.Quote(text)
		if f.secret != "" {
			shown = "the value (not shown)"
		}
		return fmt.Errorf("%s: %s: %s is not valid, expected %s", origin, f.Key, shown, want)
	}
	var parsed any
	switch f.value.Interface().(type) {
	case string:
		parsed = text
	case bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return bad("true or false")
		}
		parsed = b
	case int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return bad("a whole number")
		}
		parsed = n
	case int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return bad("a whole number")
		}
		parsed = n
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return bad("a duration such as 25s, 2m or 12h")
		}
		parsed = d
	case []string:
		list := []string{}
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item != "" {
				list = append(list, item)
			}
		}
		parsed = list
	default:
		panic("config: no parser for " + f.value.Type().String())
	}
	if want := checkSetting(f.check, parsed); want != "" {
		return bad(want)
	}
	f.value.Set(reflect.ValueOf(parsed))
	f.origins[f.Key] = origin
	return nil
}

// text is the value in the form that set accepts.
func (f *configField) text() string {
	switch v := f.value.Interface().(type) {
	case []string:
		return strings.Join(v, ",")
	case time.Duration:
		return shortDuration(v)
	default:
		return fmt.Sprint(v)
	}
}

// masked is text with secrets hidden; an empty secret stays visibly empty.
func (f *configField) masked() string {
	const mask = "********"
	text := f.text()
	if f.secret == "" || text == "" {
		return text
	}
	u, err := url.Parse(text)
	if f.secret != "url" || err != nil || u.Host == "" || u.RawQuery != "" && strings.Contains(strings.ToLower(u.RawQuery), "pass") {
		return mask
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), "xxxxx")
	}
	return u.String()
}

// shortDuration drops the zero tail that time.Duration prints: 12h0m0s is 12h.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
