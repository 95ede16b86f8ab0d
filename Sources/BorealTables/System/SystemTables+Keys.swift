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
                + "REFERENCED_TABLE_NAME name!"
        ),
        information(
            "CHECK_CONSTRAINTS",
            "CONSTRAINT_CATALOG name!, CONSTRAINT_SCHEMA name!, CONSTRAINT_NAME varchar(64)!, "
                + "CHECK_CLAUSE longtext!"
        ),
        information(
            "COLUMN_STATISTICS",
            "SCHEMA_NAME name!, TABLE_NAME name!, COLUMN_NAME varchar(64)!, HISTOGRAM json!"
        ),
    ]

    private static let rules = "enum('NO ACTION','RESTRICT','CASCADE','SET NULL','SET DEFAULT')"

    private static func statistics(_ request: SystemRequest) throws -> [[TableValue]] {
        try request.storedTables.flatMap { table in
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
        return index.parts.enumerated().map { place, part in
            let isNullable = table.columnIndex(part.column).map { table.columns[$0].isNullable }
            return [
                .text("def"), .text(table.database), .text(table.name),
                .integer(index.isUnique ? 0 : 1), .text(table.database), .text(index.name),
                .count(place + 1), .text(part.column), .text(part.isDescending ? "D" : "A"),
                .maybe(counts.isEmpty ? nil : counts[place]), .maybe(part.prefix), .null,
                .text(isNullable == true ? "YES" : ""), .text("BTREE"), .text(""),
                .text(index.comment), .text("YES"), .null,
            ]
        }
    }

    private static func keyColumns(_ request: SystemRequest) -> [[TableValue]] {
        request.storedTables.flatMap { table in
            table.indexes.filter(\.isUnique).flatMap { index in
                index.parts.enumerated().map { place, part in
                    [
                        .text("def"), .text(table.database), .text(index.name), .text("def"),
                        .text(table.database), .text(table.name), .text(part.column),
                        .count(place + 1), .null, .null, .null, .null,
                    ]
                }
            }
        }
    }

    private static func constraints(_ request: SystemRequest) -> [[TableValue]] {
        request.storedTables.flatMap { table in
            table.indexes.filter(\.isUnique).map { index in
                [
                    .text("def"), .text(table.database), .text(index.name),
                    .text(table.database), .text(table.name),
                    .text(index.kind == .primary ? "PRIMARY KEY" : "UNIQUE"), .text("YES"),
                ]
            }
        }
    }
}
