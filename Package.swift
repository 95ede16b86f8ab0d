// swift-tools-version: 6.1
import PackageDescription

/// Every Boreal target is compiled with the same rules: Swift 6 mode (the tools version sets it),
/// no implicit existentials, imports internal unless said otherwise, members only from imported
/// modules.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Tests that compute little themselves: to optimise them takes longer than they run, even in
/// `make test`.
let light = house + [.unsafeFlags(["-Onone"])]

let package = Package(
    name: "boreal",
    products: [
        .executable(name: "boreal", targets: ["boreal"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        // Layer 0: C libraries, and the few calls Swift cannot import.
        .target(name: "CLinux"),
        // Layer 0: vector loops that are chosen by the processor.
        .target(name: "CKernels"),
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(name: "CBZip2", providers: [.apt(["libbz2-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),

        // Layer 1: the vocabulary everyone shares.
        .target(name: "BorealBase", swiftSettings: house),

        // Layer 2: text to statements.
        .target(name: "BorealSQL", dependencies: ["BorealBase"], swiftSettings: house),
        // Layer 2: MySQL packets and the conversation, no sockets.
        .target(
            name: "BorealWire",
            dependencies: ["BorealBase", "COpenSSL", "CZlib"],
            swiftSettings: house
        ),
        // Layer 2: sockets, loops and workers, bytes only.
        .target(name: "BorealNet", dependencies: ["BorealBase", "CLinux"], swiftSettings: house),
        // Layer 2: gradient boosting, from bins to trees to scores.
        .target(
            name: "BorealBoost",
            dependencies: ["BorealBase", "CKernels", "CLinux"],
            swiftSettings: house
        ),
        // Layer 2: a thin, typed SQLite.
        .target(
            name: "BorealSQLite",
            dependencies: ["BorealBase", "CSQLite"],
            swiftSettings: house
        ),

        // Layer 3: one representation for every model.
        .target(
            name: "BorealGraph",
            dependencies: ["BorealBase", "BorealBoost", "CKernels"],
            swiftSettings: house
        ),
        // Layer 3: the registry of models, versions, tasks, artifacts, accounts and settings.
        .target(
            name: "BorealCatalog",
            dependencies: ["BorealBase", "BorealSQLite", "COpenSSL"],
            swiftSettings: house
        ),
        // Layer 3: where rows come from.
        .target(
            name: "BorealTables",
            dependencies: [
                "BorealBase", "BorealSQL", "BorealSQLite", "BorealWire", "CKernels", "COpenSSL",
                "CZlib",
            ],
            swiftSettings: house
        ),
        // Layer 3: HTTP/1.1, server side on our loops, client side on libcurl.
        .target(
            name: "BorealHTTP",
            dependencies: ["BorealBase", "BorealNet", "CCurl", "CLinux", "CZlib"],
            swiftSettings: house
        ),
        // Layer 3: TLS for the connections of BorealNet.
        .target(
            name: "BorealTLS",
            dependencies: ["BorealBase", "BorealNet", "COpenSSL"],
            swiftSettings: house
        ),

        // Layer 4: another MySQL server that this one is a client of.
        .target(
            name: "BorealUpstream",
            dependencies: ["BorealBase", "BorealNet", "BorealTLS", "BorealWire"],
            swiftSettings: house
        ),
        // Layer 4: models that run elsewhere, from batches of rows to requests and back.
        .target(
            name: "BorealRemote",
            dependencies: ["BorealBase", "BorealHTTP", "COpenSSL"],
            swiftSettings: house
        ),
        // Layer 4: the algorithms that make models, beside boosting.
        .target(
            name: "BorealLearners",
            dependencies: ["BorealBase", "BorealBoost", "BorealGraph", "CKernels"],
            swiftSettings: house
        ),
        // Layer 4: model files in and out.
        .target(
            name: "BorealFormats",
            dependencies: [
                "BorealBase", "BorealBoost", "BorealGraph", "CBZip2", "CLZ4", "CLZMA", "CZlib",
            ],
            swiftSettings: house
        ),
        // Layer 4: information value, stability, correlation, drift.
        .target(
            name: "BorealStatistics",
            dependencies: ["BorealBase", "BorealBoost"],
            swiftSettings: house
        ),
        // Layer 4: the scheduler of persisted jobs.
        .target(
            name: "BorealTasks",
            dependencies: ["BorealBase", "BorealCatalog"],
            swiftSettings: house
        ),

        // Layer 5: the meaning of each statement.
        .target(
            name: "BorealEngine",
            dependencies: [
                "BorealBase", "BorealBoost", "BorealCatalog", "BorealFormats", "BorealGraph",
                "BorealHTTP", "BorealLearners", "BorealNet", "BorealRemote", "BorealSQL",
                "BorealSQLite", "BorealStatistics", "BorealTLS", "BorealTables", "BorealTasks",
                "BorealUpstream", "BorealWire",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house
        ),

        // Layer 6: the REST contract of remote models.
        .target(
            name: "BorealREST",
            dependencies: [
                "BorealBase", "BorealCatalog", "BorealEngine", "BorealHTTP", "BorealNet",
                "BorealRemote",
            ],
            swiftSettings: house
        ),

        // Layer 7: the listener that binds wire, net and engine; the HTTP side door.
        .target(
            name: "BorealServer",
            dependencies: [
                "BorealBase", "BorealCatalog", "BorealEngine", "BorealHTTP", "BorealNet",
                "BorealREST", "BorealRemote", "BorealTLS", "BorealTables", "BorealUpstream",
                "BorealWire",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house
        ),

        // Layer 8: the executable.
        .executableTarget(
            name: "boreal",
            dependencies: [
                "BorealBase", "BorealBoost", "BorealEngine", "BorealServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house
        ),

        // What tests of several targets start other programs with.
        .target(name: "CTestPrograms", path: "Tests/CTestPrograms"),
        .target(
            name: "TestPrograms",
            dependencies: ["CTestPrograms"],
            path: "Tests/TestPrograms",
            swiftSettings: house
        ),

        // Unit tests, one target for each target of Sources.
        .testTarget(name: "BorealBaseTests", dependencies: ["BorealBase"], swiftSettings: house),
        .testTarget(
            name: "BorealSQLTests",
            dependencies: ["BorealBase", "BorealSQL"],
            swiftSettings: house
        ),
        .testTarget(
            name: "BorealWireTests",
            dependencies: ["BorealBase", "BorealWire", "COpenSSL", "CZlib"],
            swiftSettings: house
        ),
        .testTarget(
            name: "BorealNetTests",
            dependencies: ["BorealBase", "BorealNet", "CLinux"],
            swiftSettings: house
        ),
        .testTarget(
            name: "BorealBoostTests",
            dependencies: ["BorealBase", "BorealBoost", "CKernels"],
            swiftSettings: house
        ),
        .testTarget(
            name: "BorealSQLiteTests",
            dependencies: ["BorealBase", "BorealSQLite", "CSQLite"],
            swiftSettings: house
        ),
        .testTarget(
            name: "BorealGraphTests",
            dependencies: ["BorealBase", "BorealBoost", "BorealGraph"],
            swiftSettings: house
        ),
        .testTarget(
            name: "BorealCatalogTests",
            dependencies: ["BorealBase", "BorealCatalog", "BorealSQLite", "TestPrograms"],
            swiftSettings: light
        ),
        .testTarget(
            name: "BorealTablesTests",
            dependencies: [
                "BorealBase", "BorealSQL", "BorealSQLite", "BorealTables", "BorealWire", "CKernels",
                "TestPrograms",
            ],
            swiftSettings: light
        ),
        .testTarget(
            name: "BorealHTTPTests",
            dependencies: [
                "BorealBase", "BorealHTTP", "BorealNet", "BorealTLS", "CLinux", "CZlib",
            ],
            swiftSettings: light
        ),
        .testTarget(
            name: "BorealRemoteTests",
            dependencies: ["BorealBase", "BorealHTTP", "BorealNet", "BorealRemote"],
            swiftSettings: light
        ),
        .testTarget(
            name: "BorealUpstreamTests",
            dependencies: [
                "BorealBase", "BorealNet", "BorealTLS", "BorealUpstream", "BorealWire",
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "BorealTLSTests",
            dependencies: ["BorealBase", "BorealNet", "BorealTLS", "COpenSSL"],
            swiftSettings: house
        ),
        .testTarget(
            name: "BorealFormatsTests",
            dependencies: [
                "BorealBase", "BorealBoost", "BorealFormats", "BorealGraph", "TestPrograms",
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "BorealLearnersTests",
            dependencies: [
                "BorealBase", "BorealBoost", "BorealGraph", "BorealLearners", "CKernels",
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "BorealStatisticsTests",
            dependencies: ["BorealStatistics"],
            swiftSettings: house
        ),
        .testTarget(
            name: "BorealTasksTests",
            dependencies: ["BorealBase", "BorealCatalog", "BorealTasks"],
            swiftSettings: house
        ),
        .testTarget(
            name: "BorealEngineTests",
            dependencies: [
                "BorealBase", "BorealBoost", "BorealEngine", "BorealGraph", "BorealNet",
                "BorealRemote",
            ],
            swiftSettings: light
        ),

        .testTarget(
            name: "BorealRESTTests",
            dependencies: [
                "BorealBase", "BorealCatalog", "BorealEngine", "BorealHTTP", "BorealREST",
                "BorealRemote",
            ],
            swiftSettings: light
        ),

        // The house's own rules, checked like everything else.
        .testTarget(name: "TidyTests", exclude: ["ratchet.txt"], swiftSettings: house),
        // The real binary, driven by real clients.
        .testTarget(
            name: "BorealEndToEndTests",
            dependencies: ["boreal", "TestPrograms"],
            swiftSettings: light
        ),
    ]
)
