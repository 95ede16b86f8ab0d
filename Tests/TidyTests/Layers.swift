/// Who may import whom: the targets in layers, and the few modules that come from elsewhere.
///
/// A target imports only what lies in a lower layer. Targets of one layer never import each other:
/// a noun that two of them share goes down to `BorealBase`, or they meet in `BorealEngine`.
enum Layers {
    /// Layer by target. A new target is entered here first.
    static let layer: [String: Int] = [
        "CSQLite": 0, "COpenSSL": 0, "CZlib": 0, "CCurl": 0, "CLZMA": 0, "CBZip2": 0, "CLZ4": 0,
        "CLinux": 0,
        "CKernels": 0,
        "BorealBase": 1,
        "BorealSQL": 2, "BorealWire": 2, "BorealNet": 2, "BorealBoost": 2, "BorealSQLite": 2,
        "BorealGraph": 3, "BorealCatalog": 3, "BorealTables": 3, "BorealHTTP": 3, "BorealTLS": 3,
        "BorealLearners": 4, "BorealFormats": 4, "BorealRemote": 4, "BorealTasks": 4,
        "BorealVectors": 4, "BorealStatistics": 4, "BorealUpstream": 4,
        "BorealEngine": 5,
        "BorealREST": 6,
        "BorealServer": 7,
        "boreal": 8,
    ]

    /// The only importers of each C library, so that its types and lifetimes stay in one place.
    static let importers: [String: Set<String>] = [
        "CSQLite": ["BorealSQLite"],
        "COpenSSL": [
            "BorealWire", "BorealTLS", "BorealCatalog", "BorealHTTP", "BorealRemote",
            "BorealTables",
        ],
        "CZlib": ["BorealWire", "BorealFormats", "BorealHTTP", "BorealTables"],
        "CCurl": ["BorealHTTP"],
        "CLZMA": ["BorealFormats"],
        "CBZip2": ["BorealFormats"],
        "CLZ4": ["BorealFormats"],
        "Logging": ["BorealEngine", "BorealREST", "BorealServer", "boreal"],
        "ArgumentParser": ["boreal"],
    ]

    /// Modules of the toolchain that every target may import.
    static let toolchain: Set<String> = ["Glibc", "Dispatch", "Synchronization"]

    /// Packages whose product is named otherwise in `Package.swift` than by its module.
    static let products: Set<String> = ["Logging", "ArgumentParser"]
}

/// One `import` line.
struct ImportLine {
    let module: String
    let line: Int

    /// The imports of a file, in order.
    static func all(in source: SwiftSource) -> [ImportLine] {
        var found: [ImportLine] = []
        for offset in source.occurrences(of: "import") {
            let line = source.line(at: offset)
            let words = source.code(ofLine: line).split(separator: " ")
            guard let place = words.firstIndex(of: "import"),
                words[..<place].allSatisfy({ modifiers.contains($0) || $0.hasPrefix("@") })
            else { continue }
            var rest = words[(place + 1)...]
            if let kind = rest.first, kinds.contains(kind) { rest = rest.dropFirst() }
            guard let module = rest.first?.split(separator: ".").first else { continue }
            found.append(ImportLine(module: String(module), line: line))
        }
        return found
    }

    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private",
    ]
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
    ]
}
