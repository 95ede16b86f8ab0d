import BorealBase
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct UsageRegistryTests {
    private let folder: TemporaryFolder
    private let catalog: Catalog

    init() throws {
        folder = try TemporaryFolder()
        catalog = try makeCatalog(folder)
    }

    private func record(_ hour: Int64, _ user: String = "ann@%") -> UsageRecord {
        var record = UsageRecord(hour: hour, user: user, model: "m", provider: "p")
        record.requests = 2
        record.rows = 20
        record.tokensIn = 100
        record.tokensOut = 7
        record.cacheHits = 3
        record.cost = 0.5
        record.errors = ["TIMEOUT": 1]
        return record
    }

    @Test("usage is added up by hour, user, model and provider, errors by their word")
    func adding() throws {
        var further = record(5)
        further.isEstimated = true
        further.errors = ["TIMEOUT": 2, "BUSY": 1]
        try catalog.write { try $0.addUsage([record(5), record(6), record(5, "bob@%")]) }
        try catalog.write { try $0.addUsage([further]) }
        let stored = try catalog.storedUsage(limit: 100)
        #expect(stored.map(\.hour) == [5, 5, 6])
        #expect(stored.map(\.user) == ["ann@%", "bob@%", "ann@%"])
        #expect(stored[0].requests == 4)
        #expect(stored[0].tokensIn == 200)
        #expect(stored[0].cost == 1)
        #expect(stored[0].isEstimated)
        #expect(stored[0].errors == ["TIMEOUT": 3, "BUSY": 1])
        #expect(stored[1] == record(5, "bob@%"))
        #expect(try catalog.storedUsage(limit: 1).map(\.hour) == [6], "the newest come first")
    }

    @Test("old hours are forgotten with their errors")
    func sweeping() throws {
        try catalog.write { try $0.addUsage((0..<10).map { record($0) }) }
        try catalog.write { try $0.sweepUsage(beforeHour: 8) }
        let stored = try makeCatalog(try folder.copy()).storedUsage(limit: 100)
        #expect(stored == [record(8), record(9)])
    }

    @Test("budgets are set, replaced, taken away and survive a restart")
    func budgets() throws {
        func budget(_ name: String, _ limit: Double) -> BudgetRecord {
            let key = BudgetRecord.Key(scope: "user", name: name, unit: "tokens", period: "day")
            return BudgetRecord(key: key, limit: limit)
        }
        try catalog.write { try $0.setBudget(budget("b", 5)) }
        try catalog.write { try $0.setBudget(budget("a", 7)) }
        try catalog.write { try $0.setBudget(budget("b", 6)) }
        let expected = [budget("a", 7), budget("b", 6)]
        #expect(catalog.snapshot.budgets == expected)
        #expect(try makeCatalog(try folder.copy()).snapshot.budgets == expected)
        try catalog.write { try $0.removeBudget(budget("a", 0).key) }
        #expect(try makeCatalog(try folder.copy()).snapshot.budgets == [budget("b", 6)])
    }

    @Test("all keys are sealed anew, or none")
    func resealing() throws {
        struct Refusal: Error {}
        for name in ["a", "b", "c"] {
            let checked = try ModelName.created(name)
            let definition = VersionDefinition(
                modelClass: "remote",
                sealedKey: name == "b" ? "" : "old \(name)"
            )
            try catalog.write {
                try $0.createModel(checked, owner: "o", definition: definition, status: .saved)
            }
        }
        func keys(_ catalog: Catalog) -> [String] {
            catalog.snapshot.models.map(\.defaultVersion.definition.sealedKey)
        }
        #expect(throws: Refusal.self) {
            try catalog.write { change in
                try change.resealKeys { bound, text in
                    if bound.model.key == "c" { throw Refusal() }
                    return "new " + text
                }
            }
        }
        #expect(keys(catalog) == ["old a", "", "old c"])
        let count = try catalog.write { try $0.resealKeys { _, text in "new " + text } }
        #expect(count == 2)
        #expect(keys(try makeCatalog(try folder.copy())) == ["new old a", "", "new old c"])
    }
}
