package session

import "github.com/ringmq/ringmq/internal/zmtp"

// CommandKind is what a command of a connection's traffic is, to an engine.
type CommandKind uint8

// The kinds, and what ParseTraffic returns as their argument.
const (
	CommandUnknown   CommandKind = iota // nothing; the frame is ignored, as libzmq ignores it
	CommandSubscribe                    // the topic
	CommandCancel                       // the topic
	CommandJoin                         // the group
	CommandLeave                        // the group
	CommandPing                         // time-to-live and context, for zmtp.ParsePing
	CommandPong                         // the context
	CommandError                        // the reason, for PeerError; the connection ends
)

// ParseTraffic classifies the body of a command frame that came after the handshake (RFC 37). arg is a part of body.
// The error, a command cut short, ends the connection.
func ParseTraffic(body []byte) (kind CommandKind, arg []byte, err error) {
	name, data, err := zmtp.ParseCommand(body)
	if err != nil {
		return CommandUnknown, nil, err
	}
	switch string(name) {
	case zmtp.CmdSubscribe:
		return CommandSubscribe, data, nil
	case zmtp.CmdCancel:
		return CommandCancel, data, nil
	case zmtp.CmdJoin:
		return CommandJoin, data, nil
	case zmtp.CmdLeave:
		return CommandLeave, data, nil
	case zmtp.CmdPing:
		_, _, err = zmtp.ParsePing(data)
		return CommandPing, data, err
	case zmtp.CmdPong:
		return CommandPong, data, nil
	case zmtp.CmdReady:
		return CommandUnknown, nil, protocolError(CodeUnexpectedCommand, "%s after the handshake", zmtp.CmdReady)
	case zmtp.CmdError:
		arg, err = zmtp.ParseError(data)
		return CommandError, arg, err
	}
	return CommandUnknown, nil, nil
}
