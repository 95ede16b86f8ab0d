import BorealBase

/// The plain functions: what their arguments become, and what comes back.
struct FunctionEntry: Sendable {
    /// What comes back.
    enum Answer: Sendable, Equatable {
        case text(Int)
        /// Text with the length and collation of the arguments together.
        case textLike
        case whole(Int)
        case unsigned
        case real
        case date
        case dateTime(Int)
        case time(Int)
        case json
        case bytes
    }

    /// One letter an argument: t text, r real, i whole, w whole or exact number, x as it is, d date
    /// and time, m time, e date; behind `?` optional, `*` repeats the last.
    let signature: String
    let answer: Answer
    /// The function of ours that answers; `b_` and the name in lower case by default.
    let target: String?

    init(_ signature: String, _ answer: Answer, _ target: String? = nil) {
        self.signature = signature
        self.answer = answer
        self.target = target
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
enum FunctionTable {
    static let all: [String: FunctionEntry] = text.merging(numeric) { $1 }
        .merging(temporal) { $1 }.merging(other) { $1 }

    private static let text: [String: FunctionEntry] = [
        "UPPER": .init("t", .textLike), "UCASE": .init("t", .textLike, "b_upper"),
        "LOWER": .init("t", .textLike), "LCASE": .init("t", .textLike, "b_lower"),
        "LENGTH": .init("x", .whole(32), "b_length"),
        "OCTET_LENGTH": .init("x", .whole(32), "b_length"),
        "CHAR_LENGTH": .init("t", .whole(32)),
        "CHARACTER_LENGTH": .init("t", .whole(32), "b_char_length"),
        "BIT_LENGTH": .init("x", .whole(36)),
        "CONCAT": .init("t*", .textLike), "CONCAT_WS": .init("tt*", .textLike),
        "SUBSTRING": .init("ti?i", .textLike), "SUBSTR": .init("ti?i", .textLike, "b_substring"),
        "MID": .init("tii", .textLike, "b_substring"),
        "LEFT": .init("ti", .textLike), "RIGHT": .init("ti", .textLike),
        "LTRIM": .init("t", .textLike), "RTRIM": .init("t", .textLike),
        "REPLACE": .init("ttt", .textLike), "REVERSE": .init("t", .textLike),
        "REPEAT": .init("ti", .text(65_535)), "SPACE": .init("i", .text(65_535)),
        "LPAD": .init("tit", .text(65_535)), "RPAD": .init("tit", .text(65_535)),
        "INSERT": .init("tiit", .textLike), "ASCII": .init("t", .whole(8)),
        "ORD": .init("t", .whole(32)), "UNHEX": .init("t", .bytes),
        "BIN": .init("i", .text(64)), "OCT": .init("i", .text(64)),
        "CONV": .init("tii", .text(64)), "ELT": .init("it*", .textLike),
        "SUBSTRING_INDEX": .init("tti", .textLike), "FORMAT": .init("wi?t", .text(64)),
        "QUOTE": .init("t", .textLike), "SOUNDEX": .init("t", .textLike),
        "TO_BASE64": .init("x", .text(65_535)), "FROM_BASE64": .init("t", .bytes),
        "MD5": .init("x", .text(32)), "SHA1": .init("x", .text(40)),
        "SHA": .init("x", .text(40), "b_sha1"),
        "SHA2": .init("xi", .text(128)), "CRC32": .init("x", .whole(32)),
        "REGEXP_LIKE": .init("tt?t", .whole(1)), "REGEXP_REPLACE": .init("ttt?iit", .textLike),
        "REGEXP_SUBSTR": .init("tt?iit", .textLike), "REGEXP_INSTR": .init("tt?iiit", .whole(32)),
    ]

    private static let numeric: [String: FunctionEntry] = [
        "SQRT": .init("r", .real), "EXP": .init("r", .real), "LN": .init("r", .real),
        "LOG": .init("r?r", .real), "LOG2": .init("r", .real), "LOG10": .init("r", .real),
        "POW": .init("rr", .real), "POWER": .init("rr", .real, "b_pow"),
        "SIN": .init("r", .real), "COS": .init("r", .real), "TAN": .init("r", .real),
        "COT": .init("r", .real), "ASIN": .init("r", .real), "ACOS": .init("r", .real),
        "ATAN": .init("r?r", .real), "ATAN2": .init("rr", .real, "b_atan"),
        "RADIANS": .init("r", .real), "DEGREES": .init("r", .real), "PI": .init("", .real),
        "BIT_COUNT": .init("i", .whole(7)), "INET_ATON": .init("t", .whole(32)),
        "INET_NTOA": .init("i", .text(15)),
    ]

    private static let temporal: [String: FunctionEntry] = [
        "YEAR": .init("t", .whole(14)), "MONTH": .init("t", .whole(4)),
        "DAY": .init("t", .whole(5)), "DAYOFMONTH": .init("t", .whole(5), "b_day"),
        "HOUR": .init("t", .whole(10)), "MINUTE": .init("t", .whole(6)),
        "SECOND": .init("t", .whole(6)), "MICROSECOND": .init("t", .whole(20)),
        "QUARTER": .init("t", .whole(3)), "WEEK": .init("t?i", .whole(6)),
        "WEEKDAY": .init("t", .whole(3)), "DAYOFWEEK": .init("t", .whole(3)),
        "DAYOFYEAR": .init("t", .whole(9)), "YEARWEEK": .init("t?i", .whole(20)),
        "WEEKOFYEAR": .init("t", .whole(6)), "DAYNAME": .init("t", .text(9)),
        "MONTHNAME": .init("t", .text(9)), "LAST_DAY": .init("t", .date),
        "DATEDIFF": .init("tt", .whole(24)), "TO_DAYS": .init("t", .whole(24)),
        "TO_SECONDS": .init("t", .whole(40)), "FROM_DAYS": .init("i", .date),
        "DATE_FORMAT": .init("tt", .text(255)), "TIME_FORMAT": .init("tt", .text(255)),
        "TIME_TO_SEC": .init("t", .whole(24)), "SEC_TO_TIME": .init("r", .time(0)),
        "MAKEDATE": .init("ii", .date), "MAKETIME": .init("iir", .time(0)),
        "PERIOD_ADD": .init("ii", .whole(30)), "PERIOD_DIFF": .init("ii", .whole(30)),
        "TIMEDIFF": .init("tt", .time(0)), "CONVERT_TZ": .init("dtt", .dateTime(0)),
    ]

    private static let other: [String: FunctionEntry] = [
        "DATABASE": .init("", .text(64)), "SCHEMA": .init("", .text(64), "b_database"),
        "USER": .init("", .text(288)), "SESSION_USER": .init("", .text(288), "b_user"),
        "SYSTEM_USER": .init("", .text(288), "b_user"),
        "CURRENT_USER": .init("", .text(288)), "CONNECTION_ID": .init("", .whole(32)),
        "ROW_COUNT": .init("", .whole(63)), "FOUND_ROWS": .init("", .whole(63)),
        "LAST_INSERT_ID": .init("?i", .unsigned), "UUID": .init("", .text(36)),
        "JSON_UNQUOTE": .init("t", .text(65_535)), "JSON_VALID": .init("t", .whole(1)),
        "JSON_EXTRACT": .init("tt*", .json), "JSON_LENGTH": .init("t?t", .whole(32)),
        "JSON_TYPE": .init("t", .text(20)), "JSON_KEYS": .init("t?t", .json),
        "JSON_QUOTE": .init("t", .text(65_535)), "JSON_CONTAINS": .init("tt?t", .whole(1)),
    ]
}
