package console

import (
	"math"
	"sync"
	"time"

	"github.com/relevo/relevo/events"
)

// Durations are counted in classes that grow by a tenth each, from a tenth of a
// millisecond to ten minutes, so that a quantile is off by less than a tenth.
const (
	leastDuration    = 100 * time.Microsecond
	durationGrowth   = 1.1
	durationClasses  = 165
	quantileSeconds  = 60
	historyQuantiles = int(historyStep / time.Second)
)

// second counts the durations that were observed in one second.
type second struct {
	at      int64 // Unix seconds
	samples uint32
	classes [durationClasses]uint32
}

// quantiles knows how long things took during the last minute. It is safe for
// concurrent use and takes the same memory however much is observed.
type quantiles struct {
	mu      sync.Mutex
	seconds [quantileSeconds]second
}

// observe counts one duration that ended at the instant.
func (q *quantiles) observe(at time.Time, took time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	unix := at.Unix()
	s := &q.seconds[((unix%quantileSeconds)+quantileSeconds)%quantileSeconds]
	if s.at != unix {
		*s = second{at: unix}
	}
	s.samples++
	s.classes[durationClass(took)]++
}

func durationClass(d time.Duration) int {
	if d <= leastDuration {
		return 0
	}
	class := int(math.Ceil(math.Log(float64(d)/float64(leastDuration)) / math.Log(durationGrowth)))
	return min(class, durationClasses-1)
}

// classMillis is the upper end of a class.
func classMillis(class int) float64 {
	return float64(leastDuration) / float64(time.Millisecond) * math.Pow(durationGrowth, float64(class))
}

// last is what the last seconds before the instant, at most a minute, say.
func (q *quantiles) last(at time.Time, seconds int) events.ConsoleQuantiles {
	q.mu.Lock()
	defer q.mu.Unlock()
	var sum [durationClasses]uint64
	var samples uint64
	for i := range q.seconds {
		s := &q.seconds[i]
		if age := at.Unix() - s.at; s.samples == 0 || age < 0 || age >= int64(seconds) {
			continue
		}
		samples += uint64(s.samples)
		for class, n := range s.classes {
			sum[class] += uint64(n)
		}
	}
	if samples == 0 {
		return events.ConsoleQuantiles{}
	}
	rank := func(share float64) *float64 {
		want := uint64(math.Ceil(share * float64(samples)))
		var seen uint64
		for class, n := range sum {
			if seen += n; seen >= want {
				ms := math.Round(classMillis(class)*100) / 100
				return &ms
			}
		}
		return nil
	}
	return events.ConsoleQuantiles{P50: rank(.5), P99: rank(.99), Samples: int64(samples)}
}
