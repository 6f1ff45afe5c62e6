package format

import "math"

// Dead is what is known of a message that was given up. In the log of dead letters it is the first frame, before those
// of the message:
//
//	 0   8   sequence that the message had
//	 8   8   time of its append, in nanoseconds since 1970 UTC
//	16   4   how often it was given to the consumer
//	20   1+n length and name of the consumer
//	     …   reason, up to the end of the frame
type Dead struct {
	Sequence   uint64
	Time       int64
	Deliveries uint32
	Consumer   string // up to MaxTarget bytes
	Reason     string
}

// Append appends the encoded frame to dst.
func (d *Dead) Append(dst []byte) []byte {
	dst = le.AppendUint64(dst, d.Sequence)
	dst = le.AppendUint64(dst, uint64(d.Time))
	dst = le.AppendUint32(dst, d.Deliveries)
	name := d.Consumer[:min(len(d.Consumer), math.MaxUint8)]
	dst = append(append(dst, byte(len(name))), name...)
	return append(dst, d.Reason...)
}

// ParseDead reads the frame.
func ParseDead(b []byte) (Dead, error) {
	p := parser{b: b, ok: true}
	d := Dead{Sequence: p.uint64(), Time: int64(p.uint64()), Deliveries: p.uint32()}
	d.Consumer = string(p.take(int64(p.uint8())))
	if !p.ok {
		return Dead{}, damaged("description of a dead letter is cut short")
	}
	d.Reason = string(p.b)
	return d, nil
}
