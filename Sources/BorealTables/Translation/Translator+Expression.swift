import BorealBase
import BorealSQL
import BorealWire

/// One expression, typed.
extension Translator {
    /// The SQL and type of an expression.
    func expression(_ node: Expression, _ scope: Scope) throws -> TypedSQL {
        let noted = scope.bareColumns.count
        let value = try nested {
            try chain(node, scope) ?? simple(node, scope) ?? compound(node, scope)
        }
        return grouped(value, noted, scope)
    }

    /// A value that the block groups by names no column of its own.
    ///
    /// - Parameter noted: how many columns had been named before it.
    private func grouped(_ value: TypedSQL, _ noted: Int, _ scope: Scope) -> TypedSQL {
        guard let grouping = scope.grouping, !scope.isInsideAggregate,
            grouping.expressions.contains(value.sql)
        else { return value }
        scope.bareColumns.removeSubrange(min(noted, scope.bareColumns.count)...)
        return grouping.shown(value)
    }

    private static let chainSigns: Set<BinaryOperator> = [
        .and, .or, .xor, .add, .subtract, .multiply, .divide, .integerDivide, .modulo,
    ]

    /// Operators that lean to the left, from the innermost on: `a + b + c` of a thousand terms is a
    /// tree as deep, which is walked without going down into it.
    private func chain(_ node: Expression, _ scope: Scope) throws -> TypedSQL? {
        var links: [(sign: BinaryOperator, right: Expression, whole: Expression)] = []
        var first = node
        while case .binary(let sign, let left, let right) = first.kind,
            Self.chainSigns.contains(sign)
        {
            if case .interval = left.kind { break }
            links.append((sign, right, first))
            first = left
        }
        guard !links.isEmpty else { return nil }
        let noted = scope.bareColumns.count
        var value = try expression(first, scope)
        for link in links.reversed() {
            value = try linked(link.sign, value, link.right, scope, link.whole)
            value = grouped(value, noted, scope)
        }
        return value
    }

    /// Leaves, and operators over values.
    private func simple(_ node: Expression, _ scope: Scope) throws -> TypedSQL? {
        switch node.kind {
        case .literal(let literal): return try self.literal(literal)
        case .column(let name): return try column(name, scope)
        case .placeholder(let index): return parameter(index)
        case .userVariable(let name): return userVariable(name)
        case .systemVariable(let variable):
            isCacheable = false
            return try systemVariable(context.systemVariable(variable))
        case .assignment(let name, let value):
            isCacheable = false
            volatileCount += 1
            let operand = try expression(value, scope)
            var result = operand
            result.literal = nil
            result.origin = nil
            let tag = VariableType.tag(operand.type)
            result.sql = "b_setvar(\(name.asciiLowercased.sqlLiteral), \(operand.sql), \(tag))"
            context.variableTypes[name.asciiLowercased] = operand.type
            return result
        case .unary(let sign, let operand):
            return try unary(sign, expression(operand, scope), source: node)
        case .binary(let sign, let left, let right):
            return try binary(sign, left, right, scope, node)
        case .isTest(let operand, let test, let negated):
            return try isTest(expression(operand, scope), test, negated)
        case .like(let value, let pattern, let escape, let negated):
            return try like(value, pattern, escape, negated, scope)
        case .regexp(let value, let pattern, let negated):
            return try regexp(value, pattern, negated, scope)
        case .between(let value, let low, let high, let negated):
            return try between(value, low, high, negated, scope)
        default: return nil
        }
    }

