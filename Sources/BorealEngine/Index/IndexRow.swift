import BorealBase

/// A row of an index table before it has its vector.
struct IndexRow: Equatable {
    /// Characters of the text that a vector is made of.
    static let textMax = 6_000

    /// By column.
    var values: [(name: String, value: String)]

    /// What the row is found by.
    var text: String {
        String(
            values.filter { $0.name != "ext" && !$0.value.isEmpty }.map(\.value)
                .joined(separator: "\n").prefix(Self.textMax)
        )
    }

    static func == (left: IndexRow, right: IndexRow) -> Bool {
        left.values.elementsEqual(right.values, by: ==)
    }

    /// The row of a table.
    ///
    /// - Parameters:
    ///   - columns: names, types and comments, in order.
    ///   - samples: rows of the table, as many cells as columns.
    init(
        table: String,
        comment: String,
        definition: String,
        columns: [(name: String, type: String, comment: String)],
        samples: [[String?]]
    ) {
        let shown = columns.indices.compactMap { index -> String? in
            guard !Self.isOpaque(columns[index].type) else { return nil }
            let known = samples.compactMap { index < $0.count ? $0[index] : nil }
            guard !known.isEmpty else { return nil }
            return columns[index].name + ": "
                + known.map { String($0.prefix(40)) }.joined(separator: ", ")
        }
        values = [
            ("table_name", table), ("table_comment", comment), ("table_ddl", definition),
            ("column_names", columns.map(\.name).joined(separator: ", ")),
            (
                "column_comments",
                columns.filter { !$0.comment.isEmpty }.map { "\($0.name): \($0.comment)" }
                    .joined(separator: "; ")
            ),
            ("sample_values", shown.joined(separator: "; ")), ("ext", ""),
        ]
    }

    /// A row of a table of patterns as it is.
    init(pattern: [(name: String, value: String)]) { values = pattern }

    /// Columns of a table of patterns that go into its index.
    static let patternColumns = [
        "pattern_question", "pattern_description", "pattern_sql", "pattern_params",
        "pattern_tables",
    ]

    /// Values of these types say nothing to a reader.
    private static func isOpaque(_ type: String) -> Bool {
        ["blob", "binary", "vector", "geometry"].contains { type.contains($0) }
    }
}

/// The vector that an embedding model answered as JSON, as the bytes of a VECTOR.
enum EmbeddedVector {
    /// Nil for what is no list of finite numbers.
    static func bytes(_ json: String?) -> [UInt8]? {
        // Whatever is wrong with it, it is no vector.
        guard let json, let numbers = (try? JSON.parse(json))?.array, !numbers.isEmpty else {
            return nil
        }
        var bytes: [UInt8] = []
        for number in numbers {
            guard let value = number.double, Float(value).isFinite else { return nil }
            withUnsafeBytes(of: Float(value).bitPattern.littleEndian) {
                bytes.append(contentsOf: $0)
            }
        }
        return bytes
    }
}
