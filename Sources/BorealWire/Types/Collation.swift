import BorealBase

/// A collation as packets name it: an id, of which the handshake carries the low byte only.
///
/// An id that is not in the table is no error: clients send ids of other servers.
public struct Collation: Hashable, Sendable {
    /// The number MySQL gives the collation.
    public let id: UInt16

    /// - Parameter id: the number MySQL gives the collation, known or not.
    public init(id: UInt16) { self.id = id }

    /// Bytes that have no characters; what numbers and dates carry too.
    public static let binary = Collation(id: 63)
    /// `utf8mb4_general_ci`.
    public static let utf8mb4GeneralCI = Collation(id: 45)
    /// `utf8mb4_bin`.
    public static let utf8mb4Binary = Collation(id: 46)
    /// `utf8mb4_0900_ai_ci`, the default of MySQL 8.0.
    public static let utf8mb4Unicode0900 = Collation(id: 255)

    /// Name, character set and width, of a collation in the table.
    public var description: CollationTable.Entry? { CollationTable.byID[id] }

    /// Bytes of the widest character; 4 for an unknown id, so that no buffer of a client is too
    /// small.
    public var characterBytesMax: Int {
        switch id {
        // utf8mb4, without a look into the table: every column of text asks.
        case 45, 46, 224...247, 255...: 4
        default: description?.characterBytesMax ?? 4
        }
    }

    /// The collation of that name, without regard to ASCII case.
    public static func named(_ name: String) -> Collation? {
        CollationTable.byName[name.asciiLowercased].map { Collation(id: $0.id) }
    }

    /// The default collation of a character set, by MySQL's name in lower case.
    static func ofCharacterSet(_ name: String) -> Collation? {
        CollationTable.all.first { $0.characterSet == name && $0.isDefault }
            .map { Collation(id: $0.id) }
    }
}
