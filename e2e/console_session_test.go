package e2e

import (
	"errors"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// An open page goes with its user: who is not a Master any more sees nothing new and is
// told so, who is one again goes on, and whose session ends is led to the sign-in and back.
func TestConsoleSession(t *testing.T) {
	t.Parallel()
	needConsole(t)
	p := start(t, models.SQLite)
	p.hire("root", models.Master) // one has to stay
	p.hire("max", models.Master)
	b := openBoard(t, launch(t, p.url), "max", nil)
	b.sees(hook("person-row", "user", "max"))
	p.command("", "user", "role", "max", models.Operador)
	b.misses(hook("nav-now"))
	if text := b.sees("main"); !strings.Contains(text, "Master") {
		t.Errorf("after the change of role the page says %s", text)
	}
	p.command("", "user", "role", "max", models.Master)
	p.eventually("max is a Master again", func() error {
		b.do("reload", nil)
		_, reason := b.page.try(b.who, "wait", map[string]any{"selector": hook("connection", "state", "on"), "timeout": 1000})
		if reason != "" {
			return errors.New(reason)
		}
		return nil
	})
	b.do("forgive", nil) // the browser says each 403

	p.command("", "session", "revoke", "--user", "max")
	b.sees("input[name=username]")
	if at := b.do("url", nil); !strings.HasPrefix(at, "/login?next=%2Fconsole%2F") && !strings.HasPrefix(at, "/login?next=/console/") {
		t.Errorf("after the end of the session the page is at %s", at)
	}
	b.page.fillIn("max")
	b.live()
	b.sees(hook("person-row", "user", "max"))
}

// What cannot be loaded says so and can be tried again; where there is nothing, that is said.
func TestConsoleErrorsAndNothing(t *testing.T) {
	t.Parallel()
	needConsole(t)
	p := start(t, models.SQLite)
	p.hire("max", models.Master)
	b := openBoard(t, launch(t, p.url), "max", nil)
	for section, path := range map[string]string{"now": "/console/api/people", "feed": "/console/api/events", "business": "/dashboard/api/", "health": "/console/api/health"} {
		b.do("block", map[string]any{"path": path})
		b.do("reload", nil)
		b.live()
		b.nav(section)
		b.sees(hook("error"))
		if found := b.do("axe", nil); found != "" {
			t.Errorf("axe of the error on %s:\n%s", section, found)
		}
		b.do("allow", map[string]any{"path": path})
		b.click(hook("error") + " button")
		b.misses(hook("error"))
	}
	b.do("forgive", nil) // what the browser says of each request that was refused
	b.nav("feed")
	b.sees("main h1")
	b.fill(hook("feed-filter-entity"), "operation/4711")
	b.sees(hook("empty"))
	b.at("event/00000000-0000-7000-8000-000000000000")
	b.sees(hook("empty"))
	b.do("forgive", nil) // a 404
	b.nav("now")
	b.clean()
}
