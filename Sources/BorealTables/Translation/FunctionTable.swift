import BorealBase

/// The plain functions: what their arguments become, and what comes back.
struct FunctionEntry: Sendable {
    /// What comes back.
    enum Answer: Sendable, Equatable {
        case text(Int)
        /// Text with the length and collation of the arguments together; bytes when one is binary.
        case textLike
        case whole(Int)
        /// A truth value.
        case truth
        case unsigned
        case real
        /// A real number that is shown with so many digits behind the point.
        case fixed(Int)
        case date
        case dateTime(Int)
        case json
        case bytes
        case vector
    }

    /// One letter an argument: t text, s text or bytes, r real, i whole, w whole or exact number,
    /// x the bytes as they are, v bytes and nothing else, l text or bytes, d date and time, a a
    /// moment in any form, j a JSON document; behind `?` optional, `*` repeats the last.
    let signature: String
    let answer: Answer
    /// The function of ours that answers; `b_` and the name in lower case by default.
    let target: String?
    /// False when NULL never comes back.
    var isNullable = true

    init(_ signature: String, _ answer: Answer, _ target: String? = nil, isNullable: Bool = true) {
        self.signature = signature
        self.answer = answer
        self.target = target
        self.isNullable = isNullable
    }

    /// Letters of the arguments for a call with `count` of them; nil for a wrong number.
    func letters(_ count: Int) -> [Character]? {
        var fixed: [Character] = []
        var required = 0
        var isOptional = false
        var repeats = false
        for letter in signature {
            switch letter {
            case "?": isOptional = true
            case "*": repeats = true
            default:
                fixed.append(letter)
                if !isOptional { required += 1 }
            }
        }
        guard count >= required, repeats || count <= fixed.count else { return nil }
        guard let last = fixed.last else { return count == 0 ? [] : nil }
        return (0..<count).map { $0 < fixed.count ? fixed[$0] : last }
    }
}

/// Every function that needs no more than converted arguments, by upper-case name.
///
/// Functions with rules of their own stand in `Translator.specials`, aggregates and window
/// functions beside them; `names` holds them all.
enum FunctionTable {
    static let all: [String: FunctionEntry] = text.merging(numeric) { $1 }
        .merging(temporal) { $1 }.merging(json) { $1 }.merging(coding) { $1 }
        .merging(information) { $1 }.merging(vectors) { $1 }

    /// Every name that a call may have.
    static let names: Set<String> = Set(all.keys).union(Translator.specials.keys)
        .union(Translator.aggregateNames).union(Translator.windowNames)
        // Forms with a grammar of their own.
        .union(["CAST", "CONVERT", "EXTRACT", "TRIM", "VALUES"])

    private static let text: [String: FunctionEntry] = [
        "UPPER": .init("s", .textLike), "UCASE": .init("s", .textLike, "b_upper"),
        "LOWER": .init("s", .textLike), "LCASE": .init("s", .textLike, "b_lower"),
        "LENGTH": .init("x", .whole(32)), "OCTET_LENGTH": .init("x", .whole(32), "b_length"),
        "CHAR_LENGTH": .init("s", .whole(32)),
        "CHARACTER_LENGTH": .init("s", .whole(32), "b_char_length"),
        "BIT_LENGTH": .init("x", .whole(36)),
        "CONCAT": .init("s*", .textLike), "CONCAT_WS": .init("ss*", .textLike),
        "SUBSTRING": .init("si?i", .textLike), "SUBSTR": .init("si?i", .textLike, "b_substring"),
        "MID": .init("sii", .textLike, "b_substring"),
        "LEFT": .init("si", .textLike), "RIGHT": .init("si", .textLike),
        "LTRIM": .init("s", .textLike), "RTRIM": .init("s", .textLike),
        "REPLACE": .init("sss", .textLike), "REVERSE": .init("s", .textLike),
        "REPEAT": .init("si", .textLike), "SPACE": .init("i", .text(65_535)),
        "LPAD": .init("sis", .textLike), "RPAD": .init("sis", .textLike),
        "INSERT": .init("siis", .textLike), "ASCII": .init("s", .whole(8)),
        "ORD": .init("s", .whole(32)), "UNHEX": .init("x", .bytes),
        "BIN": .init("t", .text(64)), "OCT": .init("t", .text(64)),
        "CONV": .init("tii", .text(64)), "ELT": .init("is*", .textLike),
        "MAKE_SET": .init("it*", .textLike), "EXPORT_SET": .init("itt?ti", .text(16_383)),
        "SUBSTRING_INDEX": .init("ssi", .textLike), "FORMAT": .init("wi?t", .text(64)),
        "QUOTE": .init("t", .textLike), "SOUNDEX": .init("t", .textLike),
        "REGEXP_LIKE": .init("tt?t", .truth), "REGEXP_REPLACE": .init("ttt?iit", .textLike),
        "REGEXP_SUBSTR": .init("tt?iit", .textLike), "REGEXP_INSTR": .init("tt?iiit", .whole(32)),
    ]

    private static let numeric: [String: FunctionEntry] = [
        "SQRT": .init("r", .real), "EXP": .init("r", .real), "LN": .init("r", .real),
        "LOG": .init("r?r", .real), "LOG2": .init("r", .real), "LOG10": .init("r", .real),
        "POW": .init("rr", .real), "POWER": .init("rr", .real, "b_pow"),
        "SIN": .init("r", .real), "COS": .init("r", .real), "TAN": .init("r", .real),
        "COT": .init("r", .real), "ASIN": .init("r", .real), "ACOS": .init("r", .real),
        "ATAN": .init("r?r", .real), "ATAN2": .init("r?r", .real, "b_atan"),
        "RADIANS": .init("r", .real), "DEGREES": .init("r", .real),
        "PI": .init("", .fixed(6), isNullable: false), "BIT_COUNT": .init("i", .whole(7)),
    ]