    /// What holds other expressions or queries.
    private func compound(_ node: Expression, _ scope: Scope) throws -> TypedSQL {
        switch node.kind {
        case .inList(let value, let list, let negated):
            return try inList(value, list, negated, scope)
        case .inQuery(let value, let query, let negated):
            return try inQuery(value, query, negated, scope)
        case .exists(let query):
            let inner = try self.query(query, parent: scope)
            return .boolean("(EXISTS (\(inner.sql)))", isNullable: false)
        case .query(let query): return try scalar(query, scope)
        case .quantified(let sign, let value, let quantifier, let query):
            return try quantified(sign, value, quantifier, query, scope)
        case .caseWhen(let operand, let branches, let otherwise):
            return try caseWhen(operand, branches, otherwise, scope)
        case .cast(let value, let type, let isArray):
            guard !isArray else { throw TableError.notSupported("CAST(... AS ... ARRAY)") }
            return try cast(expression(value, scope), type)
        case .convertUsing(let value, let charset): return try convert(value, charset, scope)
        case .collate(let value, let name): return try collate(expression(value, scope), name)
        case .extract(let unit, let value):
            let operand = try expression(value, scope)
            return .integer("b_extract('\(unit.rawValue)', \(text(operand).sql))", bits: 47)
        case .trim(let side, let removed, let value):
            func string(_ node: Expression) throws -> TypedSQL {
                let value = try expression(node, scope)
                return value.valueClass == .binary ? value : text(value)
            }
            let operand = try string(value)
            let what = try removed.map { try string($0).sql } ?? "' '"
            var result = operand
            result.sql = "b_trim(\(operand.sql), '\(side.rawValue)', \(what))"
            result.literal = nil
            result.origin = nil
            return result
        case .function(let call): return try function(call, scope, node)
        case .insertedValue(let name):
            guard let insertedValue else { return .null }
            return try insertedValue(name)
        case .jsonExtract(let value, let path, let isUnquoted):
            let operand = try expression(value, scope)
            let inner =
                "b_json_extract(\(try document(operand, 0, "json_extract").sql), "
                + "\(path.sqlLiteral))"
            if isUnquoted {
                return .text("b_json_unquote(\(inner))", length: 65_535, isBinary: true)
            }
            return TypedSQL(inner, ColumnType(.json))
        case .row: throw TableError.operandColumns(1)
        case .interval, .unit: throw TableError.notSupported("INTERVAL in this place")
        case .defaultValue(let name?): return try defaultValue(name, scope)
        case .defaultValue: throw TableError.notSupported("DEFAULT in this place")
        case .memberOf(let value, let array):
            return try memberOf(expression(value, scope), expression(array, scope))
        case .match: throw TableError.notSupported("MATCH ... AGAINST")
        default: throw TableError.notSupported("this expression")
        }
    }

    // MARK: - Leaves

    /// A constant of the text.
    func literal(_ literal: Literal) throws -> TypedSQL {
        var result: TypedSQL
        switch literal {
        case .null: return .null
        case .boolean(let value): result = .integer(value ? "1" : "0", bits: 1, length: 1)
        case .integer(let value):
            if value > UInt64(Int64.max) {
                result = TypedSQL(
                    Self.unsignedLiteral(value),
                    ColumnType(.longLong, isUnsigned: true, length: 20)
                )
            } else {
                let text = String(value)
                result = .integer(text, bits: 64 - value.leadingZeroBitCount, length: text.count)
            }
        case .decimal(let written): result = try decimalLiteral(written)
        case .float(let written):
            guard let value = Double(written), value.isFinite else {
                throw TableError.wrongValue(type: "DOUBLE", value: written, column: nil, row: 1)
            }
            result = .real(Self.realLiteral(value))
        case .string(let value):
            result = .text(Self.textLiteral(value), length: value.unicodeScalars.count)
            result.isBinaryText = context.isBinaryConnection
        case .introduced(let charset, let bytes):
            result = try introduced(charset, bytes)
        case .bytes(let bytes), .hexadecimal(let bytes), .bits(let bytes):
            let hex = Digest.hex(bytes)
            result = TypedSQL("X'\(hex)'", ColumnType(.varbinary, length: bytes.count))
        case .temporal(let kind, let value): result = try temporal(kind, value)
        }
        result.literal = literal
        result.isNullable = false
        return result
    }

