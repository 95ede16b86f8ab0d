#!/usr/bin/env python3
"""Speaks the protocol in zstd frames, by hand: no driver at hand asks for them by itself.

    python3 zstd_session.py --port 3307

Exit codes: 0 everything as documented, 1 something was not, 77 the system has no libzstd.
"""
import argparse
import ctypes
import ctypes.util
import socket
import struct
import sys

LEVEL = 5
CLIENT = 0x1 | 0x4 | 0x200 | 0x2000 | 0x8000 | 0x20000 | 0x80000 | 1 << 26


class Wrong(Exception):
    """An answer that is not what the documentation says."""


def check(condition, message):
    if not condition:
        raise Wrong(message)


class Zstandard:
    def __init__(self):
        self.library = ctypes.CDLL("libzstd.so.1")
        for name in ("ZSTD_compress", "ZSTD_decompress"):
            getattr(self.library, name).restype = ctypes.c_size_t

    def pack(self, plain):
        room = ctypes.create_string_buffer(len(plain) + 1024)
        size = self.library.ZSTD_compress(
            room, ctypes.c_size_t(len(room)), plain, ctypes.c_size_t(len(plain)), LEVEL
        )
        return room.raw[:size]

    def unpack(self, packed, count):
        room = ctypes.create_string_buffer(count)
        size = self.library.ZSTD_decompress(
            room, ctypes.c_size_t(count), packed, ctypes.c_size_t(len(packed))
        )
        check(size == count, "a frame unpacks to %d bytes and says %d" % (size, count))
        return room.raw


class Connection:
    def __init__(self, host, port, zstandard):
        self.socket = socket.create_connection((host, port), 60)
        self.zstandard = zstandard
        self.plain = b""
        greeting = self.packet(self.exactly)
        check(greeting[0] == 10, "no greeting")
        end = greeting.index(b"\0", 1)
        offered = struct.unpack_from("<H", greeting, end + 14)[0]
        offered |= struct.unpack_from("<H", greeting, end + 19)[0] << 16
        check(offered & 1 << 26, "zstd is not offered")
        login = struct.pack("<IIB", CLIENT, 1 << 24, 45) + bytes(23) + b"root\0\0"
        login += b"caching_sha2_password\0" + bytes([LEVEL])
        self.socket.sendall(struct.pack("<I", len(login) | 1 << 24) + login)
        answer = self.packet(self.exactly)
        check(answer[0] == 0, "the log-in is answered with %r" % answer)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            check(more, "the server hung up")
            data += more
        return data

    def unpacked(self, count):
        """Bytes out of frames."""
        while len(self.plain) < count:
            head = self.exactly(7)
            packed = int.from_bytes(head[:3], "little")
            size = int.from_bytes(head[4:], "little")
            check(head[3] == self.next & 255, "frame %d is numbered %d" % (self.next, head[3]))
            self.next += 1
            payload = self.exactly(packed)
            self.plain += self.zstandard.unpack(payload, size) if size else payload
        data, self.plain = self.plain[:count], self.plain[count:]
        return data

    def packet(self, read):
        head = read(4)
        return read(int.from_bytes(head[:3], "little"))

    def cell(self, text):
        """The only cell of a query's answer."""
        command = b"\x03" + text.encode()
        command = struct.pack("<I", len(command)) + command
        packed = self.zstandard.pack(command)
        head = struct.pack("<I", len(packed)) + struct.pack("<I", len(command))[:3]
        self.socket.sendall(head + packed)
        self.next = 1
        first = self.packet(self.unpacked)
        check(first == b"\x01", "an answer of one column begins with %r" % first[:60])
        self.packet(self.unpacked)
        self.packet(self.unpacked)
        row = self.packet(self.unpacked)
        self.packet(self.unpacked)
        size = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(row[0])
        return row[1:].decode() if size is None else row[1 + size:].decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3307)
    arguments = parser.parse_args()
    try:
        zstandard = Zstandard()
    except OSError:
        print("the system has no libzstd", file=sys.stderr)
        return 77
    try:
        connection = Connection(arguments.host, arguments.port, zstandard)
        check(connection.cell("SELECT 'x'") == "x", "SELECT 'x'")
        for count in (49, 1_000, 100_000, 3_000_000):
            check(connection.cell("SELECT REPEAT('ab', %d)" % count) == "ab" * count, "REPEAT")
            text = "cd" * count
            check(connection.cell("SELECT '%s'" % text) == text, "a text of %d" % len(text))
        for name, value in (("Compression", "ON"), ("Compression_algorithm", "zstd"),
                            ("Compression_level", str(LEVEL))):
            query = ("SELECT VARIABLE_VALUE FROM performance_schema.session_status"
                     " WHERE VARIABLE_NAME = '%s'" % name)
            check(connection.cell(query) == value, "%s is not %s" % (name, value))
    except Wrong as wrong:
        print("zstd_session: %s" % wrong, file=sys.stderr)
        return 1
    print("zstd_session: as documented")
    return 0


sys.exit(main())
