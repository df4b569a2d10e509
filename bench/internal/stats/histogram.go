// Package stats holds the arithmetic of the benchmark.
package stats

import (
	"math"
	"math/bits"
	"time"
)

// Each power of two is divided into this many buckets: a relative error of at
// most 1/64, exact below 64 ns.
const (
	subBits = 6
	sub     = 1 << subBits
	buckets = (64 - subBits) * sub
)

// Histogram counts durations in buckets of at most 1.6 % width. The zero value is
// empty and ready. Not safe for concurrent use.
type Histogram struct {
	counts [buckets]uint64
	total  uint64
	max    time.Duration
}

func bucket(v uint64) int {
	if v < sub {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - subBits
	return (shift+1)*sub + int(v>>shift) - sub
}

// upper is the largest value that falls into bucket i.
func upper(i int) uint64 {
	if i < sub {
		return uint64(i)
	}
	shift := i/sub - 1
	return uint64(i%sub+sub+1)<<shift - 1
}

// Add counts d once; a negative d counts as zero.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(uint64(d))]++
	h.total++
	h.max = max(h.max, d)
}

// Count is how many durations were added.
func (h *Histogram) Count() uint64 { return h.total }

// Max is the largest duration added, zero when there is none.
func (h *Histogram) Max() time.Duration { return h.max }

// Percentile returns the duration that p percent of those added do not exceed, by
// nearest rank and rounded up to its bucket's upper edge. Zero when empty.
func (h *Histogram) Percentile(p float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank := uint64(math.Ceil(float64(h.total)*p/100 - 1e-9))
	rank = min(max(rank, 1), h.total)
	var seen uint64
	for i, n := range h.counts {
		if seen += n; seen >= rank {
			return min(time.Duration(upper(i)), h.max)
		}
	}
	return h.max
}