    /// Text as a SQLite literal.
    static func textLiteral(_ value: String) -> String { value.sqlLiteral }

    /// The representation of a BIGINT UNSIGNED.
    static func unsignedLiteral(_ value: UInt64) -> String {
        if value <= UInt64(Int64.max) { return String(value) }
        let text = String(value, radix: 16)
        return "X'\(String(repeating: "0", count: 16 - text.count))\(text)'"
    }

    private func decimalLiteral(_ written: String) throws -> TypedSQL {
        guard let number = DecimalNumber(written), number.integerDigits <= DecimalNumber.digitsMax
        else { throw TableError.outOfRange(column: written, row: 1) }
        let shown = number.rounded(scale: min(number.scale, DecimalNumber.scaleMax))
        let digits = max(shown.integerDigits, 1) + shown.scale
        return .decimal("'\(shown.text)'", digits: digits, scale: shown.scale)
    }

    private func introduced(_ charset: String, _ bytes: [UInt8]) throws -> TypedSQL {
        switch charset {
        case "binary":
            return TypedSQL("X'\(Digest.hex(bytes))'", ColumnType(.varbinary, length: bytes.count))
        case "utf8mb4", "utf8mb3", "utf8", "ascii":
            guard let value = String(validating: bytes, as: UTF8.self) else {
                let shown = Digest.hex(bytes)
                throw TableError.wrongValue(type: charset, value: shown, column: nil, row: 1)
            }
            return .text(Self.textLiteral(value), length: value.unicodeScalars.count)
        default:
            guard let set = SingleByteSet.named(charset) else {
                throw TableError.unknownCharacterSet(charset)
            }
            let value = String(decoding: set.decoded(bytes), as: UTF8.self)
            return .text(Self.textLiteral(value), length: bytes.count)
        }
    }

    private func temporal(_ kind: Literal.TemporalKind, _ value: String) throws -> TypedSQL {
        if kind == .time {
            guard let parsed = ClockTime.parse(value), parsed.isWhole, parsed.value.isInRange else {
                throw TableError.wrongLiteral(type: "TIME", value: value)
            }
            let decimals = CalendarTime.fractionDigits(value)
            let type = ColumnType.time(decimals)
            return TypedSQL("'\(parsed.value.text(decimals: decimals))'", type)
        }
        let name = kind == .date ? "DATE" : "DATETIME"
        guard let parsed = CalendarTime.parse(value), parsed.isWhole, parsed.value.isValidTime,
            parsed.value.isValidDate(zeroPartsAllowed: !context.sqlMode.refusesZeroInDate)
        else { throw TableError.wrongLiteral(type: name, value: value) }
        if kind == .date {
            return TypedSQL("'\(parsed.value.dateText)'", ColumnType(.date, length: 10))
        }
        guard parsed.hasTime else { throw TableError.wrongLiteral(type: name, value: value) }
        let decimals = CalendarTime.fractionDigits(value)
        let type = ColumnType.dateTime(decimals)
        return TypedSQL("'\(parsed.value.text(decimals: decimals))'", type)
    }

    /// What `@@name` stands for; what counts is BIGINT UNSIGNED however small it is.
    private func systemVariable(_ value: TableValue) throws -> TypedSQL {
        guard case .unsigned(let number) = value else { return try constant(value) }
        let type = ColumnType(.longLong, isUnsigned: true, length: 21)
        var count = TypedSQL(Self.unsignedLiteral(number), type)
        count.isNullable = false
        return count
    }

    /// A value that is known now, as a literal.
    func constant(_ value: TableValue) throws -> TypedSQL {
        switch value {
        case .null: return .null
        case .integer(let number):
            var result = TypedSQL.integer(
                number < 0 ? "(\(number))" : String(number),
                bits: 64 - number.magnitude.leadingZeroBitCount
            )
            if number == .min { result.sql = "(-9223372036854775807 - 1)" }
            result.isNullable = false
            return result
        case .unsigned(let number): return try literal(.integer(number))
        case .real(let number): return .real(Self.realLiteral(number))
        case .decimal(let text): return try decimalLiteral(text)
        case .text(let text): return try literal(.string(text))
        case .bytes(let bytes): return try literal(.bytes(bytes))
        case .temporal(let text, _): return TypedSQL(text.sqlLiteral, value.type)
        }
    }

