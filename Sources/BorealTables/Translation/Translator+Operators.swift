import BorealBase
import BorealSQL

/// Operators: arithmetic as MySQL types it, comparison by the types of both sides.
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
            return .decimal(
                "b_dneg(\(value.sql))",
                digits: value.type.length,
                scale: value.type.decimals
            )
        case .real: result = .real("(-\(value.sql))")
        case .unsigned:
            if case .integer(let number)? = value.literal, number == 1 << 63 {
                return .integer("(-9223372036854775807 - 1)", bits: 64)
            }
            return .integer("b_isub(0, \(value.sql), 0, \(shown(node)))", bits: 64)
        case .integer where value.bits < 63:
            result = .integer("(-\(value.sql))", bits: value.bits, length: value.type.length + 1)
        case .integer: result = .integer("b_isub(0, \(value.sql), 0, \(shown(node)))", bits: 64)
        default: return value
        }
        result.isNullable = value.isNullable
        return result
    }

    /// The text of an expression, for an error's sentence.
    private func shown(_ node: Expression) -> String { source(node.span).sqlLiteral }

    func binary(
        _ sign: BinaryOperator,
        _ left: Expression,
        _ right: Expression,
        _ scope: Scope,
        _ node: Expression
    ) throws -> TypedSQL {
        if sign == .add || sign == .subtract {
            if case .interval(let amount, let unit) = right.kind {
                return try shifted(expression(left, scope), amount, unit, sign == .subtract, scope)
            }
            if case .interval(let amount, let unit) = left.kind, sign == .add {
                return try shifted(expression(right, scope), amount, unit, false, scope)
            }
        }
        switch sign {
        case .and, .or, .xor:
            return try logical(sign, expression(left, scope), expression(right, scope))
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .nullSafeEqual:
            if case .row(let a) = left.kind { return try rows(sign, a, right, scope) }
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
        case .add, .subtract, .multiply, .divide, .integerDivide, .modulo:
            return try arithmetic(sign, expression(left, scope), expression(right, scope), node)
        }
    }

    private func logical(_ sign: BinaryOperator, _ a: TypedSQL, _ b: TypedSQL) -> TypedSQL {
        let isNullable = a.isNullable || b.isNullable
        if sign == .xor {
            return .boolean("((NOT \(truth(a))) <> (NOT \(truth(b))))", isNullable: isNullable)
        }
        let word = sign == .and ? "AND" : "OR"
        return .boolean("(\(truth(a)) \(word) \(truth(b)))", isNullable: isNullable)
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
            return TypedSQL("NULL", sign == .divide ? .double : .longLong)
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
        result.type.decimals = Self.realDecimals(sign, left, right)
        return result
    }

    /// Digits behind the point that a real result is shown with; 31 for as many as it needs.
    private static func realDecimals(
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
            scale = min(leftScale + 4, DecimalNumber.scaleMax)
            whole = leftWhole + rightScale
        default:
            call = "b_dmod"
            scale = max(leftScale, rightScale)
            whole = max(leftWhole, rightWhole)
        }
        let sql = "\(call)(\(a.sql), \(b.sql), \(scale), \(shown(node)))"
        return .decimal(sql, digits: whole + scale, scale: scale)
    }

    private func wholeArithmetic(
        _ sign: BinaryOperator,
        _ a: TypedSQL,
        _ b: TypedSQL,
        _ node: Expression
    ) -> TypedSQL {
        let isUnsigned = a.valueClass == .unsigned || b.valueClass == .unsigned
        switch sign {
        case .add, .subtract:
            let bits = min(max(a.bits, b.bits) + 1, 64)
            if !isUnsigned, bits < 63 {
                return .integer("(\(a.sql) \(sign.rawValue) \(b.sql))", bits: bits)
            }
            return wholeCall(sign == .add ? "b_iadd" : "b_isub", a, b, isUnsigned, bits, node)
        case .multiply:
            let bits = min(a.bits + b.bits, 64)
            if !isUnsigned, bits < 63 { return .integer("(\(a.sql) * \(b.sql))", bits: bits) }
            return wholeCall("b_imul", a, b, isUnsigned, bits, node)
        default:
            if !isUnsigned { return .integer("(\(a.sql) % \(b.sql))", bits: min(a.bits, b.bits)) }
            return wholeCall("b_imod", a, b, a.valueClass == .unsigned, 64, node)
        }
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

    // MARK: - Comparison

    /// Two rows compared member by member; only equality is decomposed.
    private func rows(
        _ sign: BinaryOperator,
        _ left: [Expression],
        _ right: Expression,
        _ scope: Scope
    ) throws -> TypedSQL {
        guard case .row(let other) = right.kind else {
            guard case .query = right.kind else { throw TableError.operandColumns(left.count) }
            throw TableError.notSupported("a row compared with a subquery")
        }
        guard left.count == other.count else { throw TableError.operandColumns(left.count) }
        let pairs = zip(left, other)
        switch sign {
        case .equal, .nullSafeEqual:
            let tests = try pairs.map {
                try comparison(sign, expression($0, scope), expression($1, scope)).sql
            }
            return .boolean("(" + tests.joined(separator: " AND ") + ")")
        case .notEqual:
            let tests = try pairs.map {
                try comparison(.equal, expression($0, scope), expression($1, scope)).sql
            }
            return .boolean("(NOT (" + tests.joined(separator: " AND ") + "))")
        default: throw TableError.notSupported("the order of rows")
        }
    }

    /// `left sign right`, after both are brought to one type.
    func comparison(
        _ sign: BinaryOperator,
        _ left: TypedSQL,
        _ right: TypedSQL
    ) throws -> TypedSQL {
        let (a, b, collation) = try comparable(left, right)
        let word = sign == .nullSafeEqual ? "IS" : sign.rawValue
        let tail = collation.map { " COLLATE \($0)" } ?? ""
        let isNullable = sign != .nullSafeEqual && (left.isNullable || right.isNullable)
        return .boolean("(\(a) \(word) \(b)\(tail))", isNullable: isNullable)
    }

    /// Two values in one representation, and the collation to compare them with.
    func comparable(
        _ left: TypedSQL,
        _ right: TypedSQL
    ) throws -> (String, String, String?) {
        let (a, b) = (left.valueClass, right.valueClass)
        if a == .null || b == .null { return (left.sql, right.sql, nil) }
        if a.isTemporal || b.isTemporal { return try comparableTimes(left, right) }
        if a.isWhole && b.isWhole { return (left.sql, right.sql, nil) }
        if a == .json || b == .json { return try comparableJSON(left, right) }
        if a.isNumber || b.isNumber { return comparableNumbers(left, right) }
        if a == .text && b == .text {
            let isBinary = try comparesBytes(left, right)
            return (left.sql, right.sql, StorageName.collation(isBinary: isBinary))
        }
        return (bytes(left).sql, bytes(right).sql, nil)
    }

    private func comparableNumbers(
        _ left: TypedSQL,
        _ right: TypedSQL
    ) -> (String, String, String?) {
        let a = numberFor(left, beside: right)
        let b = numberFor(right, beside: left)
        if a.valueClass.isWhole && b.valueClass.isWhole { return (a.sql, b.sql, nil) }
        if a.valueClass == .real || b.valueClass == .real {
            return (sortable(a), sortable(b), nil)
        }
        return (decimal(a).sql, decimal(b).sql, StorageName.decimalCollation)
    }

    /// Whole numbers stay as they are beside reals (SQLite compares the two exactly), so that an
    /// index can be used.
    private func sortable(_ value: TypedSQL) -> String {
        value.valueClass == .integer ? value.sql : real(value).sql
    }

    /// A literal takes the form that suits the other side; everything else its own.
    private func numberFor(_ value: TypedSQL, beside other: TypedSQL) -> TypedSQL {
        if case .string(let text)? = value.literal {
            let parsed = DecimalNumber.prefix(of: text.utf8)?.number ?? DecimalNumber()
            if other.valueClass == .decimal {
                let digits = max(parsed.integerDigits, 1) + parsed.scale
                return .decimal("'\(parsed.text)'", digits: digits, scale: parsed.scale)
            }
            if let whole = Int64(parsed.text) {
                return .integer(whole < 0 ? "(\(whole))" : "\(whole)")
            }
            if parsed.scale == 0, let whole = UInt64(parsed.text) {
                return TypedSQL(Self.unsignedLiteral(whole), Self.unsignedType)
            }
            return .real(Self.realLiteral(parsed.double))
        }
        if case .decimal(let written)? = value.literal, other.valueClass.isWhole,
            written.utf8.count <= 15, let number = Double(written)
        {
            return .real(Self.realLiteral(number))
        }
        if case .hexadecimal(let raw)? = value.literal, raw.count <= 8 {
            let number = raw.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return TypedSQL(Self.unsignedLiteral(number), Self.unsignedType)
        }
        return number(value)
    }

    private func comparableTimes(
        _ left: TypedSQL,
        _ right: TypedSQL
    ) throws -> (String, String, String?) {
        let (a, b) = (left.valueClass, right.valueClass)
        if a == .time || b == .time {
            if a == .date || b == .date || a == .dateTime || b == .dateTime {
                throw TableError.notSupported("a TIME compared with a date")
            }
            // Durations do not sort as text: their microseconds do.
            let first = try time(left).sql
            let second = try time(right).sql
            return ("b_time_us(\(first))", "b_time_us(\(second))", nil)
        }
        if a == .date && b == .date { return (left.sql, right.sql, nil) }
        if let other = [left, right].first(where: { $0.valueClass.isNumber }), other.literal == nil
        {
            return (number(left).sql, number(right).sql, nil)
        }
        if a == .date, let same = try dateLiteral(right) { return (left.sql, same, nil) }
        if b == .date, let same = try dateLiteral(left) { return (same, right.sql, nil) }
        let first = try checked(dateTime(left), left)
        let second = try checked(dateTime(right), right)
        let decimals = max(first.type.decimals, second.type.decimals)
        return (padded(first, decimals).sql, padded(second, decimals).sql, nil)
    }

    /// A literal that is a date without a time, for comparing with a DATE column by its index.
    private func dateLiteral(_ value: TypedSQL) throws -> String? {
        let written: String
        switch value.literal {
        case .string(let text)?: written = text
        case .integer(let number)?: written = String(number)
        default: return nil
        }
        guard let parsed = CalendarTime.parse(written),
            parsed.value.isValidDate(zeroPartsAllowed: true)
        else {
            throw TableError.wrongLiteral(type: "DATE", value: written)
        }
        return parsed.value.isMidnight ? "'\(parsed.value.dateText)'" : nil
    }

    /// A literal that is no date is an error, not a comparison that is never true.
    private func checked(_ converted: TypedSQL, _ original: TypedSQL) throws -> TypedSQL {
        guard case .string(let text)? = original.literal else { return converted }
        if let parsed = CalendarTime.parse(text),
            parsed.value.isValidDate(zeroPartsAllowed: true), parsed.value.isValidTime
        {
            return converted
        }
        throw TableError.wrongLiteral(type: "DATETIME", value: text)
    }

    private func comparableJSON(
        _ left: TypedSQL,
        _ right: TypedSQL
    ) throws -> (String, String, String?) {
        if left.valueClass.isNumber || right.valueClass.isNumber {
            return (real(left).sql, real(right).sql, nil)
        }
        if left.valueClass == .json && right.valueClass == .json {
            return (left.sql, right.sql, "BINARY")
        }
        func unquoted(_ value: TypedSQL) -> String {
            value.valueClass == .json ? "b_json_unquote(\(value.sql))" : text(value).sql
        }
        return (unquoted(left), unquoted(right), "BINARY")
    }

    // MARK: - IN

    func inList(
        _ value: Expression,
        _ list: [Expression],
        _ negated: Bool,
        _ scope: Scope
    ) throws -> TypedSQL {
        let not = negated ? "NOT " : ""
        if case .row(let members) = value.kind {
            let tests = try list.map { item -> String in
                guard case .row = item.kind else { throw TableError.operandColumns(members.count) }
                return try rows(.equal, members, item, scope).sql
            }
            return .boolean("(\(not)(" + tests.joined(separator: " OR ") + "))")
        }
        let operand = try expression(value, scope)
        let items = try list.map { try expression($0, scope) }
        if let simple = try uniformList(operand, items) {
            return .boolean("(\(simple.left) \(not)IN (\(simple.list.joined(separator: ", "))))")
        }
        let tests = try items.map { try comparison(.equal, operand, $0).sql }
        return .boolean("(\(not)(" + tests.joined(separator: " OR ") + "))")
    }

    /// When every member compares with the operand in the same way, SQLite's own IN serves, with
    /// its index look-ups.
    private func uniformList(
        _ operand: TypedSQL,
        _ items: [TypedSQL]
    ) throws -> (left: String, list: [String])? {
        var left: String?
        var collation: String??
        var list: [String] = []
        for item in items {
            let (a, b, tail) = try comparable(operand, item)
            if let known = left, known != a { return nil }
            if item.valueClass != .null, let known = collation, known != tail { return nil }
            left = a
            if item.valueClass != .null { collation = .some(tail) }
            list.append(b)
        }
        guard let left else { return nil }
        let tail = (collation ?? nil).map { " COLLATE \($0)" } ?? ""
        return ("\(left)\(tail)", list)
    }

    func inQuery(
        _ value: Expression,
        _ query: Query,
        _ negated: Bool,
        _ scope: Scope
    ) throws -> TypedSQL {
        let members: [Expression]
        if case .row(let row) = value.kind { members = row } else { members = [value] }
        let inner = try self.query(query, parent: scope)
        guard inner.values.count == members.count else {
            throw TableError.operandColumns(members.count)
        }
        var lefts: [String] = []
        var rights: [String] = []
        let alias = freshAlias("q")
        for (index, member) in members.enumerated() {
            let left = try expression(member, scope)
            var right = inner.values[index]
            right.sql = "\(alias).c\(index)"
            right.literal = nil
            let (a, b, collation) = try comparable(left, right)
            lefts.append(a + (collation.map { " COLLATE \($0)" } ?? ""))
            rights.append(b)
        }
        let subject = lefts.count == 1 ? lefts[0] : "(" + lefts.joined(separator: ", ") + ")"
        let not = negated ? "NOT " : ""
        let list = rights.joined(separator: ", ")
        return .boolean("(\(subject) \(not)IN (SELECT \(list) FROM (\(inner.sql)) AS \(alias)))")
    }

    /// `value > ALL (query)` and `value = ANY (query)`, by counting, with NULLs as MySQL has them.
    func quantified(
        _ sign: BinaryOperator,
        _ value: Expression,
        _ quantifier: Expression.Quantifier,
        _ query: Query,
        _ scope: Scope
    ) throws -> TypedSQL {
        if quantifier == .any && sign == .equal { return try inQuery(value, query, false, scope) }
        if quantifier == .all && sign == .notEqual { return try inQuery(value, query, true, scope) }
        let left = try expression(value, scope)
        let inner = try self.query(query, parent: scope)
        guard inner.values.count == 1 else { throw TableError.operandColumns(1) }
        let alias = freshAlias("q")
        var right = inner.values[0]
        right.sql = "\(alias).c0"
        right.literal = nil
        let test = try comparison(sign, left, right).sql
        let from = "FROM (\(inner.sql)) AS \(alias)"
        // The worst member decides ALL, the best one ANY; NULL counts only when neither decides.
        let extreme = quantifier == .all ? "min" : "max"
        let decided = quantifier == .all ? 0 : 1
        let sql =
            "(SELECT CASE WHEN count(*) = 0 THEN \(1 - decided) "
            + "WHEN \(extreme)(\(test)) = \(decided) "
            + "THEN \(decided) WHEN count(*) > count(\(test)) THEN NULL "
            + "ELSE \(1 - decided) END \(from))"
        return .boolean(sql)
    }

    /// A subquery as a value.
    func scalar(_ query: Query, _ scope: Scope) throws -> TypedSQL {
        let inner = try self.query(query, parent: scope)
        guard inner.values.count == 1 else { throw TableError.operandColumns(1) }
        var result = inner.values[0]
        // More than one row must be an error: count while taking the first.
        if inner.isSingleRow {
            result.sql = "(\(inner.sql))"
        } else {
            let alias = freshAlias("q")
            result.sql = "(SELECT b_single(\(alias).c0) FROM (\(inner.sql)) AS \(alias))"
        }
        result.literal = nil
        result.origin = nil
        result.isNullable = true
        return result
    }
}
