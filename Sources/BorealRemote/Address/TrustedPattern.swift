import Synchronization

/// One expression of the trusted list, matched against whole URLs without going back: time is at
/// most the product of both lengths (K. Thompson, "Regular expression search algorithm", 1968).
///
/// It knows letters, `.`, classes, `\d \w \s \D \W \S`, `\t` and escaped marks, `* + ? {m,n}` (lazy
/// forms mean the same where a whole text is matched), `|`, groups, `^` and `$`. Everything else of
/// the usual expressions is refused by name.
package struct TrustedPattern: Sendable {
    /// As it was written.
    package let text: String
    /// Something repeated that itself holds a repetition, as `(a+)+`: harmless here, and a trap for
    /// engines that go back.
    package let hasNestedQuantifier: Bool
    private let program: PatternProgram

    /// Characters of an expression.
    package static let charactersMax = 256

    /// - Throws: `RemoteModelError` CONFIG.
    package init(_ text: String) throws(RemoteModelError) {
        guard text.unicodeScalars.count <= Self.charactersMax else {
            throw RemoteModelError(
                .config,
                "Regex pattern too long (max \(Self.charactersMax) chars): "
                    + UpstreamText.clean(text.utf8)
            )
        }
        var parser = PatternParser(text)
        let tree = try parser.parse()
        self.text = text
        hasNestedQuantifier = tree.hasNestedQuantifier
        program = try PatternProgram(tree, text)
    }

    /// True when the expression covers the whole text.
    package func matches(_ text: String) -> Bool { program.matches(Array(text.utf8)) }
}

/// The URLs that models may be called at.
package final class TrustedList: Sendable {
    private let patterns: [TrustedPattern]
    /// Addresses that an expression covers: every call asks, and for the same few.
    private let covered = Mutex<Set<RemoteAddress>>([])

    /// Addresses that are remembered.
    private static let coveredMax = 256

    /// - Throws: `RemoteModelError` CONFIG for the first bad expression.
    package init(_ expressions: [String]) throws(RemoteModelError) {
        patterns = try expressions.map { (text) throws(RemoteModelError) in
            try TrustedPattern(text)
        }
    }

    /// Nothing may be called while nobody said what may.
    package var isEmpty: Bool { patterns.isEmpty }

    /// - Throws: `RemoteModelError` POLICY for an address that no expression covers.
    package func check(_ address: RemoteAddress) throws(RemoteModelError) {
        guard !isEmpty else {
            throw RemoteModelError(
                .policy,
                "no endpoint is trusted yet; set trusted_connector_endpoints_regex"
            )
        }
        if covered.withLock({ $0.contains(address) }) { return }
        // People write URLs without the port that goes without saying.
        let texts = [address.text, address.shortText]
        guard patterns.contains(where: { texts.contains(where: $0.matches) }) else {
            throw RemoteModelError(
                .policy,
                "endpoint \(address.shown) matches no expression of "
                    + "trusted_connector_endpoints_regex"
            )
        }
        covered.withLock { covered in
            if covered.count >= Self.coveredMax { covered = [] }
            covered.insert(address)
        }
    }
}

/// A set of bytes.
struct ByteSet: Equatable, Sendable {
    private var low: (UInt64, UInt64) = (0, 0)
    private var high: (UInt64, UInt64) = (0, 0)

    static let all = ByteSet().inverted

    static func == (left: ByteSet, right: ByteSet) -> Bool {
        left.low == right.low && left.high == right.high
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: return low.0 & bit != 0
        case 1: return low.1 & bit != 0
        case 2: return high.0 & bit != 0
        default: return high.1 & bit != 0
        }
    }

    mutating func insert(_ byte: UInt8) {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: low.0 |= bit
        case 1: low.1 |= bit
        case 2: high.0 |= bit
        default: high.1 |= bit
        }
    }

    mutating func insert(_ bytes: ClosedRange<UInt8>) {
        for byte in bytes { insert(byte) }
    }

    mutating func formUnion(_ other: ByteSet) {
        low = (low.0 | other.low.0, low.1 | other.low.1)
        high = (high.0 | other.high.0, high.1 | other.high.1)
    }

    var inverted: ByteSet {
        var set = self
        set.low = (~low.0, ~low.1)
        set.high = (~high.0, ~high.1)
        return set
    }
}