    /// `?`, typed by the value that is bound to it; text while only preparing.
    private func parameter(_ index: Int) -> TypedSQL {
        let sql = "?\(index + 1)"
        guard index < context.parameters.count else { return .text(sql) }
        var result: TypedSQL
        switch context.parameters[index] {
        case .null: return TypedSQL(sql, ColumnType(.null))
        case .integer: result = .integer(sql)
        case .unsigned:
            result = TypedSQL(sql, ColumnType(.longLong, isUnsigned: true, length: 20))
        case .real: result = .real(sql)
        case .decimal(let text):
            let number = DecimalNumber(text) ?? DecimalNumber()
            result = .decimal(
                sql,
                digits: max(number.integerDigits, 1) + number.scale,
                scale: number.scale
            )
        case .text(let text): result = .text(sql, length: max(text.utf8.count, 255))
        case .bytes(let bytes): result = TypedSQL(sql, ColumnType(.varbinary, length: bytes.count))
        case .temporal: result = TypedSQL(sql, context.parameters[index].type)
        }
        result.isNullable = false
        return result
    }

    private func userVariable(_ name: String) -> TypedSQL {
        isCacheable = false
        let type = context.variableTypes[name.asciiLowercased] ?? .varchar(65_535)
        var result = TypedSQL("b_var(\(name.asciiLowercased.sqlLiteral))", type)
        result.coercibility = 2
        return result
    }

    // MARK: - Tests

    private func isTest(
        _ value: TypedSQL,
        _ test: Expression.TruthTest,
        _ negated: Bool
    ) throws -> TypedSQL {
        let not = negated ? "NOT " : ""
        switch test {
        case .null, .unknown:
            return .boolean("(\(value.sql) IS \(not)NULL)", isNullable: false)
        case .true: return .boolean("(\(truth(value)) IS \(not)TRUE)", isNullable: false)
        case .false: return .boolean("(\(truth(value)) IS \(not)FALSE)", isNullable: false)
        }
    }

    /// A value as SQLite's AND, OR, NOT and WHERE understand it.
    func truth(_ value: TypedSQL) -> String {
        switch value.valueClass {
        case .unsigned: "(\(value.sql) <> 0)"
        case .text, .binary, .json: "(\(real(value).sql) <> 0.0)"
        case .date, .dateTime, .time: "(\(number(value).sql) <> 0)"
        case .decimal: "(CAST(\(value.sql) AS REAL) <> 0.0)"
        default: value.sql
        }
    }

    /// `value BETWEEN low AND high`; unlike `=`, it compares quotients with all their digits.
    private func between(
        _ value: Expression,
        _ low: Expression,
        _ high: Expression,
        _ negated: Bool,
        _ scope: Scope
    ) throws -> TypedSQL {
        func unsettled(_ node: Expression) throws -> TypedSQL {
            var value = try expression(node, scope)
            value.isLoose = false
            return value
        }
        let operand = try unsettled(value)
        let lower = try comparison(.greaterOrEqual, operand, unsettled(low))
        let upper = try comparison(.lessOrEqual, operand, unsettled(high))
        return .boolean("(\(negated ? "NOT " : "")(\(lower.sql) AND \(upper.sql)))")
    }

    private func like(
        _ value: Expression,
        _ pattern: Expression,
        _ escape: Expression?,
        _ negated: Bool,
        _ scope: Scope
    ) throws -> TypedSQL {
        let left = try expression(value, scope)
        let right = try expression(pattern, scope)
        let isBinary = try comparesBytes(left, right)
        let mark = try escape.map { try text(expression($0, scope)).sql } ?? "'\\'"
        let not = negated ? "NOT " : ""
        let call = isBinary ? "b_like_bin" : "b_like"
        return .boolean("(\(not)\(call)(\(text(left).sql), \(text(right).sql), \(mark)))")
    }

