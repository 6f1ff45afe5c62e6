package shm

// The layout of a segment; see the package's documentation.
const (
	version       = 1
	controlOffset = 128
	controlStride = 896
	dataOffset    = 4096

	// Size is the size of a segment in bytes.
	Size = dataOffset + 2*RingSize
)

// open finds the two directions as a side sees them: first is the one that offered the memory.
func open(mem []byte, first bool, in *Reader, out *Writer) {
	if first {
		in.open(mem, 1)
		out.open(mem, 0)
		return
	}
	in.open(mem, 0)
	out.open(mem, 1)
}
