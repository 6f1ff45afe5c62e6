package zmtp

import (
	"encoding/binary"
	"math"
)

// Names of the properties that RFC 23 defines. Their case does not matter to the RFC, but it does to libzmq.
const (
	PropSocketType = "Socket-Type"
	PropIdentity   = "Identity"
)

// PropUserID is the name of the property that says who a peer was found to be (RFC 27). It is not for the peer to say.
const PropUserID = "User-Id"

const (
	// MaxPropertyName is the longest name of a property, in bytes.
	MaxPropertyName = 255

	// MaxPropertyValue is the longest value of a property, in bytes.
	MaxPropertyValue = math.MaxInt32

	propertyValueSize = 4 // bytes of the value's length field
)

// Property is one name and value of connection metadata. Names that begin with "X-" belong to applications.
type Property struct {
	Name  string
	Value []byte
}

// ReservedProperty begins the names of properties that ringmq announces for itself.
const ReservedProperty = "X-Ringmq-"

// ValidPropertyName says whether name is 1 to [MaxPropertyName] of the characters that RFC 23 allows: letters,
// digits, and "-_.+".
func ValidPropertyName(name string) bool {
	return len(name) <= MaxPropertyName && validName(name)
}

func validName[S string | []byte](name S) bool {
	for i := range len(name) {
		if !nameChar(name[i]) {
			return false
		}
	}
	return len(name) > 0
}

func nameChar(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '-' || c == '_' || c == '.' || c == '+'
}

// AppendProperty appends one property of metadata. The caller has checked the name with [ValidPropertyName], and that
// the value does not exceed [MaxPropertyValue].
func AppendProperty(dst []byte, name string, value []byte) []byte {
	dst = binary.BigEndian.AppendUint32(appendName(dst, name), uint32(len(value)))
	return append(dst, value...)
}

// ParseProperties calls visit for each property of metadata b, in order; value is a part of b. It ends with the first
// error, visit's included. Metadata cut short is an error even where the cut falls between a name and its value.
func ParseProperties(b []byte, visit func(name string, value []byte) error) error {
	for len(b) > 0 {
		name, value, n, err := parseProperty(b)
		if err != nil {
			return err
		}
		if err := visit(string(name), value); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func parseProperty(b []byte) (name, value []byte, n int, err error) {
	nameEnd := 1 + int(b[0])
	valueAt := nameEnd + propertyValueSize
	if len(b) < valueAt || !validName(b[1:nameEnd]) {
		return nil, nil, 0, ErrProperties
	}
	size := binary.BigEndian.Uint32(b[nameEnd:])
	if size > MaxPropertyValue || len(b)-valueAt < int(size) {
		return nil, nil, 0, ErrProperties
	}
	n = valueAt + int(size)
	return b[1:nameEnd], b[valueAt:n:n], n, nil
}
