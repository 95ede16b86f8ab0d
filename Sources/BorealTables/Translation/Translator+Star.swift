import BorealBase
import BorealSQL

/// A column of a block: which source, which column of it.
struct ColumnPlace: Equatable {
    var source: Int
    var column: Int
}

/// What `*` stands for.
extension Translator {
    /// The columns of `*` in their order. USING and NATURAL put the common columns first, once; a
    /// RIGHT JOIN then shows them as its right side has them, as the LEFT JOIN the other way round
    /// would.
    func starColumns(_ references: [TableReference], _ scope: Scope) -> [SourceColumn] {
        var next = 0
        let places = references.flatMap { visible($0, scope, &next) }
        return places.map { scope.sources[$0.source].columns[$0.column] }
    }

    /// The visible columns of a reference; `next` counts the sources in the order of the text.
    private func visible(
        _ reference: TableReference,
        _ scope: Scope,
        _ next: inout Int
    ) -> [ColumnPlace] {
        switch reference {
        case .table, .derived, .function:
            guard next < scope.sources.count else { return [] }
            let source = next
            next += 1
            return scope.sources[source].columns.indices.map {
                ColumnPlace(source: source, column: $0)
            }
        case .group(let members): return members.flatMap { visible($0, scope, &next) }
        case .join(let join):
            let left = visible(join.left, scope, &next)
            let right = visible(join.right, scope, &next)
            return joined(join, left, right, scope)
        }
    }

    private func joined(
        _ join: Join,
        _ left: [ColumnPlace],
        _ right: [ColumnPlace],
        _ scope: Scope
    ) -> [ColumnPlace] {
        func name(_ place: ColumnPlace) -> String {
            scope.sources[place.source].columns[place.column].name.asciiLowercased
        }
        let (first, second) = join.kind == .right ? (right, left) : (left, right)
        let common: Set<String>
        switch join.condition {
        case .none, .on: return left + right
        case .using(let names): common = Set(names.map(\.name.asciiLowercased))
        case .natural: common = Set(first.map(name)).intersection(second.map(name))
        }
        return first.filter { common.contains(name($0)) }
            + first.filter { !common.contains(name($0)) }
            + second.filter { !common.contains(name($0)) }
    }
}
