import BorealBase
import BorealSQLite

/// A line of EXPLAIN: one table that a query reads, and how.
struct PlanLine: Equatable {
    var id = 1
    var selectType = "SIMPLE"
    /// As the statement calls it, `<derived2>` for a derived table; nil when no table is read.
    var table: String?
    /// `ALL`, `index`, `range`, `ref`, `eq_ref`, `const`, ...; nil when no table is read.
    var type: String?
    var key: String?
    var keyLength: Int?
    /// What the key is compared with: `const` or `func`, one a column.
    var references: String?
    var rows: Int?
    var extra: [String] = []
}

/// Reads SQLite's EXPLAIN QUERY PLAN in MySQL's terms.
///
/// SQLite's lines form a tree: `SCAN t1`, `SEARCH t2 USING INDEX d.t.k (a=? AND b>?)`,
/// `USE TEMP B-TREE FOR ORDER BY`, and headings such as `CO-ROUTINE t3` over the lines of an inner
/// query. Each inner query is a select of its own in MySQL's numbering.
struct PlanReader {
    /// Stored tables by the names they have inside SQLite, with the statement's own.
    let tables: [String: AliasedTable]
    /// Counts a table's rows.
    let count: (StoredTable) throws -> Int
    /// The query has an IN, which SQLite's plan does not tell from an equality: a key that would
    /// find one row may be looked up several times.
    let hasLists: Bool
    private var lines: [PlanLine] = []
    private var selectCount = 1
    /// Numbers of the selects that derived tables are, by their names inside SQLite.
    private var derived: [String: Int] = [:]

    /// One row of SQLite's answer with what hangs below it.
    private struct Node {
        let text: String
        var children: [Node] = []
    }

    init(
        tables: [String: AliasedTable],
        hasLists: Bool,
        count: @escaping (StoredTable) throws -> Int
    ) {
        self.tables = tables
        self.hasLists = hasLists
        self.count = count
    }

    /// - Parameter rows: id, parent and text of SQLite's rows.
    mutating func read(_ rows: [(id: Int64, parent: Int64, text: String)]) throws -> [PlanLine] {
        let tree = Self.tree(rows, below: 0, depth: 0)
        try select(tree, id: 1, type: "PRIMARY")
        // Lines of a derived table come before those of its reader; MySQL prints by number.
        lines = lines.enumerated().sorted {
            ($0.element.id, $0.offset) < ($1.element.id, $1.offset)
        }.map(\.element)
        if lines.allSatisfy({ $0.id == 1 }) {
            for index in lines.indices { lines[index].selectType = "SIMPLE" }
        }
        return lines
    }

    /// The rows that hang below one, in order, with what hangs below them.
    private static func tree(
        _ rows: [(id: Int64, parent: Int64, text: String)],
        below parent: Int64,
        depth: Int
    ) -> [Node] {
        guard depth < 100 else { return [] }
        return rows.filter { $0.parent == parent && $0.id != parent }.map {
            Node(text: $0.text, children: tree(rows, below: $0.id, depth: depth + 1))
        }
    }

    /// The lines of one select: those of its own tables, then those of its inner queries.
    private mutating func select(_ nodes: [Node], id: Int, type: String) throws {
        for node in nodes where node.text.hasPrefix("CO-ROUTINE ") || Self.materializes(node) {
            selectCount += 1
            derived[Self.lastWord(node.text)] = selectCount
        }
        let first = lines.count
        var inner: [(nodes: [Node], type: String)] = []
        for node in nodes {
            switch Self.heading(node.text) {
            case .table: lines.append(try tableLine(node, id, type, isFirst: lines.count == first))
            case .union:
                lines.append(try mergedLine(node, id, type))
            case .sort: note(node.text, from: first)
            case .constant:
                lines.append(PlanLine(id: id, selectType: type, extra: ["No tables used"]))
            case .inner(let innerType): inner.append((node.children, innerType))
            case .compound:
                for (place, part) in node.children.enumerated() {
                    if place == 0 {
                        try select(part.children, id: id, type: type)
                    } else {
                        inner.append((part.children, "UNION"))
                    }
                }
            case .derived:
                let number = derived[Self.lastWord(node.text)] ?? selectCount
                try select(node.children, id: number, type: "DERIVED")
            case .other: break
            }
        }
        if lines.count == first, inner.isEmpty {
            lines.append(PlanLine(id: id, selectType: type, extra: ["No tables used"]))
        }
        for part in inner {
            selectCount += 1
            try select(part.nodes, id: selectCount, type: part.type)
        }
    }

