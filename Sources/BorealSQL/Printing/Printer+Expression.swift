extension Expression: CustomStringConvertible {
    /// The expression in normal form, every nested operator in parentheses.
    public var description: String {
        var printer = Printer()
        printer.write(self)
        return printer.text
    }

    /// The normal form in which a definition keeps it: names in back-quotes whatever they are,
    /// and parentheses around an operator.
    public var definitionText: String {
        var printer = Printer()
        printer.quotesEveryName = true
        printer.writeOperand(self)
        return printer.text
    }

    /// True for forms that need no parentheses as an operand.
    fileprivate var isAtomic: Bool {
        switch kind {
        case .unary, .binary, .quantified, .isTest, .like, .regexp, .between, .inList, .inQuery,
            .memberOf, .collate, .assignment:
            false
        default: true
        }
    }
}

extension Printer {
    /// An operand: in parentheses unless it holds together by itself.
    mutating func writeOperand(_ expression: Expression) {
        if expression.isAtomic {
            write(expression)
        } else {
            write("(")
            write(expression)
            write(")")
        }
    }

    /// Operands with a sign between.
    private mutating func write(_ left: Expression, _ sign: String, _ right: Expression) {
        writeOperand(left)
        write(" \(sign) ")
        writeOperand(right)
    }

    mutating func write(_ expression: Expression) {
        switch expression.kind {
        case .literal(let literal): write(literal)
        case .column(let name): writeName(name)
        case .placeholder: write("?")
        case .userVariable(let name): writeUserVariable(name)
        case .systemVariable(let variable): write(variable)
        case .assignment(let name, let value):
            writeUserVariable(name)
            write(" := ")
            writeOperand(value)
        case .unary(let sign, let operand):
            write(sign.rawValue)
            if sign == .not || sign == .binary { write(" ") }
            writeOperand(operand)
        case .binary(let sign, let left, let right): write(left, sign.rawValue, right)
        case .function(let call): write(call)
        case .query(let query): writeSubquery(query)
        case .row(let values):
            write("ROW(")
            writeList(values) { $0.write($1) }
            write(")")
        case .collate(let value, let name):
            writeOperand(value)
            write(" COLLATE ")
            writeName(name)
        case .interval(let value, let unit):
            write("INTERVAL ")
            writeOperand(value)
            write(" " + unit.rawValue)
        case .unit(let unit): write(unit.rawValue)
        case .jsonExtract(let value, let path, let isUnquoted):
            writeOperand(value)
            write(isUnquoted ? " ->> " : " -> ")
            writeString(path)
        default: writePredicate(expression)
        }
    }

    private mutating func writePredicate(_ expression: Expression) {
        switch expression.kind {
        case .quantified(let sign, let left, let quantifier, let query):
            writeOperand(left)
            write(" \(sign.rawValue) \(quantifier.rawValue) ")
            writeSubquery(query)
        case .isTest(let value, let test, let negated):
            writeOperand(value)
            write(negated ? " IS NOT " : " IS ")
            write(test.rawValue)
        case .like(let value, let pattern, let escape, let negated):
            write(value, negated ? "NOT LIKE" : "LIKE", pattern)
            if let escape {
                write(" ESCAPE ")
                writeOperand(escape)
            }
        case .regexp(let value, let pattern, let negated):
            write(value, negated ? "NOT REGEXP" : "REGEXP", pattern)
        case .between(let value, let low, let high, let negated):
            write(value, negated ? "NOT BETWEEN" : "BETWEEN", low)
            write(" AND ")
            writeOperand(high)
        case .inList(let value, let list, let negated):
            writeOperand(value)
            write(negated ? " NOT IN (" : " IN (")
            writeList(list) { $0.write($1) }
            write(")")
        case .inQuery(let value, let query, let negated):
            writeOperand(value)
            write(negated ? " NOT IN " : " IN ")
            writeSubquery(query)
        case .memberOf(let value, let array):
            writeOperand(value)
            write(" MEMBER OF (")
            write(array)
            write(")")
        case .exists(let query):
            write("EXISTS ")
            writeSubquery(query)
        default: writeForm(expression)
        }
    }

