package result

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// System is what was measured, when, and on what.
type System struct {
	Date   string `json:"date"`
	Commit string `json:"commit"` // of the library; "+" if files were changed since
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	Disk   string `json:"disk"` // file system of temporary files, where logs are
	Go     string `json:"go"`
	Libzmq string `json:"libzmq"`
	NNG    string `json:"nng"`
	NATS   string `json:"nats"`
	Zmq4   string `json:"zmq4"`
}

// Unknown stands for what could not be found out.
const Unknown = "unknown"

// ThisSystem finds out what it can.
func ThisSystem() System {
	return System{
		Date:   time.Now().UTC().Format(time.RFC3339),
		Commit: commit(),
		CPU:    cpuName(),
		Cores:  runtime.NumCPU(),
		Kernel: kernel(),
		Disk:   fileSystem(os.TempDir()),
		Go:     runtime.Version(),
		Libzmq: command("pkg-config", "--modversion", "libzmq"),
		NNG:    nngVersion(),
		NATS:   moduleVersion("github.com/nats-io/nats-server/v2"),
		Zmq4:   moduleVersion("github.com/go-zeromq/zmq4"),
	}
}

// command is the first line of a command's output.
func command(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	line, _, _ := strings.Cut(string(out), "\n")
	if err != nil || line == "" {
		return Unknown
	}
	return line
}

func commit() string {
	id := command("git", "rev-parse", "--short=12", "HEAD")
	if id != Unknown && command("git", "status", "--porcelain", "--untracked-files=no") != Unknown {
		id += "+"
	}
	return id
}

func cpuName() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return Unknown
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return Unknown
	}
	text := func(b []byte) string { return string(bytes.TrimRight(b, "\x00")) }
	return text(u.Sysname[:]) + " " + text(u.Release[:]) + " " + text(u.Machine[:])
}

// fileSystems are the names of the usual ones, by the number that statfs(2) has for them.
var fileSystems = map[int64]string{
	unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs",
	unix.OVERLAYFS_SUPER_MAGIC: "overlay", unix.TMPFS_MAGIC: "tmpfs",
}

func fileSystem(dir string) string {
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) != nil {
		return Unknown
	}
	if name, ok := fileSystems[int64(fs.Type)]; ok {
		return name
	}
	return fmt.Sprintf("%#x", fs.Type)
}

// nngVersion asks the header, since NNG comes without a pkg-config file.
func nngVersion() string {
	const source = "#include <nng/nng.h>\nversion NNG_MAJOR_VERSION NNG_MINOR_VERSION NNG_PATCH_VERSION\n"
	cmd := exec.Command("cc", "-E", "-P", "-x", "c", "-")
	cmd.Stdin = strings.NewReader(source)
	out, err := cmd.Output()
	if err != nil {
		return Unknown
	}
	_, version, ok := strings.Cut(string(out), "version ")
	if !ok {
		return Unknown
	}
	return strings.Join(strings.Fields(version), ".")
}

// moduleVersion is the version of a module that this program is built with.
func moduleVersion(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Unknown
	}
	for _, m := range info.Deps {
		if m.Path == path {
			return m.Version
		}
	}
	return Unknown
}
