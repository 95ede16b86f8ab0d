import BorealBase
import BorealSQL

/// A call whose translation has rules of its own.
struct SpecialCall {
    /// In upper case.
    let name: String
    let call: FunctionCall
    let scope: Scope
    let node: Expression
}

/// Calls of functions.
extension Translator {
    /// How a function with rules of its own is translated.
    typealias Special = @Sendable (Translator, SpecialCall) throws -> TypedSQL

    /// Functions with rules of their own, by upper-case name.
    static let specials: [String: Special] = choiceSpecials.merging(textSpecials) { $1 }
        .merging(numberSpecials) { $1 }.merging(timeSpecials) { $1 }.merging(jsonSpecials) { $1 }
        .merging(informationSpecials) { $1 }

    func function(_ call: FunctionCall, _ scope: Scope, _ node: Expression) throws -> TypedSQL {
        let name = call.name.name.uppercased()
        if let batched = try batchCall(call, scope) { return batched }
        if let database = call.database {
            throw TableError.unknownFunction(database: database.name, name: call.name.name)
        }
        if Self.volatileNames.contains(name) { volatileCount += 1 }
        if let over = call.over { return try window(name, call, over, scope) }
        if name == "GROUPING" { return try grouping(call, scope) }
        if let aggregate = try aggregate(name, call, scope) { return aggregate }
        if let special = Self.specials[name] {
            return try special(
                self,
                SpecialCall(name: name, call: call, scope: scope, node: node)
            )
        }
        guard let entry = FunctionTable.all[name] else {
            throw TableError.unknownFunction(database: context.database, name: call.name.name)
        }
        guard let letters = entry.letters(call.arguments.count) else {
            throw TableError.wrongParameterCount(call.name.name)
        }
        let raw = try call.arguments.map { try expression($0, scope) }
        let arguments = try zip(letters, raw).enumerated().map { index, pair in
            pair.0 == "j"
                ? try document(pair.1, index, name) : try prepared(pair.1, pair.0, entry, name)
        }
        return answer(entry, name, arguments)
    }

    /// Functions that answer something else each time.
    private static let volatileNames: Set<String> = [
        "RAND", "UUID", "UUID_SHORT", "SYSDATE", "SLEEP", "RANDOM_BYTES", "LAST_INSERT_ID",
        "MYSQL_QUERY_ATTRIBUTE_STRING",
    ]

    private func prepared(
        _ value: TypedSQL,
        _ letter: Character,
        _ entry: FunctionEntry,
        _ name: String
    ) throws -> TypedSQL {
        let kind = value.valueClass
        switch letter {
        case "v":
            guard kind == .binary || kind == .null else { throw wrongArguments(entry, name) }
            return value
        case "l":
            guard !kind.isNumber else { throw wrongArguments(entry, name) }
            return text(value)
        default: return try prepared(value, letter)
        }
    }

    /// MySQL calls the function by its shorter name.
    private func wrongArguments(_ entry: FunctionEntry, _ name: String) -> TableError {
        .wrongArguments(entry.target.map { String($0.dropFirst(2)) } ?? name.lowercased())
    }

    private func prepared(_ value: TypedSQL, _ letter: Character) throws -> TypedSQL {
        switch letter {
        case "t": text(value)
        case "s": value.valueClass == .binary ? value : text(value)
        case "r": real(value)
        case "i": whole(value)
        case "w": number(value)
        case "d": try dateTime(value)
        case "a": value.valueClass == .time ? try dateTime(value) : text(value)
        default: value.valueClass == .binary || value.charset != nil ? bytes(value) : text(value)
        }
    }

    private func answer(
        _ entry: FunctionEntry,
        _ name: String,
        _ arguments: [TypedSQL]
    ) -> TypedSQL {
        let target = entry.target ?? "b_" + name.lowercased()
        let sql = "\(target)(" + arguments.map(\.sql).joined(separator: ", ") + ")"
        var result: TypedSQL
        switch entry.answer {
        case .text(let length):
            result = .text(sql, length: length, isBinary: context.isBinaryConnection)
        case .textLike: result = textLike(sql, name, arguments)
        case .whole(let bits):
            result = .integer(sql, bits: bits, length: min(bits / 3 + 1, 20))
        case .truth: result = .boolean(sql)
        case .unsigned: result = TypedSQL(sql, Self.unsignedType)
        case .real: result = .real(sql)
        case .fixed(let decimals):
            result = TypedSQL(sql, ColumnType(.double, length: 8, decimals: decimals))
        case .date: result = TypedSQL(sql, ColumnType(.date, length: 10))
        case .dateTime(let decimals):
            result = TypedSQL(sql, ColumnType(.dateTime, length: 19, decimals: decimals))
        case .json: result = TypedSQL(sql, ColumnType(.json))
        case .bytes: result = TypedSQL(sql, ColumnType(.varbinary, length: 65_535))
        case .vector:
            let most = VectorText.dimensionsMax * VectorText.numberBytes
            result = TypedSQL(sql, ColumnType(.vector, length: most))
        }
        result.isNullable = entry.isNullable
        return result
    }

