public import BorealBase
package import BorealSQL
import BorealSQLite

/// A statement's text with its whole numbers taken out, read without a parser.
///
/// It finds again what a `BoundLookup` put into the session's table of lookups, and nothing else: a
/// text with quotes, comments, variables or other numbers has no such form.
package struct NumberedText {
    /// The text with `?` for each number.
    package let key: [UInt8]
    /// The numbers, in order.
    package let values: [TableValue]

    /// Longer texts are none of a client in a hurry.
    package static let bytesMax = BoundLookup.textBytesMax
    /// Digits of a number that is sure to fit.
    private static let digitsMax = 18

    /// - Parameter isModelStatement: quoted texts without a backslash may stand in it, and one
    ///   comment in front of it; they stay as they are.
    package init?(_ text: [UInt8], isModelStatement: Bool = false) {
        var key: [UInt8] = []
        key.reserveCapacity(text.count)
        var values: [TableValue] = []
        var index = 0
        if isModelStatement, let end = Self.endOfComment(atStartOf: text) {
            key += text[..<end]
            index = end
        }
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let start = index
                var number: Int64 = 0
                while index < text.count, text[index].isDigit {
                    guard index - start < Self.digitsMax else { return nil }
                    number = number * 10 + Int64(text[index] - UInt8(ascii: "0"))
                    index += 1
                }
                if index < text.count, text[index].isWordByte || text[index] == UInt8(ascii: ".") {
                    return nil
                }
                key.append(UInt8(ascii: "?"))
                values.append(.integer(number))
            case _ where isModelStatement && byte.isQuote:
                guard let end = text[(index + 1)...].firstIndex(of: byte),
                    !text[index...end].contains(UInt8(ascii: "\\"))
                else { return nil }
                key += text[index...end]
                index = end + 1
            case UInt8(ascii: "`"):
                guard let end = text[(index + 1)...].firstIndex(of: byte) else { return nil }
                key += text[index...end]
                index = end + 1
            case _ where byte.isWordByte:
                let start = index
                while index < text.count, text[index].isWordByte { index += 1 }
                key += text[start..<index]
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: "-"),
                UInt8(ascii: "#"), UInt8(ascii: "@"), UInt8(ascii: ";"), UInt8(ascii: "?"),
                UInt8(ascii: "."):
                // A dot is fine between two names, and part of a number elsewhere.
                guard byte == UInt8(ascii: "."), index + 1 < text.count, !text[index + 1].isDigit
                else { return nil }
                key.append(byte)
                index += 1
            default:
                key.append(byte)
                index += 1
            }
        }
        self.key = key
        self.values = values
    }

    /// Where a text goes on behind the comment that it begins with; nil when it begins with none.
    static func endOfComment(atStartOf text: [UInt8]) -> Int? {
        guard text.starts(with: [UInt8(ascii: "/"), UInt8(ascii: "*")]) else { return nil }
        let slash = text.indices.dropFirst(3).first {
            text[$0] == UInt8(ascii: "/") && text[$0 - 1] == UInt8(ascii: "*")
        }
        return slash.map { $0 + 1 }
    }
}

extension UInt8 {
    fileprivate var isQuote: Bool { self == UInt8(ascii: "'") || self == UInt8(ascii: "\"") }

    fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    /// What goes on in a name, a keyword or a number.
    var isWordByte: Bool {
        isDigit || self >= 0x80 || self == UInt8(ascii: "_") || self == UInt8(ascii: "$")
            || (self | 0x20 >= UInt8(ascii: "a") && self | 0x20 <= UInt8(ascii: "z"))
    }
}

extension Query {
    /// Expressions that a query without tables may have.
    private static let nodesMax = 32

    /// The select list of a query that has nothing else.
    var rowWithoutTables: QueryBlock? {
        guard with == nil, into == nil, locks.isEmpty, orderBy.isEmpty, limit == nil,
            case .select(let block) = body, block.from.isEmpty, block.condition == nil,
            block.groupBy.isEmpty, block.having == nil, block.windows.isEmpty, !block.withRollup,
            !block.calculatesFoundRows
        else { return nil }
        return block
    }

    /// True for `SELECT 1`, `SELECT 1 + 1 AS x, DATABASE()`: one row of what is sure to take
    /// nanoseconds each.
    var isImmediate: Bool {
        guard let block = rowWithoutTables else { return false }
        var left = Self.nodesMax
        return block.items.allSatisfy { item in
            guard case .expression(let node, _) = item.kind else { return false }
            return node.isImmediate(&left)
        }
    }
}

extension Expression {
    /// Functions that only read a value of the session.
    private static let immediateFunctions: Set<String> = [
        "CONNECTION_ID", "CURRENT_USER", "DATABASE", "FOUND_ROWS", "LAST_INSERT_ID", "ROW_COUNT",
        "SCHEMA", "SESSION_USER", "USER", "VERSION",
    ]

