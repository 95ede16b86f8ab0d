/// How the texts of a connection travel: what the client writes its statements in, and what it
/// reads.
public struct ClientTexts: Sendable {
    /// The character set of statements, names and text parameters; nil when they are UTF-8, or
    /// bytes that nothing is done to.
    public var client: SingleByteSet?
    /// The character set of results.
    public var results: ResultTexts

    /// UTF-8 both ways.
    public init() { results = ResultTexts() }

    /// As the variables of a session have it.
    ///
    /// - Parameters:
    ///   - client: `character_set_client`.
    ///   - results: `character_set_results`, which may be NULL.
    ///   - collation: `collation_connection`.
    public init(client: String, results: String?, collation: String) {
        self.client = SingleByteSet.named(client)
        self.results = ResultTexts(characterSet: results, collation: collation)
    }

    /// As a login begins, before there is a session.
    init(_ collation: Collation) { self = Self.ofLogins[collation.id] ?? ClientTexts() }

    /// What logins with a collation begin with, by its id. Made once: a login asks twice.
    private static let ofLogins: [UInt16: ClientTexts] = {
        var texts: [UInt16: ClientTexts] = [:]
        for entry in CollationTable.all where supports(entry.characterSet) {
            texts[entry.id] = ClientTexts(
                client: entry.characterSet,
                results: entry.characterSet,
                collation: entry.name
            )
        }
        return texts
    }()

    /// True for character sets (by MySQL's names) that a client may write and read.
    public static func supports(_ characterSet: String) -> Bool {
        ["utf8mb4", "utf8mb3", "binary"].contains(characterSet)
            || SingleByteSet.names.contains(characterSet)
    }
}

/// In which character set the texts of results travel, and what columns of them announce.
public struct ResultTexts: Sendable {
    /// What columns of text announce; nil when they keep their own.
    public private(set) var collation: Collation?
    /// What is done to texts; nil when they go out as they are.
    public private(set) var conversion: TextConversion?

    /// Texts in UTF-8, columns that keep their collation: what NULL as `character_set_results`
    /// means.
    public init() {}

    /// As `character_set_results` has it. Columns announce the connection's collation when that is
    /// one of the same set, else the set's default.
    public init(characterSet: String?, collation: String) {
        guard let characterSet else { return }
        let connection = Collation.named(collation)
        if connection?.description?.characterSet == characterSet {
            self.collation = connection
        } else {
            self.collation = Collation.ofCharacterSet(characterSet)
        }
        if characterSet == "utf8mb3" {
            conversion = .basicPlane
        } else {
            conversion = SingleByteSet.named(characterSet).map { .singleByte($0) }
        }
    }
}

/// What a text in UTF-8 becomes on its way to a client. What the client's set does not have becomes
/// `?`.
public enum TextConversion: Sendable {
    /// UTF-8 without the characters above U+FFFF, which `utf8mb3` does not have.
    case basicPlane
    /// Bytes of a set.
    case singleByte(SingleByteSet)

    /// The text as the client gets it; nil when that is the text as it is.
    func converted(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        switch self {
        case .basicPlane:
            guard text.contains(where: { $0 >= 0xF0 }) else { return nil }
            let scalars = String(decoding: text, as: UTF8.self).unicodeScalars.map {
                $0.value > 0xFFFF ? "?" : $0
            }
            return Array(String(String.UnicodeScalarView(scalars)).utf8)
        case .singleByte(let set):
            guard text.contains(where: { $0 >= 0x80 }) else { return nil }
            return set.encoded(String(decoding: text, as: UTF8.self))
        }
    }

    /// The sentence of an error. What the set does not have stands there by its number, as in
    /// MySQL: `\20AC`, `\+01F600`.
    func converted(message: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in message.unicodeScalars {
            let known: [UInt8]? =
                switch self {
                case .basicPlane: scalar.value > 0xFFFF ? nil : Array(String(scalar).utf8)
                case .singleByte(let set): set.byte(of: scalar).map { [$0] }
                }
            if let known {
                bytes += known
            } else {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                let width = scalar.value > 0xFFFF ? 6 : 4
                let zeros = String(repeating: "0", count: max(width - digits.utf8.count, 0))
                bytes += Array(((width == 6 ? "\\+" : "\\") + zeros + digits).utf8)
            }
        }
        return bytes
    }
}
