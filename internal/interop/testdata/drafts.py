"""Stands in for pyzmq where it has no draft socket types: as much of the module as peer.py uses, by ctypes, over the
libzmq that the environment names. peer.py is appended to it.

A message is written as our library has it: of SERVER and PEER the routing id, four bytes, and the body; of RADIO and
DISH the group and the body; of DGRAM the address and the body; of the others the body. Frames after that are joined to
one. The id may be empty: it stands for the peer that a PEER has connected to.
"""

import ctypes
import os
import sys
import types

KINDS = {"CLIENT": 13, "SERVER": 12, "RADIO": 14, "DISH": 15, "GATHER": 16, "SCATTER": 17, "DGRAM": 18, "PEER": 19,
         "CHANNEL": 20}
OPTIONS = {"SUBSCRIBE": 6, "UNSUBSCRIBE": 7, "SNDHWM": 23, "RCVHWM": 24, "RCVTIMEO": 27, "SNDTIMEO": 28,
           "RECONNECT_IVL": 18, "LAST_ENDPOINT": 32, "POLLIN": 1, "POLLERR": 4}
WITH_ID = KINDS["SERVER"], KINDS["PEER"]
WITH_GROUP = KINDS["RADIO"], KINDS["DISH"]
WITH_ADDRESS = (KINDS["DGRAM"],)
SNDMORE = 2

lib = ctypes.CDLL(os.environ["RINGMQ_DRAFT_LIBZMQ"], use_errno=True)


class Msg(ctypes.Structure):
    _fields_ = [("opaque", ctypes.c_uint64 * 8)]


class PollItem(ctypes.Structure):
    _fields_ = [("socket", ctypes.c_void_p), ("fd", ctypes.c_int), ("events", ctypes.c_short),
                ("revents", ctypes.c_short)]


def declare(name, result, *arguments):
    function = getattr(lib, name)
    function.restype, function.argtypes = result, arguments


pointer, text, number, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t
declare("zmq_strerror", text, number)
declare("zmq_ctx_new", pointer)
declare("zmq_socket", pointer, pointer, number)
declare("zmq_bind", number, pointer, text)
declare("zmq_connect", number, pointer, text)
declare("zmq_connect_peer", ctypes.c_uint32, pointer, text)
declare("zmq_setsockopt", number, pointer, number, pointer, size)
declare("zmq_getsockopt", number, pointer, number, pointer, ctypes.POINTER(size))
declare("zmq_join", number, pointer, text)
declare("zmq_leave", number, pointer, text)
declare("zmq_poll", number, ctypes.POINTER(PollItem), number, ctypes.c_long)
declare("zmq_msg_init", number, pointer)
declare("zmq_msg_init_size", number, pointer, size)
declare("zmq_msg_data", pointer, pointer)
declare("zmq_msg_size", size, pointer)
declare("zmq_msg_close", number, pointer)
declare("zmq_msg_more", number, pointer)
declare("zmq_msg_send", number, pointer, pointer, number)
declare("zmq_msg_recv", number, pointer, pointer, number)
declare("zmq_msg_set_routing_id", number, pointer, ctypes.c_uint32)
declare("zmq_msg_routing_id", ctypes.c_uint32, pointer)
declare("zmq_msg_set_group", number, pointer, text)
declare("zmq_msg_group", text, pointer)


def check(result):
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, lib.zmq_strerror(errno).decode())
    return result


class Context:
    def __init__(self):
        self.handle = lib.zmq_ctx_new()

    def socket(self, kind):
        return Socket(lib.zmq_socket(self.handle, kind), kind)


class Socket:
    def __init__(self, handle, kind):
        self.handle = handle
        self.kind = kind
        self.peer = 0  # the id of the one connected to

    def setsockopt(self, option, value):
        if option == OPTIONS["SUBSCRIBE"]:
            check(lib.zmq_join(self.handle, value))
        elif option == OPTIONS["UNSUBSCRIBE"]:
            check(lib.zmq_leave(self.handle, value))
        else:
            check(lib.zmq_setsockopt(self.handle, option, ctypes.byref(ctypes.c_int(value)), 4))

    RCVTIMEO = property(fset=lambda self, ms: self.setsockopt(OPTIONS["RCVTIMEO"], ms))
    SNDTIMEO = property(fset=lambda self, ms: self.setsockopt(OPTIONS["SNDTIMEO"], ms))

    @property
    def LAST_ENDPOINT(self):
        value, length = ctypes.create_string_buffer(300), size(300)
        check(lib.zmq_getsockopt(self.handle, OPTIONS["LAST_ENDPOINT"], value, ctypes.byref(length)))
        return value.value

    def bind(self, endpoint):
        check(lib.zmq_bind(self.handle, endpoint.encode()))

    def connect(self, endpoint):
        if self.kind != KINDS["PEER"]:
            check(lib.zmq_connect(self.handle, endpoint.encode()))
            return
        self.peer = lib.zmq_connect_peer(self.handle, endpoint.encode())
        if not self.peer:
            check(-1)

    def send_multipart(self, frames):
        n = 1 if self.kind in WITH_ID + WITH_GROUP + WITH_ADDRESS else 0
        address, body = b"".join(frames[:n]), b"".join(frames[n:])
        if self.kind in WITH_ADDRESS:
            self.send_frame(address, b"", SNDMORE)
        self.send_frame(body, address, 0)

    def send_frame(self, body, address, flags):
        msg = Msg()
        check(lib.zmq_msg_init_size(ctypes.byref(msg), len(body)))
        ctypes.memmove(lib.zmq_msg_data(ctypes.byref(msg)), body, len(body))
        if self.kind in WITH_ID:
            number = int.from_bytes(address, "big") or self.peer
            check(lib.zmq_msg_set_routing_id(ctypes.byref(msg), number))
        if self.kind in WITH_GROUP:
            check(lib.zmq_msg_set_group(ctypes.byref(msg), address))
        check(lib.zmq_msg_send(ctypes.byref(msg), self.handle, flags))

    def recv_multipart(self):
        msg = Msg()
        reference = ctypes.byref(msg)
        check(lib.zmq_msg_init(reference))
        check(lib.zmq_msg_recv(reference, self.handle, 0))
        frames = [ctypes.string_at(lib.zmq_msg_data(reference), lib.zmq_msg_size(reference))]
        if self.kind in WITH_ID:
            number = lib.zmq_msg_routing_id(reference)
            frames.insert(0, b"" if number == self.peer else number.to_bytes(4, "big"))
        if self.kind in WITH_GROUP:
            frames.insert(0, lib.zmq_msg_group(reference))
        more = lib.zmq_msg_more(reference)
        check(lib.zmq_msg_close(reference))
        return frames + self.recv_multipart() if more else frames

    def poll(self, ms):
        return check(lib.zmq_poll((PollItem * 1)(self.item(OPTIONS["POLLIN"])), 1, ms))

    def item(self, events):
        return PollItem(self.handle, 0, events, 0)


class Poller:
    def __init__(self):
        self.items = []

    def register(self, what, events):
        self.items.append(what.item(events) if isinstance(what, Socket) else PollItem(None, what.fileno(), events, 0))

    def poll(self):
        check(lib.zmq_poll((PollItem * len(self.items))(*self.items), len(self.items), -1))


zmq = types.ModuleType("zmq")
vars(zmq).update(KINDS, **OPTIONS, Context=Context, Poller=Poller)
sys.modules["zmq"] = zmq
