import BorealBase

/// The name of a model as it was written and the key it is found by.
public struct ModelName: Hashable, Sendable {
    /// As the creator wrote it.
    public let display: String
    /// Lower-cased (ASCII letters only), at most `Limits.modelNameBytesMax` bytes.
    public let key: String

    /// What every built-in model's name begins with; nobody may create such a name.
    public static let reservedPrefix = "_polar4ai"

    /// A name in any spelling that REST and back-quotes allow: not empty, no control characters.
    ///
    /// - Throws: `CatalogError.invalidName`, `.nameTooLong`.
    public init(_ name: String) throws(CatalogError) {
        guard name.utf8.count <= Limits.modelNameBytesMax else {
            throw .nameTooLong(bytes: name.utf8.count, limit: Limits.modelNameBytesMax)
        }
        guard !name.isEmpty,
            !name.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
        else { throw .invalidName(name) }
        display = name
        key = name.asciiLowercased
    }

    /// A name that CREATE and UPLOAD may give: a letter, then letters, digits and `_`.
    ///
    /// - Throws: `CatalogError.invalidName`, `.nameTooLong`, `.reservedName`.
    public static func created(_ name: String) throws(CatalogError) -> ModelName {
        let folded = try ModelName(name)
        guard !folded.isReserved else { throw .reservedName(name) }
        guard isIdentifier(name) else { throw .invalidName(name) }
        return folded
    }

    /// True for the names of built-in models.
    public var isReserved: Bool { key.hasPrefix(Self.reservedPrefix) }

    /// A letter first, then letters, digits and `_`, ASCII throughout.
    public static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte >= 0x61 && byte <= 0x7A) || (byte >= 0x41 && byte <= 0x5A)
    }
}

/// The rules for the name of a version: those of a model, and not the word the grammar uses.
public enum VersionName {
    /// The word that stands for whichever version is the default one.
    public static let reserved = "default_version"

    /// The lower-cased key of a version's name.
    ///
    /// - Throws: `CatalogError.invalidName`, `.nameTooLong`.
    public static func key(_ name: String) throws(CatalogError) -> String {
        let folded = try ModelName(name)
        guard ModelName.isIdentifier(name), folded.key != reserved else {
            throw .invalidName(name)
        }
        return folded.key
    }
}
