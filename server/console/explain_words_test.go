package console

import (
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
)

// Every sentence is another one, and tells what is asked.
func TestExplainWords(t *testing.T) {
	f := known(func(f *facts) { f.to("role_Master") })
	seen := map[string]string{}
	for name, s := range map[string]story{
		"live":     {state: stateConfirmed, via: viaLive, at: at(.12)},
		"replay":   {state: stateConfirmed, via: viaReplay, at: at(60)},
		"when":     {state: stateConfirmed},
		"waiting":  {state: stateWaiting},
		"away":     {state: stateAway, at: at(-2)},
		"cut":      {state: stateAway, at: at(2)},
		"lost":     {state: stateAway},
		"window":   {state: stateExpired, at: at(5), reason: events.ResyncWindow},
		"many":     {state: stateExpired, at: at(5), reason: events.ResyncTooMany},
		"session":  {state: stateExpired, at: at(5), reason: events.ResyncUnknown},
		"failed":   {state: stateExpired, at: at(5), reason: events.ResyncFailed},
		"absent":   {state: stateAbsent},
		"closed":   {state: stateAbsent, at: at(3)},
		"role":     {state: stateNotAddressed, reason: whyRole},
		"user":     {state: stateNotAddressed, reason: whyUser},
		"room":     {state: stateNotAddressed, reason: whyRoom},
		"ended":    {state: stateNotAddressed, reason: whySession},
		"excepted": {state: stateNotAddressed, reason: whyExcepted},
		"inactive": {state: stateNotAddressed, reason: whyInactive},
		"engine":   {state: stateUnknown, reason: whyEngine},
		"node":     {state: stateUnknown, reason: whyNode},
		"taken":    {state: stateUnknown, reason: whyTaken},
		"push":     {state: stateUnknown, reason: whyPush},
		"restart":  {state: stateUnknown, reason: whyRestart},
	} {
		why := s.why(f)
		for _, text := range []string{why.ES, why.EN} {
			if other, twice := seen[text]; twice {
				t.Errorf("%s and %s both say %q", name, other, text)
			}
			seen[text] = name
		}
	}
	for text, part := range map[string]string{
		story{state: stateConfirmed, via: viaLive, at: at(.12)}.why(f).EN:                       "120 ms later",
		story{state: stateConfirmed, via: viaReplay, at: at(60)}.why(f).ES:                      "12:01:00",
		story{state: stateConfirmed, via: viaLive, at: at(1), pages: 3, confirmed: 2}.why(f).EN: "2 of 3 pages",
		story{state: stateNotAddressed, reason: whyRole}.why(f).EN:                              "role Master, and this user is Trader",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

// A time of another day is told with its day.
func TestExplainDays(t *testing.T) {
	f := known(func(*facts) {})
	f.now = at(3600)
	s := story{state: stateAway, at: at(-2), until: at(86398)}
	if why := s.why(f); strings.Contains(why.EN, " on ") || strings.Contains(why.ES, " del ") {
		t.Errorf("today has a day: %+v", why)
	}
	if next, _ := s.next(f); !strings.Contains(next.EN, " on ") || !strings.Contains(next.ES, " del ") {
		t.Errorf("tomorrow has no day: %+v", next)
	}
}
