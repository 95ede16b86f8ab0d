import BorealBase
import BorealSQL

/// Operators: arithmetic as MySQL types it.
extension Translator {
    func unary(_ sign: UnaryOperator, _ value: TypedSQL, source node: Expression) throws -> TypedSQL
    {
        switch sign {
        case .plus: return value
        case .not: return .boolean("(NOT \(truth(value)))", isNullable: value.isNullable)
        case .binary: return bytes(value)
        case .bitNot:
            let operand = whole(value)
            return TypedSQL("b_bitnot(\(operand.sql))", Self.unsignedType)
        case .minus: return negated(number(value), node)
        }
    }

    static let unsignedType = ColumnType(.longLong, isUnsigned: true, length: 20)

    /// The smallest BIGINT, whose negation as a literal is a DECIMAL.
    private static let smallest = "(-9223372036854775807 - 1)"

    private func negated(_ value: TypedSQL, _ node: Expression) -> TypedSQL {
        var result: TypedSQL
        switch value.valueClass {
        case .decimal:
            if case .decimal(let written)? = value.literal, let number = DecimalNumber(written) {
                result = .decimal(
                    "'\((-number).text)'",
                    digits: value.type.length,
                    scale: value.type.decimals
                )
                result.literal = .decimal((-number).text)
                return result
            }
            result = value
            result.sql = "b_dneg(\(value.sql))"
            result.literal = nil
            result.origin = nil
            return result
        case .real: result = .real("(-\(value.sql))")
        case .unsigned:
            if case .integer(let number)? = value.literal, number == 1 << 63 {
                return .integer(Self.smallest, bits: 64)
            }
            return .integer("b_isub(0, \(value.sql), 0, \(shown(node)))", bits: 64)
        case .integer where value.bits < 63:
            result = .integer("(-\(value.sql))", bits: value.bits, length: value.type.length + 1)
        case .integer where value.sql == Self.smallest:
            return .decimal("'9223372036854775808'", digits: 19, scale: 0)
        case .integer: result = .integer("b_isub(0, \(value.sql), 0, \(shown(node)))", bits: 64)
        default: return value
        }
        result.isNullable = value.isNullable
        return result
    }

    /// The text of an expression, for an error's sentence.
    private func shown(_ node: Expression) -> String {
        let written = source(node.span)
        if case .binary = node.kind { return "(\(written))".sqlLiteral }
        return written.sqlLiteral
    }

    func binary(
        _ sign: BinaryOperator,
        _ left: Expression,
        _ right: Expression,
        _ scope: Scope,
        _ node: Expression
    ) throws -> TypedSQL {
        if case .interval(let amount, let unit) = left.kind, sign == .add {
            return try shifted(expression(right, scope), amount, unit, false, scope)
        }
        switch sign {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .nullSafeEqual:
            if let rows = try rowComparison(sign, left, right, scope) { return rows }
            return try comparison(sign, expression(left, scope), expression(right, scope))
        case .concatenate:
            let a = try text(expression(left, scope))
            let b = try text(expression(right, scope))
            var result = TypedSQL.text(
                "(\(a.sql) || \(b.sql))",
                length: a.type.length + b.type.length
            )
            result.isBinaryText = try comparesBytes(a, b)
            result.coercibility = min(a.coercibility, b.coercibility)
            return result
        case .soundsLike:
            let a = try text(expression(left, scope)).sql
            let b = try text(expression(right, scope)).sql
            return .boolean("(b_soundex(\(a)) = b_soundex(\(b)))")
        case .bitOr, .bitAnd, .bitXor, .shiftLeft, .shiftRight:
            let a = try whole(expression(left, scope)).sql
            let b = try whole(expression(right, scope)).sql
            return TypedSQL("b_bits('\(sign.rawValue)', \(a), \(b))", Self.unsignedType)
        default: return try linked(sign, expression(left, scope), right, scope, node)
        }
    }

    /// AND, OR, XOR and arithmetic, the left operand translated already.
    func linked(
        _ sign: BinaryOperator,
        _ left: TypedSQL,
        _ right: Expression,
        _ scope: Scope,
        _ node: Expression
    ) throws -> TypedSQL {
        if case .interval(let amount, let unit) = right.kind, sign == .add || sign == .subtract {
            return try shifted(left, amount, unit, sign == .subtract, scope)
        }
        let right = try expression(right, scope)
        switch sign {
        case .and, .or, .xor: return logical(sign, left, right)
        default: return try arithmetic(sign, left, right, node)
        }
    }

