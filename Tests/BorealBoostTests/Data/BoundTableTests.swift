import CKernels
import Testing

@testable import BorealBoost

@Suite struct BoundTableTests {
    @Test(
        "as many bounds lie below as in a plain search, for every number of bounds",
        arguments: [
            0, 1, 15, 16, 17, 31, 32, 33, 254, 255, 256, 257, 1_039, 1_040, 4_079, 4_080, 4_096,
            61_167, 61_168, 65_534,
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
        expectPlaces(of: values, among: bounds, table)
    }

    /// Lists whose members differ little or not at all once they are rounded to `Float`.
    private static let close: [(name: String, bounds: [Double])] = [
        ("floats", (0..<200).map { Double(Float($0) * 0.1) }),
        ("numbers that floats miss", (0..<200).map { Double($0) * 0.1 + 0.05 }),
        ("seconds since 1970", (0..<250).map { 1.7e9 + Double($0) }),
        ("microseconds since 1970", (0..<2_000).map { 1.7e15 + Double($0) * 1e6 }),
        ("neighbours", (0..<40).map { 1 + Double($0) * 0x1p-52 }),
        ("from tiny to huge", (-300..<300).map { ExactMath.exp(Double($0) * 2) }),
        ("beyond the floats", (0..<30).map { 1e300 * Double($0 + 1) }),
        ("some beyond the floats", (0..<50).map { Double($0) } + [1e39, 1e200, 1e300]),
        ("of either sign", (-60..<60).map { Double($0) * 1e-42 }),
        ("two clouds", (0..<100).map { Double($0) * 1e-9 } + (0..<100).map { 1e9 + Double($0) }),
        ("with an infinity", [-.infinity, -1, 0, 1, .infinity]),
    ]

    @Test("rounding loses no bound", arguments: close)
    func closeBounds(name: String, bounds: [Double]) {
        var values = [-Double.infinity, .infinity, .nan, 0, -0.0, 1e-36, -1e-36]
        for bound in bounds {
            values += [bound.nextDown, bound, bound.nextUp, Double(Float(bound))]
        }
        for (left, right) in zip(bounds, bounds.dropFirst()) { values.append((left + right) / 2) }
        expectPlaces(of: values, among: bounds, BoundTable(bounds))
    }

    /// Holds all three searches against a plain one, with the numbers in every place of a block.
    private func expectPlaces(of values: [Double], among bounds: [Double], _ table: BoundTable) {
        let expected = values.map { value in UInt16(bounds.count { $0 < value }) }
        var found = [UInt16](repeating: 7, count: values.count)
        var query = table.search()
        boreal_count_below(values, 1, Int32(values.count), &query, &found)
        #expect(found == expected)
        let wide = values.flatMap { [.nan, $0, 3] }
        boreal_count_below(Array(wide[1...]), 3, Int32(values.count), &query, &found)
        #expect(found == expected)
        var columns = values.indices.map { table.search(column: $0) }
        boreal_count_below_in_row(values, &columns, Int32(values.count), &found)
        #expect(found == expected)
        guard bounds.count <= 255 else { return }
        expectCodes(of: values, expected, &query)
    }

    private func expectCodes(
        of values: [Double],
        _ places: [UInt16],
        _ query: inout boreal_bounds
    ) {
        let size = values.count
        var codes = [UInt8](repeating: 9, count: 2 * size + 1)
        codes.withUnsafeMutableBufferPointer { codes in
            func column(_ start: Int, hasZero: UInt8) -> boreal_code_column {
                boreal_code_column(
                    codes: codes.baseAddress.map { $0 + start },
                    nan_code: 200,
                    has_zero_code: hasZero,
                    zero_code: 201
                )
            }
            let columns = [column(0, hasZero: 0), column(size, hasZero: 1)]
            boreal_encode(values, 1, Int32(size), &query, columns, 2)
        }
        let plain = zip(values, places).map { $0.isNaN ? 200 : UInt8($1) }
        let zeroed = zip(values, plain).map { abs($0) <= 1e-35 ? 201 : $1 }
        // Nothing behind the last code is written.
        #expect(codes == plain + zeroed + [9])
    }
}
