package server

import (
	"fmt"
	"slices"
)

// NearestKey is the known name with the smallest edit distance to name, ties
// broken by the alphabet; "" when known is empty.
func NearestKey(name string, known []string) string {
	best, bestDistance := "", 0
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		if d := editDistance(name, candidate); best == "" || d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

func didYouMean(name string, known []string) string {
	if best := NearestKey(name, known); best != "" {
		return fmt.Sprintf(", the nearest known one is %q", best)
	}
	return ""
}

// editDistance is Levenshtein's, over bytes: keys are ASCII.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