    private func logical(_ sign: BinaryOperator, _ a: TypedSQL, _ b: TypedSQL) -> TypedSQL {
        let isNullable = a.isNullable || b.isNullable
        if sign == .xor {
            return .boolean("((NOT \(truth(a))) <> (NOT \(truth(b))))", isNullable: isNullable)
        }
        let word = sign == .and ? "AND" : "OR"
        let head = a.chain?.word == word ? a.chain?.text : nil
        let chain = SQLChain(word: word, text: "\(head ?? truth(a)) \(word) \(truth(b))")
        var result = TypedSQL.boolean("(\(chain.text))", isNullable: isNullable)
        result.chain = chain
        return result
    }

    // MARK: - Arithmetic

    private func arithmetic(
        _ sign: BinaryOperator,
        _ left: TypedSQL,
        _ right: TypedSQL,
        _ node: Expression
    ) throws -> TypedSQL {
        let a = number(left)
        let b = number(right)
        if a.valueClass == .null || b.valueClass == .null {
            // The operands stay in the text: one may be an aggregate, which makes the block one.
            let sql = "nullif(\(a.sql) IS \(b.sql), \(a.sql) IS \(b.sql))"
            let isPlain = a.literal != nil && b.literal != nil
            if sign == .integerDivide { return TypedSQL(isPlain ? "NULL" : sql, .longLong) }
            var result = TypedSQL.real(isPlain ? "NULL" : sql)
            result.type.decimals = realDecimals(sign, a, b)
            return result
        }
        if sign == .integerDivide {
            if a.valueClass.isWhole, b.valueClass.isWhole {
                let isUnsigned = a.valueClass == .unsigned || b.valueClass == .unsigned
                return wholeCall("b_idiv", a, b, isUnsigned, min(a.bits + 1, 64), node)
            }
            return .integer("b_ddiv_int(\(decimal(a).sql), \(decimal(b).sql), \(shown(node)))")
        }
        if a.valueClass == .real || b.valueClass == .real {
            return realArithmetic(sign, a, b, node)
        }
        if a.valueClass == .decimal || b.valueClass == .decimal || sign == .divide {
            return decimalArithmetic(sign, decimal(a), decimal(b), node)
        }
        return wholeArithmetic(sign, a, b, node)
    }

    private func realArithmetic(
        _ sign: BinaryOperator,
        _ left: TypedSQL,
        _ right: TypedSQL,
        _ node: Expression
    ) -> TypedSQL {
        let a = real(left).sql
        let b = real(right).sql
        var result: TypedSQL
        switch sign {
        case .modulo: result = .real("b_fmod(\(a), \(b))")
        // SQLite divides by zero to NULL, as MySQL does; an overflow is an error in MySQL.
        default: result = .real("b_finite((\(a) \(sign.rawValue) \(b)), \(shown(node)))")
        }
        result.type.decimals = realDecimals(sign, left, right)
        return result
    }

    /// Digits behind the point that a real result is shown with; 31 for as many as it needs.
    private func realDecimals(
        _ sign: BinaryOperator,
        _ left: TypedSQL,
        _ right: TypedSQL
    ) -> Int {
        let (a, b) = (left.type.decimals, right.type.decimals)
        guard a < 31, b < 31 else { return 31 }
        switch sign {
        case .multiply: return min(a + b, 31)
        case .divide: return min(max(a, b) + 4, 31)
        default: return max(a, b)
        }
    }

    private func decimalArithmetic(
        _ sign: BinaryOperator,
        _ a: TypedSQL,
        _ b: TypedSQL,
        _ node: Expression
    ) -> TypedSQL {
        let (leftScale, rightScale) = (a.type.decimals, b.type.decimals)
        let leftWhole = a.type.length - leftScale
        let rightWhole = b.type.length - rightScale
        let call: String
        let scale: Int
        let whole: Int
        switch sign {
        case .add, .subtract:
            call = sign == .add ? "b_dadd" : "b_dsub"
            scale = max(leftScale, rightScale)
            whole = max(leftWhole, rightWhole) + 1
        case .multiply:
            call = "b_dmul"
            scale = min(leftScale + rightScale, DecimalNumber.scaleMax)
            whole = leftWhole + rightWhole
        case .divide:
            call = "b_ddiv"
            scale = min(leftScale + context.divisionDigits, DecimalNumber.scaleMax)
            whole = leftWhole + rightScale
        default:
            call = "b_dmod"
            scale = max(leftScale, rightScale)
            whole = max(leftWhole, rightWhole)
        }
        let digits = sign == .divide ? ", \(context.divisionDigits)" : ""
        let sql = "\(call)(\(a.sql), \(b.sql)\(digits), \(shown(node)))"
        var result = TypedSQL.decimal(sql, digits: whole + scale, scale: scale)
        result.isLoose =
            sign == .divide || a.isLoose || b.isLoose || leftScale + rightScale > scale
        return result
    }

