import CKernels
import Testing

@testable import BorealBoost

@Suite struct BoundTableTests {
    @Test(
        "as many bounds lie below as in a plain search, for every number of bounds",
        arguments: [
            0, 1, 15, 16, 17, 254, 255, 256, 257, 4_079, 4_080, 4_096, 61_167, 61_168, 65_534,
            65_535,
        ]
    )
    func counts(size: Int) {
        let bounds = (0..<size).map { Double($0) * 0.5 - 100 }
        let table = BoundTable(bounds)
        var values = [-Double.infinity, .infinity, .nan, -1e300, 1e300]
        for index in Set([0, 1, 14, 15, 16, 17, 255, 256, 4_095, 4_096, size - 2, size - 1]) {
            guard bounds.indices.contains(index) else { continue }
            values += [bounds[index].nextDown, bounds[index], bounds[index].nextUp]
        }
        var found = [UInt16](repeating: 7, count: values.count)
        var query = table.search()
        boreal_count_below(values, 1, Int32(values.count), &query, &found)
        let expected = values.map { value in UInt16(bounds.count { $0 < value }) }
        #expect(found == expected)
    }
}
