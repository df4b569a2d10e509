package middleware

import (
	"testing"
	"time"
)

var bucketsNoon = time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)

// A key has its burst at once and then what comes in time; a refusal takes nothing,
// and no key takes from another.
func TestBuckets(t *testing.T) {
	b := NewBuckets[string](2, 4)
	for i, c := range []struct {
		key  string
		n    int
		at   time.Duration
		wait time.Duration
	}{
		{"a", 3, 0, 0},
		{"a", 0, 0, 0},
		{"a", 3, 0, time.Second},
		{"a", 1, 0, 0},
		{"a", 1, 0, 500 * time.Millisecond},
		{"b", 4, 0, 0},
		{"a", 2, time.Second, 0},
		{"a", 4, time.Hour, 0},
		{"a", 1, time.Hour, 500 * time.Millisecond},
	} {
		if wait := b.Take(c.key, c.n, bucketsNoon.Add(c.at)); wait != c.wait {
			t.Errorf("use %d: waits %v, want %v", i, wait, c.wait)
		}
	}
	if b.Take("a", 5, bucketsNoon.Add(2*time.Hour)) <= 0 {
		t.Error("more at once than the burst")
	}
}

// What is remembered is bounded, however many come; who is busy is not forgotten.
func TestBucketsAreBounded(t *testing.T) {
	b := NewBuckets[int](1, 1)
	for key := range 3 * maxBuckets {
		b.Take(key+1, 1, bucketsNoon)
		if wait := b.Take(0, 1, bucketsNoon); key > 0 && wait == 0 {
			t.Fatalf("forgotten after %d others", key)
		}
	}
	if b.keys.Len() > maxBuckets {
		t.Errorf("%d keys", b.keys.Len())
	}
}
