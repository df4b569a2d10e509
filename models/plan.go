package models

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"gorm.io/gorm"
)

// errPlanned rolls a planning transaction back.
var errPlanned = errors.New("planned")

// MigrationPlan says what Migrate would do to this very database: "add table x",
// "add column x.y type", "add index z", "add trigger x.t". It takes the pending steps in a transaction, compares
// the catalogue before and after, and rolls back; on Postgres it gives up after
// two seconds when a table stays locked. Anything dropped or retyped would show as
// a line that begins with "lose".
func (s *Store) MigrationPlan(ctx context.Context) ([]string, error) {
	steps, err := s.MigrationStatus(ctx)
	if err != nil {
		return nil, err
	}
	var plan []string
	err = s.write.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		if s.dialect == Postgres {
			if err := db.Exec("SET LOCAL lock_timeout = '2s'").Error; err != nil {
				return err
			}
		}
		before, err := s.catalogue(db)
		if err != nil {
			return err
		}
		for _, step := range steps {
			if step.Applied {
				continue
			}
			text, err := fs.ReadFile(migrations, "migrations/"+string(s.dialect)+"/"+step.Name)
			if err != nil {
				return err
			}
			if err := execScript(db, string(text)); err != nil {
				return fmt.Errorf("%s: %w", step.Name, err)
			}
		}
		after, err := s.catalogue(db)
		if err != nil {
			return err
		}
		plan = difference(before, after)
		return errPlanned
	})
	if !errors.Is(err, errPlanned) {
		return nil, fmt.Errorf("plan migration: %w", unavailable(err))
	}
	return plan, nil
}

// execScript runs the statements of a migration file. A statement that holds
// semicolons stands between goose's marks.
func execScript(db *gorm.DB, script string) error {
	var code strings.Builder
	whole := false
	run := func() error {
		text := strings.TrimSpace(code.String())
		code.Reset()
		if text == "" {
			return nil
		}
		return db.Exec(text).Error
	}
	for line := range strings.Lines(script) {
		text := strings.TrimSpace(line)
		switch {
		case text == "-- +goose StatementBegin":
			whole = true
		case text == "-- +goose StatementEnd":
			whole = false
			if err := run(); err != nil {
				return err
			}
		case strings.HasPrefix(text, "--"):
		default:
			code.WriteString(line)
			if !whole && strings.HasSuffix(text, ";") {
				if err := run(); err != nil {
					return err
				}
			}
		}
	}
	return run()
}

// catalogue lists tables, columns with their types, indexes and triggers.
func (s *Store) catalogue(db *gorm.DB) (map[string]bool, error) {
	query := `SELECT 'table ' || name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
		UNION ALL SELECT 'index ' || name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'
		UNION ALL SELECT 'trigger ' || tbl_name || '.' || name FROM sqlite_master WHERE type = 'trigger'
		UNION ALL SELECT 'column ' || m.name || '.' || c.name || ' ' || c.type FROM sqlite_master m, pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`
	if s.dialect == Postgres {
		query = `SELECT 'table ' || table_name FROM information_schema.tables WHERE table_schema = current_schema()
			UNION ALL SELECT 'index ' || indexname FROM pg_indexes WHERE schemaname = current_schema()
			UNION ALL SELECT 'trigger ' || c.relname || '.' || t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
				WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
			UNION ALL SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || coalesce('(' || character_maximum_length || ')', '')
				FROM information_schema.columns WHERE table_schema = current_schema()`
	}
	var rows []string
	if err := db.Raw(query).Scan(&rows).Error; err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, r := range rows {
		out[r] = true
	}
	return out, nil
}

// difference lists what came and what went. Columns of new tables are left out.
func difference(before, after map[string]bool) []string {
	var out []string
	for line := range after {
		table, _, _ := strings.Cut(strings.TrimPrefix(line, "column "), ".")
		newTable := strings.HasPrefix(line, "column ") && !before["table "+table]
		if !before[line] && !newTable {
			out = append(out, "add "+line)
		}
	}
	for line := range before {
		if !after[line] {
			out = append(out, "lose "+line)
		}
	}
	sort.Strings(out)
	return out
}