    /// The answer of a string function: binary when one of its strings is.
    func textLike(_ sql: String, _ name: String, _ arguments: [TypedSQL]) -> TypedSQL {
        let strings = arguments.filter { $0.valueClass == .text || $0.valueClass == .binary }
        let sum = strings.map(\.type.length).reduce(0) { min($0 + $1, TextLengths.longest) }
        let length = TextLengths.most(name, arguments, sum: sum)
        if strings.contains(where: { $0.valueClass == .binary }) {
            return TypedSQL(sql, ColumnType(.varbinary, length: length))
        }
        var result = TypedSQL.text(sql, length: length)
        result.collation = Self.collation(of: strings)
        result.coercibility = strings.map(\.coercibility).min() ?? 4
        return result
    }

    /// The arguments, if their number is right.
    func arguments(_ call: SpecialCall, _ count: ClosedRange<Int>) throws -> [TypedSQL] {
        guard count.contains(call.call.arguments.count) else {
            throw TableError.wrongParameterCount(call.call.name.name)
        }
        return try call.call.arguments.map { try expression($0, call.scope) }
    }

    // MARK: - One of several values

    static let choiceSpecials: [String: Special] = [
        "IF": { translator, call in
            let values = try translator.arguments(call, 3...3)
            let test = translator.truth(values[0])
            return try translator.choice(Array(values[1...])) {
                "(CASE WHEN \(test) THEN \($0[0]) ELSE \($0[1]) END)"
            }
        },
        "IFNULL": { translator, call in
            let values = try translator.arguments(call, 2...2)
            return try translator.choice(values) { "ifnull(\($0[0]), \($0[1]))" }
        },
        "COALESCE": { translator, call in
            let values = try translator.arguments(call, 1...1_000)
            if values.count == 1 { return values[0] }
            return try translator.choice(values) { "coalesce(\($0.joined(separator: ", ")))" }
        },
        "NULLIF": { try $0.nullIf($1) },
        "ISNULL": { translator, call in
            let value = try translator.arguments(call, 1...1)[0]
            return .boolean("(\(value.sql) IS NULL)", isNullable: false)
        },
        "GREATEST": { try $0.extreme($1, "max") }, "LEAST": { try $0.extreme($1, "min") },
        "INTERVAL": { try $0.intervalPlace($1) },
        "NAME_CONST": { translator, call in
            let values = try translator.arguments(call, 2...2)
            guard values.allSatisfy({ $0.literal != nil }) else {
                throw TableError.wrongArguments("NAME_CONST")
            }
            return values[1]
        },
    ]

    private func nullIf(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 2...2)
        var result = values[0].type.kind == .bit ? number(values[0]) : values[0]
        let test = try comparison(.equal, values[0], values[1]).sql
        result.sql = "(CASE WHEN \(test) THEN NULL ELSE \(values[0].sql) END)"
        result.isNullable = true
        result.literal = nil
        return result
    }

    private func extreme(_ call: SpecialCall, _ word: String) throws -> TypedSQL {
        let values = try arguments(call, 2...1_000)
        let type = merged(values)
        var sample = TypedSQL("", type)
        sample.collation = Self.collation(of: values.filter { $0.valueClass == .text })
        return try choice(values) { list in
            guard ValueClass(type) == .time else {
                sample.sql = list[0]
                return "\(word)(\(sample.collated), \(list.dropFirst().joined(separator: ", ")))"
            }
            // Durations do not sort as text: their microseconds do.
            let micros = list.map { "b_time_us(\($0))" }.joined(separator: ", ")
            return "b_us_time(\(word)(\(micros)), \(type.decimals))"
        }
    }

    /// `INTERVAL(n, a, b, ...)`: how many of the rising numbers a, b, ... are not above n.
    private func intervalPlace(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 2...1_000).map { number($0) }
        var tests = ["WHEN \(values[0].sql) IS NULL THEN -1"]
        for (place, value) in values.dropFirst().enumerated() {
            tests.append("WHEN \(try comparison(.less, values[0], value).sql) THEN \(place)")
        }
        var result = TypedSQL.integer(
            "(CASE \(tests.joined(separator: " ")) ELSE \(values.count - 1) END)",
            bits: 10,
            length: 2
        )
        result.isNullable = false
        return result
    }
}
