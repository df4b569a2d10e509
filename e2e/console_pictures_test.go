package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The two pictures of README.md are made by this test, with -update; without it they
// are taken all the same, kept in artifacts/, and those of README.md have to be there.
func TestConsolePictures(t *testing.T) {
	t.Parallel()
	needConsole(t)
	const most = 250 << 10 // bytes of a picture
	r := busyDesk(t)
	if *updateTables {
		r.keepBusy(5 * time.Minute) // lines of an hour that has just begun show nothing
	}
	c := launch(t, r.url)
	for _, picture := range []struct{ name, who, locale, scheme string }{{"console-now.png", "max", "en-GB", "light"}, {"console-event.png", "mona", "en-GB", "dark"}} {
		b := openBoard(t, c, picture.who, map[string]any{
			"locale": picture.locale, "colorScheme": picture.scheme, "timezoneId": "America/Lima", "viewport": map[string]int{"width": 1440, "height": 900},
		})
		if picture.scheme == "light" {
			b.nav("now")
			b.shows("now-users", 6)
			r.operations(10)
			b.sees(hook("now-events-rate") + `:not([data-value="0"])`)
		} else {
			b.nav("feed")
			b.click(hook("feed-row", "name", "nueva_operacion"))
			b.ask("rosa")
			b.sees(hook("event-why") + " >> xpath=ancestor::*[contains(@class,'why')] >> " + hook("event-story", "user", "rosa", "state", "away"))
		}
		b.settled()
		file := artifact(t, picture.name)
		if *updateTables {
			file = filepath.Join("..", "docs", "img", picture.name)
		}
		b.do("shot", map[string]any{"path": file})
		b.clean()
		for _, path := range []string{file, filepath.Join("..", "docs", "img", picture.name)} {
			if info, err := os.Stat(path); err != nil {
				t.Errorf("%v: go test ./e2e -run TestConsolePictures -update", err)
			} else if info.Size() > most {
				t.Errorf("%s has %d bytes, want %d at most", path, info.Size(), most)
			}
		}
		readme, err := os.ReadFile("../README.md")
		if err != nil || !strings.Contains(string(readme), "docs/img/"+picture.name) {
			t.Errorf("README.md does not show docs/img/%s (%v)", picture.name, err)
		}
	}
}

// keepBusy has traders work for a while, now more and now less.
func (r *returner) keepBusy(d time.Duration) {
	r.t.Helper()
	for began, n := time.Now(), 0; time.Since(began) < d; n++ {
		r.operations(1)
		time.Sleep(time.Duration(100+200*(n/20%4)) * time.Millisecond) // no wait: the pace of the work
	}
}
