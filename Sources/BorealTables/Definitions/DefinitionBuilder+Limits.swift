import BorealBase
import BorealSQL

/// What the sizes of a type may be.
extension DefinitionBuilder {
    /// Fills in the sizes that were not written and refuses those that cannot be.
    static func check(_ type: inout StoredType, _ name: String) throws {
        let length = type.length ?? 0
        switch type.base {
        case .char, .binary:
            type.length = type.length ?? 1
            guard length <= 255 else { throw TableError.lengthTooLarge(column: name, max: 255) }
        case .varchar:
            let most = 65_535 / Collations.width(of: type.collation)
            guard length <= most else {
                throw TableError.lengthTooLarge(column: name, max: most)
            }
        case .varbinary:
            guard length <= 65_535 else {
                throw TableError.lengthTooLarge(column: name, max: 65_535)
            }
        case .bit:
            type.length = type.length == 0 ? 1 : type.length ?? 1
            guard length <= 64 else { throw TableError.lengthTooLarge(column: name, max: 64) }
        case .decimal: try checkDecimal(&type, name)
        case .float where type.decimals == nil && length > 24:
            // FLOAT(53) is how standard SQL spells a double.
            guard length <= 53 else { throw TableError.wrongFieldSpecifier(name) }
            type.base = .double
            type.length = nil
        case .float where type.decimals == nil, .double where type.decimals == nil:
            type.length = nil
        case .float, .double: try checkReal(type, name)
        case .datetime, .timestamp, .time:
            guard length <= 6 else {
                throw TableError.definition(
                    .precisionTooLarge(precision: length, column: name, max: 6)
                )
            }
        case .tinyint, .smallint, .mediumint, .int, .bigint:
            guard length <= 255 else { throw TableError.definition(.displayWidth(name)) }
        case .vector: try checkVector(&type, name)
        case .enumeration, .set: try checkMembers(&type, name)
        case .tinytext, .text, .mediumtext, .longtext, .tinyblob, .blob, .mediumblob, .longblob:
            fitLong(&type)
        default: break
        }
    }

    private static func checkDecimal(_ type: inout StoredType, _ name: String) throws {
        let scale = type.decimals ?? 0
        let digits = type.length == 0 ? 10 : type.length ?? 10
        type.length = digits
        guard scale <= 30 else {
            throw TableError.definition(.scaleTooLarge(scale: scale, column: name))
        }
        guard digits <= 65 else {
            throw TableError.definition(
                .precisionTooLarge(precision: digits, column: name, max: 65)
            )
        }
        guard scale <= digits else { throw TableError.definition(.scaleAbovePrecision(name)) }
    }

    private static func checkReal(_ type: StoredType, _ name: String) throws {
        let (digits, scale) = (type.length ?? 0, type.decimals ?? 0)
        guard digits <= 255 else { throw TableError.definition(.displayWidth(name)) }
        guard scale <= 30 else {
            throw TableError.definition(.scaleTooLarge(scale: scale, column: name))
        }
        guard scale <= digits else { throw TableError.definition(.scaleAbovePrecision(name)) }
    }

    /// VECTOR without a size is MySQL's of 2,048.
    private static func checkVector(_ type: inout StoredType, _ name: String) throws {
        let dimensions = type.length ?? VectorText.dimensionsDefault
        type.length = dimensions
        guard dimensions > 0, type.decimals == nil else {
            throw TableError.wrongFieldSpecifier(name)
        }
        guard dimensions <= VectorText.dimensionsMax else {
            throw TableError.definition(.vectorTooLong(dimensions: dimensions, column: name))
        }
    }

    /// ENUM and SET: blanks at the end of a member do not count, and none comes twice.
    private static func checkMembers(_ type: inout StoredType, _ name: String) throws {
        if type.base == .set, type.members.count > 64 {
            throw TableError.definition(.tooManyMembers(name))
        }
        guard type.members.count <= 65_535 else {
            throw TableError.definition(.tooManyMembers(name))
        }
        let isBinary = type.isBinaryCollation
        var seen: Set<[UInt32]> = []
        for (index, member) in type.members.enumerated() {
            var trimmed = member.unicodeScalars
            while trimmed.last == " " { trimmed.removeLast() }
            let text = String(trimmed)
            type.members[index] = text
            let key = isBinary ? text.unicodeScalars.map(\.value) : TextFolding.folded(text)
            guard seen.insert(key).inserted else {
                throw TableError.definition(
                    .duplicatedMember(
                        column: name,
                        member: text,
                        type: type.base == .set ? "SET" : "ENUM"
                    )
                )
            }
            if type.base == .set, text.contains(",") { throw TableError.wrongFieldSpecifier(name) }
        }
    }

    /// TEXT(n) and BLOB(n) are the smallest of their family that holds n.
    private static func fitLong(_ type: inout StoredType) {
        guard let length = type.length else { return }
        type.length = nil
        let bytes = type.isText ? length * Collations.width(of: type.collation) : length
        let families: [[StoredType.Base]] = [
            [.tinytext, .text, .mediumtext, .longtext],
            [.tinyblob, .blob, .mediumblob, .longblob],
        ]
        guard type.base == .text || type.base == .blob else { return }
        let family = families[type.base == .text ? 0 : 1]
        let place = [255, 65_535, 16_777_215].firstIndex { bytes <= $0 } ?? 3
        type.base = family[place]
    }
}
