import BorealBase

/// A second way to answer a block with GROUP BY: its rows are grouped here by hashing while they
/// are read, and SQLite answers the rest of the block over the groups.
///
/// SQLite groups by sorting, every row with its keys, which took three times as long for few groups
/// of many rows. Whoever runs the plan goes back to that when there are too many groups.
struct HashedGrouping: Sendable {
    /// What an accumulator does with the values of a group.
    enum Accumulator: Hashable, Sendable {
        /// Counts rows.
        case rows
        /// Counts values that are not NULL.
        case values
        /// Adds whole numbers; NULL without any.
        case wholeSum
        /// Adds real numbers; NULL without any.
        case realSum
        /// Adds exact numbers; NULL without any.
        case exactSum
        /// Adds whole numbers of 64 bits, signed or not; NULL without any.
        case wideSum
        /// The least value by a collation of SQLite.
        case least(collation: String)
        /// The greatest value by a collation of SQLite.
        case greatest(collation: String)
    }

    /// Reads the keys, then an argument for each accumulator that has one.
    var sql: String
    /// For each key the collation that decides which texts are one.
    var keys: [String]
    /// For each accumulator the place of its argument among the columns read.
    var accumulators: [(kind: Accumulator, column: Int?)]
    /// The block over the table `b_groups`: keys, then accumulators.
    var answer: String

    /// Columns of `b_groups`.
    static let columnsMax = 100
    static let tableName = "b_groups"
    static func columnName(_ index: Int) -> String { "c\(index)" }
}

/// The groups of a block while it is translated: names for keys and accumulators.
final class HashedGroups {
    /// Why the block is left to SQLite.
    struct NotHashable: Error {}

    let keys: [TypedSQL]
    private(set) var accumulators: [(kind: HashedGrouping.Accumulator, argument: String?)] = []

    init(keys: [TypedSQL]) { self.keys = keys }

    /// What a name outside of aggregates means: a grouped column, or an item of the select list,
    /// which is made of such already.
    func key(_ value: TypedSQL, _ scope: Scope) throws -> TypedSQL {
        guard let index = keys.firstIndex(where: { $0.sql == value.sql }) else {
            let isColumn = scope.sources.contains { source in
                source.columns.contains { $0.value.sql == value.sql }
            }
            if isColumn { throw NotHashable() }
            return value
        }
        var result = value
        result.sql = "g." + HashedGrouping.columnName(index)
        return result
    }

    /// The SQL of an accumulator's result; equal ones are kept once.
    func accumulator(_ kind: HashedGrouping.Accumulator, _ argument: String?) throws -> String {
        var place = accumulators.firstIndex { $0.kind == kind && $0.argument == argument }
        if place == nil {
            place = accumulators.count
            accumulators.append((kind, argument))
        }
        let column = keys.count + (place ?? 0)
        guard column < HashedGrouping.columnsMax else { throw NotHashable() }
        return "g." + HashedGrouping.columnName(column)
    }

    /// The columns to read, and where each accumulator's argument stands among them.
    var reading: (columns: [String], places: [Int?]) {
        var columns = keys.map(\.sql)
        let places = accumulators.map { accumulator -> Int? in
            guard let argument = accumulator.argument else { return nil }
            if let known = columns.firstIndex(of: argument) { return known }
            columns.append(argument)
            return columns.count - 1
        }
        return (columns, places)
    }
}
