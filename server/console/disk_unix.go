//go:build linux || darwin || freebsd

package console

import "syscall"

// freeBytes is what is left for files in the folder; false when that is not known.
func freeBytes(dir string) (int64, bool) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, false
	}
	return int64(fs.Bavail) * int64(fs.Bsize), true
}
