package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of ringmq and of the Go that built it",
		Args:  cobra.NoArgs,
		RunE: a.body(func(*cobra.Command, []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				info = new(debug.BuildInfo)
			}
			_, err := fmt.Fprintln(a.stdout, describeBuild(info))
			return err
		}),
	}
}

// describeBuild reads "ringmq v1.2.3 (revision 0123456789ab, modified), go1.26.0, linux/amd64".
func describeBuild(info *debug.BuildInfo) string {
	version := info.Main.Version
	if version == "" {
		version = "(unknown version)"
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ", modified"
		}
	}
	if revision != "" {
		version += " (revision " + revision + modified + ")"
	}
	return fmt.Sprintf("ringmq %s, %s, %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
