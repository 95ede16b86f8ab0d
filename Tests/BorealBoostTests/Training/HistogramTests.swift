import BorealBase
import Testing

@testable import BorealBoost

@Suite struct HistogramTests {
    /// A binned table of so many narrow features, and one wide one.
    private func dataset(narrow: Int, rows: Int) throws -> BinnedDataset {
        var random = TestRandom(UInt64(narrow))
        var columns = (0..<narrow).map { _ in
            FeatureColumn.doubles((0..<rows).map { _ in Double(random.below(90)) })
        }
        columns.append(.categories((0..<rows).map { Int32($0 % 300) }, count: 300))
        let data = TrainingData(columns: columns, label: [Double](repeating: 0, count: rows))
        let pool = WorkerPool(threads: 1, nice: 0)
        let flag = CancellationFlag()
        var parameters = TrainingParameters()
        parameters.filtersFeatures = false
        parameters.maxBin = 400
        let mappers = try BinFinder(data: data, parameters: parameters)
            .mappers(pool: pool, cancellation: flag)
        let plan = FeatureBundler.Plan(mappers: mappers)
        return try BinnedDataset(data, plan, pool: pool, cancellation: flag)
    }

    private func entries(_ rows: Int) -> AlignedBuffer<RowEntry> {
        var random = TestRandom(3)
        let entries = AlignedBuffer<RowEntry>(count: rows)
        for row in 0..<rows {
            let gradient = UInt64(UInt16(bitPattern: Int16(random.below(60_000) - 30_000)))
            entries.pointer[row] = UInt64(row) | UInt64(random.below(65_000)) << 32 | gradient << 48
        }
        return entries
    }

    @Test(
        "a histogram holds the sums of the rows, for any number of features and blocks",
        arguments: [1, 2, 3, 5, 7, 8, 12, 15, 23, 28, 31, 32, 33, 70],
        [1, 2, 5]
    )
    func sums(narrow: Int, pieces: Int) throws {
        let rows = 700
        let dataset = try dataset(narrow: narrow, rows: rows)
        let entries = entries(rows)
        let builder = HistogramBuilder(dataset: dataset, cancellation: CancellationFlag())
        let histogram = AlignedBuffer<Int64>(count: dataset.layout.histogramSlots)
        let blocks = builder.blocks(pieces: pieces)
        #expect(blocks.flatMap(\.columns).sorted() == Array(dataset.layout.stored.indices))
        for block in blocks {
            builder.build(block, entries.pointer, count: rows, into: histogram.pointer)
        }
        for feature in dataset.layout.features {
            var expected = [Int64](repeating: 0, count: feature.mapper.binCount)
            for row in 0..<rows {
                let bin = dataset.bin(of: feature, row: row)
                let entry = entries.pointer[row]
                let gradient = Int64(Int16(bitPattern: UInt16(entry >> 48)))
                expected[bin] += gradient << 32 + Int64(entry >> 32 & 0xFFFF)
            }
            let found = (0..<expected.count).map { histogram.pointer[feature.histogramOffset + $0] }
            #expect(found == expected)
        }
    }

    @Test("parts hold the columns of their block, and taking rows away undoes adding them")
    func partsAndRemoval() throws {
        let rows = 300
        let dataset = try dataset(narrow: 21, rows: rows)
        let entries = entries(rows)
        let builder = HistogramBuilder(dataset: dataset, cancellation: CancellationFlag())
        let slots = dataset.layout.histogramSlots
        let (whole, pieces) = (
            AlignedBuffer<Int64>(count: slots), AlignedBuffer<Int64>(count: slots)
        )
        for block in builder.blocks(pieces: 2) {
            let parts = builder.parts(of: block)
            #expect(parts.flatMap(\.columns).sorted() == block.columns.sorted())
            #expect(parts.allSatisfy { $0.narrow.count <= 8 })
            builder.build(block, entries.pointer, count: rows, into: whole.pointer)
            for part in parts {
                builder.build(part, entries.pointer, count: rows, into: pieces.pointer)
            }
        }
        let sums = (0..<slots).map { whole.pointer[$0] }
        #expect((0..<slots).map { pieces.pointer[$0] } == sums)
        for block in builder.blocks(pieces: 1) {
            builder.remove(block, entries.pointer, count: 100, from: whole.pointer)
            builder.build(block, entries.pointer + 100, count: 200, into: pieces.pointer)
        }
        #expect((0..<slots).map { whole.pointer[$0] } == (0..<slots).map { pieces.pointer[$0] })
    }

