import BorealBase

extension Parser {
    /// A type with its length and attributes.
    mutating func parseDataType() throws(SyntaxError) -> DataType {
        let start = token.start
        var type = try parseTypeName()
        if try accept(.leftParenthesis) {
            if type.name == .enum || type.name == .set {
                type.members = try parseList { (parser) throws(SyntaxError) in
                    try parser.parseString()
                }
            } else {
                type.length = try parseInteger()
                if try accept(.comma) { type.scale = try parseInteger() }
            }
            try expect(.rightParenthesis)
        }
        try parseTypeAttributes(&type)
        type.span = span(from: start)
        return type
    }

    private mutating func parseTypeName() throws(SyntaxError) -> DataType {
        guard at(.word) else { throw unexpected(.dataType) }
        let word = lexer.text(token).lowercased()
        let keyword = token.keyword
        if keyword.isReserved, simpleTypes[keyword] == nil, keyword != .long {
            throw unexpected(.dataType)
        }
        try advance()
        switch keyword {
        case .national: return try parseNational()
        case .long:
            if at(.varchar) || at(.varcharacter) || at(.char) || at(.varbinary) {
                let isBinary = at(.varbinary)
                if try accept(.char) { try expect(.varying) } else { try advance() }
                return DataType(name: isBinary ? .mediumblob : .mediumtext, word: word)
            }
            return DataType(name: .mediumtext, word: word)
        case .nchar, .nvarchar:
            var isVarying = keyword == .nvarchar
            if !isVarying { isVarying = try accept(.varying) }
            if !isVarying { isVarying = try accept(.varchar) }
            return DataType(name: isVarying ? .varchar : .char, word: word, charset: "utf8mb3")
        case .char, .character:
            let isVarying = try accept(.varying)
            return DataType(name: isVarying ? .varchar : .char, word: word)
        case .double:
            _ = try accept(.precision)
            return DataType(name: .double, word: word)
        case .real:
            return DataType(name: mode.contains(.realAsFloat) ? .float : .double, word: word)
        case .signed, .unsigned:
            if at(.integer as Keyword) || at(.int) { try advance() }
            return DataType(name: keyword == .signed ? .signed : .unsigned, word: word)
        default:
            let name = simpleTypes[keyword] ?? wordTypes[word] ?? .other
            return DataType(name: name, word: word)
        }
    }

    /// `NATIONAL CHAR`, `NATIONAL VARCHAR`, `NATIONAL CHARACTER VARYING`.
    private mutating func parseNational() throws(SyntaxError) -> DataType {
        if at(.varchar) || at(.varcharacter) {
            try advance()
            return DataType(name: .varchar, word: "national varchar", charset: "utf8mb3")
        }
        guard at(.char) || at(.character) else { throw unexpected(.keyword(.char)) }
        try advance()
        let isVarying = try accept(.varying)
        let word = isVarying ? "national varchar" : "national char"
        return DataType(name: isVarying ? .varchar : .char, word: word, charset: "utf8mb3")
    }

    private mutating func parseTypeAttributes(_ type: inout DataType) throws(SyntaxError) {
        while true {
            switch token.keyword {
            case .unsigned: type.isUnsigned = true
            case .signed: break
            case .zerofill:
                type.isZerofill = true
                type.isUnsigned = true
            case .binary: type.isBinary = true
            case .ascii: type.charset = "latin1"
            case .unicode: type.charset = "ucs2"
            case .byte: type.charset = "binary"
            case .collate:
                try advance()
                type.collation = try parseCharsetName()
                continue
            case .character, .char, .charset:
                guard try acceptCharset() else { return }
                type.charset = try parseCharsetName()
                continue
            default: return
            }
            try advance()
        }
    }
}

/// Types that one keyword names.
private let simpleTypes: [Keyword: DataType.Name] = [
    .tinyint: .tinyint, .int1: .tinyint, .smallint: .smallint, .int2: .smallint,
    .mediumint: .mediumint, .int3: .mediumint, .middleint: .mediumint, .int: .int, .integer: .int,
    .int4: .int, .bigint: .bigint, .int8: .bigint, .bool: .boolean, .boolean: .boolean,
    .serial: .serial, .decimal: .decimal, .dec: .decimal, .numeric: .decimal, .fixed: .decimal,
    .float: .float, .float4: .float, .float8: .double, .double: .double, .real: .double, .bit: .bit,
    .date: .date, .time: .time, .datetime: .datetime, .timestamp: .timestamp, .year: .year,
    .char: .char, .character: .char, .varchar: .varchar, .varcharacter: .varchar,
    .binary: .binary, .varbinary: .varbinary, .tinytext: .tinytext, .text: .text,
    .mediumtext: .mediumtext, .longtext: .longtext, .tinyblob: .tinyblob, .blob: .blob,
    .mediumblob: .mediumblob, .longblob: .longblob, .enum: .enum, .set: .set, .json: .json,
    .geometry: .geometry, .unsigned: .unsigned,
]

/// Types whose names are no keywords.
private let wordTypes: [String: DataType.Name] = [
    "vector": .vector, "point": .geometry, "linestring": .geometry, "polygon": .geometry,
    "multipoint": .geometry, "multilinestring": .geometry, "multipolygon": .geometry,
    "geometrycollection": .geometry, "geomcollection": .geometry,
]