    /// The forms that look like calls and the others with words of their own.
    private mutating func writeForm(_ expression: Expression) {
        switch expression.kind {
        case .caseWhen(let operand, let branches, let otherwise):
            writeCase(operand, branches, otherwise)
        case .cast(let value, let type, let isArray):
            write("CAST(")
            write(value)
            write(" AS ")
            write(type)
            write(isArray ? " ARRAY)" : ")")
        case .convertUsing(let value, let charset):
            write("CONVERT(")
            write(value)
            write(" USING \(charset))")
        case .extract(let unit, let value):
            write("EXTRACT(\(unit.rawValue) FROM ")
            write(value)
            write(")")
        case .trim(let side, let removed, let value):
            write("TRIM(\(side.rawValue) ")
            if let removed {
                write(removed)
                write(" ")
            }
            write("FROM ")
            write(value)
            write(")")
        case .defaultValue(let column):
            write("DEFAULT")
            if let column { writeCall(of: column) }
        case .insertedValue(let column):
            write("VALUES")
            writeCall(of: column)
        case .match(let columns, let text, let mode):
            write("MATCH (")
            writeList(columns) { $0.writeName($1) }
            write(") AGAINST (")
            writeOperand(text)
            write(" \(mode.rawValue))")
        default: assertionFailure("a kind of expression that is not printed")
        }
    }

    private mutating func writeCall(of column: ColumnName) {
        write("(")
        writeName(column)
        write(")")
    }

    private mutating func writeCase(
        _ operand: Expression?,
        _ branches: [CaseBranch],
        _ otherwise: Expression?
    ) {
        write("CASE")
        if let operand {
            write(" ")
            write(operand)
        }
        for branch in branches {
            write(" WHEN ")
            write(branch.condition)
            write(" THEN ")
            write(branch.result)
        }
        if let otherwise {
            write(" ELSE ")
            write(otherwise)
        }
        write(" END")
    }

    // MARK: - Literals and variables

    mutating func write(_ literal: Literal) {
        switch literal {
        case .null: write("NULL")
        case .boolean(let value): write(value ? "TRUE" : "FALSE")
        case .integer(let value): write(String(value))
        case .decimal(let digits), .float(let digits): write(digits)
        case .string(let value): writeString(value)
        case .introduced(let charset, let bytes):
            write("_\(charset) ")
            writeHexadecimal(bytes)
        case .bytes(let bytes), .hexadecimal(let bytes): writeHexadecimal(bytes)
        case .bits(let bytes):
            let digits = bytes.map { byte in
                let bits = String(byte, radix: 2)
                return String(repeating: "0", count: 8 - bits.count) + bits
            }
            write("b'\(digits.joined())'")
        case .temporal(let kind, let value):
            switch kind {
            case .date: write("DATE ")
            case .time: write("TIME ")
            case .timestamp: write("TIMESTAMP ")
            }
            writeString(value)
        }
    }

    private mutating func writeUserVariable(_ name: String) {
        write("@`" + name.replacing("`", with: "``") + "`")
    }

    private mutating func write(_ variable: SystemVariable) {
        write("@@")
        if variable.scope != .unspecified { write(variable.scope.rawValue + ".") }
        if let component = variable.component {
            writeName(component)
            write(".")
        }
        writeName(variable.name)
    }

    // MARK: - Calls

    mutating func write(_ call: FunctionCall) {
        if let database = call.database {
            writeName(database.name)
            write(".")
        }
        let word = keyword(of: call.name.name)
        if quotesEveryName, call.database == nil {
            write(call.name.name.lowercased())
        } else if word.namesFunction || !call.hasParentheses || isDateFunction(word) {
            write(call.name.name)
        } else {
            writeName(call.name.name)
        }
        guard call.hasParentheses else { return }
        write("(")
        if call.isStar { write("*") }
        if call.isDistinct { write("DISTINCT ") }
        writeArguments(of: call, word)
        if !call.orderBy.isEmpty { writeOrderBy(call.orderBy) }
        if let separator = call.separator {
            write(" SEPARATOR ")
            writeString(separator)
        }
        if let charset = call.charset { write(" USING \(charset)") }
        if let type = call.returning {
            write(" RETURNING ")
            write(type)
        }
        write(")")
        if call.ignoresNulls { write(" IGNORE NULLS") }
        writeOver(call.over)
    }

