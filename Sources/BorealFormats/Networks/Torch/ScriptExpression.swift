/// An expression of TorchScript's text.
indirect enum ScriptExpression {
    /// A number, a text, None, True or False.
    case literal(TorchValue)
    /// A list or a tuple.
    case list([ScriptExpression])
    /// What the name stands for.
    case name(String)
    /// `owner.name`
    case attribute(ScriptExpression, String)
    /// `list[place]`
    case element(ScriptExpression, ScriptExpression)
    /// Target, arguments by position, arguments by name.
    case call(
        ScriptExpression,
        [ScriptExpression],
        [(name: String, value: ScriptExpression)]
    )
    /// Condition, what it is when that holds, what else.
    case choice(ScriptExpression, ScriptExpression, ScriptExpression)

    /// `["torch", "relu"]` of `torch.relu`; nil when there is more to it than names.
    var path: [String]? {
        switch self {
        case .name(let name): [name]
        case .attribute(let owner, let name): owner.path.map { $0 + [name] }
        default: nil
        }
    }
}

/// Reads one expression from the words of a line.
struct ScriptExpressionReader {
    /// The words of the expression.
    private let tokens: ArraySlice<ScriptToken>
    /// The next word.
    private var place: Int
    /// Brackets that are open.
    private var depth = 0
    /// What errors call the place.
    private var title = ""

    /// Brackets within brackets.
    private static let depthMax = 64

    /// A reader of these words.
    init(_ tokens: ArraySlice<ScriptToken>) {
        self.tokens = tokens
        place = tokens.startIndex
    }

    /// The expression asks for what is not here.
    private func unsupported(_ detail: String) -> FormatError {
        .unsupportedFormat(
            .torchScript,
            detail: "'\(title)': \(detail); \(NetworkAdvice.torch)"
        )
    }

    /// The next word; nil at the end.
    private var next: ScriptToken? { place < tokens.endIndex ? tokens[place] : nil }

    /// Moves behind a mark, if it is the next word.
    private mutating func take(_ mark: String) -> Bool {
        guard next == .mark(mark) else { return false }
        place += 1
        return true
    }

    /// All words as one expression; several between commas are a tuple.
    ///
    /// - Parameter title: what errors call the place.
    /// - Throws: `FormatError.unsupportedFormat`.
    mutating func whole(_ title: String) throws(FormatError) -> ScriptExpression {
        self.title = title
        var parts = [try expression()]
        var isTuple = false
        while take(",") {
            isTuple = true
            if next == nil { break }
            parts.append(try expression())
        }
        guard next == nil else { throw unsupported("an expression that is not read here") }
        return isTuple ? .list(parts) : parts[0]
    }

    /// `value if condition else value`
    private mutating func expression() throws(FormatError) -> ScriptExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw unsupported("brackets within brackets") }
        let first = try postfix()
        guard next == .name("if") else { return first }
        place += 1
        let condition = try postfix()
        guard next == .name("else") else { throw unsupported("a choice without 'else'") }
        place += 1
        return .choice(condition, first, try expression())
    }

    /// A value with what stands behind it: `.name`, `(arguments)`, `[place]`.
    private mutating func postfix() throws(FormatError) -> ScriptExpression {
        var value = try primary()
        while true {
            if take(".") {
                guard case .name(let name)? = next else { throw unsupported("a point alone") }
                place += 1
                value = .attribute(value, name)
            } else if take("(") {
                value = try call(value)
            } else if take("[") {
                let index = try expression()
                guard take("]") else { throw unsupported("a part of a list") }
                value = .element(value, index)
            } else {
                return value
            }
        }
    }

    /// A name, a constant, or something in brackets.
    private mutating func primary() throws(FormatError) -> ScriptExpression {
        guard let token = next else { throw unsupported("an expression ends early") }
        place += 1
        switch token {
        case .integer(let value): return .literal(.integer(value))
        case .number(let value): return .literal(.number(value))
        case .text(let value): return .literal(.text(value))
        case .name("None"): return .literal(.none)
        case .name("True"): return .literal(.flag(true))
        case .name("False"): return .literal(.flag(false))
        case .name("inf"): return .literal(.number(.infinity))
        case .name("not"):
            return .call(.name("__not__"), [try postfix()], [])
        case .name(let name): return .name(name)
        case .mark("-"):
            switch try postfix() {
            case .literal(.integer(let value)): return .literal(.integer(0 &- value))
            case .literal(.number(let value)): return .literal(.number(-value))
            case let value: return .call(.name("neg"), [value], [])
            }
        case .mark("("): return try parts(until: ")")
        case .mark("["): return .list(try list(until: "]"))
        case .mark(let mark): throw unsupported("'\(mark)'")
        }
    }

    /// A value in brackets, or a tuple.
    private mutating func parts(until mark: String) throws(FormatError) -> ScriptExpression {
        if take(mark) { return .list([]) }
        let first = try expression()
        if take(mark) { return first }
        guard take(",") else { throw unsupported("a bracket is not closed") }
        return .list([first] + (try list(until: mark)))
    }

    /// Expressions between commas up to a closing bracket.
    private mutating func list(until mark: String) throws(FormatError) -> [ScriptExpression] {
        var parts: [ScriptExpression] = []
        while !take(mark) {
            parts.append(try expression())
            if take(",") { continue }
            guard take(mark) else { throw unsupported("a bracket is not closed") }
            break
        }
        return parts
    }

    /// Arguments; the types that casts begin with are left out.
    private mutating func call(_ target: ScriptExpression) throws(FormatError) -> ScriptExpression {
        let isCast = ["annotate", "unchecked_cast"].contains(
            target.path?.joined(separator: ".") ?? ""
        )
        if isCast { try skipType() }
        var positional: [ScriptExpression] = []
        var named: [(name: String, value: ScriptExpression)] = []
        while !take(")") {
            if case .name(let name)? = next, place + 1 < tokens.endIndex,
                tokens[place + 1] == .mark("=")
            {
                place += 2
                named.append((name, try expression()))
            } else {
                positional.append(try expression())
            }
            if take(",") { continue }
            guard take(")") else { throw unsupported("arguments are not closed") }
            break
        }
        if isCast, positional.count == 1 { return positional[0] }
        return .call(target, positional, named)
    }

    /// Moves behind the next comma that stands in no bracket.
    private mutating func skipType() throws(FormatError) {
        var inner = 0
        while let token = next {
            place += 1
            guard case .mark(let mark) = token else { continue }
            if "([".contains(mark) { inner += 1 }
            if ")]".contains(mark) { inner -= 1 }
            if mark == ",", inner == 0 { return }
        }
        throw unsupported("a cast without a value")
    }
}
