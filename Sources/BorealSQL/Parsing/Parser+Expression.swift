import BorealBase

/// Operators by their binding, after the grammar of MySQL 8.0: `OR`, `XOR`, `AND`, `NOT`,
/// comparisons and `IS`, predicates (`IN`, `LIKE`, `BETWEEN`, `REGEXP`), then the operators of
/// numbers.
extension Parser {
    /// A whole expression.
    mutating func parseExpression() throws(SyntaxError) -> Expression {
        let first = try parseXor()
        guard atOr() else { return first }
        var operands = [first]
        while atOr() {
            try advance()
            operands.append(try parseXor())
        }
        return balanced(.or, operands[...])
    }

    private func atOr() -> Bool {
        at(.or) || at(.doubleBar) && !mode.contains(.pipesAsConcat)
    }

    private mutating func parseXor() throws(SyntaxError) -> Expression {
        let first = try parseAnd()
        guard at(.xor) else { return first }
        var operands = [first]
        while try accept(.xor) { operands.append(try parseAnd()) }
        return balanced(.xor, operands[...])
    }

    private mutating func parseAnd() throws(SyntaxError) -> Expression {
        let first = try parseNot()
        guard at(.and) || at(.doubleAmpersand) else { return first }
        var operands = [first]
        while at(.and) || at(.doubleAmpersand) {
            try advance()
            operands.append(try parseNot())
        }
        return balanced(.and, operands[...])
    }

    /// A chain of an associative operator as a tree of logarithmic depth: thousands of `OR`s, which
    /// programs do write, then cost no stack to whoever walks the tree.
    private func balanced(_ sign: BinaryOperator, _ operands: ArraySlice<Expression>) -> Expression
    {
        if operands.count == 1 { return operands[operands.startIndex] }
        let middle = operands.startIndex + (operands.count + 1) / 2
        let left = balanced(sign, operands[..<middle])
        let right = balanced(sign, operands[middle...])
        return Expression(kind: .binary(sign, left, right), span: left.span.through(right.span))
    }

    private mutating func parseNot() throws(SyntaxError) -> Expression {
        guard at(.not), pendingOperand == nil, !mode.contains(.highNotPrecedence) else {
            return try parseComparison()
        }
        let start = token.start
        try enter()
        try advance()
        let operand = try parseNot()
        leave()
        return Expression(kind: .unary(.not, operand), span: span(from: start))
    }

    // MARK: - Comparisons

    /// `a = b`, `a IS NULL`, `a > ALL (query)`, left-associative.
    private mutating func parseComparison() throws(SyntaxError) -> Expression {
        var left = try parsePredicate()
        var length = 0
        while true {
            if at(.is) {
                left = try parseIsTest(left)
            } else if let sign = comparisonSign(token.kind) {
                try advance()
                left = try parseComparand(left, sign)
            } else {
                return left
            }
            length += 1
            try checkChain(length)
        }
    }

    private mutating func parseIsTest(_ left: Expression) throws(SyntaxError) -> Expression {
        try advance()
        let negated = try accept(.not)
        let test: Expression.TruthTest
        switch token.keyword {
        case .null: test = .null
        case .true: test = .true
        case .false: test = .false
        case .unknown: test = .unknown
        default: throw unexpected(.keyword(.null), .keyword(.true), .keyword(.false))
        }
        try advance()
        return Expression(
            kind: .isTest(left, test, negated: negated),
            span: span(from: left.span.start)
        )
    }

    private mutating func parseComparand(
        _ left: Expression,
        _ sign: BinaryOperator
    ) throws(SyntaxError) -> Expression {
        let quantifier: Expression.Quantifier? =
            switch token.keyword {
            case .all: .all
            case .any: try peek().kind == .leftParenthesis ? .any : nil
            default: nil
            }
        var isQuantified = quantifier != nil
        if !isQuantified, isWord("some") { isQuantified = try peek().kind == .leftParenthesis }
        if isQuantified {
            try advance()
            let query = try parseSubquery()
            return Expression(
                kind: .quantified(sign, left, quantifier ?? .any, query),
                span: span(from: left.span.start)
            )
        }
        let right = try parsePredicate()
        return Expression(
            kind: .binary(sign, left, right),
            span: left.span.through(right.span)
        )
    }

    /// True when the token is an unquoted word of that spelling, given in lower case.
    func isWord(_ word: StaticString) -> Bool {
        guard token.kind == .word else { return false }
        let slice = lexer.slice(token)
        guard slice.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { expected in
            zip(slice, expected).allSatisfy { $0 | 0x20 == $1 || $0 == $1 }
        }
    }

