package e2e

import (
	"context"
	"database/sql"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/relevo/relevo/models"
)

var faults = []fault{
	{"sqlite full", models.SQLite, "no está disponible", fillFiles, true, false},
	{"sqlite locked", models.SQLite, "base de datos", lockFile, false, false},
	{"postgres full", models.Postgres, "no queda espacio", fillTables, true, false},
	{"postgres read-only", models.Postgres, "solo lectura", makeReadOnly, true, true},
	{"postgres locked", models.Postgres, "base de datos", lockTables, true, false},
}

// fillFiles makes every write of the process to a file fail, as on a full disk: the
// kernel lets no file grow, and none be written past its first byte.
func fillFiles(k *desk) func() {
	k.limitFiles("1")
	return func() { k.limitFiles("unlimited") }
}

func (k *desk) limitFiles(bytes string) {
	k.t.Helper()
	out, err := exec.Command("prlimit", "--pid", strconv.Itoa(k.cmd.Process.Pid), "--fsize="+bytes+":").CombinedOutput()
	if err != nil {
		k.t.Fatalf("prlimit: %v: %s", err, out)
	}
}

// lockFile holds SQLite's one write lock from outside.
func lockFile(k *desk) func() {
	k.t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.Join(k.dir, "relevo.db")}).EscapedPath())
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(soon(k.t))
	if err == nil {
		_, err = conn.ExecContext(soon(k.t), "BEGIN IMMEDIATE")
	}
	if err != nil {
		k.t.Fatal(err)
	}
	return func() {
		if _, err := conn.ExecContext(soon(k.t), "ROLLBACK"); err != nil {
			k.t.Error(err)
		}
	}
}

// fillTables makes Postgres answer as it does on a full disk, wherever the desk
// writes; the event log, on another disk, takes rows.
func fillTables(k *desk) func() {
	conn := k.postgres()
	must(k.t, conn, `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		RAISE EXCEPTION 'could not extend file "base/16384/16385": No space left on device' USING ERRCODE = '53100';
	END $$`)
	for _, table := range []string{"operations", "counters", "audit_logs"} {
		must(k.t, conn, `CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON `+table+` FOR EACH ROW EXECUTE FUNCTION full_disk()`)
	}
	return func() { must(k.t, conn, `DROP FUNCTION full_disk() CASCADE`) }
}

// makeReadOnly turns the database read-only for everybody who does not ask for more,
// and ends the connections that are open, as a switch to a standby does.
func makeReadOnly(k *desk) func() {
	conn := k.postgres()
	var name string
	if err := conn.QueryRow(soon(k.t), `SELECT current_database()`).Scan(&name); err != nil {
		k.t.Fatal(err)
	}
	reconnect := `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
	must(k.t, conn, `ALTER DATABASE `+name+` SET default_transaction_read_only = on`)
	must(k.t, conn, reconnect)
	// The other program asks for more.
	at, err := url.Parse(k.databaseURL())
	if err != nil {
		k.t.Fatal(err)
	}
	query := at.Query()
	query.Set("default_transaction_read_only", "off")
	at.RawQuery = query.Encode()
	beside, err := models.Open(soon(k.t), models.Config{URL: at.String(), MaxConns: 2})
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = beside.Close() })
	k.store = beside
	return func() {
		must(k.t, conn, `SET default_transaction_read_only = off`)
		must(k.t, conn, `ALTER DATABASE `+name+` RESET default_transaction_read_only`)
		must(k.t, conn, reconnect)
	}
}

// lockTables holds locks that let read and not write, as a migration does.
func lockTables(k *desk) func() {
	conn := k.postgres()
	must(k.t, conn, `BEGIN`)
	must(k.t, conn, `LOCK TABLE counters, operations IN EXCLUSIVE MODE`)
	return func() { must(k.t, conn, `ROLLBACK`) }
}

func must(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(soon(t), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// postgres is a connection of the database's administrator.
func (k *desk) postgres() *pgx.Conn {
	k.t.Helper()
	at := k.databaseURL()
	if at == "" {
		k.t.Fatal("the process is not on Postgres")
	}
	conn, err := pgx.Connect(soon(k.t), at)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = conn.Close(ctx)
	})
	return conn
}
