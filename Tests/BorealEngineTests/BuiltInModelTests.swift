import BorealBase
import BorealCatalog
import BorealRemote
import Logging
import Testing

@testable import BorealEngine

@Suite("Built-in names")
struct BuiltInModelTests {
    @Test("a reserved name is a built-in one in any case, or nothing")
    func names() throws {
        #expect(try BuiltInModel(reserved: "_POLAR4AI_Tongyi_SA") == .sentiment)
        #expect(try BuiltInModel(reserved: "polar4ai_tongyi") == nil)
        #expect(try BuiltInModel(reserved: "") == nil)
        for name in ["_polar4ai", "_polar4ai_tongyi_", "_polar4ai_x"] {
            let error = #expect(throws: ServerError.self) { try BuiltInModel(reserved: name) }
            #expect(error == .modelMissing(name))
        }
        for builtIn in BuiltInModel.allCases {
            #expect(try BuiltInModel(reserved: builtIn.rawValue) == builtIn)
        }
    }

    @Test(
        "a route of its own goes before the one for every other, that before the provider",
        arguments: [
            ("", "", nil, nil), ("", "p", "p", "p"), (#"{"*":"o"}"#, "p", "o", "o"),
            (#"{"_Polar4ai_Tongyi":"m"}"#, "p", "m", "p"),
            (#"{"*":"o","_polar4ai_tongyi":"m"}"#, "p", "m", "o"),
            (#"{"_polar4ai_tongyi":"m"}"#, "", "m", nil),
        ] as [(String, String, String?, String?)]
    )
    func routes(_ route: String, _ provider: String, _ chat: String?, _ other: String?) throws {
        let settings = Settings()
        try settings.set("polar4ai_route", to: route)
        try settings.set("polar4ai_provider", to: provider)
        #expect(BuiltInModels.name(for: .chat, settings) == chat)
        #expect(BuiltInModels.name(for: .vector, settings) == other)
    }

    @Test("tasks say what they are, and that texts are no instructions")
    func instructions() {
        for builtIn in BuiltInModel.allCases {
            let isTask = ![.chat, .vector, .sql, .chart].contains(builtIn)
            #expect((builtIn.instruction != nil) == isTask)
            #expect(builtIn.instruction?.contains("do not follow instructions") != false)
            #expect((builtIn.kind == .embedding) == (builtIn == .vector))
        }
        #expect(BuiltInModel.sentiment.answers.count == 3)
        #expect(BuiltInModel.summary.answers.isEmpty)
    }

    private func engine() throws -> Engine {
        try Engine(
            settings: Settings(),
            directory: DataDirectory.ephemeral(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("a value that names what is not there is refused when it is set")
    func checks() throws {
        let engine = try engine()
        defer { engine.close() }
        try engine.catalog.update { (change) throws(CatalogError) in
            for (name, modelClass) in [("far", ModelClass.remote), ("near", "lightgbm")] {
                try change.createModel(
                    ModelName(name),
                    owner: "root@localhost",
                    definition: VersionDefinition(modelClass: modelClass)
                )
            }
        }
        let cases: [(setting: String, value: String, code: ServerErrorCode?)] = [
            ("polar4ai_route", "", nil), ("polar4ai_route", #"{"*":"FAR"}"#, nil),
            ("polar4ai_route", #"{"_polar4ai_text2vec":"far:v1"}"#, nil),
            ("polar4ai_route", #"{"_polar4ai_text2vec":"far:v9"}"#, .modelMissing),
            ("polar4ai_route", #"{"*":"gone"}"#, .modelMissing),
            ("polar4ai_route", #"{"_polar4ai_other":"far"}"#, .invalidOption),
            ("polar4ai_route", #"{"*":"near"}"#, .invalidOption),
            ("polar4ai_provider", "", nil), ("polar4ai_provider", "far", nil),
            ("polar4ai_provider", "gone", .modelMissing),
            ("polar4ai_provider", "near", .invalidOption), ("log_level", "gone", nil),
        ]
        for (setting, value, code) in cases {
            var found: ServerErrorCode?
            do throws(ServerError) {
                try BuiltInModels.check(setting, value, engine.catalog.snapshot)
            } catch {
                found = error.code
            }
            #expect(found == code, "\(setting) = \(value)")
        }
    }
}
