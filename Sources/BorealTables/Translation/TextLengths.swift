import BorealBase

/// How long the answers of string functions can be, where that is more than their strings together:
/// a column that is made of one must hold them.
enum TextLengths {
    /// Characters from which a column is one of the longest texts anyway.
    static let longest = 1 << 24

    /// Characters that a function answers with at most; bytes where it answers with bytes.
    ///
    /// - Parameters:
    ///   - name: of the function, in upper case.
    ///   - arguments: all of them, in order.
    ///   - sum: length of those that are strings together.
    static func most(_ name: String, _ arguments: [TypedSQL], sum: Int) -> Int {
        let length: Int
        switch name {
        case "REPEAT":
            length = times(arguments[0].type.length, literal(arguments[1]) ?? longest)
        case "LPAD", "RPAD": length = literal(arguments[1]) ?? longest
        // Each character may be one that is replaced.
        case "REPLACE": length = times(arguments[0].type.length, arguments[2].type.length)
        // And nothing may be found in front of each, and behind the last.
        case "REGEXP_REPLACE":
            length = times(arguments[0].type.length + 1, arguments[2].type.length + 1)
        case "QUOTE": length = 2 * sum + 2
        case "CONCAT_WS":
            length = sum + times(arguments[0].type.length, arguments.count)
        // Commas stand between.
        case "MAKE_SET": length = sum + arguments.count
        case "SOUNDEX": length = max(sum, 4)
        default: length = sum
        }
        return min(max(length, sum, 1), longest)
    }

    /// The number that an argument is; nil for one that is known only when it is asked for.
    private static func literal(_ argument: TypedSQL) -> Int? {
        Int(argument.sql).map { max(0, min($0, longest)) }
    }

    private static func times(_ a: Int, _ b: Int) -> Int { min(a, longest) * min(b, longest) }
}
