package models_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/relevo/relevo/models"
)

// cursorOf adds the numbers in the order given, after settling.
func cursorOf(low int64, seqs ...int64) models.EventCursor {
	var c models.EventCursor
	c.Settle(low)
	for _, n := range seqs {
		c.Add(n)
	}
	return c
}

func TestEventCursorText(t *testing.T) {
	for _, c := range []struct {
		name string
		at   models.EventCursor
		text string
	}{
		{"beginning", models.EventCursor{}, "0"},
		{"low alone", cursorOf(36), "10"},
		{"next number moves low", cursorOf(4, 5, 6), "6"},
		{"one beyond a gap", cursorOf(4, 6), "4.2"},
		{"a run beyond a gap", cursorOf(4, 7, 6, 8), "4.2-2"},
		{"two runs", cursorOf(0, 2, 3, 7), "0.2-1.7"},
		{"runs join", cursorOf(0, 2, 3, 5, 6, 4), "0.2-4"},
		{"gap closes", cursorOf(0, 2, 3, 5, 1), "3.2"},
		{"last gap closes", cursorOf(0, 2, 3, 1), "3"},
		{"twice is once", cursorOf(0, 2, 2, 1, 1), "2"},
	} {
		if got := c.at.String(); got != c.text {
			t.Errorf("%s: %q, want %q", c.name, got, c.text)
		}
		back, err := models.ParseEventCursor(c.text)
		if err != nil || !sameCursor(back, c.at) {
			t.Errorf("%s: %q reads as %v, %v; want %v", c.name, c.text, back, err, c.at)
		}
	}
}

func TestEventCursorSettles(t *testing.T) {
	for _, c := range []struct {
		name string
		at   models.EventCursor
		low  int64
		want string
	}{
		{"never back", cursorOf(9), 3, "9"},
		{"into a gap", cursorOf(0, 5, 6), 2, "2.3-1"},
		{"up to a run", cursorOf(0, 5, 6), 4, "6"},
		{"into a run", cursorOf(0, 5, 6, 7), 6, "7"},
		{"past all", cursorOf(0, 5, 9), 20, "k"},
		{"a run further on stays", cursorOf(0, 5, 9), 5, "5.4"},
	} {
		before := c.at
		was := before.String()
		c.at.Settle(c.low)
		if got := c.at.String(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if before.String() != was {
			t.Errorf("%s: a copy changed to %s", c.name, before)
		}
	}
}

func TestEventCursorRefusesText(t *testing.T) {
	for _, text := range []string{
		"", ".", "-", "1.", ".1", "-1", "+1", " 1", "1 ", "A", "1.1", "1.0", "1.2-", "1.-1", "1.2.3", "1.2-1.4", "1.5.3", "1_2",
		"1e.2-1e.z", "zzzzzzzzzzzz", "1.zzzzzzzzzzzz", "0" + strings.Repeat(".2", 3), "é",
		"0" + manySpans(25),
	} {
		if c, err := models.ParseEventCursor(text); err == nil {
			t.Errorf("%q reads as %v", text, c)
		}
	}
}

// manySpans is the text of n single numbers with a gap before each.
func manySpans(n int64) string {
	c := models.EventCursor{}
	var b strings.Builder
	for i := int64(1); i <= n; i++ {
		c.Settle(2 * i)
		b.WriteString("." + c.String())
	}
	return b.String()
}

// Whatever is added and settled in whatever order, a cursor is the set of what is
// behind it, in its one canonical form; copies keep what they had.
func TestEventCursorIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const top = 60
		var c models.EventCursor
		behind := map[int64]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				n := rapid.Int64Range(1, top).Draw(t, "seq")
				was, text := c, c.String()
				c.Add(n)
				behind[n] = true
				if was.String() != text {
					t.Fatalf("a copy changed from %s to %s", text, was)
				}
			},
			"settle": func(t *rapid.T) {
				n := rapid.Int64Range(0, top/4).Draw(t, "low")
				was, text := c, c.String()
				c.Settle(n)
				for i := int64(1); i <= n; i++ {
					behind[i] = true
				}
				if was.String() != text {
					t.Fatalf("a copy changed from %s to %s", text, was)
				}
			},
			"": func(t *rapid.T) {
				for n := int64(1); n <= top+1; n++ {
					if c.Covers(n) != behind[n] {
						t.Fatalf("%s covers %d: %v", c, n, c.Covers(n))
					}
				}
				last := c.Low
				for _, s := range c.Beyond {
					if s.From <= last+1 || s.To < s.From {
						t.Fatalf("%+v is not canonical", c)
					}
					last = s.To
				}
				back, err := models.ParseEventCursor(c.String())
				if err != nil {
					t.Fatalf("%s: %v", c, err)
				}
				if len(c.Beyond) <= 24 && !sameCursor(back, c) {
					t.Fatalf("%+v came back as %+v", c, back)
				}
			},
		})
	})
}

// What does not fit into the text is left out: the reader gets it twice, and never
// misses anything.
func TestEventCursorTextForgetsOnlyWhatIsBehind(t *testing.T) {
	var c models.EventCursor
	for n := int64(2); n <= 200; n += 2 {
		c.Add(n)
	}
	back, err := models.ParseEventCursor(c.String())
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for n := int64(1); n <= 200; n++ {
		if back.Covers(n) && !c.Covers(n) {
			t.Errorf("%d is behind the text and not behind the cursor", n)
		}
		if back.Covers(n) {
			kept++
		}
	}
	if kept != 24 {
		t.Errorf("the text keeps %d numbers, want 24", kept)
	}
}

func FuzzParseEventCursor(f *testing.F) {
	for _, seed := range []string{"0", "10", "4.2-2", "0.2-1.7", "3.2", "1.2-", "zzzzzzzzzzz.zzzzzzzzzzz-zzzzzzzzzzz", "0.2.4.6.8.a.c.e.g.i.k.m.o.q.s.u.w.y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := models.ParseEventCursor(text)
		if err != nil {
			return
		}
		back, err := models.ParseEventCursor(c.String())
		if err != nil || !sameCursor(back, c) {
			t.Fatalf("%q is %+v, whose text reads as %+v, %v", text, c, back, err)
		}
		last := c.Low
		for _, s := range c.Beyond {
			if s.From <= last+1 || s.To < s.From {
				t.Fatalf("%q is %+v", text, c)
			}
			last = s.To
		}
	})
}

func sameCursor(a, b models.EventCursor) bool {
	return a.Low == b.Low && slices.Equal(a.Beyond, b.Beyond)
}
