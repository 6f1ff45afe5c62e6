package socket

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ringmq/ringmq"
)

// where says which endpoints an option may be given to by itself; the rest are the whole socket's.
type where uint8

const (
	whereBound where = 1 << iota
	whereConnected

	anywhere = whereBound | whereConnected
)

// ofEndpoints are the options that may differ from endpoint to endpoint, by name.
var ofEndpoints = map[string]where{
	"SendHWM":          anywhere,
	"RecvHWM":          anywhere,
	"MaxMessageSize":   anywhere,
	"HandshakeTimeout": anywhere,
	"Identity":         anywhere,
	"Metadata":         anywhere,
	"SharedMemory":     anywhere,
	"TCPKeepAlive":     anywhere,
	"TCPUserTimeout":   anywhere,
	"SendBuffer":       anywhere,
	"RecvBuffer":       anywhere,
	"TOS":              anywhere,
	"Priority":         anywhere,
	"BindToDevice":     anywhere,
	"IPv6":             anywhere,
	"Backlog":          whereBound,
	"TCPAcceptFilter":  whereBound,
	"IPCFilterUID":     whereBound,
	"IPCFilterGID":     whereBound,
	"IPCFilterPID":     whereBound,
	"Reconnect":        whereConnected,
	"NoReconnect":      whereConnected,
	"ReconnectStop":    whereConnected,
	"ConnectTimeout":   whereConnected,
	"SOCKSProxy":       whereConnected,
}

// endpointOptions is the options of an endpoint: the socket's, and own on top. They do not change any more.
func (c *Core) endpointOptions(own []Option, at where) (*config, error) {
	if len(own) == 0 {
		return &c.cfg, nil
	}
	cfg := c.cfg
	cfg.metadata = slices.Clip(cfg.metadata) // what is appended is not the socket's
	for _, o := range own {
		if err := o.applyAt(&cfg, at); err != nil {
			return nil, optionError(err)
		}
	}
	return &cfg, nil
}

func (o Option) applyAt(cfg *config, at where) error {
	switch may := ofEndpoints[o.name]; {
	case o.apply == nil:
		return invalid("Option", "zero Option", "one of the With functions")
	case may == 0:
		return invalid(o.name, "of one endpoint", "given to the constructor: it is the whole socket's")
	case may&at == 0 && at == whereBound:
		return invalid(o.name, "for Bind", "given to ConnectWith or to the constructor")
	case may&at == 0:
		return invalid(o.name, "for Connect", "given to BindWith or to the constructor")
	}
	return o.apply(cfg)
}

// optionError keeps the name of the option in an error to which the circumstances of a call are added.
func optionError(err error) error {
	var e *ringmq.Error
	if !errors.As(err, &e) {
		return err
	}
	return &ringmq.Error{Value: e.Value, Err: fmt.Errorf("%s: %w", e.Op, e.Err)}
}
