import BorealBase
import Testing

@testable import BorealGraph

@Suite struct LabelsTests {
    @Test("a label is shown as the training label was")
    func shown() {
        #expect(Labels.integer([0, 1]).text(at: 1) == "1")
        #expect(Labels.double([0, 1]).text(at: 1) == "1.0")
        #expect(Labels.decimal(["1.50"]).text(at: 0) == "1.50")
        #expect(Labels.text(["a", "b"]).text(at: 1) == "b")
    }

    @Test("numbers match by value, text by bytes; what training never saw is -1, NULL is -2")
    func columns() {
        let numbers = SmallModels.column("y", .int64([5, 2, 9]), count: 3)
        #expect(Labels.integer([2, 5]).indexes(of: numbers) == [1, 0, -1])
        #expect(Labels.double([2, 5]).indexes(of: numbers) == [1, 0, -1])
        #expect(Labels.decimal(["2.0", "5.00"]).indexes(of: numbers) == [1, 0, -1])
        #expect(Labels.text(["2", "5"]).indexes(of: numbers) == [1, 0, -1])
        let text = SmallModels.text("y", ["b", nil, "B", "b"])
        #expect(Labels.text(["a", "b"]).indexes(of: text) == [1, -2, -1, 1])
        let decimals = SmallModels.text("y", ["2.50", "3"], .decimal)
        #expect(Labels.decimal(["2.5", "3.0"]).indexes(of: decimals) == [0, 1])
        let doubles = SmallModels.column("y", .double([1, 0.5]), count: 2)
        #expect(Labels.text(["1", "0.5"]).indexes(of: doubles) == [0, 1])
    }
}
