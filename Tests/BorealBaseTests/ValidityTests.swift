import Testing

@testable import BorealBase

@Suite struct ValidityTests {
    @Test("NULLs are where they were appended, across words")
    func positions() {
        var validity = Validity(allValid: 63)
        for row in 63..<200 { validity.append(isNull: row % 3 == 0) }
        #expect(validity.count == 200)
        for row in 0..<200 { #expect(validity.isNull(row) == (row >= 63 && row % 3 == 0)) }
        #expect(validity.nullCount == (63..<200).count { $0 % 3 == 0 })
    }

    @Test("a row behind the last NULL is valid")
    func behind() {
        var validity = Validity()
        validity.append(isNull: true)
        for _ in 0..<100 { validity.append(isNull: false) }
        #expect(validity.isNull(0) && !validity.isNull(1) && !validity.isNull(100))
    }
}
