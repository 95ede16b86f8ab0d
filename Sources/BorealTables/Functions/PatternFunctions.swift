import BorealBase
import BorealSQLite

/// LIKE and the REGEXP family.
extension FunctionRegistry {
    /// Registers them. Compiled patterns stay with the connection, since a query asks the same one
    /// for every row.
    func addPatterns() throws(SQLiteError) {
        let context = context
        for (name, isFolding) in [("b_like", true), ("b_like_bin", false)] {
            try add(name, 3) { call in
                let key = name + call.text(2) + "\u{0}" + call.text(1)
                if let known = context.likePatterns[key] {
                    return call.result(known.matches(call.bytes(0)))
                }
                let escape = call.text(2).unicodeScalars.first?.value
                let pattern = LikePattern(call.bytes(1), escape: escape, isFolding: isFolding)
                if context.likePatterns.count >= 64 { context.likePatterns.removeAll() }
                context.likePatterns[key] = pattern
                call.result(pattern.matches(call.bytes(0)))
            }
        }
        try add("b_regexp_like") { call in
            guard let pattern = Self.pattern(call, 1, call.count > 2 ? call.text(2) : "i", context),
                let found = Self.search(pattern, Self.scalars(call.text(0)), 0, call, context)
            else { return }
            call.result(found.match != nil)
        }
        try add("b_regexp_substr") { call in
            Self.locate(call, 4, context) { call, text, match in
                guard let match else { return call.resultNull() }
                call.result(Self.string(text[match.range]))
            }
        }
        try add("b_regexp_instr") { call in
            Self.locate(call, 5, context) { call, _, match in
                let isEnd = call.count > 4 && call.int64(4) != 0
                guard let match else { return call.result(Int64(0)) }
                call.result(Int64((isEnd ? match.range.upperBound : match.range.lowerBound) + 1))
            }
        }
        try add("b_regexp_replace") { call in
            Self.replace(call, context)
        }
    }

    /// Positions count scalars.
    private static func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }

    /// Scalars as a text again.
    private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// The compiled pattern of an argument; nil after an error was raised.
    private static func pattern(
        _ call: SQLiteCall,
        _ index: Int,
        _ options: String,
        _ context: FunctionContext
    ) -> MatchPattern? {
        let text = call.text(index)
        let isFolding = options.last { $0 == "c" || $0 == "i" } != "c"
        let key = (isFolding ? "i" : "c") + options + "\u{0}" + text
        if let known = context.regexes[key] { return known }
        guard
            let made = MatchPattern(
                text,
                isFolding: isFolding,
                isMultiLine: options.contains("m"),
                dotMatchesNewline: options.contains("n")
            )
        else {
            context.fail(call, .wrongArguments("regexp"))
            return nil
        }
        if context.regexes.count >= 64 { context.regexes.removeAll() }
        context.regexes[key] = made
        return made
    }

    /// Searches; nil after an error (the search was too long) was raised.
    private static func search(
        _ pattern: MatchPattern,
        _ text: [Unicode.Scalar],
        _ start: Int,
        _ call: SQLiteCall,
        _ context: FunctionContext
    ) -> (match: MatchPattern.Match?, Void)? {
        switch pattern.search(text, from: start) {
        case .found(let match): return (match, ())
        case .none: return (nil, ())
        case .tooLong:
            context.fail(call, .wrongArguments("regexp (it takes too many steps)"))
            return nil
        }
    }

    /// REGEXP_SUBSTR and REGEXP_INSTR: text, pattern, position, occurrence, ..., options.
    private static func locate(
        _ call: SQLiteCall,
        _ optionIndex: Int,
        _ context: FunctionContext,
        _ answer: (SQLiteCall, [Unicode.Scalar], MatchPattern.Match?) -> Void
    ) {
        let options = call.count > optionIndex ? call.text(optionIndex) : "i"
        guard let pattern = pattern(call, 1, options, context) else { return }
        let text = scalars(call.text(0))
        var start = call.count > 2 ? max(call.int(2), 0) - 1 : 0
        let occurrence = call.count > 3 ? max(call.int(3), 1) : 1
        guard start >= 0, start <= text.count else { return answer(call, text, nil) }
        for count in 1...min(occurrence, text.count + 1) {
            guard let found = search(pattern, text, start, call, context) else { return }
            guard let match = found.match else { break }
            if count == occurrence { return answer(call, text, match) }
            start = max(match.range.upperBound, match.range.lowerBound + 1)
            if start > text.count { break }
        }
        answer(call, text, nil)
    }

    /// REGEXP_REPLACE: text, pattern, replacement, position, occurrence (0 is all), options.
    private static func replace(_ call: SQLiteCall, _ context: FunctionContext) {
        let options = call.count > 5 ? call.text(5) : "i"
        guard let pattern = pattern(call, 1, options, context) else { return }
        let text = scalars(call.text(0))
        let replacement = call.text(2)
        var position = call.count > 3 ? max(call.int(3), 0) - 1 : 0
        let occurrence = call.count > 4 ? call.int(4) : 0
        guard position >= 0, position <= text.count else { return call.result(argument: 0) }
        var result = Array(text[..<position])
        var count = 0
        while position <= text.count {
            guard let found = search(pattern, text, position, call, context) else { return }
            guard let match = found.match else { break }
            count += 1
            result += text[position..<match.range.lowerBound]
            if occurrence == 0 || occurrence == count {
                result += match.expanded(replacement, text)
            } else {
                result += text[match.range]
            }
            position = match.range.upperBound
            if match.range.isEmpty {
                if position < text.count { result.append(text[position]) }
                position += 1
            }
            guard result.count <= TableLimits.textBytesMax / 4 else { return call.failTooBig() }
            if occurrence == count { break }
        }
        if position < text.count { result += text[position...] }
        call.result(string(result))
    }
}
