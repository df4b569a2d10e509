package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// FamilyCPU is the CPU time of a process and of its children that live, by pid. Take it
// twice and add up the differences with Since.
type FamilyCPU map[int]time.Duration

// Family reads the clocks of a process and of its children.
func Family(pid int) (FamilyCPU, error) {
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil, fmt.Errorf("children of process %d: %w", pid, err)
	}
	family := FamilyCPU{}
	for _, word := range append(strings.Fields(string(list)), strconv.Itoa(pid)) {
		one, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("children of process %d: %w", pid, err)
		}
		// A child may have ended since.
		if cpu, err := CPU(one); err == nil {
			family[one] = cpu
		}
	}
	return family, nil
}

// Since is what those that live now have run since before; what ended between is not in it.
func (f FamilyCPU) Since(before FamilyCPU) (total time.Duration) {
	for pid, cpu := range f {
		total += cpu - before[pid]
	}
	return total
}