    fileprivate func isImmediate(_ left: inout Int) -> Bool {
        left -= 1
        guard left >= 0 else { return false }
        switch kind {
        case .literal, .systemVariable: return true
        case .unary(_, let operand): return operand.isImmediate(&left)
        case .binary(_, let first, let second):
            return first.isImmediate(&left) && second.isImmediate(&left)
        case .function(let call):
            return call.arguments.isEmpty
                && Self.immediateFunctions.contains(call.name.name.uppercased())
        default: return false
        }
    }
}

extension TableSession {
    /// The statement, ready to run, if it was run before in the same form and is sure to be a
    /// matter of microseconds: a lookup by key, a query without tables, or a row of calls of remote
    /// models, which then waits for them.
    ///
    /// - Parameter mayCall: whether remote models may be called now without anything being read
    ///   from disk first.
    /// - Returns: nil for any other, which says nothing of the statement.
    public func shortStatement(
        _ text: [UInt8],
        cancellation: CancellationFlag,
        mayCall: () -> Bool = { true }
    ) -> (any TableStatement)? {
        guard text.count <= BoundLookup.textBytesMax else {
            return shortCall(text, cancellation, mayCall)
        }
        if let handle = handle(text, []) {
            return shortRun(handle, [], cancellation)
        }
        guard let numbered = NumberedText(text) else {
            return shortCall(text, cancellation, mayCall)
        }
        guard let handle = handle(numbered.key, numbered.values) else { return nil }
        return shortRun(handle, numbered.values, cancellation)
    }

    /// A row of calls about other texts than before.
    private func shortCall(
        _ text: [UInt8],
        _ cancellation: CancellationFlag,
        _ mayCall: () -> Bool
    ) -> QueryRun? {
        guard let quoted = QuotedText(text), let handle = handle(quoted.key, quoted.values) else {
            return nil
        }
        return shortRun(handle, quoted.values, cancellation, mayCall: mayCall) { plan in
            plan.named(in: text, quoted, hiding: store.hiddenCalls)
        }
    }

    /// The prepared query, ready to run, if that is sure to be a matter of microseconds: its plan
    /// is kept, and finds one row by a key or needs no table.
    ///
    /// - Parameter mayCall: as above.
    /// - Returns: nil for any other, and for values that it cannot run with.
    public func shortStatement(
        _ handle: PlanHandle,
        _ parameters: [TableValue],
        cancellation: CancellationFlag,
        mayCall: () -> Bool = { true }
    ) -> (any TableStatement)? {
        shortRun(handle, parameters, cancellation, mayCall: mayCall)
    }

    /// The plan's handle: the session's own, or one for what another session has planned.
    private func handle(_ key: [UInt8], _ values: [TableValue]) -> PlanHandle? {
        if let known = lookups[key] { return known }
        guard isCommon else { return nil }
        let now = conditions(values)
        guard let plan = store.shortPlan(commonKey(key, values), now.store) else { return nil }
        // Whoever may not read the tables learns it from the parser's way.
        do { try plan.query.check(rights) } catch { return nil }
        let handle = handle(of: key)
        handle.keep(plan, under: now)
        return handle
    }

    /// How a query that ran before is found again when only its numbers differ, if it is a lookup
    /// by key.
    ///
    /// - Parameter text: of the query, which its tree points into.
    package func keptLookup(
        _ query: Query,
        text: [UInt8]
    ) -> (handle: PlanHandle, values: [TableValue])? {
        guard let lookup = BoundLookup(query, text: text), let handle = lookups[lookup.key],
            handle.wasShort
        else { return nil }
        return (handle, lookup.values)
    }

    /// Bytes of texts that are sent within a fraction of a millisecond.
    private static let briefBytesMax = 32 << 10

    /// - Parameters:
    ///   - mayCall: whether remote models may be called.
    ///   - named: gives the columns of the plan the names that they have in a text.
    func shortRun(
        _ handle: PlanHandle,
        _ values: [TableValue],
        _ cancellation: CancellationFlag,
        mayCall: () -> Bool = { false },
        named: (KnownPlan) -> KnownPlan = { $0 }
    ) -> QueryRun? {
        guard let kept = handle.plan(under: conditions(values)), kept.isShort else { return nil }
        if kept.query.bindsAnew {
            let bytes = values.reduce(0) { $0 + $1.byteCount }
            guard bytes <= Self.briefBytesMax, mayCall() else { return nil }
        }
        // The way through the tree says what is wrong with a value, or with a call.
        do {
            try values.checkLimits(kept.query.limitParameters)
            guard let plan = try kept.bound(values, caller) else { return nil }
            warnings = []
            countQuery()
            return QueryRun(self, named(plan), parameters: values, cancellation: cancellation)
        } catch {
            return nil
        }
    }
}

extension TableValue {
    /// Of texts and bytes; 0 for numbers.
    fileprivate var byteCount: Int {
        switch self {
        case .decimal(let text), .text(let text), .temporal(let text, _): text.utf8.count
        case .bytes(let bytes): bytes.count
        default: 0
        }
    }
}