    private func regexp(
        _ value: Expression,
        _ pattern: Expression,
        _ negated: Bool,
        _ scope: Scope
    ) throws -> TypedSQL {
        let left = try expression(value, scope)
        let right = try expression(pattern, scope)
        let isBinary = try comparesBytes(left, right)
        let not = negated ? "NOT " : ""
        let flag = isBinary ? "'c'" : "'i'"
        return .boolean("(\(not)b_regexp_like(\(text(left).sql), \(text(right).sql), \(flag)))")
    }

    // MARK: - CASE, CAST, COLLATE

    private func caseWhen(
        _ operand: Expression?,
        _ branches: [CaseBranch],
        _ otherwise: Expression?,
        _ scope: Scope
    ) throws -> TypedSQL {
        let subject = try operand.map { try expression($0, scope) }
        var conditions: [String] = []
        var results: [TypedSQL] = []
        for branch in branches {
            let condition = try expression(branch.condition, scope)
            let test =
                try subject.map { try comparison(.equal, $0, condition).sql } ?? truth(condition)
            conditions.append(test)
            results.append(try expression(branch.result, scope))
        }
        if let otherwise { results.append(try expression(otherwise, scope)) }
        return try choice(results) { values in
            var sql = "CASE"
            for (index, condition) in conditions.enumerated() {
                sql += " WHEN \(condition) THEN \(values[index])"
            }
            if values.count > conditions.count { sql += " ELSE \(values[conditions.count])" }
            return "(\(sql) END)"
        }
    }

    /// One of several values, brought to their common type.
    func choice(
        _ values: [TypedSQL],
        _ build: ([String]) throws -> String
    ) throws -> TypedSQL {
        var type = merged(values)
        if type.kind == .bit { type = Self.unsignedType }
        let isDecimal = type.kind == .decimal
        let converted = try values.map {
            isDecimal ? decimal($0).sql : try self.converted($0, to: type).sql
        }
        var result = TypedSQL(try build(converted), type)
        result.isLoose =
            isDecimal && values.contains { $0.isLoose || $0.type.decimals != type.decimals }
        let texts = values.filter { $0.valueClass == .text }
        result.collation = Self.collation(of: texts)
        result.coercibility = values.map(\.coercibility).min() ?? 4
        result.bits = values.filter { $0.valueClass != .null }.map(\.bits).max() ?? 64
        return result
    }

    private func collate(_ value: TypedSQL, _ name: String) throws -> TypedSQL {
        guard let entry = Collations.entry(name) else { throw TableError.unknownCollation(name) }
        var result = text(value)
        result.collation = entry.name
        result.coercibility = 0
        result.literal = nil
        return result
    }

    private func convert(
        _ value: Expression,
        _ charset: String,
        _ scope: Scope
    ) throws -> TypedSQL {
        let operand = try expression(value, scope)
        if charset == "binary" { return bytes(operand) }
        guard Collations.defaultCollation(ofCharset: charset) != nil else {
            throw TableError.unknownCharacterSet(charset)
        }
        var result = text(operand)
        result.literal = nil
        result.isBinaryText = false
        result.coercibility = 2
        if CharacterSetCode.known.contains(charset) { result.charset = charset }
        if SingleByteSet.names.contains(charset) {
            result.sql = "b_squeeze(\(result.sql), '\(charset)')"
        }
        return result
    }

