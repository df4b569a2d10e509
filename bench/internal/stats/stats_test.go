package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestBucketsAreContiguousAndNarrow(t *testing.T) {
	for _, v := range []uint64{0, 1, 63, 64, 65, 127, 128, 129, 1000, 1 << 20, 1<<20 + 1, 1e9, 60e9, 1<<63 - 1} {
		i := bucket(v)
		if up := upper(i); up < v || float64(up-v) > float64(v)/sub {
			t.Errorf("value %d is in bucket %d, which ends at %d", v, i, up)
		}
		if i > 0 && upper(i-1) >= v {
			t.Errorf("value %d is in bucket %d, but the one before ends at %d", v, i, upper(i-1))
		}
	}
	for i := range 40 * sub {
		if got := bucket(upper(i)); got != i {
			t.Fatalf("upper edge of bucket %d falls into %d", i, got)
		}
		if got := bucket(upper(i) + 1); got != i+1 {
			t.Fatalf("value after bucket %d falls into %d", i, got)
		}
	}
}

func TestPercentileAgreesWithSorting(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 10, 99, 100, 101, 5000} {
		var h Histogram
		values := make([]time.Duration, n)
		for i := range values {
			values[i] = time.Duration(rnd.ExpFloat64() * float64(5*time.Millisecond))
			h.Add(values[i])
		}
		slices.Sort(values)
		for _, p := range []float64{0, 1, 50, 90, 99, 99.9, 100} {
			rank := max(1, int(math.Ceil(p*float64(n)/100-1e-9)))
			want, got := values[rank-1], h.Percentile(p)
			if got < want || float64(got-want) > float64(want)/sub {
				t.Errorf("p%v of %d values: %v, sorted says %v", p, n, got, want)
			}
		}
		if h.Count() != uint64(n) || h.Max() != values[n-1] {
			t.Errorf("count %d, max %v of %d values up to %v", h.Count(), h.Max(), n, values[n-1])
		}
	}
}

func TestEmptyHistogramAndNegativeDurations(t *testing.T) {
	var h Histogram
	if h.Percentile(99) != 0 || h.Max() != 0 || h.Count() != 0 {
		t.Error("an empty histogram is not zero")
	}
	h.Add(-time.Second)
	if h.Percentile(50) != 0 || h.Count() != 1 {
		t.Error("a negative duration does not count as zero")
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{3, 1}, 2}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5}} {
		given := slices.Clone(c.values)
		if got := Median(c.values); got != c.want {
			t.Errorf("median of %v is %v, not %v", c.values, got, c.want)
		}
		if !slices.Equal(given, c.values) {
			t.Errorf("median changed its argument to %v", c.values)
		}
	}
	if !math.IsNaN(Median(nil)) {
		t.Error("median of nothing is a number")
	}
}
