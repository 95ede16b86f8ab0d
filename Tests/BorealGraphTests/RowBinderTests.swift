import BorealBase
import Testing

@testable import BorealGraph

@Suite struct RowBinderTests {
    private static func category(_ names: [String]) throws -> FeatureKind {
        .category(try CategoryDictionary(.text(names)))
    }

    /// The features of one row, nil when it is left to a `FeatureBinder`.
    private func features(
        _ inputs: [GraphInput],
        _ storages: [Column.Storage],
        types: [ColumnType]? = nil
    ) throws -> (row: [Double]?, batch: [Double]?) {
        let names = inputs.map(\.name)
        let columns = storages.enumerated().map { index, storage in
            Column(
                name: names[index],
                type: types?[index] ?? .varchar(),
                storage: storage,
                validity: Validity(allValid: 1)
            )
        }
        let binder = try FeatureBinder(inputs: inputs, names: names)
        var row = [Double](repeating: 7, count: inputs.count)
        let isRead = row.withUnsafeMutableBufferPointer { features in
            guard let base = features.baseAddress else { return false }
            let cells = Row(columns)
            return RowBinder(binder).write(to: base, cell: cells.cell)
        }
        // What the binder refuses has no features.
        let batch = try? binder.bind(RowBatch(columns: columns, rowCount: 1)).values
        return (isRead ? row : nil, batch)
    }

    /// The cells of one row, whose bytes it owns.
    private final class Row {
        private let columns: [Column]
        private var texts: [UnsafeMutableRawBufferPointer] = []

        init(_ columns: [Column]) { self.columns = columns }

        deinit { for text in texts { text.deallocate() } }

        func cell(_ index: Int) -> RowBinder.Cell {
            switch columns[index].storage {
            case .int64(let values): return .number(Double(values[0]))
            case .double(let values): return values[0].isNaN ? .missing : .number(values[0])
            case .bytes(let values):
                let text = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: values[0].count,
                    alignment: 1
                )
                text.copyBytes(from: values[0])
                texts.append(text)
                return .bytes(UnsafeRawBufferPointer(text), columns[index].type.kind)
            default: return .missing
            }
        }
    }

    private static func bytes(_ text: String) -> Column.Storage {
        var bytes = ByteColumn()
        bytes.append(text)
        return .bytes(bytes)
    }

    @Test("a row is read as a batch of one would be")
    func agrees() throws {
        let inputs = [
            GraphInput(name: "a"), GraphInput(name: "b", kind: .integerCategory),
            GraphInput(name: "c", kind: try Self.category(["x", "y"])),
            GraphInput(name: "d", kind: .hashedCategory),
            GraphInput(name: "e", kind: .category(try CategoryDictionary(.number([5, 9])))),
            GraphInput(name: "f"), GraphInput(name: "g"),
        ]
        let storages: [Column.Storage] = [
            .double([0.25]), .int64([-3]), Self.bytes("y"), Self.bytes("any"), .int64([9]),
            Self.bytes("12.50"), Self.bytes("1970-01-02"),
        ]
        let types: [ColumnType] = [
            .double, .longLong, .varchar(), .varchar(), .longLong, ColumnType(.decimal),
            ColumnType(.date),
        ]
        let (row, batch) = try features(inputs, storages, types: types)
        #expect(row == batch)
        #expect(row?[4...6] == [1, 12.5, 86_400])
    }

    @Test("a row that there is something to say about is left to the binder")
    func leaves() throws {
        let letters = try Self.category(["x", "y"])
        let primes = FeatureKind.category(try CategoryDictionary(.number([2, 3, 5])))
        let rows: [(FeatureKind, Column.Storage)] = [
            (.number, Self.bytes("twelve")), (letters, Self.bytes("unseen")),
            (letters, .int64([1])), (primes, .int64([4])), (primes, Self.bytes("p")),
        ]
        for (kind, storage) in rows {
            #expect(try features([GraphInput(name: "f", kind: kind)], [storage]).row == nil)
        }
    }

    @Test("a missing value is NaN, or left to the binder by a feature that takes none")
    func missing() throws {
        for kind in [FeatureKind.number, .hashedCategory, try Self.category(["x"])] {
            let takes = GraphInput(name: "f", kind: kind)
            #expect(try features([takes], [.double([.nan])]).row?[0].isNaN == true)
            let refuses = GraphInput(name: "f", kind: kind, takesMissing: false)
            #expect(try features([refuses], [.double([.nan])]).row == nil)
        }
    }
}
