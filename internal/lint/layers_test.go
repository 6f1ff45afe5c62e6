package lint

// layers is the drawing of docs/architecture.md as data, top first. Code imports from the layers below its own; not
// from above, and not from its own unless a comment says so. The most specific folder that matches a package is its
// place: an exact name first, then the longest "folder/...".
var layers = []layer{
	// Programs. Nothing imports them; those in one folder may share code.
	{
		{folder: "examples/...", family: true},
		{folder: "cmd/...", family: true},
		{folder: "bench/...", family: true, helpers: true},
	},
	// Typed messages and proxies go through interfaces that every socket meets.
	{
		{folder: "codec", only: []string{"."}, why: "the codec never sees a socket"},
		{folder: "proxy", only: []string{".", "internal/impatient"}, why: "a proxy knows sockets by their methods"},
	},
	{
		{folder: "pattern/...", not: bytesAndDescriptors, why: "a pattern sees no bytes and no file descriptors"},
	},
	// Pipes, options and lifecycle. Patterns come in through an interface that they implement.
	{
		{folder: "socket"},
	},
	// How to make a connection, and where messages are kept until they are acknowledged.
	{
		{folder: "transport/...", not: aboveTheWire, why: "a transport sees no message and no subscription"},
		{folder: "spool/..."},
	},
	// One ZMTP connection.
	{
		{folder: "internal/session"},
	},
	// Mechanisms, then what a mechanism is.
	{
		{folder: "security/...", not: io, why: "a mechanism is sans-IO"},
	},
	{
		{folder: "security", not: io, why: "a mechanism is sans-IO"},
	},
	// What a connection runs on: the loops, and the queue of encoded bytes that waits to be written.
	{
		{folder: "internal/ioloop"},
		{folder: "internal/outq"},
	},
	// Leaves. An internal package that has no line of its own is one of them.
	{
		{folder: "internal/...", only: []string{"."}, why: "a leaf imports at most the root"},
		{folder: "internal/topics", only: []string{"."}, not: io, why: "subscriptions are plain data"},
		{folder: "internal/zmtp", only: []string{"."}, not: io, why: "the wire format is sans-IO"},
		{folder: "batching", only: []string{"."}, not: io, why: "a flush policy is a pure function"},
		// The registry's tests look up the transports that register themselves.
		{
			folder: "transport", only: []string{"."}, why: "the interface and the registry know no transport",
			tests: []string{"transport/..."},
		},
	},
	// Message and errors.
	{
		{folder: "."},
	},
}

// helpers are packages for tests. Test files of any layer import them, and they import any layer but the programs;
// code that ships does not import them.
var helpers = []string{
	"internal/conformance",
	"internal/interop",
	"internal/leak",
	"internal/lint",
	"internal/soak",
	"internal/test*",
	"internal/*test",
	"pattern/*test",
	"socket/*test",
	"spool/internal/*test",
	"transport/*test",
}

var (
	io = []string{"net", "os", "os/...", "syscall", "golang.org/x/sys/..."}

	bytesAndDescriptors = append([]string{
		"transport/...", "security/...", "internal/session", "internal/ioloop", "internal/outq", "internal/zmtp",
	}, io...)

	aboveTheWire = []string{"security/...", "internal/session", "internal/topics", "internal/zmtp"}
)

// layer is a row of folders that do not import each other.
type layer []place

// place is what holds for one folder, beyond the order of the layers. Test files are bound by the order alone.
type place struct {
	folder  string   // from the module's root, which is "."; "x/..." is x and all below it
	only    []string // if set, the only packages of the module that code there imports
	not     []string // packages, of the module or not, that code there never imports
	why     string   // the reason for only and not
	tests   []string // packages above that external tests there may import all the same
	family  bool     // packages that match this folder may import each other
	helpers bool     // code there may import helpers
}
