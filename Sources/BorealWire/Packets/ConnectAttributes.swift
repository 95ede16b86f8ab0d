import BorealBase

/// What a client tells about itself at login: pairs such as `_client_name`, `libmariadb`.
public struct ConnectAttributes: Equatable, Sendable {
    /// The pairs in the order they came.
    public private(set) var pairs: [(name: String, value: String)] = []

    /// No attributes.
    public init() {}

    /// What this side tells about itself as a client.
    package init(_ pairs: [(name: String, value: String)]) { self.pairs = pairs }

    /// The value of the first pair of that name.
    public subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// Pair by pair, order included.
    public static func == (left: ConnectAttributes, right: ConnectAttributes) -> Bool {
        left.pairs.count == right.pairs.count
            && zip(left.pairs, right.pairs).allSatisfy {
                $0.name == $1.name && $0.value == $1.value
            }
    }

    /// Reads a `int<lenenc>` of all bytes, then length-encoded names and values in turn. A client
    /// that has nothing to say may leave the field out.
    static func read(
        _ reader: inout PayloadReader,
        packet: StaticString
    ) throws(WireError) -> ConnectAttributes {
        var attributes = ConnectAttributes()
        guard !reader.isAtEnd else { return attributes }
        let all = try reader.lengthEncodedBytes("connect attributes")
        var fields = PayloadReader(all, packet: packet, characterSet: reader.characterSet)
        while !fields.isAtEnd {
            guard attributes.pairs.count < WireLimits.connectAttributesMax else {
                throw fields.malformed("connect attributes")
            }
            let name = try fields.lengthEncodedBytes("attribute name")
            let value = try fields.lengthEncodedBytes("attribute value")
            attributes.pairs.append((fields.text(name), fields.text(value)))
        }
        return attributes
    }

    /// Appends the `int<lenenc>` of all bytes, then names and values.
    func encode(into output: inout ByteBuffer) {
        var all = ByteBuffer()
        for (name, value) in pairs {
            all.append(lengthEncoded: name)
            all.append(lengthEncoded: value)
        }
        all.withUnsafeBytes { output.append(lengthEncoded: $0) }
    }
}
