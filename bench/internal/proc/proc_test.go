package proc

import (
	"os"
	"testing"
	"time"
)

func TestCPUIsWhatStatCounts(t *testing.T) {
	for end := time.Now().Add(60 * time.Millisecond); time.Now().Before(end); {
	}
	low, err := Ticks(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	cpu, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	high, err := Ticks(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	// User and system time are rounded down to ticks on their own.
	if cpu < low || cpu > high+30*time.Millisecond {
		t.Errorf("CPU clock says %v, /proc/pid/stat %v to %v", cpu, low, high)
	}
}

func TestRSSAndFilesGrow(t *testing.T) {
	pid := os.Getpid()
	rss, err := RSS(pid)
	if err != nil {
		t.Fatal(err)
	}
	files, err := Files(pid)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 32<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if now, err := RSS(pid); err != nil || now-rss < int64(len(block))*9/10 {
		t.Errorf("RSS went from %d to %d (%v) with %d bytes touched", rss, now, err, len(block))
	}
	if now, err := Files(pid); err != nil || now <= files {
		t.Errorf("descriptors went from %d to %d (%v)", files, now, err)
	}
	block[0]++
}

func TestFamilyCountsTheProcess(t *testing.T) {
	before, err := Family(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Millisecond); time.Now().Before(end); {
	}
	after, err := Family(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if after.Since(before) <= 0 || after[os.Getpid()] == 0 {
		t.Errorf("%v after %v", after, before)
	}
	if after.Since(nil) < after.Since(before) {
		t.Error("a process that is new does not count from its start")
	}
}
