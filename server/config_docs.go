package server

import (
	"fmt"
	"strings"
)

// DefaultYAML is the text of config.yaml: every key with its description and
// its default.
func DefaultYAML() string {
	var b strings.Builder
	b.WriteString("# Configuration of Relevo. Every value here is the default; `make generate` rewrites this file.\n" +
		"# Later wins: this file, environment (RELEVO_SOCKET_PING_INTERVAL), flags (--socket.ping-interval).\n" +
		"# `relevo config show` prints each value and where it came from.\n")
	section := ""
	for _, f := range configFields(DefaultConfig()) {
		indent := ""
		if f.section != "" {
			indent = "  "
			if f.section != section {
				fmt.Fprintf(&b, "\n%s:\n", f.section)
			}
		} else {
			b.WriteString("\n")
		}
		section = f.section
		name := f.Key[strings.LastIndexByte(f.Key, '.')+1:]
		fmt.Fprintf(&b, "%s# %s\n%s%s: %s\n", indent, f.Doc, indent, name, yamlValue(f))
	}
	return b.String()
}

func yamlValue(f *configField) string {
	switch {
	case f.isList():
		return "[" + strings.Join(strings.Fields(strings.ReplaceAll(f.Default, ",", ", ")), " ") + "]"
	case f.value.Kind().String() == "string":
		return fmt.Sprintf("%q", f.Default)
	}
	return f.Default
}

// ConfigTable is the README's table of keys in Markdown.
func ConfigTable() string {
	var b strings.Builder
	b.WriteString("| Key | Default | Environment | What it is |\n| --- | --- | --- | --- |\n")
	for _, f := range configFields(DefaultConfig()) {
		env := "`" + f.Env + "`"
		if f.Alias != "" {
			env += ", `" + f.Alias + "`"
		}
		if f.Key == "http.addr" {
			env += ", `PORT`"
		}
		if f.secret != "" {
			env += ", `" + f.Env + "_FILE`"
		}
		def := "empty"
		if f.Default != "" {
			def = "`" + f.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Key, def, env, f.Doc)
	}
	return b.String()
}
