"""Lets packets of netfilter queue 0 go half a round trip after they came.

delayd.py NAME MS. Their payload never leaves the kernel: only ids arrive here, and a verdict on the newest id that
is due lets all before it go, too.
"""

import collections
import select
import socket
import struct
import sys
import time

NETLINK_NETFILTER, SOL_NETLINK, NETLINK_NO_ENOBUFS = 12, 270, 5
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
NFNL_SUBSYS_QUEUE = 3
MSG_PACKET, MSG_CONFIG, MSG_VERDICT_BATCH = 0, 2, 3
CFG_CMD, CFG_PARAMS, CFG_QUEUE_MAXLEN, CFG_MASK, CFG_FLAGS = 1, 2, 3, 4, 5
FAIL_OPEN_AND_GSO = 1 | 4  # a full queue lets packets pass; big ones stay whole
ACCEPT = 1

half = float(sys.argv[2]) / 2000
netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
netlink.bind((0, 0))
for option in (SO_SNDBUFFORCE, SO_RCVBUFFORCE):
    netlink.setsockopt(socket.SOL_SOCKET, option, 16 << 20)
netlink.setsockopt(SOL_NETLINK, NETLINK_NO_ENOBUFS, 1)


def attribute(kind, value):
    padding = bytes(-len(value) % 4)
    return struct.pack("=HH", 4 + len(value), kind) + value + padding


def send(kind, *attributes):
    body = struct.pack(">BBH", 0, 0, 0) + b"".join(attributes)
    kind |= NFNL_SUBSYS_QUEUE << 8
    netlink.send(struct.pack("=IHHII", 16 + len(body), kind, 1, 0, 0) + body)


def packet_ids(data):
    """The ids of the packets that one read announces."""
    at = 0
    while at + 16 <= len(data):
        length, kind = struct.unpack_from("=IH", data, at)
        attr, end = at + 20, at + length
        while kind == NFNL_SUBSYS_QUEUE << 8 | MSG_PACKET and attr + 4 <= end:
            attr_length, attr_kind = struct.unpack_from("=HH", data, attr)
            if attr_kind == 1:  # the packet's header, its id first
                yield struct.unpack_from(">I", data, attr + 4)[0]
                break
            attr += (attr_length + 3) & ~3
        at += (length + 3) & ~3


bind, metadata_only = struct.pack(">BBH", 1, 0, 2), struct.pack(">IB", 0, 1)
flags = struct.pack(">I", FAIL_OPEN_AND_GSO)
send(MSG_CONFIG, attribute(CFG_CMD, bind))
send(
    MSG_CONFIG,
    attribute(CFG_PARAMS, metadata_only),
    attribute(CFG_QUEUE_MAXLEN, struct.pack(">I", 65535)),
    attribute(CFG_MASK, flags),
    attribute(CFG_FLAGS, flags),
)
netlink.setblocking(False)
waiting = collections.deque()
print("ready", flush=True)
while True:
    now, newest = time.monotonic(), None
    while waiting and waiting[0][0] <= now:
        newest = waiting.popleft()[1]
    if newest is not None:
        send(MSG_VERDICT_BATCH, attribute(2, struct.pack(">II", ACCEPT, newest)))
    pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    select.select([netlink], [], [], pause)
    try:
        while True:
            data = netlink.recv(65536)
            due = time.monotonic() + half
            waiting.extend((due, packet) for packet in packet_ids(data))
    except BlockingIOError:
        pass
