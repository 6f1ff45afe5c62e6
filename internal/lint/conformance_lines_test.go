package lint

import "strings"

// What docs/conformance.md has a row for. The names of the first two are those of libzmq's tests/test_….cpp.
var (
	// mustProve are the tests of libzmq whose subject a peer, or a program that is ported, relies on.
	mustProve = strings.Fields(`
		spec_req spec_rep spec_dealer spec_router spec_pushpull mock_pub_sub heartbeats
		stream stream_timeout stream_disconnect stream_empty stream_exceeds_buffer
		hwm hwm_pubsub sockopt_hwm immediate reconnect_ivl reconnect_options bind_after_connect_tcp
		inproc_connect disconnect_inproc req_relaxed req_correlate invalid_rep
		router_mandatory router_mandatory_hwm router_handover connect_rid probe_router issue_566
		sub_forward pubsub_topics_count xpub_topic xpub_verbose xpub_manual xpub_nodrop xpub_welcome_msg
		monitor term_endpoint unbind_wildcard last_endpoint connect_resolve
		pair_inproc pair_tcp pair_ipc reqrep_inproc reqrep_ipc reqrep_tcp rebind_ipc ipc_wildcard abstract_ipc
		security_null security_plain security_curve security_zap security_no_zap_handler
		ctx_destroy shutdown_stress timeo conflate metadata msg_flags proxy reqrep_device
		bind_fuzzer connect_fuzzer bind_null_fuzzer connect_null_fuzzer`)

	// shouldProve are those of what is less used, is a draft in libzmq, or has another form here.
	shouldProve = strings.Fields(`
		xpub_manual_last_value xsub_verbose pub_invert_matching router_notify hello_msg disconnect_msg hiccup_msg
		app_meta client_server channel scatter_gather peer peer_disconnect radio_dish dgram thread_safe
		ws_transport bind_ws_fuzzer connect_ws_fuzzer bind_curve_fuzzer connect_curve_fuzzer
		bind_stream_fuzzer connect_stream_fuzzer socks
		proxy_steerable proxy_terminate proxy_hwm proxy_single_socket poller base85 z85_decode_fuzzer sodium
		tcp_accept_filter filter_ipc use_fd bind_src_address diffserv setsockopt ctx_options many_sockets
		iov capabilities unittest_ip_resolver unittest_udp_address unittest_mtrie unittest_radix_tree
		unittest_curve_encoding`)

	// malformed is what a hostile or faulty peer may say.
	malformed = []string{
		"silence", "not ZMTP", "old greeting to a secured socket", "other mechanism", "other handshake command",
		"socket type that does not fit", "no socket type", "metadata cut short", "impossible property",
		"impossible identity", "ERROR in the handshake", "handshake command that is no frame of one",
		"huge size in the handshake", "reserved flags", "frame above the limit", "huge size", "end inside a message",
		"unknown command", "malformed command", "PING cut short", "PING with too much context",
		"reply without delimiter", "request without delimiter", "no group and body", "frames where there is one",
		"malformed HELLO of CURVE", "malformed INITIATE of CURVE", "nonce that does not increase",
		"malformed HELLO of PLAIN", "two servers of PLAIN", "malformed reply of ZAP", "malformed WebSocket frame",
		"connection to itself",
	}

	// absent are what a row may say is not there, each with the last element of the path of the package that would
	// have it; "" for what there is not going to be.
	absent = map[string]string{
		"PLAIN": "plain", "CURVE": "curve", "ZAP": "zap", "WebSocket": "ws", "options that change": "",
	}
)

// lines are all of these, and the traps.
func lines(traps []string) (all []string) {
	for _, names := range [][]string{mustProve, shouldProve, malformed, traps} {
		all = append(all, names...)
	}
	return all
}
