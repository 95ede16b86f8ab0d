import BorealBase
import Testing

@testable import BorealBoost

@Suite struct FeatureBundlerTests {
    /// Three texts in one-hot form, numbers that are mostly zero and meet in rows, and a dense one.
    private func table(rows: Int, isSparse: Bool, seed: UInt64 = 5) -> TrainingData {
        var random = TestRandom(seed)
        var columns = [[Double]](repeating: [Double](repeating: 0, count: rows), count: 3 * 20 + 21)
        var label: [Double] = []
        for row in 0..<rows {
            var score = 0.0
            for text in 0..<3 {
                let word = random.below(20)
                columns[text * 20 + word][row] = 1
                score += word % 3 == text ? 0.7 : -0.2
            }
            for number in 60..<80 where random.unit() < 0.08 {
                let isMissing = number == 61 && random.unit() < 0.2
                columns[number][row] = isMissing ? .nan : random.normal()
                score += isMissing ? 1 : columns[number][row]
            }
            columns[80][row] = random.normal()
            score += columns[80][row]
            label.append(score + random.normal() > 0 ? 1 : 0)
        }
        let features = columns.map { values -> FeatureColumn in
            let isMostlyZero = values.count(where: { $0 == 0 }) > rows / 2
            return isSparse && isMostlyZero ? .kept(of: values) : .doubles(values)
        }
        return TrainingData(columns: features, label: label)
    }

    private func dataset(
        _ data: TrainingData,
        threads: Int = 2
    ) throws -> (BinnedDataset, mappers: [BinMapper]) {
        let pool = WorkerPool(threads: threads, nice: 0)
        let flag = CancellationFlag()
        let mappers = try BinFinder(data: data, parameters: TrainingParameters())
            .mappers(pool: pool, cancellation: flag)
        let bundler = FeatureBundler(data: data, mappers: mappers, pool: pool, cancellation: flag)
        let dataset = try BinnedDataset(data, bundler.plan(), pool: pool, cancellation: flag)
        return (dataset, mappers)
    }

    @Test("one-hot columns share a byte; numbers that meet are lists", arguments: [false, true])
    func layout(isSparse: Bool) throws {
        let (dataset, _) = try dataset(table(rows: 3_000, isSparse: isSparse))
        let layout = dataset.layout
        let shared = layout.stored.filter { $0.features.count > 1 }
        #expect(shared.map(\.features) == [Array(0..<20), Array(20..<40), Array(40..<60)])
        #expect(shared.allSatisfy { $0.form == .narrow && $0.codeCount == 21 })
        #expect(layout.sparseCount == 20 && layout.narrowCount == 4)
        #expect(dataset.sparse.shares.map(\.columns) == [0..<10, 10..<20])
    }

    @Test("every stored bin is the value's own", arguments: [false, true], [1, 3])
    func bins(isSparse: Bool, threads: Int) throws {
        let data = table(rows: 1_500, isSparse: isSparse)
        let (dataset, mappers) = try dataset(data, threads: threads)
        let plain = table(rows: 1_500, isSparse: false)
        for feature in dataset.layout.features {
            guard case .doubles(let values) = plain.columns[feature.column] else { continue }
            for row in values.indices {
                let bin = mappers[feature.column].bin(of: values[row])
                #expect(dataset.bin(of: feature, row: row) == bin)
            }
        }
    }

    @Test("the sample of a sparse column finds the same bins as that of a dense one")
    func sampledBins() throws {
        var parameters = TrainingParameters()
        parameters.binSampleCount = 700
        let mappers = try [false, true].map { isSparse in
            try BinFinder(data: table(rows: 3_000, isSparse: isSparse), parameters: parameters)
                .mappers(pool: WorkerPool(threads: 1, nice: 0), cancellation: CancellationFlag())
        }
        for (dense, sparse) in zip(mappers[0], mappers[1]) {
            #expect(dense.searchBounds == sparse.searchBounds)
            #expect(dense.missing == sparse.missing && dense.binCount == sparse.binCount)
            #expect(dense.commonBin == sparse.commonBin && dense.commonShare == sparse.commonShare)
        }
    }

    @Test("how features are stored changes nothing in a model", arguments: [1, 2, 5])
    func sameModel(threads: Int) throws {
        var parameters = TrainingParameters()
        parameters.objective = .binary
        parameters.iterations = 8
        parameters.baggingFraction = 0.6
        parameters.baggingFrequency = 1
        parameters.minDataInLeaf = 5
        parameters.metrics = [.auc]
        parameters.bundlesFeatures = false
        parameters.threads = 1
        let held = table(rows: 1_000, isSparse: false, seed: 6)
        let plain = try Trainer(parameters)
            .train(table(rows: 4_000, isSparse: false), validation: held)
        parameters.bundlesFeatures = true
        parameters.threads = threads
        for isSparse in [false, true] {
            let model = try Trainer(parameters).train(
                table(rows: 4_000, isSparse: isSparse),
                validation: table(rows: 1_000, isSparse: isSparse, seed: 6)
            )
            #expect(model.ensemble == plain.ensemble)
            #expect(model.history.map { $0.map(\.value) } == plain.history.map { $0.map(\.value) })
        }
        #expect(plain.history.last?.first.map { $0.value > 0.8 } == true)
    }
}

extension BinnedDataset {
    /// The bin of a feature in a row, read from the rows and checked against the columns.
    func bin(of feature: BinnedFeature, row: Int) -> Int {
        let column = layout.column(of: feature)
        let line = UnsafeRawPointer(rows.pointer + row * layout.rowStride)
        switch column.form {
        case .narrow:
            let code = narrowColumns.pointer[column.position * rowCount + row]
            #expect(line.load(fromByteOffset: column.position, as: UInt8.self) == code)
            return feature.bin(ofCode: Int(code))
        case .wide:
            let code = wideColumns.pointer[column.position * rowCount + row]
            let byte = layout.wideOffset + 2 * column.position
            #expect(line.load(fromByteOffset: byte, as: UInt16.self) == code)
            return feature.bin(ofCode: Int(code))
        case .sparse:
            let code = Int(sparse.code(column.position, row: UInt32(row)))
            let slots = sparse.shares.flatMap { share in
                (share.starts.pointer[row]..<share.starts.pointer[row + 1]).map {
                    Int(share.slots.pointer[Int($0)])
                }
            }
            let range = column.histogramOffset..<column.histogramOffset + column.slotCount
            #expect(
                slots.filter(range.contains) == (code == 0 ? [] : [range.lowerBound + code - 1])
            )
            return feature.bin(ofCode: code)
        }
    }
}
