package server

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readFile applies a YAML file. An empty file is a valid one.
func (c *Config) readFile(fields []*configField, path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(doc.Content) == 0 {
		return nil
	}
	return c.readMapping(fields, path, "", doc.Content[0], map[string]bool{})
}

// readMapping applies the keys of one mapping and descends into sections.
func (c *Config) readMapping(fields []*configField, path, section string, node *yaml.Node, seen map[string]bool) error {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil // a section of which every key is commented out
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: %s: expected keys below it, not a value", path, node.Line, orRoot(section))
	}
	var errs []error
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		key := name.Value
		if section != "" {
			key = section + "." + key
		}
		origin := fmt.Sprintf("%s:%d", path, name.Line)
		f := fieldByKey(fields, key)
		switch {
		case seen[key]:
			errs = append(errs, fmt.Errorf("%s: %s stands twice", origin, key))
		case f == nil && section == "" && isSection(fields, key):
			errs = append(errs, c.readMapping(fields, path, key, value, seen))
		case f == nil:
			errs = append(errs, fmt.Errorf("%s: unknown key %q%s", origin, key, didYouMean(key, fileNames(fields))))
		default:
			text, err := nodeText(f, value)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", origin, err))
				break
			}
			errs = append(errs, f.set(text, origin))
		}
		seen[key] = true
	}
	return errors.Join(errs...)
}

// nodeText turns a YAML value into the text form shared by all sources.
func nodeText(f *configField, node *yaml.Node) (string, error) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
		return "", nil
	case node.Kind == yaml.ScalarNode:
		return node.Value, nil
	case node.Kind == yaml.SequenceNode && f.isList():
		items := make([]string, 0, len(node.Content))
		for _, item := range node.Content {
			if item.Kind != yaml.ScalarNode || strings.Contains(item.Value, ",") {
				return "", fmt.Errorf("%s: expected a list of plain texts", f.Key)
			}
			items = append(items, item.Value)
		}
		return strings.Join(items, ","), nil
	case f.isList():
		return "", fmt.Errorf("%s: expected a list", f.Key)
	}
	return "", fmt.Errorf("%s: expected a single value", f.Key)
}

// readEnviron applies RELEVO_<KEY>, RELEVO_<KEY>_FILE for secrets, and the names
// that hosting platforms set. Of a platform's name and ours, ours wins; a
// platform's name that is set but empty counts as absent.
func (c *Config) readEnviron(fields []*configField, environ []string) error {
	env := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	var errs []error
	if port := env["PORT"]; port != "" {
		errs = append(errs, fieldByKey(fields, "http.addr").set(":"+port, "env PORT"))
	}
	known := map[string]bool{}
	for _, f := range fields {
		if v := env[f.Alias]; f.Alias != "" && v != "" {
			errs = append(errs, f.set(v, "env "+f.Alias))
		}
		known[f.Env] = true
		value, given := env[f.Env]
		if f.secret != "" {
			known[f.Env+"_FILE"] = true
			if file := env[f.Env+"_FILE"]; file != "" {
				if given {
					errs = append(errs, fmt.Errorf("%s and %s_FILE are both set, expected one", f.Env, f.Env))
					continue
				}
				raw, err := os.ReadFile(file)
				if err != nil {
					errs = append(errs, fmt.Errorf("env %s_FILE: %w", f.Env, err))
					continue
				}
				errs = append(errs, f.set(string(raw), "env "+f.Env+"_FILE"))
			}
		}
		if given {
			errs = append(errs, f.set(value, "env "+f.Env))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if strings.HasPrefix(name, "RELEVO_") && !known[name] {
			errs = append(errs, fmt.Errorf("unknown environment variable %s%s", name, didYouMean(name, slices.Collect(maps.Keys(known)))))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) readFlags(fields []*configField, flags map[string]string) error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(flags)) {
		f := fieldByKey(fields, key)
		if f == nil {
			errs = append(errs, fmt.Errorf("unknown key %q%s", key, didYouMean(key, fileNames(fields))))
			continue
		}
		errs = append(errs, f.set(flags[key], "flag "+f.Flag))
	}
	return errors.Join(errs...)
}

func fieldByKey(fields []*configField, key string) *configField {
	for _, f := range fields {
		if f.Key == key {
			return f
		}
	}
	return nil
}

func isSection(fields []*configField, name string) bool {
	return slices.ContainsFunc(fields, func(f *configField) bool { return f.section == name })
}

// fileNames is what may stand in a file: the keys and the sections.
func fileNames(fields []*configField) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Key)
		if f.section != "" && !slices.Contains(out, f.section) {
			out = append(out, f.section)
		}
	}
	return out
}

func orRoot(section string) string {
	if section == "" {
		return "the file"
	}
	return section
}
