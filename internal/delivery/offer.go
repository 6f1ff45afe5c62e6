package delivery

import (
	"fmt"
	"strconv"
	"strings"
)

// Offer is what a socket says of itself in READY.
type Offer struct {
	Window  int  // messages that it has on their way to one peer, at the most; 0 if it does not number what it sends
	Receive bool // it acknowledges what it receives
}

// String is the value of the property.
func (o Offer) String() string {
	words := []string{Version}
	if o.Window > 0 {
		words = append(words, fmt.Sprintf("send=%d", o.Window))
	}
	if o.Receive {
		words = append(words, "receive")
	}
	return strings.Join(words, " ")
}

// ParseOffer reads the value of the property. What it cannot read is not offered.
func ParseOffer(value string) (o Offer) {
	words := strings.Split(value, " ")
	if words[0] != Version {
		return o
	}
	for _, w := range words[1:] {
		if w == "receive" {
			o.Receive = true
			continue
		}
		if size, ok := strings.CutPrefix(w, "send="); ok {
			if n, err := strconv.Atoi(size); err == nil && n > 0 && n <= MaxWindow {
				o.Window = n
			}
		}
	}
	return o
}
