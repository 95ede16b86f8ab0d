import BorealBase

/// Which compression a server allows, as `protocol_compression_algorithms` lists it.
public struct CompressionPolicy: Equatable, Sendable {
    /// `zlib` is listed.
    public let allowsZlib: Bool
    /// `zstd` is listed and the system has it.
    public let allowsZstandard: Bool
    /// `uncompressed` is listed: clients that compress nothing are welcome.
    public let allowsNone: Bool

    /// Everything that the system can do.
    public static let all = CompressionPolicy(list: "zlib,zstd,uncompressed")

    /// Reads a list of names; unknown ones count for nothing.
    public init(list: String) {
        let names = list.asciiLowercased.split(separator: ",")
        allowsZlib = names.contains("zlib")
        allowsZstandard = names.contains("zstd") && WireCompression.hasZstandard
        allowsNone = names.contains("uncompressed")
    }

    /// The bits of the greeting.
    public var capabilities: CapabilityFlags {
        var flags: CapabilityFlags = []
        if allowsZlib { flags.insert(.compress) }
        if allowsZstandard { flags.insert(.zstdCompression) }
        return flags
    }
}
