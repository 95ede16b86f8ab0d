import BorealNet
import BorealRemote

/// Addresses that no remote call reaches, whatever else allows them: `restricted_ip_patterns`.
///
/// A member is an address, a network as `10.1.0.0/16` or `fd00::/8`, or an expression of the
/// trusted list's kind that covers the whole text of an address.
struct RestrictedAddresses: Sendable {
    private enum Member {
        case network(IPAddress, bits: Int)
        case expression(TrustedPattern)
    }

    private let members: [Member]

    /// - Throws: `RemoteModelError` CONFIG for the first member that is none of these.
    init(_ texts: [String]) throws(RemoteModelError) {
        members = try texts.map { (text) throws(RemoteModelError) in try Self.member(text) }
    }

    private static func member(_ text: String) throws(RemoteModelError) -> Member {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let base = IPAddress(String(parts[0])), parts.count <= 2 else {
            return .expression(try TrustedPattern(text))
        }
        let length = base.isIPv6 ? 128 : 32
        let plain = base.unmapped
        // An IPv4 network that is written as one of IPv6 has 96 bits in front.
        let front = plain.isIPv6 == base.isIPv6 ? 0 : 96
        let bits = parts.count == 2 ? Int(parts[1]) : length
        guard let bits, (front...length).contains(bits) else {
            throw RemoteModelError(.config, "restricted_ip_patterns: '\(text)' is no network")
        }
        return .network(plain, bits: bits - front)
    }

    /// True for an address that may not be reached; IPv4 inside IPv6 counts as what it is.
    func contains(_ address: IPAddress) -> Bool {
        let plain = address.unmapped
        return members.contains { member in
            switch member {
            case .network(let base, let bits): Self.isInside(plain, base, bits: bits)
            case .expression(let pattern): pattern.matches(plain.description)
            }
        }
    }

    private static func isInside(_ address: IPAddress, _ base: IPAddress, bits: Int) -> Bool {
        guard address.isIPv6 == base.isIPv6 else { return false }
        guard address.isIPv6 else { return (address.low ^ base.low) >> UInt64(32 - bits) == 0 }
        let high = (address.high ^ base.high) >> UInt64(max(0, 64 - bits))
        let low = (address.low ^ base.low) >> UInt64(min(64, 128 - bits))
        return high == 0 && low == 0
    }
}
