import Testing

@testable import BorealWire

@Suite struct CollationTests {
    @Test("the table rises by id, and each character set has at most one default")
    func table() {
        let ids = CollationTable.all.map(\.id)
        #expect(ids == ids.sorted() && Set(ids).count == ids.count)
        let defaults = CollationTable.all.filter(\.isDefault).map(\.characterSet)
        #expect(Set(defaults).count == defaults.count)
    }

    @Test("names are found in any case, and utf8 is an alias of utf8mb3")
    func names() {
        #expect(Collation.named("UTF8MB4_0900_AI_CI")?.id == 255)
        #expect(Collation.named("utf8_general_ci")?.id == 33)
        #expect(Collation.named("utf8mb4_nowhere_ci") == nil)
    }

    @Test("an unknown id is no error, and counts as the widest")
    func unknown() {
        #expect(Collation(id: 9_999).description == nil)
        #expect(Collation(id: 9_999).characterBytesMax == 4)
        #expect(Collation(id: 8).characterBytesMax == 1)
    }
}
