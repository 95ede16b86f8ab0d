import BorealBase
import Testing

@testable import BorealBoost

@Suite struct BinMapperTests {
    private func rules(
        maxBin: Int = 255,
        minDataInBin: Int = 1,
        zeroIsMissing: Bool = false,
        usesMissing: Bool = true,
        filter: Int? = nil
    ) -> BinRules {
        var parameters = TrainingParameters()
        parameters.maxBin = maxBin
        parameters.minDataInBin = minDataInBin
        parameters.zeroIsMissing = zeroIsMissing
        parameters.usesMissing = usesMissing
        var rules = BinRules(parameters, sampleCount: 1, rowCount: 1)
        rules.filterCount = filter
        return rules
    }

    private func mapper(_ values: [Double], nan: Int = 0, _ rules: BinRules) -> BinMapper {
        values.sorted().withUnsafeBufferPointer {
            BinMapper(sorted: $0, nanCount: nan, rules: rules)
        }
    }

    private func bounds(_ mapper: BinMapper) -> [Double] {
        guard case .numeric(let bounds) = mapper.kind else { return [] }
        return bounds
    }

    @Test(
        "few positive values get a bin each, cut just above the middle, with a bin of zero in front"
    )
    func fewValues() {
        let result = mapper([1, 1, 2, 4], rules())
        #expect(bounds(result) == [1e-35, (1.5).nextUp, (3.0).nextUp, .infinity])
        #expect(result.missing == .none)
        #expect([0, 1, 1.5, 1.6, 3, 9].map { result.bin(of: $0) } == [0, 1, 1, 2, 2, 3])
    }

    @Test("zero has a bin of its own between negatives and positives")
    func zeroBin() {
        let result = mapper([-2, -1, 0, 0, 3], rules())
        #expect(bounds(result) == [(-1.5).nextUp, -1e-35, 1e-35, .infinity])
        #expect(result.zeroBin == 2)
        #expect([-2, -1, 0, 1e-36, 3].map { result.bin(of: $0) } == [0, 1, 2, 2, 3])
    }

    @Test("a bin takes values until it has min_data_in_bin rows")
    func minDataInBin() {
        let result = mapper([1, 2, 3, 4, 5, 6], rules(minDataInBin: 3))
        #expect(bounds(result) == [1e-35, (3.5).nextUp, .infinity])
    }

    @Test("more values than bins are cut into bins of equal size, heavy values alone")
    func equalSizes() {
        let values = (1...100).map(Double.init)
        let plain = mapper(values, rules(maxBin: 5))
        // Four bins for the positives: 100 rows / 4, the mean of what remains after each cut.
        #expect(bounds(plain) == [1e-35, (25.5).nextUp, (50.5).nextUp, (75.5).nextUp, .infinity])
        let heavy = mapper(values + [Double](repeating: 60, count: 200), rules(maxBin: 5))
        #expect(heavy.bin(of: 59) != heavy.bin(of: 60))
        #expect(heavy.bin(of: 60) != heavy.bin(of: 61))
    }

    @Test("NaN gets the last bin and costs one of max_bin")
    func nanBin() {
        let result = mapper((1...100).map(Double.init), nan: 7, rules(maxBin: 5))
        #expect(result.missing == .nan)
        #expect(result.binCount == 5)
        #expect(result.nanBin == 4)
        #expect(result.bin(of: .nan) == 4)
        #expect(bounds(result).last?.isNaN == true)
        #expect(result.bin(of: .infinity) == 3)
    }

    @Test("without use_missing NaN is zero")
    func nanIsZero() {
        let result = mapper([1, 2], nan: 2, rules(usesMissing: false))
        #expect(result.missing == .none)
        #expect(result.bin(of: .nan) == result.bin(of: 0))
    }

    @Test("zero_as_missing makes zero the missing value, unless nothing else is left")
    func zeroAsMissing() {
        #expect(mapper([-1, 0, 2, 3], rules(zeroIsMissing: true)).missing == .zero)
        #expect(mapper([2, 2], rules(zeroIsMissing: true)).missing == .none)
    }

    @Test("a constant column is trivial, and so is one that cannot give both sides enough rows")
    func trivial() {
        #expect(mapper([0, 0, 0], rules()).isTrivial)
        #expect(!mapper([0, 0, 1], rules(filter: 1)).isTrivial)
        #expect(mapper([0, 0, 1], rules(filter: 2)).isTrivial)
    }