    @Test("the parent less one child is the other child")
    func subtraction() throws {
        let rows = 900
        let dataset = try dataset(narrow: 6, rows: rows)
        let entries = entries(rows)
        let builder = HistogramBuilder(dataset: dataset, cancellation: CancellationFlag())
        let slots = dataset.layout.histogramSlots
        let (whole, left, right) = (
            AlignedBuffer<Int64>(count: slots), AlignedBuffer<Int64>(count: slots),
            AlignedBuffer<Int64>(count: slots)
        )
        for block in builder.blocks(pieces: 1) {
            builder.build(block, entries.pointer, count: rows, into: whole.pointer)
            builder.build(block, entries.pointer, count: 300, into: left.pointer)
            builder.build(block, entries.pointer + 300, count: 600, into: right.pointer)
        }
        HistogramKernel.subtract(left.pointer, from: whole.pointer, count: slots)
        for slot in 0..<slots { #expect(whole.pointer[slot] == right.pointer[slot]) }
    }

    @Test("quantised sums stay near the true ones and within their bits", arguments: [100, 50_000])
    func quantising(count: Int) {
        var random = TestRandom(4)
        let gradients = AlignedBuffer<Float>(count: count)
        let hessians = AlignedBuffer<Float>(count: count)
        let entries = AlignedBuffer<RowEntry>(count: count)
        var sum = 0.0
        for row in 0..<count {
            // One row outweighs the others by far.
            gradients.pointer[row] = Float(random.normal() * (row == 7 ? 1e5 : 1))
            hessians.pointer[row] = Float(random.unit())
            sum += Double(gradients.pointer[row])
        }
        let quantiser = GradientQuantiser(
            pool: WorkerPool(threads: 1, nice: 0),
            cancellation: CancellationFlag(),
            hasConstantHessian: false
        )
        let scales = quantiser.fill(
            entries.pointer,
            count: count,
            rows: nil,
            gradients: gradients.pointer,
            hessians: hessians.pointer,
            key: 1
        )
        let total = (0..<count).reduce(Int64(0)) { $0 &+ packedSum(entries.pointer[$1]) }
        #expect(total == scales.total.bits)
        #expect(scales.total.hessian > 0)
        let error = abs(Double(scales.total.gradient) * scales.gradient - sum)
        #expect(error < 4 * scales.gradient * Double(count).squareRoot())
    }

    @Test("hessians of far less than a step are not lost")
    func tinyHessians() {
        let count = 40_000
        let gradients = AlignedBuffer<Float>(count: count)
        let hessians = AlignedBuffer<Float>(count: count)
        let entries = AlignedBuffer<RowEntry>(count: count)
        for row in 0..<count {
            gradients.pointer[row] = row % 2 == 0 ? 1 : -1
            hessians.pointer[row] = row == 5 ? 1 : 2e-6
        }
        let quantiser = GradientQuantiser(
            pool: WorkerPool(threads: 1, nice: 0),
            cancellation: CancellationFlag(),
            hasConstantHessian: false
        )
        let scales = quantiser.fill(
            entries.pointer,
            count: count,
            rows: nil,
            gradients: gradients.pointer,
            hessians: hessians.pointer,
            key: 1
        )
        // 0.08 of tiny ones beside 1, known to about the root of their number of steps.
        let sum = Double(scales.total.hessian) * scales.hessian
        #expect(abs(sum - 1.08) < 0.005)
    }

    @Test("the fast scan and the general one find the same split", arguments: [0, 1, 2])
    func scans(missing: UInt8) throws {
        var random = TestRandom(UInt64(missing) + 20)
        var parameters = TrainingParameters()
        parameters.minDataInLeaf = 5
        parameters.zeroIsMissing = missing == 2
        for _ in 0..<50 {
            var values = (0..<400).map { _ in (random.normal() * 8).rounded() }
            values += [Double](repeating: 0, count: 30)
            let mapper = values.sorted().withUnsafeBufferPointer {
                BinMapper(
                    sorted: $0,
                    nanCount: missing == 1 ? 50 : 0,
                    rules: BinRules(parameters, sampleCount: 1, rowCount: 1)
                )
            }
            #expect(mapper.missing.rawValue == (missing == 1 ? 2 : missing == 2 ? 1 : 0))
            let bins = (0..<mapper.binCount).map { _ in
                Int64(random.below(2_000) - 1_000) << 32 + Int64(1 + random.below(500))
            }
            let sum = PackedSum(bits: bins.reduce(0, &+))
            let leaf = LeafContext(
                sum: sum,
                count: 500,
                output: 0,
                gradientScale: 0.001,
                hessianScale: 0.002
            )
            let plan = FeaturePlan(
                BinnedFeature(
                    column: 0,
                    mapper: mapper,
                    stored: 0,
                    histogramOffset: 0,
                    firstCode: 0,
                    impliedBin: -1
                )
            )
            func best(_ parameters: TrainingParameters) -> SplitCandidate {
                let rules = NodeRules(parameters, BinLayout(mappers: [mapper]))
                let finder = SplitFinder(parameters, rules, binCountMax: mapper.binCount)
                var best = SplitCandidate()
                let search = LeafSearch(leaf, finder.formula, parameters)
                _ = finder.search(plan, 0, bins, search, best: &best)
                return best
            }
            var general = parameters
            general.maxDeltaStep = 1e30
            let (fast, slow) = (best(parameters), best(general))
            #expect(fast.gain > 0)
            #expect(abs(fast.gain - slow.gain) <= 1e-5 * slow.gain)
            #expect(fast.defaultLeft == slow.defaultLeft && fast.left == slow.left)
        }
    }
}