    // MARK: - Predicates

    private mutating func parsePredicate() throws(SyntaxError) -> Expression {
        let left = try parseBits(0)
        switch token.keyword {
        case .in, .like, .regexp, .rlike, .between:
            return try parsePredicateTail(left, negated: false)
        case .not:
            switch try peek().keyword {
            case .in, .like, .regexp, .rlike, .between:
                try advance()
                return try parsePredicateTail(left, negated: true)
            default: return left
            }
        case .sounds:
            guard try accept(.sounds, .like) else { return left }
            let right = try parseBits(0)
            return Expression(
                kind: .binary(.soundsLike, left, right),
                span: left.span.through(right.span)
            )
        case .member:
            guard try accept(.member, .of) else { return left }
            try expect(.leftParenthesis)
            let array = try parseExpression()
            try expect(.rightParenthesis)
            return Expression(
                kind: .memberOf(left, array: array),
                span: span(from: left.span.start)
            )
        default: return left
        }
    }

    private mutating func parsePredicateTail(
        _ left: Expression,
        negated: Bool
    ) throws(SyntaxError) -> Expression {
        let keyword = token.keyword
        let kind: Expression.Kind
        try advance()
        switch keyword {
        case .in: kind = try parseIn(left, negated: negated)
        case .between:
            let low = try parseBits(0)
            try expect(.and)
            try enter()
            let high = try parsePredicate()
            leave()
            kind = .between(left, low: low, high: high, negated: negated)
        case .like:
            let pattern = try parseOperand()
            let escape = try accept(.escape) ? try parseOperand() : nil
            kind = .like(left, pattern: pattern, escape: escape, negated: negated)
        default:
            kind = .regexp(left, pattern: try parseBits(0), negated: negated)
        }
        return Expression(kind: kind, span: span(from: left.span.start))
    }

    private mutating func parseIn(
        _ left: Expression,
        negated: Bool
    ) throws(SyntaxError) -> Expression.Kind {
        switch try parseParentheses() {
        case .query(let query): .inQuery(left, query, negated: negated)
        case .expressions(let list): .inList(left, list, negated: negated)
        }
    }

    // MARK: - Operators of numbers

    /// An expression without comparisons and logic: where `IN` or `AND` must not be read as
    /// operators.
    mutating func parseBitExpression() throws(SyntaxError) -> Expression { try parseBits(0) }

    /// The operators from `|` to `^`: those that bind at least as tightly as `minimum`.
    private mutating func parseBits(_ minimum: Int) throws(SyntaxError) -> Expression {
        var left = try parseOperand()
        var length = 0
        while let (sign, binding) = bitSign(), binding >= minimum {
            try advance()
            let right: Expression
            if at(.interval), sign == .add || sign == .subtract {
                right = try parseIntervalOperand(binding)
            } else {
                right = try parseTighter(binding)
            }
            left = Expression(kind: .binary(sign, left, right), span: span(from: left.span.start))
            length += 1
            try checkChain(length)
        }
        return left
    }

    /// The right operand; most are single, and then need no further call.
    @inline(__always)
    private mutating func parseTighter(_ binding: Int) throws(SyntaxError) -> Expression {
        try parseBits(binding + 1)
    }

    /// `INTERVAL expr unit` behind a sign, or the function `INTERVAL(a, b)`.
    private mutating func parseIntervalOperand(_ binding: Int) throws(SyntaxError) -> Expression {
        pendingOperand = try parseInterval()
        return try parseBits(binding + 1)
    }

    private func bitSign() -> (BinaryOperator, Int)? {
        switch token.kind {
        case .bar: (.bitOr, 1)
        case .ampersand: (.bitAnd, 2)
        case .shiftLeft: (.shiftLeft, 3)
        case .shiftRight: (.shiftRight, 3)
        case .plus: (.add, 4)
        case .minus: (.subtract, 4)
        case .star: (.multiply, 5)
        case .slash: (.divide, 5)
        case .percent: (.modulo, 5)
        case .caret: (.bitXor, 6)
        case .doubleBar: mode.contains(.pipesAsConcat) ? (.concatenate, 7) : nil
        case .word:
            switch token.keyword {
            case .div: (.integerDivide, 5)
            case .mod: (.modulo, 5)
            default: nil
            }
        default: nil
        }
    }
}

/// The comparison that a sign stands for.
private func comparisonSign(_ kind: Token.Kind) -> BinaryOperator? {
    switch kind {
    case .equal: .equal
    case .nullSafeEqual: .nullSafeEqual
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    default: nil
    }
}