    @Test("categories are numbered by falling count; bin 0 is for missing ones")
    func categories() {
        let result = BinMapper(categoryCounts: [5, 0, 9, 7], missingCount: 2, rules: rules())
        #expect(
            result.kind == .categorical(categories: [-1, 2, 3, 0], binOfCategory: [3, 0, 1, 2])
        )
        #expect(result.missing == .nan)
        #expect([2, 3, 0, 1, -1, 99].map { result.bin(ofCategory: $0) } == [1, 2, 3, 0, 0, 0])
    }

    @Test("categories beyond 99 % of the rows share bin 0 once max_bin is reached")
    func rareCategories() {
        var counts = [500, 480]
        counts += [Int](repeating: 1, count: 20)
        let all = BinMapper(categoryCounts: counts, missingCount: 0, rules: rules(minDataInBin: 3))
        #expect(all.binCount == 3)
        let wide = BinMapper(
            categoryCounts: [Int](repeating: 10, count: 300),
            missingCount: 0,
            rules: rules()
        )
        // 99 % of the rows take 297 categories, more than max_bin.
        #expect(wide.binCount == 298)
    }

    @Test(
        "encoding many values at once agrees with the plain search",
        arguments: [3, 17, 255, 900]
    )
    func encoder(maxBin: Int) {
        var random = TestRandom(UInt64(maxBin))
        var values = (0..<3_000).map { _ in random.normal() }
        for index in stride(from: 0, to: values.count, by: 17) { values[index] = 0 }
        let result = mapper(values, nan: 5, rules(maxBin: maxBin))
        values += [.nan, .infinity, -.infinity, -0.0, 1e-36, 5e300]
        values += bounds(result).filter { $0.isFinite }
        var bins = [UInt16](repeating: 0, count: values.count)
        BinEncoder(result).encode(.doubles(values), 0..<values.count, into: &bins)
        #expect(bins.map(Int.init) == values.map { result.bin(of: $0) })
        let floats = values.map(Float.init)
        BinEncoder(result).encode(.floats(floats), 0..<values.count, into: &bins)
        #expect(bins.map(Int.init) == floats.map { result.bin(of: Double($0)) })
    }

    @Test("radix sort orders numbers as comparison does", arguments: [0, 1, 2, 1_000])
    func radixSort(count: Int) {
        var random = TestRandom(9)
        var values = (0..<count).map { _ in random.normal() * 1e3 }
        if count > 10 {
            values[0] = .infinity
            values[1] = -.infinity
            values[2] = Double.leastNonzeroMagnitude
            values[3] = -0.0
        }
        let expected = values.sorted()
        var sorter = RadixSort()
        values.withUnsafeMutableBufferPointer { sorter.sort($0) }
        #expect(values == expected)
    }

    @Test("a dataset holds the same bins by row and by column, narrow and wide")
    func dataset() throws {
        let codes = (0..<6_000).map { Int32($0 * 7 % 600) }
        let numbers = (0..<6_000).map { Double($0 % 91) }
        let data = TrainingData(
            columns: [
                .categories(codes, count: 600), .doubles(numbers),
                .doubles([Double](repeating: 1, count: 6_000)),
            ],
            label: numbers
        )
        let pool = WorkerPool(threads: 2, nice: 0)
        let flag = CancellationFlag()
        let mappers = try BinFinder(data: data, parameters: TrainingParameters())
            .mappers(pool: pool, cancellation: flag)
        let plan = FeatureBundler.Plan(mappers: mappers)
        let layout = plan.layout
        #expect(layout.features.map(\.column) == [0, 1])
        #expect(layout.narrowCount == 1 && layout.wideCount == 1)
        let dataset = try BinnedDataset(data, plan, pool: pool, cancellation: flag)
        for row in 0..<6_000 {
            let line = UnsafeRawPointer(dataset.rows.pointer + row * layout.rowStride)
            let wide = line.load(fromByteOffset: layout.wideOffset, as: UInt16.self)
            #expect(Int(wide) == mappers[0].bin(ofCategory: codes[row]))
            #expect(wide == dataset.wideColumns.pointer[row])
            #expect(Int(line.load(as: UInt8.self)) == mappers[1].bin(of: numbers[row]))
        }
    }
}
