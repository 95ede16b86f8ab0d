import Glibc

/// An IPv4 or IPv6 address, without port and without zone.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes of an IPv6 address, as a number; zero for IPv4.
    public let high: UInt64
    /// The last eight bytes of an IPv6 address, or the four bytes of an IPv4 one, as a number.
    public let low: UInt64
    /// Which of the two families it is.
    public let isIPv6: Bool

    /// An IPv4 address: `0x7F00_0001` is 127.0.0.1.
    public init(ipv4: UInt32) {
        high = 0
        low = UInt64(ipv4)
        isIPv6 = false
    }

    /// An IPv6 address from its two halves, most significant first.
    public init(ipv6High high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
        isIPv6 = true
    }

    /// A numeric address as people write it: `10.0.0.1`, `::1`. Names and zones are refused.
    public init?(_ text: String) {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(ipv4: UInt32(bigEndian: v4.s_addr))
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        self.init(v6)
    }

    /// From a `sockaddr` of `length` bytes; nil for another family.
    public init?(socketAddress bytes: UnsafeRawPointer, length: Int) {
        guard length >= MemoryLayout<sa_family_t>.size else { return nil }
        var storage = sockaddr_storage()
        let room = MemoryLayout<sockaddr_storage>.size
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: min(length, room)))
        }
        guard
            case .ip(let address, _) = SocketAddress(&storage, length: socklen_t(min(length, room)))
        else { return nil }
        self = address
    }

    /// From the network's form.
    init(_ address: in6_addr) {
        var copy = address
        let halves = withUnsafeBytes(of: &copy) {
            (
                $0.loadUnaligned(as: UInt64.self),
                $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
        self.init(ipv6High: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1))
    }

    /// The IPv4 address inside an IPv4-mapped one (`::ffff:a.b.c.d`), else the address itself.
    public var unmapped: IPAddress {
        guard isIPv6, high == 0, low >> 32 == 0xFFFF else { return self }
        return IPAddress(ipv4: UInt32(truncatingIfNeeded: low))
    }

    /// True for 127.0.0.0/8 and `::1`, mapped or not.
    public var isLoopback: Bool {
        let plain = unmapped
        return plain.isIPv6 ? plain.high == 0 && plain.low == 1 : plain.low >> 24 == 127
    }

    /// True for `0.0.0.0` and `::`.
    public var isUnspecified: Bool { high == 0 && low == 0 }

    /// The shortest usual text: `127.0.0.1`, `::1`.
    public var description: String {
        guard isIPv6 else { return dottedQuad }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) {
            // The buffer holds the longest text, so the call cannot fail.
            var address = networkIPv6
            inet_ntop(AF_INET6, &address, $0.baseAddress, socklen_t($0.count))
            return $0.baseAddress.map { String(cString: $0) } ?? ""
        }
    }

    /// The text of an IPv4 address. Written by hand: a log-in needs it several times, and
    /// `inet_ntop` goes through `snprintf`.
    private var dottedQuad: String {
        String(unsafeUninitializedCapacity: 15) { text in
            var count = 0
            func append(_ byte: UInt8) {
                text[count] = byte
                count += 1
            }
            for shift in stride(from: 24, through: 0, by: -8) {
                let number = UInt8(truncatingIfNeeded: low >> UInt64(shift))
                let zero = UInt8(ascii: "0")
                if number >= 100 { append(zero + number / 100) }
                if number >= 10 { append(zero + number / 10 % 10) }
                append(zero + number % 10)
                if shift > 0 { append(UInt8(ascii: ".")) }
            }
            return count
        }
    }

    /// The network's form of an IPv6 address.
    var networkIPv6: in6_addr {
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) {
            $0.storeBytes(of: high.bigEndian, as: UInt64.self)
            $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return address
    }
}
