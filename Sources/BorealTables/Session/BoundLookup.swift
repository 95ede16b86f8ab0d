import BorealBase
import BorealSQL
import BorealSQLite

/// A lookup in text form, `SELECT c FROM t WHERE id = 5`, as the prepared statement that it could
/// have been: clients that write values into their texts send the same one again and again with
/// other numbers, and each would be translated and compiled anew.
///
/// Only whole numbers compared by `=` are taken out: for them a literal and a bound value mean the
/// same in every way.
struct BoundLookup {
    /// The tree with `?` in place of the numbers.
    let query: Query
    /// The text without them, which tells such statements apart.
    let key: [UInt8]
    /// The numbers, in order.
    let values: [TableValue]

    /// Texts longer than this are no lookups of a client in a hurry.
    static let textBytesMax = 1_024

    /// - Returns: nil for a query of another form.
    init?(_ query: Query, text: [UInt8]) {
        guard text.count <= Self.textBytesMax, query.with == nil, query.into == nil,
            query.locks.isEmpty, case .select(var block) = query.body, block.from.count == 1,
            case .table = block.from[0], block.isPlain, let condition = block.condition
        else { return nil }
        var found: [(place: SourceSpan, value: TableValue)] = []
        guard let bound = Self.bound(condition, &found), !found.isEmpty else { return nil }
        block.condition = bound
        var copy = query
        copy.body = .select(block)
        var key: [UInt8] = []
        key.reserveCapacity(text.count)
        var position = 0
        for (place, _) in found {
            let range = place.range
            guard range.lowerBound >= position, range.upperBound <= text.count else { return nil }
            key += text[position..<range.lowerBound]
            key.append(UInt8(ascii: "?"))
            position = range.upperBound
        }
        key += text[position...]
        self.query = copy
        self.key = key
        values = found.map(\.value)
    }

    /// The condition with its numbers taken out; nil when it is not `a = 1 AND b = 2`.
    private static func bound(
        _ node: Expression,
        _ found: inout [(place: SourceSpan, value: TableValue)]
    ) -> Expression? {
        switch node.kind {
        case .binary(.and, let left, let right):
            guard let first = bound(left, &found), let second = bound(right, &found) else {
                return nil
            }
            return Expression(kind: .binary(.and, first, second), span: node.span)
        case .binary(.equal, let left, let right):
            guard case .column = left.kind, case .literal(.integer(let number)) = right.kind,
                let value = Int64(exactly: number)
            else { return nil }
            found.append((right.span, .integer(value)))
            let mark = Expression(kind: .placeholder(found.count - 1), span: right.span)
            return Expression(kind: .binary(.equal, left, mark), span: node.span)
        default: return nil
        }
    }
}

extension TableSession {
    /// The query as one whose plan is kept, when it is a lookup in text form.
    func bindingLookup(_ query: Query, _ input: StatementInput) -> (Query, StatementInput) {
        guard input.handle == nil, input.parameters.isEmpty else { return (query, input) }
        var bound = input
        if let lookup = BoundLookup(query, text: input.text) {
            bound.parameters = lookup.values
            bound.handle = handle(of: lookup.key)
            return (lookup.query, bound)
        }
        if let call = BoundCall(query, text: input.text, isQuick: isQuick) {
            bound.parameters = call.text.values
            bound.handle = handle(of: call.text.key)
            bound.written = (call.text, call.names)
            return (call.query, bound)
        }
        if input.text.count <= BoundLookup.textBytesMax, query.isImmediate {
            bound.handle = handle(of: input.text)
        }
        return (query, bound)
    }

    func handle(of key: [UInt8]) -> PlanHandle {
        if let known = lookups[key] { return known }
        if lookups.count >= TableLimits.lookupsMax { lookups.removeAll() }
        let handle = PlanHandle(text: key)
        lookups[key] = handle
        return handle
    }
}