    // MARK: - Headings

    /// What a line of SQLite's plan is about.
    private enum Heading {
        case table, union, sort, constant, compound, derived, other
        case inner(String)
    }

    /// SQLite's texts are not promised to stay as they are: what is not recognised is left out.
    private static func heading(_ text: String) -> Heading {
        if text == "SCAN CONSTANT ROW" || text.hasSuffix("CONSTANT ROWS") { return .constant }
        if text.hasPrefix("SCAN ") || text.hasPrefix("SEARCH ") { return .table }
        if text.hasPrefix("MULTI-INDEX OR") { return .union }
        if text.hasPrefix("USE TEMP B-TREE") { return .sort }
        if text.hasPrefix("COMPOUND QUERY") || text.hasPrefix("MERGE (") { return .compound }
        if text.hasPrefix("CO-ROUTINE ") || text.hasPrefix("MATERIALIZE ") { return .derived }
        if text.hasPrefix("CORRELATED ") { return .inner("DEPENDENT SUBQUERY") }
        if text.hasPrefix("SCALAR SUBQUERY") || text.hasPrefix("LIST SUBQUERY")
            || text.hasPrefix("REUSE ")
        {
            return .inner("SUBQUERY")
        }
        return .other
    }

    /// True for a derived table that is filled before it is read.
    private static func materializes(_ node: Node) -> Bool { node.text.hasPrefix("MATERIALIZE ") }

    /// The name at the end of a heading.
    private static func lastWord(_ text: String) -> String {
        String(text.split(separator: " ").last ?? "")
    }

    /// A temporary b-tree is said of the select's first table, as MySQL does.
    private mutating func note(_ text: String, from first: Int) {
        guard first < lines.count else { return }
        let word = text.hasSuffix("ORDER BY") ? "Using filesort" : "Using temporary"
        if !lines[first].extra.contains(word) { lines[first].extra.append(word) }
    }

    // MARK: - Tables

    /// `SCAN t1`, `SCAN t1 USING COVERING INDEX i`, `SEARCH t1 USING INDEX i (a=? AND b>?)`.
    private func tableLine(
        _ node: Node,
        _ id: Int,
        _ selectType: String,
        isFirst: Bool
    ) throws -> PlanLine {
        let words = node.text.split(separator: " ").map { String($0) }
        let alias = words.count > 1 ? words[1] : ""
        var line = PlanLine(id: id, selectType: selectType, type: "ALL")
        guard let found = tables[alias], let stored = found.table else {
            line.table = derived[alias].map { "<derived\($0)>" } ?? tables[alias]?.name ?? alias
            return line
        }
        line.table = found.name
        let rows = try count(stored)
        line.rows = rows
        let isSearch = words.first == "SEARCH"
        if node.text.contains(" AUTOMATIC ") {
            line.type = "ref"
            line.key = "<auto_key0>"
            line.rows = min(rows, 10)
            return line
        }
        if node.text.contains("COVERING INDEX") { line.extra.append("Using index") }
        guard let index = Self.namedIndex(words, stored) else { return line }
        line.key = index.name
        let terms = isSearch ? Self.terms(node.text) : []
        guard isSearch, !terms.isEmpty else {
            line.type = index.name == "PRIMARY" && !node.text.contains("INDEX") ? "ALL" : "index"
            if line.type == "ALL" { line.key = nil }
            line.keyLength = line.key == nil ? nil : Self.length(index, stored, index.parts.count)
            return line
        }
        let equal = terms.prefix { $0 }.count
        let isWhole = equal >= index.parts.count && index.isUnique
        line.keyLength = Self.length(index, stored, min(max(terms.count, 1), index.parts.count))
        if terms.contains(false) || (hasLists && isWhole && isFirst) {
            line.type = "range"
            line.rows = max(1, rows / 3)
            return line
        }
        line.type = isWhole ? (isFirst ? "const" : "eq_ref") : "ref"
        line.rows = isWhole ? 1 : max(1, min(rows, 10))
        let isConstant = isFirst && selectType != "DEPENDENT SUBQUERY"
        line.references = Array(repeating: isConstant ? "const" : "func", count: equal)
            .joined(separator: ",")
        return line
    }

