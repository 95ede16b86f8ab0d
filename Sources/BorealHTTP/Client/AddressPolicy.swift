public import BorealNet

/// What an address is good for, by the registries of special-purpose addresses (RFC 6890 and its
/// updates).
public enum AddressClass: String, Sendable, CaseIterable {
    /// Anywhere on the internet.
    case global
    /// This machine: 127.0.0.0/8, `::1`.
    case loopback
    /// Somebody's own network: RFC 1918, shared address space, unique local IPv6.
    case privateUse
    /// The cable it came on: 169.254.0.0/16, fe80::/10. Cloud metadata services live there.
    case linkLocal
    /// A cloud's metadata service outside of the link-local range.
    case metadata
    /// Many receivers, or all of them.
    case multicast
    /// No address: 0.0.0.0/8, `::`.
    case unspecified
    /// Documentation, benchmarks, protocol assignments, the future: nobody a server should talk to.
    case reserved

    /// The class of an address. IPv4 inside IPv6 (mapped, compatible, NAT64, 6to4, Teredo) counts
    /// as what it leads to.
    public init(_ address: IPAddress) {
        let plain = address.unmapped
        self =
            plain.isIPv6 ? Self.ofIPv6(plain) : Self.ofIPv4(UInt32(truncatingIfNeeded: plain.low))
    }

    /// A range of IPv4 addresses: the first, the length of its prefix in bits, its class.
    private typealias Range4 = (base: UInt32, bits: UInt32, kind: AddressClass)

    private static let ranges4: [Range4] = [
        (0x0000_0000, 8, .unspecified),  // 0.0.0.0/8, this network
        (0x0A00_0000, 8, .privateUse),  // 10.0.0.0/8
        (0x6464_64C8, 32, .metadata),  // 100.100.100.200, Alibaba Cloud
        (0x6440_0000, 10, .privateUse),  // 100.64.0.0/10, shared address space
        (0x7F00_0000, 8, .loopback),  // 127.0.0.0/8
        (0xA9FE_0000, 16, .linkLocal),  // 169.254.0.0/16
        (0xAC10_0000, 12, .privateUse),  // 172.16.0.0/12
        (0xC000_00C0, 32, .metadata),  // 192.0.0.192, Oracle Cloud
        (0xC000_0000, 24, .reserved),  // 192.0.0.0/24, protocol assignments
        (0xC000_0200, 24, .reserved),  // 192.0.2.0/24, documentation
        (0xC058_6300, 24, .reserved),  // 192.88.99.0/24, 6to4 relays
        (0xC0A8_0000, 16, .privateUse),  // 192.168.0.0/16
        (0xC612_0000, 15, .reserved),  // 198.18.0.0/15, benchmarks
        (0xC633_6400, 24, .reserved),  // 198.51.100.0/24, documentation
        (0xCB00_7100, 24, .reserved),  // 203.0.113.0/24, documentation
        (0xE000_0000, 4, .multicast),  // 224.0.0.0/4
        (0xFFFF_FFFF, 32, .multicast),  // the broadcast address
        (0xF000_0000, 4, .reserved),  // 240.0.0.0/4
    ]

    private static func ofIPv4(_ address: UInt32) -> AddressClass {
        let range = ranges4.first { (address ^ $0.base) >> (32 - $0.bits) == 0 }
        return range?.kind ?? .global
    }

    private static func ofIPv6(_ address: IPAddress) -> AddressClass {
        let high = address.high
        let low = address.low
        if high == 0, low == 0 { return .unspecified }
        if high == 0, low == 1 { return .loopback }
        if let inner = innerIPv4(high, low) { return ofIPv4(inner) }
        if high == 0xFD00_0EC2_0000_0000, low == 0x254 { return .metadata }
        if high == 0xFD20_00CE_0000_0000, low == 0x254 { return .metadata }
        if high >> 56 == 0xFF { return .multicast }
        if high >> 54 == 0xFE80 >> 6 { return .linkLocal }
        if high >> 57 == 0xFC >> 1 { return .privateUse }
        // fec0::/10, the old site-local addresses.
        if high >> 54 == 0xFEC0 >> 6 { return .privateUse }
        // 2001:db8::/32 and 3fff::/20, documentation; 2001::/23, protocol assignments.
        if high >> 32 == 0x2001_0DB8 || high >> 44 == 0x3FFF0 || high >> 41 == 0x2001_0000 >> 9 {
            return .reserved
        }
        return high >> 61 == 0b001 ? .global : .reserved
    }

    /// The IPv4 address that packets to an IPv6 address end at.
    private static func innerIPv4(_ high: UInt64, _ low: UInt64) -> UInt32? {
        // ::/96, the IPv4-compatible addresses of old, and 64:ff9b::/96, NAT64.
        if high == 0 || high == 0x0064_FF9B_0000_0000, low >> 32 == 0 {
            return UInt32(truncatingIfNeeded: low)
        }
        // 2002::/16, 6to4.
        if high >> 48 == 0x2002 { return UInt32(truncatingIfNeeded: high >> 16) }
        // 2001::/32, Teredo: the client's address with its bits turned over (RFC 4380, 4).
        if high >> 32 == 0x2001_0000 { return ~UInt32(truncatingIfNeeded: low) }
        return nil
    }
}

/// Which addresses a fetch or a remote call may connect to.
///
/// Link-local, metadata, multicast, unspecified and reserved addresses are refused whatever the
/// rule says; the first two kinds can be excepted, one address at a time.
public struct AddressPolicy: Sendable {
    /// Answers for an address that is global, loopback or private.
    public typealias Rule = @Sendable (IPAddress) -> Bool

    private let rule: Rule
    private let exceptions: Set<IPAddress>
    private let ownPorts: Set<UInt16>

    /// - Parameters:
    ///   - exceptions: link-local and metadata addresses that are allowed, whatever the rule says.
    ///   - ownPorts: where this server listens; refused on loopback, whatever the rule says.
    ///   - rule: says whether a global, loopback or private address is welcome.
    public init(
        exceptions: Set<IPAddress> = [],
        ownPorts: Set<UInt16> = [],
        _ rule: @escaping Rule
    ) {
        self.rule = rule
        self.exceptions = Set(exceptions.map(\.unmapped))
        self.ownPorts = ownPorts
    }

    /// Global addresses only.
    public static let publicOnly = AddressPolicy { AddressClass($0) == .global }

    /// Loopback and private addresses too.
    public static let includingPrivate = AddressPolicy { _ in true }

    /// True when a connection to the address may be made.
    public func allows(_ address: IPAddress) -> Bool {
        switch AddressClass(address) {
        case .global, .loopback, .privateUse: rule(address)
        case .linkLocal, .metadata: exceptions.contains(address.unmapped)
        case .multicast, .unspecified, .reserved: false
        }
    }

    /// True when the port at the address is one of our own.
    package func isOwn(_ address: IPAddress, port: UInt16) -> Bool {
        ownPorts.contains(port) && AddressClass(address) == .loopback
    }

    /// Looks at every address of a host: a name that is half inside and half outside is not one to
    /// trust.
    ///
    /// - Throws: `addressRefused`, `portRefused`.
    func check(_ addresses: [IPAddress], of host: String, port: UInt16) throws(HTTPError) {
        for address in addresses {
            guard allows(address) else { throw .addressRefused(host: host, address: address) }
            if isOwn(address, port: port) { throw .portRefused(host: host, port: port) }
        }
    }
}
