import BorealBase
import Testing

@testable import BorealCatalog

@Suite struct ModelNameTests {
    @Test(
        "a created name is a letter, then letters, digits and _",
        arguments: [
            ("airlines_gbm", true), ("A1", true), ("z", true), ("_x", false), ("1a", false),
            ("a-b", false), ("a b", false), ("größe", false), ("", false), ("a.b", false),
            ("a;", false),
        ]
    )
    func identifiers(name: String, isLegal: Bool) {
        #expect(ModelName.isIdentifier(name) == isLegal)
        if isLegal {
            #expect(throws: Never.self) { try ModelName.created(name) }
        } else {
            #expect(throws: CatalogError.invalidName(name)) { try ModelName.created(name) }
        }
    }

    @Test("the key is the name in lower case")
    func folding() throws {
        let name = try ModelName.created("Airlines_GBM")
        #expect(name.key == "airlines_gbm")
        #expect(name.display == "Airlines_GBM")
    }

    @Test("256 bytes are the longest name")
    func longest() throws {
        let longest = String(repeating: "a", count: 256)
        #expect(try ModelName.created(longest).key == longest)
        #expect(throws: CatalogError.nameTooLong(bytes: 257, limit: 256)) {
            try ModelName.created(longest + "a")
        }
    }

    @Test("names of built-in models are reserved, in any case")
    func reserved() {
        #expect(throws: CatalogError.reservedName("_Polar4AI_mine")) {
            try ModelName.created("_Polar4AI_mine")
        }
    }

    @Test("REST names may hold more than SQL names, control characters excepted")
    func restNames() throws {
        #expect(try ModelName("qwen 2.5/vl-3B").key == "qwen 2.5/vl-3b")
        #expect(throws: CatalogError.invalidName("a\nb")) { try ModelName("a\nb") }
        #expect(throws: CatalogError.invalidName("")) { try ModelName("") }
    }

    @Test("a version may not be called default_version")
    func versionNames() throws {
        #expect(try VersionName.key("V2_beta") == "v2_beta")
        #expect(throws: CatalogError.invalidName("Default_Version")) {
            try VersionName.key("Default_Version")
        }
        #expect(throws: CatalogError.invalidName("2")) { try VersionName.key("2") }
    }
}