    /// Several keys of one table, whose rows are united.
    private func mergedLine(_ node: Node, _ id: Int, _ selectType: String) throws -> PlanLine {
        let parts = try node.children.flatMap(\.children).map {
            try tableLine($0, id, selectType, isFirst: true)
        }
        var line = parts.first ?? PlanLine(id: id, selectType: selectType)
        line.type = "index_merge"
        line.key = parts.compactMap(\.key).joined(separator: ",")
        line.references = nil
        line.keyLength = nil
        line.extra = ["Using union(\(line.key ?? ""))"]
        return line
    }

    /// The index that a line names: the words behind `INDEX`, or the primary key as rowid.
    private static func namedIndex(_ words: [String], _ table: StoredTable) -> StoredIndex? {
        if words.contains("PRIMARY") { return table.primaryKey }
        guard let place = words.firstIndex(of: "INDEX") else { return nil }
        let rest = words[(place + 1)...].joined(separator: " ")
        return table.indexes.filter {
            let name = StorageDDL.indexName($0.name, table)
            return rest == name || rest.hasPrefix(name + " ")
        }.max { $0.name.count < $1.name.count }
    }

    /// For each comparison in the parentheses whether it is an equality.
    private static func terms(_ text: String) -> [Bool] {
        guard let start = text.lastIndex(of: "("), text.contains("=?") || text.contains("?")
        else { return [] }
        let list = String(text[text.index(after: start)...])
        return list.split(separator: "?").dropLast().map { part in
            part.hasSuffix("=") && !part.hasSuffix(">=") && !part.hasSuffix("<=")
        }
    }

    /// Bytes of a key as MySQL counts them: one more for a column that may be NULL, two for a
    /// length that varies.
    private static func length(_ index: StoredIndex, _ table: StoredTable, _ parts: Int) -> Int {
        index.parts.prefix(parts).reduce(0) { sum, part in
            guard let place = table.columnIndex(part.column) else { return sum }
            let column = table.columns[place]
            return sum + column.type.keyBytes(part.prefix) + (column.isNullable ? 1 : 0)
        }
    }
}

extension StoredType {
    /// Bytes of a value in a key of InnoDB.
    fileprivate func keyBytes(_ prefix: Int?) -> Int {
        let length = prefix ?? columnType.length
        switch base {
        case .tinyint, .year: return 1
        case .smallint: return 2
        case .mediumint, .date, .time: return 3
        case .int, .float, .timestamp: return 4
        case .datetime: return 5
        case .bigint, .double: return 8
        case .decimal: return ((self.length ?? 10) + 8) / 9 * 4
        case .bit: return ((self.length ?? 1) + 7) / 8
        case .enumeration: return members.count < 256 ? 1 : 2
        case .set: return (members.count + 7) / 8
        case .char: return length * width
        case .binary: return length
        default: return length * (isText ? width : 1) + 2
        }
    }

    private var width: Int {
        let charset = collation.map { Collations.charset(of: $0) }
        return Collations.charsets.first { $0.name == charset }?.width ?? 4
    }
}
