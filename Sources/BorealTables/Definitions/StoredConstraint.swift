import BorealBase

/// A foreign key of an embedded table: what its columns must find in another table.
public struct StoredForeignKey: Equatable, Sendable {
    /// What happens to the child's rows when the parent's row goes or its key changes.
    public enum Action: String, Sendable {
        /// Refused; what a foreign key does when nothing is said.
        case noAction = "NO ACTION"
        /// Refused.
        case restrict = "RESTRICT"
        /// The child's rows go along.
        case cascade = "CASCADE"
        /// The child's columns become NULL.
        case setNull = "SET NULL"
    }

    /// Unique in its database.
    public var name: String
    /// The child's columns, in order.
    public var columns: [String]
    /// The parent's database.
    public var parentDatabase: String
    /// The parent's name. The table need not exist: it may have been dropped, or not made yet,
    /// with `foreign_key_checks` off.
    public var parentTable: String
    /// The parent's columns, one for each of the child's.
    public var parentColumns: [String]
    /// ON DELETE.
    public var onDelete = Action.noAction
    /// ON UPDATE.
    public var onUpdate = Action.noAction

    /// `CONSTRAINT ... FOREIGN KEY ...` as SHOW CREATE TABLE and the errors print it.
    ///
    /// - Parameter database: the child's; the parent's is printed only when it is another.
    func declaration(in database: String) -> String {
        func list(_ names: [String]) -> String {
            names.map(\.backQuoted).joined(separator: ", ")
        }
        var parent = parentTable.backQuoted
        if parentDatabase != database { parent = parentDatabase.backQuoted + "." + parent }
        var text =
            "CONSTRAINT \(name.backQuoted) FOREIGN KEY (\(list(columns))) "
            + "REFERENCES \(parent) (\(list(parentColumns)))"
        if onDelete != .noAction { text += " ON DELETE \(onDelete.rawValue)" }
        if onUpdate != .noAction { text += " ON UPDATE \(onUpdate.rawValue)" }
        return text
    }

    /// Follows a column of the child that is renamed.
    mutating func renameColumn(_ old: String, to new: String) {
        columns = columns.map { $0.asciiLowercased == old.asciiLowercased ? new : $0 }
    }

    /// Follows a column of the parent that is renamed.
    mutating func renameParentColumn(_ old: String, to new: String) {
        parentColumns = parentColumns.map { $0.asciiLowercased == old.asciiLowercased ? new : $0 }
    }

    /// True when it names this table as the parent.
    func refers(to database: String, _ table: String) -> Bool {
        parentDatabase == database && parentTable == table
    }
}

/// A CHECK of an embedded table: an expression that must not be false for any row.
public struct StoredCheck: Equatable, Sendable {
    /// Unique in its database.
    public var name: String
    /// MySQL's language in normal form, names in back-quotes, without the outer parentheses.
    public var expression: String
    /// False for NOT ENFORCED: it is kept and printed, and nothing else.
    public var isEnforced = true

    /// `CONSTRAINT ... CHECK (...)` as SHOW CREATE TABLE prints it.
    var declaration: String {
        "CONSTRAINT \(name.backQuoted) CHECK (\(expression))"
            + (isEnforced ? "" : " /*!80016 NOT ENFORCED */")
    }
}

/// How the value of a generated column is made.
///
/// Both kinds lie in the file like any other column and are computed when a row is written: an
/// expression may use nothing but the row, so that when it is computed cannot be told. The kind
/// decides only what is printed and which changes MySQL allows.
public struct StoredGenerated: Equatable, Sendable {
    /// MySQL's language in normal form, names in back-quotes, without the outer parentheses.
    public var expression: String
    /// STORED, not VIRTUAL.
    public var isStored = false
}

extension StoredTable {
    /// The foreign key that a column's referential action writes to, or that needs the column.
    func foreignKey(using column: String) -> StoredForeignKey? {
        let wanted = column.asciiLowercased
        return foreignKeys.first { $0.columns.contains { $0.asciiLowercased == wanted } }
    }

    /// True when an index begins with these columns, whole and in this order: what a foreign key
    /// needs on either side.
    func hasIndex(beginningWith columns: [String]) -> Bool {
        indexes.contains { $0.begins(with: columns) }
    }

    /// The next free name of the form `t_ibfk_3` or `t_chk_3`.
    func generatedName(_ infix: String, _ names: [String]) -> String {
        let prefix = name + infix
        let numbers = names.compactMap { taken -> Int? in
            taken.hasPrefix(prefix) ? Int(taken.dropFirst(prefix.count)) : nil
        }
        return prefix + String((numbers.max() ?? 0) + 1)
    }
}

extension StoredIndex {
    func begins(with columns: [String]) -> Bool {
        guard kind != .fulltext, kind != .spatial, parts.count >= columns.count else {
            return false
        }
        return zip(parts, columns).allSatisfy { part, column in
            part.prefix == nil && part.column.asciiLowercased == column.asciiLowercased
        }
    }
}

/// A foreign key together with the table it is of.
struct ForeignKeyUse: Sendable {
    var child: StoredTable
    var key: StoredForeignKey
}

extension Schema {
    /// Looks anew whether some table has a foreign key.
    mutating func noteForeignKeys() {
        hasForeignKeys = databases.values.contains { owner in
            owner.tables.values.contains { !$0.foreignKeys.isEmpty }
        }
    }

    /// The foreign keys that name a table as their parent.
    func references(to database: String, _ table: String) -> [ForeignKeyUse] {
        guard hasForeignKeys else { return [] }
        var found: [ForeignKeyUse] = []
        for owner in databases.values {
            for child in owner.tables.values {
                for key in child.foreignKeys where key.refers(to: database, table) {
                    found.append(ForeignKeyUse(child: child, key: key))
                }
            }
        }
        return found.sorted { ($0.child.name, $0.key.name) < ($1.child.name, $1.key.name) }
    }
}

extension Schema {
    /// Follows a table that is renamed, in the foreign keys that name it as their parent.
    mutating func renameParent(
        _ old: (database: String, name: String),
        _ new: (database: String, name: String)
    ) {
        for use in references(to: old.database, old.name) {
            var child = use.child
            // The child may have been changed already by another of its keys.
            child = table(child.database, child.name) ?? child
            for place in child.foreignKeys.indices
            where child.foreignKeys[place].refers(to: old.database, old.name) {
                child.foreignKeys[place].parentDatabase = new.database
                child.foreignKeys[place].parentTable = new.name
            }
            databases[child.database]?.tables[child.name] = child
        }
    }
}

extension StoredTable {
    /// Names that were made of the table's name, `t_ibfk_1` and `t_chk_1`, follow it.
    mutating func renameConstraints(to newName: String) {
        func renamed(_ constraint: String, _ infix: String) -> String {
            let prefix = name + infix
            guard constraint.hasPrefix(prefix),
                Int(constraint.dropFirst(prefix.count)) != nil
            else { return constraint }
            return newName + constraint.dropFirst(name.count)
        }
        for place in foreignKeys.indices {
            foreignKeys[place].name = renamed(foreignKeys[place].name, "_ibfk_")
        }
        for place in checks.indices { checks[place].name = renamed(checks[place].name, "_chk_") }
    }
}
