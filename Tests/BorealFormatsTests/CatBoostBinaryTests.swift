import BorealGraph
import Testing

@testable import BorealFormats

@Suite struct CatBoostBinaryTests {
    typealias Field = FlatBuilder.Field

    private func prefixed(_ document: [UInt8]) -> [UInt8] {
        let count = UInt32(document.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + document
    }

    /// A number with a border at 0.5, and a category.
    private var features: [Int: Field] {
        [
            0: .int32(1),
            4: .tables([[0: .int32(0), 1: .int32(1), 2: .text("color")]]),
            5: .tables([
                [1: .int32(0), 2: .int32(0), 3: .floats([0.5]), 4: .text("x"), 5: .byte(2)]
            ]),
        ]
    }

    private func file(
        _ trees: [Int: Field],
        version: String = "FlabuffersModel_v1",
        loss: String = "RMSE",
        tables: [[Int: Field]] = []
    ) -> [UInt8] {
        let info: [Int: Field] = [
            0: .text("params"), 1: .text(#"{"loss_function":{"type":"\#(loss)"}}"#),
        ]
        var core: [Int: Field] = [
            0: .text(version), 1: .table(features.merging(trees) { $1 }), 2: .tables([info]),
        ]
        if !tables.isEmpty { core[3] = .texts(["static_provider_v1"]) }
        var bytes = Array("CBM1".utf8) + prefixed(FlatBuilder.document(core))
        guard !tables.isEmpty else { return bytes }
        bytes += [UInt8(tables.count), 0, 0, 0]
        for table in tables { bytes += prefixed(FlatBuilder.document(table)) }
        return bytes
    }

    private func answers(
        _ bytes: [UInt8],
        _ rows: [Double],
        _ role: GraphOutput.Role = .raw
    ) throws -> [Double] {
        let graph = try ModelReader.read(bytes, fileName: "m.cbm").graph
        #expect(graph.inputs.map(\.name) == ["x", "color"])
        return try graph.run(try GraphBatch(values: rows, featureCount: 2), roles: [role]).doubles(
            0
        )
    }

    @Test("symmetric trees, a bias, and NaN above every border")
    func symmetric() throws {
        let trees: [Int: Field] = [
            1: .ints([0]), 2: .ints([1]), 8: .doubles([1, 2]), 9: .doubles([3, 4]),
            15: .double(10),
        ]
        #expect(try answers(file(trees), [0.5, 0, 1, 0, .nan, 0]) == [11, 12, 12])
        let empty: [Int: Field] = [1: .ints([]), 2: .ints([0]), 8: .doubles([7])]
        #expect(try answers(file(empty), [0, 0]) == [7])
    }

    @Test("several scores have several values in a leaf and a bias each")
    func severalScores() throws {
        let trees: [Int: Field] = [
            0: .int32(2), 1: .ints([0]), 2: .ints([1]), 8: .doubles([1, 2, 3, 4]),
            16: .doubles([10, 20]),
        ]
        #expect(try answers(file(trees, loss: "MultiRMSE"), [0, 0, 1, 0]) == [11, 22, 13, 24])
        #expect(try answers(file(trees, loss: "MultiClass"), [0, 0], .label) == [1])
    }

    /// Steps of 16 bits to the left and the right child.
    private func step(_ left: Int32, _ right: Int32) -> Int32 { left | right << 16 }

    @Test("trees of nodes: a side that leads nowhere is a leaf of the node's own")
    func nodes() throws {
        // x > 0.5 ? 3 : (color is red ? 2 : 1)
        let red = Int32(bitPattern: CityHash.category("red"))
        let trees: [Int: Field] = [
            1: .ints([0, 1, 0, 0]), 2: .ints([4]),
            6: .tables([[0: .int32(0), 1: .ints([red])]]), 8: .doubles([3, 1, 2]),
            10: .ints([step(1, 0), step(1, 2), 0, 0]), 11: .ints([0, 0, 1, 2]),
        ]
        let code = Double(CityHash.category("red"))
        #expect(try answers(file(trees), [1, code, 0, code, 0, 5]) == [3, 2, 1])
        #expect(try answers(file(trees), [1, code, 0, code, 0, 5], .leaf) == [0, 2, 1])
        var broken = trees
        broken[10] = .ints([step(9, 0), step(1, 2), 0, 0])
        #expect(throws: FormatError.self) { try answers(file(broken), [1, 1]) }
        broken = trees
        broken[11] = .ints([0, 0, 1, 9])
        #expect(throws: FormatError.self) { try answers(file(broken), [1, 1]) }
    }

    /// `color` counted in a table of two rows: red and everything else.
    private func statistics(
        _ kind: UInt8,
        blob: [Int32],
        classes: Int32,
        border: Float
    ) -> (trees: [Int: Field], table: [Int: Field]) {
        let base: [Int: Field] = [0: .table([0: .ints([0])]), 1: .byte(kind)]
        let signed = Int64(Int32(bitPattern: CityHash.category("red")))
        let factor: UInt64 = 0x4906_BA49_4954_CB65
        let hash = factor &* (factor &* UInt64(bitPattern: signed))
        var buckets: [UInt8] = []
        for (key, row) in [(hash, UInt32(1)), (UInt64.max, 0), (77, 0)] {
            withUnsafeBytes(of: key.littleEndian) { buckets.append(contentsOf: $0) }
            withUnsafeBytes(of: row.littleEndian) { buckets.append(contentsOf: $0) }
        }
        let data = blob.flatMap { number in
            (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        let trees: [Int: Field] = [
            1: .ints([1]), 2: .ints([1]), 8: .doubles([1, 2]),
            7: .tables([[0: .table([0: .table(base)]), 1: .floats([border])]]),
        ]
        let table: [Int: Field] = [
            0: .table(base), 1: .data(buckets), 2: .data(data), 3: .int32(9), 4: .int32(classes),
        ]
        return (trees, table)
    }

    @Test(
        "statistics of the target by category, and what an unseen one has",
        arguments: [
            // Two classes: 3 of 4 rows; then one class of three: 2 of 8.
            (0, [0, 0, 1, 3], 2, 0.6, [2.0, 1.0]), (0, [0, 0, 1, 3], 2, 0.61, [1.0, 1.0]),
            (1, [0, 0, 0, 2, 3, 3], 3, 0.2, [2.0, 1.0]),
            // Counts of 9 and nothing.
            (4, [0, 4], 0, 0.39, [2.0, 1.0]), (5, [0, 4], 0, 0.4, [1.0, 1.0]),
            // A sum of 1.5 in two rows.
            (3, [0, 0, 0x3FC0_0000, 2], 0, 0.49, [2.0, 1.0]),
        ] as [(UInt8, [Int32], Int32, Float, [Double])]
    )
    func statistic(
        kind: UInt8,
        blob: [Int32],
        classes: Int32,
        border: Float,
        expected: [Double]
    ) throws {
        let (trees, table) = statistics(kind, blob: blob, classes: classes, border: border)
        let bytes = file(trees, tables: [table])
        let red = Double(CityHash.category("red"))
        // The priors are 0 and 1: 3 of 4 becomes 3/5.
        let exact = border == 0.6 ? Float(0.599) : border
        let lower = statistics(kind, blob: blob, classes: classes, border: exact)
        let answer = try answers(file(lower.trees, tables: [lower.table]), [0, red, 0, 5])
        #expect(answer == expected)
        #expect(try answers(bytes, [0, 5]) == [1])
    }

    @Test("tables that are not there, or have rows beyond their end, are refused")
    func damagedTables() {
        let (trees, table) = statistics(0, blob: [0, 0, 1, 3], classes: 2, border: 0.5)
        #expect(throws: FormatError.self) { try answers(file(trees), [0, 0]) }
        var short = table
        short[2] = .data([0, 0, 0, 0])
        #expect(throws: FormatError.self) { try answers(file(trees, tables: [short]), [0, 0]) }
        var classless = table
        classless[4] = .int32(0)
        #expect(throws: FormatError.self) { try answers(file(trees, tables: [classless]), [0, 0]) }
        var odd = table
        odd[0] = .table([1: .byte(17)])
        #expect(throws: FormatError.self) { try answers(file(trees, tables: [odd]), [0, 0]) }
    }

    @Test("other versions, parts and features are refused by name")
    func refused() {
        let trees: [Int: Field] = [1: .ints([0]), 2: .ints([1]), 8: .doubles([1, 2])]
        #expect(throws: FormatError.unsupportedVersion(.catboostCBM, version: "v9")) {
            try answers(file(trees, version: "v9"), [0, 0])
        }
        let words = trees.merging([12: .tables([[0: .int32(0)]])]) { $1 }
        #expect(
            throws: FormatError.unsupportedFormat(
                .catboostCBM,
                detail: "features of text and embeddings"
            )
        ) { try answers(file(words), [0, 0]) }
        let many = trees.merging([2: .ints([5])]) { $1 }
        #expect(throws: FormatError.self) { try answers(file(many), [0, 0]) }
    }

    @Test("a pickle of the class CatBoost answers raw scores, one of a classifier classes")
    func pickles() throws {
        let trees: [Int: Field] = [1: .ints([0]), 2: .ints([1]), 8: .doubles([-1, 2])]
        let content = file(trees, loss: "Logloss")
        for (name, expected) in [("CatBoost", "2.0"), ("CatBoostClassifier", "1")] {
            var writer = PickleWriter()
            writer.object(module: "catboost.core", name: name) { writer in
                writer.text("__model")
                writer.text(content)
            }
            let graph = try ModelReader.read(writer.finish(), fileName: "m.pkl").graph
            let batch = try GraphBatch(values: [1, 0], featureCount: 2)
            let results = try graph.run(batch, roles: [.value, .prediction])
            #expect(results.text(0, row: 0) == expected && results.text(1, row: 0) == "1")
        }
    }
}
