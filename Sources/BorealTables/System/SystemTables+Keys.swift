import BorealBase

/// The tables of information_schema about keys and constraints.
extension SystemTables {
    static let keys: [SystemTable] = [
        information(
            "STATISTICS",
            "TABLE_CATALOG name!, TABLE_SCHEMA name!, TABLE_NAME name!, NON_UNIQUE int!, "
                + "INDEX_SCHEMA name!, INDEX_NAME varchar(64), SEQ_IN_INDEX int unsigned!, "
                + "COLUMN_NAME varchar(64), COLLATION varchar(1), CARDINALITY bigint, "
                + "SUB_PART bigint, PACKED binary(0), NULLABLE varchar(3)!, "
                + "INDEX_TYPE varchar(11)!, COMMENT varchar(8)!, INDEX_COMMENT varchar(2048)!, "
                + "IS_VISIBLE varchar(3)!, EXPRESSION longtext",
            rows: statistics
        ),
        information(
            "KEY_COLUMN_USAGE",
            "CONSTRAINT_CATALOG name!, CONSTRAINT_SCHEMA name!, CONSTRAINT_NAME varchar(64), "
                + "TABLE_CATALOG name!, TABLE_SCHEMA name!, TABLE_NAME name!, "
                + "COLUMN_NAME varchar(64), ORDINAL_POSITION int unsigned!, "
                + "POSITION_IN_UNIQUE_CONSTRAINT int unsigned, REFERENCED_TABLE_SCHEMA name, "
                + "REFERENCED_TABLE_NAME name, REFERENCED_COLUMN_NAME varchar(64)",
            rows: keyColumns
        ),
        information(
            "TABLE_CONSTRAINTS",
            "CONSTRAINT_CATALOG name!, CONSTRAINT_SCHEMA name!, CONSTRAINT_NAME varchar(64), "
                + "TABLE_SCHEMA name!, TABLE_NAME name!, CONSTRAINT_TYPE varchar(11)!, "
                + "ENFORCED varchar(3)!",
            rows: constraints
        ),
        information(
            "REFERENTIAL_CONSTRAINTS",
            "CONSTRAINT_CATALOG name!, CONSTRAINT_SCHEMA name!, CONSTRAINT_NAME varchar(64), "
                + "UNIQUE_CONSTRAINT_CATALOG name!, UNIQUE_CONSTRAINT_SCHEMA name!, "
                + "UNIQUE_CONSTRAINT_NAME varchar(64), "
                + "MATCH_OPTION enum('NONE','PARTIAL','FULL')!, "
                + "UPDATE_RULE \(rules)!, DELETE_RULE \(rules)!, TABLE_NAME name!, "
                + "REFERENCED_TABLE_NAME name!",
            rows: references
        ),
        information(
            "CHECK_CONSTRAINTS",
            "CONSTRAINT_CATALOG name!, CONSTRAINT_SCHEMA name!, CONSTRAINT_NAME varchar(64)!, "
                + "CHECK_CLAUSE longtext!",
            rows: checks
        ),
        information(
            "COLUMN_STATISTICS",
            "SCHEMA_NAME name!, TABLE_NAME name!, COLUMN_NAME varchar(64)!, HISTOGRAM json!"
        ),
    ]

    private static let rules = "enum('NO ACTION','RESTRICT','CASCADE','SET NULL','SET DEFAULT')"

    private static func statistics(_ request: SystemRequest) throws -> [[TableValue]] {
        try request.describedTables.flatMap { table in
            try table.indexes.flatMap { try rows($0, table, request) }
        }
    }

    private static func rows(
        _ index: StoredIndex,
        _ table: StoredTable,
        _ request: SystemRequest
    ) throws -> [[TableValue]] {
        let counts =
            request.needsCounts
            ? try KeyCardinality.values(index, of: table, request.connection) : []
        let isTree = index.kind != .fulltext && index.kind != .spatial
        return index.parts.enumerated().map { place, part in
            let isNullable = table.columnIndex(part.column).map { table.columns[$0].isNullable }
            return [
                .text("def"), .text(table.database), .text(table.name),
                .integer(index.isUnique ? 0 : 1), .text(table.database), .text(index.name),
                .count(place + 1), .text(part.column),
                .maybe(isTree ? (part.isDescending ? "D" : "A") : nil),
                .maybe(counts.isEmpty ? nil : counts[place]), .maybe(part.prefix), .null,
                .text(isNullable == true ? "YES" : ""),
                .text(isTree ? "BTREE" : index.kind.rawValue.uppercased()), .text(""),
                .text(index.comment), .yesOrNo(!index.isInvisible), .null,
            ]
        }
    }

    private static func keyColumns(_ request: SystemRequest) -> [[TableValue]] {
        request.storedTables.flatMap { table -> [[TableValue]] in
            let unique = table.indexes.filter(\.isUnique).flatMap { uniqueRows($0, table) }
            return unique + table.foreignKeys.flatMap { rows($0, table) }
        }
    }

    private static func uniqueRows(_ index: StoredIndex, _ table: StoredTable) -> [[TableValue]] {
        index.parts.enumerated().map { place, part in
            [
                .text("def"), .text(table.database), .text(index.name), .text("def"),
                .text(table.database), .text(table.name), .text(part.column),
                .count(place + 1), .null, .null, .null, .null,
            ]
        }
    }

    private static func rows(_ key: StoredForeignKey, _ table: StoredTable) -> [[TableValue]] {
        assert(key.columns.count == key.parentColumns.count)
        return zip(key.columns, key.parentColumns).enumerated().map { place, pair in
            [
                .text("def"), .text(table.database), .text(key.name), .text("def"),
                .text(table.database), .text(table.name), .text(pair.0), .count(place + 1),
                .count(place + 1), .text(key.parentDatabase), .text(key.parentTable),
                .text(pair.1),
            ]
        }
    }

    private static func references(_ request: SystemRequest) -> [[TableValue]] {
        request.storedTables.flatMap { table in
            table.foreignKeys.map { key -> [TableValue] in
                let parent = request.schema.table(key.parentDatabase, key.parentTable)
                let index = parent?.indexes.first {
                    $0.isUnique && $0.begins(with: key.parentColumns)
                }
                return [
                    .text("def"), .text(table.database), .text(key.name), .text("def"),
                    .text(key.parentDatabase), .maybe(index?.name), .text("NONE"),
                    .text(key.onUpdate.rawValue), .text(key.onDelete.rawValue),
                    .text(table.name), .text(key.parentTable),
                ]
            }
        }
    }

    private static func checks(_ request: SystemRequest) -> [[TableValue]] {
        request.storedTables.flatMap { table in
            table.checks.map {
                [.text("def"), .text(table.database), .text($0.name), .text($0.expression)]
            }
        }
    }

    private static func constraints(_ request: SystemRequest) -> [[TableValue]] {
        request.storedTables.flatMap { table -> [[TableValue]] in
            let keys = table.indexes.filter(\.isUnique).map { index in
                row(table, index.name, index.kind == .primary ? "PRIMARY KEY" : "UNIQUE")
            }
            let references = table.foreignKeys.map { row(table, $0.name, "FOREIGN KEY") }
            return keys + references
                + table.checks.map { row(table, $0.name, "CHECK", isEnforced: $0.isEnforced) }
        }
    }

    private static func row(
        _ table: StoredTable,
        _ name: String,
        _ kind: String,
        isEnforced: Bool = true
    ) -> [TableValue] {
        [
            .text("def"), .text(table.database), .text(name), .text(table.database),
            .text(table.name), .text(kind), .yesOrNo(isEnforced),
        ]
    }
}