    private static let temporal: [String: FunctionEntry] = [
        "YEAR": .init("a", .whole(14)), "MONTH": .init("a", .whole(4)),
        "DAY": .init("a", .whole(5)), "DAYOFMONTH": .init("a", .whole(5), "b_day"),
        "HOUR": .init("t", .whole(10)), "MINUTE": .init("t", .whole(6)),
        "SECOND": .init("t", .whole(6)), "MICROSECOND": .init("t", .whole(20)),
        "QUARTER": .init("a", .whole(3)), "WEEK": .init("a?i", .whole(6)),
        "WEEKDAY": .init("a", .whole(3)), "DAYOFWEEK": .init("a", .whole(3)),
        "DAYOFYEAR": .init("a", .whole(9)), "YEARWEEK": .init("a?i", .whole(20)),
        "WEEKOFYEAR": .init("a", .whole(6)), "DAYNAME": .init("a", .text(9)),
        "MONTHNAME": .init("a", .text(9)), "LAST_DAY": .init("a", .date),
        "DATEDIFF": .init("aa", .whole(24)), "TO_DAYS": .init("a", .whole(24)),
        "TO_SECONDS": .init("a", .whole(40)), "FROM_DAYS": .init("i", .date),
        "DATE_FORMAT": .init("at", .text(255)), "TIME_FORMAT": .init("tt", .text(255)),
        "TIME_TO_SEC": .init("t", .whole(24)), "MAKEDATE": .init("ii", .date),
        "PERIOD_ADD": .init("ii", .whole(30)), "PERIOD_DIFF": .init("ii", .whole(30)),
        "GET_FORMAT": .init("tt", .text(17)),
    ]

    private static let coding: [String: FunctionEntry] = [
        "TO_BASE64": .init("x", .text(65_535)), "FROM_BASE64": .init("t", .bytes),
        "MD5": .init("x", .text(32)), "SHA1": .init("x", .text(40)),
        "SHA": .init("x", .text(40), "b_sha1"), "SHA2": .init("xi", .text(128)),
        "CRC32": .init("x", .whole(32)), "AES_ENCRYPT": .init("xx?x", .bytes),
        "AES_DECRYPT": .init("xx?x", .bytes), "RANDOM_BYTES": .init("i", .bytes),
        "COMPRESS": .init("x", .bytes), "UNCOMPRESS": .init("x", .bytes),
        "UNCOMPRESSED_LENGTH": .init("x", .whole(32)), "INET_ATON": .init("t", .whole(36)),
        "INET_NTOA": .init("i", .text(15)), "INET6_ATON": .init("t", .bytes),
        "INET6_NTOA": .init("x", .text(39)), "IS_IPV4": .init("t", .truth, isNullable: false),
        "IS_IPV6": .init("t", .truth, isNullable: false),
        "IS_IPV4_COMPAT": .init("x", .truth, isNullable: false),
        "IS_IPV4_MAPPED": .init("x", .truth, isNullable: false),
        "UUID": .init("", .text(36), isNullable: false), "UUID_TO_BIN": .init("t?i", .bytes),
        "BIN_TO_UUID": .init("x?i", .text(36)), "IS_UUID": .init("t", .truth),
        "UUID_SHORT": .init("", .unsigned, isNullable: false),
    ]

    private static let vectors: [String: FunctionEntry] = [
        "STRING_TO_VECTOR": .init("l", .vector, "b_to_vector"), "TO_VECTOR": .init("l", .vector),
        "VECTOR_TO_STRING": .init("v", .text(1 << 18), "b_from_vector"),
        "FROM_VECTOR": .init("v", .text(1 << 18)), "VECTOR_DIM": .init("v", .whole(15)),
        "DISTANCE": .init("vvl", .real), "VECTOR_DISTANCE": .init("vvl", .real, "b_distance"),
    ]

    private static let information: [String: FunctionEntry] = [
        "CONNECTION_ID": .init("", .unsigned, isNullable: false),
        "ROW_COUNT": .init("", .whole(63), isNullable: false),
        "FOUND_ROWS": .init("", .whole(63), isNullable: false),
        "MYSQL_QUERY_ATTRIBUTE_STRING": .init("t", .text(65_535), "b_attribute"),
        "LAST_INSERT_ID": .init("?i", .unsigned), "SLEEP": .init("r", .whole(2)),
        "GET_LOCK": .init("tr", .whole(2)), "RELEASE_LOCK": .init("t", .whole(2)),
        "RELEASE_ALL_LOCKS": .init("", .whole(32)), "IS_FREE_LOCK": .init("t", .truth),
        "IS_USED_LOCK": .init("t", .whole(32)),
    ]

    private static let json: [String: FunctionEntry] = [
        "JSON_VALID": .init("t", .truth), "JSON_EXTRACT": .init("jt*", .json),
        "JSON_LENGTH": .init("j?t", .whole(32)), "JSON_DEPTH": .init("j", .whole(32)),
        "JSON_TYPE": .init("j", .text(51)), "JSON_KEYS": .init("j?t", .json),
        "JSON_QUOTE": .init("t", .text(65_535)), "JSON_CONTAINS": .init("jj?t", .truth),
        "JSON_CONTAINS_PATH": .init("jtt*", .truth), "JSON_OVERLAPS": .init("jj", .truth),
        "JSON_SEARCH": .init("jtt?tt*", .json), "JSON_REMOVE": .init("jt*", .json),
        "JSON_PRETTY": .init("j", .text(65_535)),
    ]
}
