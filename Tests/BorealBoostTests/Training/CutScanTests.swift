import BorealBase
import CKernels
import Testing

@testable import BorealBoost

/// Features with one cut each, which are scanned side by side.
@Suite struct CutScanTests {
    /// Columns of zeros and ones, each 1 in about 8 of 100 rows, many of them in the same rows;
    /// every sixth is missing in some rows instead, so that not all lie beside each other.
    private func table(rows: Int, columns: Int, isSparse: Bool) -> TrainingData {
        var random = TestRandom(UInt64(columns))
        var values = [[Double]](
            repeating: [Double](repeating: 0, count: rows),
            count: columns
        )
        var label: [Double] = []
        for row in 0..<rows {
            var score = 0.0
            for column in 0..<columns where random.unit() < 0.08 {
                let isMissing = column % 6 == 5 && random.unit() < 0.3
                values[column][row] = isMissing ? .nan : 1
                score += column % 3 == 0 ? 0.6 : -0.3
            }
            label.append(score + random.normal() * 0.5 > 0 ? 1 : 0)
        }
        let features = values.map { isSparse ? FeatureColumn.kept(of: $0) : .doubles($0) }
        return TrainingData(columns: features, label: label)
    }

    private func listed(_ data: TrainingData, _ parameters: TrainingParameters) throws -> Int {
        let pool = WorkerPool(threads: 1, nice: 0)
        let flag = CancellationFlag()
        let mappers = try BinFinder(data: data, parameters: parameters)
            .mappers(pool: pool, cancellation: flag)
        let bundler = FeatureBundler(data: data, mappers: mappers, pool: pool, cancellation: flag)
        return try BinnedDataset(data, bundler.plan(), pool: pool, cancellation: flag).layout
            .sparseCount
    }

    @Test("models are those of a scan one by one", arguments: [9, 16, 43], [1, 2])
    func sameModel(columns: Int, threads: Int) throws {
        var parameters = TrainingParameters()
        parameters.objective = .binary
        parameters.iterations = 6
        parameters.minDataInLeaf = 10
        parameters.featureFraction = 0.8
        parameters.threads = threads
        let data = table(rows: 4_000, columns: columns, isSparse: true)
        #expect(try listed(data, parameters) == columns)
        let model = try Trainer(parameters).train(data)
        // Each column is a byte of the rows: its two bins are scanned alone.
        parameters.bundlesFeatures = false
        let plain = try Trainer(parameters)
            .train(table(rows: 4_000, columns: columns, isSparse: false))
        #expect(model.ensemble == plain.ensemble)
        #expect(model.ensemble.trees.allSatisfy { $0.innerCount > 1 })
    }

    @Test("the first feature that gains more than wanted is found, and flags tell what can split")
    func places() {
        var random = TestRandom(9)
        for count in 1...35 {
            // Neighbours in memory, which the scan may read and not write.
            let slots = (0..<count + 7).map { _ in
                Int64(random.below(2_000) - 1_000) << 32 + Int64(random.below(900))
            }
            var flags = (0..<count + 8).map { _ in UInt8(random.below(4) == 0 ? 0 : 1) }
            let given = flags
            let total = Int64(300) << 32 + 1_000
            for wanted in [Float(900), 4_000, 1e9] {
                flags = given
                var query = boreal_gain_query(
                    total: total,
                    missing: 0,
                    lambda: 1,
                    min_hessian: 100,
                    splits_above: 500,
                    wanted_above: wanted
                )
                let gains = (0..<count).map { place in
                    given[place] == 0 ? nil : gain(slots[place], total, lambda: 1, least: 100)
                }
                let first = gains.firstIndex { $0.map { $0 > wanted } ?? false } ?? count
                #expect(boreal_scan_cuts(slots, &flags, Int32(count), &query) == Int32(first))
                // Up to the end of the group that it stopped in.
                let looked = min(count, first / 8 * 8 + 8)
                let splits = gains.map { UInt8($0.map { $0 > 500 } ?? false ? 1 : 0) }
                #expect(flags == Array(splits[..<looked] + given[looked...]))
            }
        }
    }

    /// The gain of a cut in squared steps; nil when a side is too light.
    private func gain(_ slot: Int64, _ total: Int64, lambda: Float, least: Float) -> Float? {
        func side(_ sum: Int64) -> (gradient: Float, hessian: Float) {
            (Float(Int32(truncatingIfNeeded: sum >> 32)), Float(Int32(truncatingIfNeeded: sum)))
        }
        let (left, right) = (side(slot), side(total - slot))
        guard left.hessian >= least, right.hessian >= least else { return nil }
        let (a, b) = (left.hessian + lambda, right.hessian + lambda)
        return left.gradient * left.gradient / a + right.gradient * right.gradient / b
    }
}
