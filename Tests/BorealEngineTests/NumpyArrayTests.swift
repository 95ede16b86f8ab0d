import BorealBase
import Testing

@testable import BorealEngine

@Suite("NumPy arrays")
struct NumpyArrayTests {
    private func file(_ header: String, _ data: [UInt8]) -> [UInt8] {
        let text = Array(header.utf8)
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count), 0] + text + data
    }

    private func bytes(_ values: [Double]) -> [UInt8] {
        values.flatMap { value in
            (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt64($0))) }
        }
    }

    @Test("both orders give the same columns, NaN is NULL")
    func orders() throws {
        let rows = try NumpyArray.read(
            file(
                "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }",
                bytes([1, 2, 3, 4, .nan, 6])
            )
        )
        let columns = try NumpyArray.read(
            file(
                "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }",
                bytes([1, 4, 2, .nan, 3, 6])
            )
        )
        for batch in [rows, columns] {
            #expect(batch.columns.map(\.name) == ["f0", "f1", "f2"])
            #expect(batch.columns[1].isNull(1))
            guard case .double(let values) = batch.columns[2].storage else { continue }
            #expect(values == [3, 6])
        }
    }

    @Test(
        "what is no such array is refused",
        arguments: [
            "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 1), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (9, 9), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 1), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999, 9999999999), }",
            "{'descr': '<f8'}",
        ]
    )
    func refused(_ header: String) {
        #expect(throws: DataFileError.self) { try NumpyArray.read(file(header, bytes([1]))) }
        #expect(throws: DataFileError.self) { try NumpyArray.read(Array(header.utf8)) }
    }
}
