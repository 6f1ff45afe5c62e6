package codec

const (
	// maxDepth bounds how deep arrays and maps nest in a body, and so how deep the decoder recurses. It is far
	// beyond what a message type needs.
	maxDepth = 64

	// maxPooled is the largest body, in bytes, whose buffers go back to a pool. One large message must not pin
	// memory for all the small ones that follow.
	maxPooled = 64 << 10

	// maxPooledFrames is the same for the frames of a message, its envelope included.
	maxPooledFrames = 64

	// maxTopics bounds how many topics a pooled decoder remembers, so that a feed that repeats its topics does not
	// allocate a string a message. When it is full it starts again.
	maxTopics = 1024

	// maxKeptTopic is the longest topic worth remembering, in bytes. maxTopics of them are what a peer can pin.
	maxKeptTopic = 64

	// maxShownTopic is how much of a topic the text of an Error shows, in bytes.
	maxShownTopic = 64
)
