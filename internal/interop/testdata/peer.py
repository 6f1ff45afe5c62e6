"""A libzmq socket as a peer of the tests; see doc.go for the commands that it takes on standard input.

    peer.py TYPE bind|connect ENDPOINT [option=value ...]

Says "ready ENDPOINT" once it is bound or connecting. Options are those of zmq_setsockopt(3) in small letters, a value
that begins with x being bytes in hexadecimal; monitor=1 makes the commands for events work.
"""

import os
import struct
import sys
import threading
import zlib

import zmq

PATTERN = bytes((i * 7 + 13) % 251 for i in range(251))
TIMEOUT_MS = 20_000  # no test waits longer for anything
LONGEST_SHOWN = 32


def content(size, seed):
    start = seed % len(PATTERN)
    return (PATTERN * (size // len(PATTERN) + 2))[start:start + size]


def frame(text):
    if text.startswith("x"):
        return bytes.fromhex(text[1:])
    size, seed = text.split("@")
    return content(int(size), int(seed))


def show(body):
    if len(body) <= LONGEST_SHOWN:
        return "x" + body.hex()
    return "%d#%08x" % (len(body), zlib.crc32(body))


def numbered(head, i):
    return head + [b"%d" % i, content(i * 7 % 200 + 1, i)]


class Digest:
    def __init__(self):
        self.crc = 0

    def add(self, message):
        for body in message:
            self.crc = zlib.crc32(body, zlib.crc32(struct.pack(">I", len(body)), self.crc))
        self.crc = zlib.crc32(b"\xff\xff\xff\xff", self.crc)

    def __str__(self):
        return "got %08x" % self.crc


def read_on_a_thread():
    """Returns a descriptor with what comes on standard input. The process ends with its input, whatever it is doing: a
    test that is killed kills nobody, and an endless stream would go on for ever."""
    ours, its = os.pipe()

    def forward():
        for line in sys.stdin:
            os.write(its, line.encode())
        os._exit(0)

    threading.Thread(target=forward, daemon=True).start()
    return ours


class Peer:
    def __init__(self, kind, role, endpoint, options):
        self.socket = zmq.Context().socket(getattr(zmq, kind))
        self.socket.RCVTIMEO = self.socket.SNDTIMEO = TIMEOUT_MS
        self.monitor = None
        for name, value in (o.split("=") for o in options):
            self.set(name, value)
        getattr(self.socket, role)(endpoint)
        self.endpoint = self.socket.LAST_ENDPOINT.rstrip(b"\0").decode()

    def set(self, name, value):
        if name == "monitor":
            self.monitor = self.socket.get_monitor_socket()
            self.monitor.RCVTIMEO = TIMEOUT_MS
            return
        value = bytes.fromhex(value[1:]) if value.startswith("x") else int(value)
        self.socket.setsockopt(getattr(zmq, name.upper()), value)

    def commands(self):
        """Yields the lines of standard input. A libzmq socket takes up new connections only while its thread is in some
        call of the library, so this waits inside one."""
        lines = os.fdopen(read_on_a_thread())
        poller = zmq.Poller()
        poller.register(self.socket, zmq.POLLERR)
        poller.register(lines, zmq.POLLIN)
        while True:
            poller.poll()
            yield lines.readline()  # the test waits for the answer before it gives another command

    def send(self, *frames):
        self.socket.send_multipart([frame(f) for f in frames])
        return "sent"

    def recv(self):
        return " ".join(["got"] + [show(body) for body in self.socket.recv_multipart()])

    def property(self, name):
        return "got " + show(self.socket.recv_multipart(copy=False)[-1].get(name).encode())

    def poll(self, ms):
        return "yes" if self.socket.poll(int(ms)) else "no"

    def stream(self, n, *head):
        head = [frame(f) for f in head]
        for i in range(int(n)):
            self.socket.send_multipart(numbered(head, i))
        return "sent"

    def drain(self, n):
        digest = Digest()
        for _ in range(int(n)):
            digest.add(self.socket.recv_multipart())
        return str(digest)

    def ask(self, n, *head):
        digest = Digest()
        head = [frame(f) for f in head]
        for i in range(int(n)):
            self.socket.send_multipart(numbered(head, i))
            digest.add(self.socket.recv_multipart())
        return str(digest)

    def echo(self, n):
        digest = Digest()
        for _ in range(int(n)):
            message = self.socket.recv_multipart()
            digest.add(message)
            self.socket.send_multipart(message)
        return str(digest)

    def subscribe(self, topic):
        self.socket.setsockopt(zmq.SUBSCRIBE, frame(topic))
        return "done"

    def unsubscribe(self, topic):
        self.socket.setsockopt(zmq.UNSUBSCRIBE, frame(topic))
        return "done"

    def event(self):
        number, _value = struct.unpack("=hi", self.monitor.recv_multipart()[0])
        return zmq.Event(number).name

    def await_(self, name):
        while self.event() != name:
            pass
        return "event " + name

    def quiet(self, ms):
        for _ in iter(lambda: self.monitor.poll(int(ms)), 0):
            if self.event() == "DISCONNECTED":
                return "no"
        return "yes"


def main():
    kind, role, endpoint, *options = sys.argv[1:]
    peer = Peer(kind, role, endpoint, options)
    print("ready", peer.endpoint, flush=True)
    for line in peer.commands():
        command, *arguments = line.split()
        print(getattr(peer, {"await": "await_"}.get(command, command))(*arguments), flush=True)


main()