    /// CAST and CONVERT.
    func cast(_ value: TypedSQL, _ type: DataType) throws -> TypedSQL {
        let length = type.length.map { Int(clamping: $0) }
        if value.valueClass == .null, let typed = Self.castNull(value, type.name) { return typed }
        switch type.name {
        case .signed, .int, .bigint:
            if value.valueClass == .unsigned { return .integer("b_signed(\(value.sql))") }
            if value.valueClass == .text || value.valueClass == .binary {
                return .integer("b_cast_int(\(text(value).sql))")
            }
            if value.valueClass == .decimal { return .integer("b_dsigned(\(value.sql))") }
            return whole(value)
        case .unsigned:
            let source = value.valueClass == .text ? "b_cast_int(\(value.sql))" : whole(value).sql
            let type = ColumnType(.longLong, isUnsigned: true, length: 20)
            return TypedSQL("b_unsigned(\(source))", type)
        case .decimal:
            let digits = length ?? 10
            let scale = type.scale.map { Int(clamping: $0) } ?? 0
            guard digits <= DecimalNumber.digitsMax, scale <= DecimalNumber.scaleMax,
                scale <= digits
            else { throw TableError.notSupported("DECIMAL(\(digits),\(scale))") }
            let source = decimal(value).sql
            return .decimal("b_dcast(\(source), \(digits), \(scale))", digits: digits, scale: scale)
        case .double: return real(value)
        case .float:
            if let length, length > 24 { return real(value) }
            return TypedSQL(
                "b_float(\(real(value).sql))",
                ColumnType(.float, length: 12, decimals: 31)
            )
        case .char, .varchar, .text:
            var result = text(value)
            result.literal = nil
            result.coercibility = 2
            if type.isBinary { result.isBinaryText = true }
            if let length { result.sql = "b_left(\(result.sql), \(length))" }
            if let length { result.type.length = length }
            return result
        case .binary, .varbinary:
            var result = bytes(value)
            result.literal = nil
            if let length { result.sql = "b_binary(\(result.sql), \(length))" }
            return result
        case .date: return try date(value)
        case .datetime: return try castTime(dateTime(value), length ?? 0, "b_dtround")
        case .time: return try castTime(time(value), length ?? 0, "b_timeround")
        case .year: return .integer("b_year(\(text(value).sql))", bits: 14)
        case .json:
            if value.valueClass == .json { return value }
            if value.valueClass.isNumber {
                return TypedSQL("b_json_number(\(text(value).sql))", ColumnType(.json))
            }
            return TypedSQL("b_json_parse(\(text(value).sql))", ColumnType(.json))
        default: throw TableError.notSupported("CAST AS \(type.word)")
        }
    }

    /// NULL with the type of a CAST to a whole number.
    private static func castNull(_ value: TypedSQL, _ name: DataType.Name) -> TypedSQL? {
        switch name {
        case .signed, .int, .bigint: .integer(value.sql)
        case .unsigned: TypedSQL(value.sql, unsignedType)
        default: nil
        }
    }

    private func castTime(_ value: TypedSQL, _ decimals: Int, _ call: String) throws -> TypedSQL {
        guard decimals <= 6 else { throw TableError.notSupported("more than 6 digits of a second") }
        var result = value
        result.sql = "\(call)(\(value.sql), \(decimals))"
        result.type.decimals = decimals
        result.literal = nil
        return result
    }
}

/// How a user variable remembers the type of its value.
enum VariableType {
    /// A small number for the type's family.
    static func tag(_ type: ColumnType) -> Int { Int(type.kind.rawValue) }

    /// The type of that family.
    static func type(_ tag: Int) -> ColumnType {
        let kind = ColumnType.Kind(rawValue: UInt8(clamping: tag)) ?? .varchar
        switch kind {
        case .tiny, .short, .medium, .long, .longLong, .year, .bit: return .longLong
        case .float, .double: return .double
        case .decimal: return ColumnType(.decimal, length: 65, decimals: 30)
        case .null, .date, .dateTime, .timestamp, .time, .json, .char, .varchar, .text,
            .enumeration, .set:
            return ColumnType(.text, length: 65_535)
        case .binary, .varbinary, .blob, .vector: return ColumnType(.blob, length: 65_535)
        }
    }
}