    private func wholeArithmetic(
        _ sign: BinaryOperator,
        _ a: TypedSQL,
        _ b: TypedSQL,
        _ node: Expression
    ) -> TypedSQL {
        var isUnsigned = a.valueClass == .unsigned || b.valueClass == .unsigned
        if sign == .subtract, context.sqlMode.subtractsSigned { isUnsigned = false }
        // Without a sign no sum and no product can leave the range downwards.
        let isNatural = isUnsigned && [a, b].allSatisfy(\.isNatural)
        func inline(_ bits: Int) -> TypedSQL {
            let word = sign == .multiply ? "*" : sign == .modulo ? "%" : "+"
            let head = a.chain?.word == word ? a.chain?.text : nil
            let text = "\(head ?? a.sql) \(sign.rawValue) \(b.sql)"
            var result = TypedSQL.integer("(\(text))", bits: bits)
            if isUnsigned { result.type = Self.unsignedType }
            guard word != "%" else { return result }
            let count = (a.chain?.word == word ? a.chain?.count ?? 1 : 1) + 1
            let most = max(a.chain?.word == word ? a.chain?.bits ?? a.bits : a.bits, b.bits)
            result.chain = SQLChain(word: word, text: text, count: count, bits: most)
            return result
        }
        switch sign {
        case .add, .subtract:
            let bits = min(sumBits(a, b), 64)
            if bits < 63, !isUnsigned || isNatural && sign == .add { return inline(bits) }
            return wholeCall(sign == .add ? "b_iadd" : "b_isub", a, b, isUnsigned, bits, node)
        case .multiply:
            let bits = min(a.bits + b.bits, 64)
            if bits < 63, !isUnsigned || isNatural { return inline(bits) }
            return wholeCall("b_imul", a, b, isUnsigned, bits, node)
        default:
            if !isUnsigned || isNatural && max(a.bits, b.bits) < 63 {
                return inline(min(a.bits, b.bits))
            }
            return wholeCall("b_imod", a, b, a.valueClass == .unsigned, 64, node)
        }
    }

    /// Bits that a sum may take: with each doubling of its operands one more than the largest.
    private func sumBits(_ a: TypedSQL, _ b: TypedSQL) -> Int {
        guard let chain = a.chain, chain.word == "+" else { return max(a.bits, b.bits) + 1 }
        let doublings = Int.bitWidth - chain.count.leadingZeroBitCount
        return max(chain.bits, b.bits) + doublings
    }

    private func wholeCall(
        _ call: String,
        _ a: TypedSQL,
        _ b: TypedSQL,
        _ isUnsigned: Bool,
        _ bits: Int,
        _ node: Expression
    ) -> TypedSQL {
        let sql = "\(call)(\(a.sql), \(b.sql), \(isUnsigned ? 1 : 0), \(shown(node)))"
        if isUnsigned { return TypedSQL(sql, Self.unsignedType) }
        return .integer(sql, bits: bits)
    }

    /// `value + INTERVAL amount unit`.
    func shifted(
        _ value: TypedSQL,
        _ amount: Expression,
        _ unit: IntervalUnit,
        _ isBackwards: Bool,
        _ scope: Scope
    ) throws -> TypedSQL {
        let interval = try expression(amount, scope)
        let count = text(interval).sql
        let digits =
            unit.rawValue.hasSuffix("MICROSECOND") ? 6 : unit == .second ? precision(interval) : 0
        let direction = isBackwards ? -1 : 1
        let hasTime = Self.dayUnits.contains(unit) == false
        if value.valueClass == .time {
            let sql = "b_time_shift(\(value.sql), \(count), '\(unit.rawValue)', \(direction))"
            return timed(TypedSQL(sql, .time(6)), max(value.type.decimals, digits))
        }
        let decimals = max(value.type.decimals, digits)
        let sql = "b_date_shift(\(text(value).sql), \(count), '\(unit.rawValue)', \(direction))"
        switch value.valueClass {
        case .date where !hasTime: return TypedSQL(sql, ColumnType(.date, length: 10))
        case .date, .dateTime:
            return TypedSQL("b_dtpad(\(sql), \(decimals))", .dateTime(decimals))
        default: return .text(sql, length: 26)
        }
    }

    private static let dayUnits: Set<IntervalUnit> = [
        .day, .week, .month, .quarter, .year, .yearMonth,
    ]
}
