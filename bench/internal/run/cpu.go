package run

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// userHZ is the unit of /proc/stat: the kernel has it converted to this on every machine that Go runs on.
const userHZ = 100

// cpuClock reads what has been used up to now.
type cpuClock struct {
	at                 time.Time
	all, self, spawned time.Duration
}

func readCPU() (c cpuClock, err error) {
	c.at = time.Now()
	c.self, c.spawned = used(unix.RUSAGE_SELF), used(unix.RUSAGE_CHILDREN)
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return c, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	var user, nice, system, idle, wait, irq, softirq, steal int64
	_, err = fmt.Sscanf(line, "cpu %d %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &wait, &irq, &softirq, &steal)
	if err != nil {
		return c, fmt.Errorf("/proc/stat: %w", err)
	}
	c.all = time.Duration(user+nice+system+irq+softirq+steal) * time.Second / userHZ
	return c, nil
}

func used(who int) time.Duration {
	var r unix.Rusage
	if unix.Getrusage(who, &r) != nil {
		return 0 // it cannot fail
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// others is what was used since start by what is neither this process nor a child that it has waited for.
func (c cpuClock) others(start cpuClock) float64 {
	ours := c.self - start.self + c.spawned - start.spawned
	return percent(max(c.all-start.all-ours, 0), c.at.Sub(start.at))
}

func percent(part, whole time.Duration) float64 { return 100 * part.Seconds() / whole.Seconds() }