    /// The arguments; two functions have words among them instead of commas and strings.
    private mutating func writeArguments(of call: FunctionCall, _ word: Keyword) {
        if word == .position, call.arguments.count == 2, call.database == nil {
            write(call.arguments[0], "IN", call.arguments[1])
        } else if word == .getFormat, call.arguments.count == 2, call.database == nil,
            case .literal(.string(let type)) = call.arguments[0].kind
        {
            write(type + ", ")
            write(call.arguments[1])
        } else {
            writeList(call.arguments) { $0.write($1) }
        }
    }

    private func isDateFunction(_ keyword: Keyword) -> Bool {
        switch keyword {
        case .currentTimestamp, .currentDate, .currentTime, .currentUser, .localtime,
            .localtimestamp, .utcDate, .utcTime, .utcTimestamp, .interval:
            true
        default: false
        }
    }

    private mutating func writeOver(_ window: WindowReference?) {
        switch window {
        case nil: break
        case .named(let name):
            write(" OVER ")
            writeName(name.name)
        case .inline(let specification):
            write(" OVER ")
            write(specification)
        }
    }

    mutating func write(_ window: WindowSpecification) {
        var clauses: [String] = []
        func clause(_ body: (inout Printer) -> Void) {
            var printer = Printer()
            body(&printer)
            clauses.append(printer.text)
        }
        if let base = window.base { clause { $0.writeName(base.name) } }
        if !window.partitionBy.isEmpty {
            clause { printer in
                printer.write("PARTITION BY ")
                printer.writeList(window.partitionBy) { $0.write($1) }
            }
        }
        if !window.orderBy.isEmpty {
            clause { printer in
                printer.write("ORDER BY ")
                printer.writeItems(window.orderBy)
            }
        }
        if let frame = window.frame { clause { $0.write(frame) } }
        write("(" + clauses.joined(separator: " ") + ")")
    }

    private mutating func write(_ frame: WindowFrame) {
        write(frame.unit.rawValue + " ")
        guard let end = frame.end else { return write(frame.start) }
        write("BETWEEN ")
        write(frame.start)
        write(" AND ")
        write(end)
    }

    private mutating func write(_ bound: WindowFrame.Bound) {
        switch bound {
        case .unboundedPreceding: write("UNBOUNDED PRECEDING")
        case .preceding(let distance):
            writeOperand(distance)
            write(" PRECEDING")
        case .currentRow: write("CURRENT ROW")
        case .following(let distance):
            writeOperand(distance)
            write(" FOLLOWING")
        case .unboundedFollowing: write("UNBOUNDED FOLLOWING")
        }
    }

    // MARK: - Types

    mutating func write(_ type: DataType) {
        switch type.name {
        case .signed, .unsigned: write(type.name.rawValue.uppercased())
        case .other, .geometry: write(type.word)
        case .char where type.charset == "utf8mb3" && type.word.hasPrefix("n"): write("NCHAR")
        case .varchar where type.charset == "utf8mb3" && type.word.hasPrefix("n"): write("NVARCHAR")
        default: write(type.name.rawValue.uppercased())
        }
        if !type.members.isEmpty {
            write("(")
            writeList(type.members) { $0.writeString($1) }
            write(")")
        } else if let length = type.length {
            write("(\(length)\(type.scale.map { ", \($0)" } ?? ""))")
        }
        if type.isUnsigned { write(" UNSIGNED") }
        if type.isZerofill { write(" ZEROFILL") }
        if type.isBinary { write(" BINARY") }
        if let charset = type.charset { write(" CHARACTER SET \(charset)") }
        if let collation = type.collation { write(" COLLATE \(collation)") }
    }
}
