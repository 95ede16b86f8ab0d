import BorealBase

/// Reads a `.npy` file: a 2-D array of Float32 or Float64 whose columns are named `f0, f1, ...`
/// ("NPY format", NumPy's documentation of `numpy.lib.format`).
enum NumpyArray {
    private struct Header {
        var isDouble: Bool
        var isFortranOrder: Bool
        var rows: Int
        var columns: Int
        var dataStart: Int
    }

    /// - Throws: `DataFileError.badArray` with what is wrong.
    static func read(_ bytes: [UInt8]) throws(DataFileError) -> RowBatch {
        let header = try readHeader(bytes)
        let cell = header.isDouble ? 8 : 4
        let (cells, overflow) = header.rows.multipliedReportingOverflow(by: header.columns)
        guard !overflow, cells <= (bytes.count - header.dataStart) / cell,
            header.columns <= Limits.modelFeaturesMax
        else { throw .badArray(reason: "the shape is larger than the file") }
        let rowStep = header.isFortranOrder ? 1 : header.columns
        let columnStep = header.isFortranOrder ? header.rows : 1
        let columns = bytes.withUnsafeBytes { raw in
            let data = UnsafeRawBufferPointer(rebasing: raw[header.dataStart...])
            return (0..<header.columns).map { index in
                column(index, data, header, start: index * columnStep, step: rowStep)
            }
        }
        return RowBatch(columns: columns, rowCount: header.rows)
    }

    private static func column(
        _ index: Int,
        _ data: UnsafeRawBufferPointer,
        _ header: Header,
        start: Int,
        step: Int
    ) -> Column {
        var validity = Validity()
        let values = (0..<header.rows).map { row in
            let offset = start + row * step
            let value =
                header.isDouble
                ? data.loadUnaligned(fromByteOffset: offset * 8, as: Double.self)
                : Double(data.loadUnaligned(fromByteOffset: offset * 4, as: Float.self))
            validity.append(isNull: value.isNaN)
            return value
        }
        return Column(
            name: "f\(index)",
            type: .double,
            storage: .double(values),
            validity: validity
        )
    }

    private static func readHeader(_ bytes: [UInt8]) throws(DataFileError) -> Header {
        guard bytes.count >= 12, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
            throw .badArray(reason: "the magic bytes are missing")
        }
        let isFirstVersion = bytes[6] == 1
        let lengthBytes = isFirstVersion ? 2 : 4
        var length = 0
        for i in (0..<lengthBytes).reversed() { length = length << 8 | Int(bytes[8 + i]) }
        let start = 8 + lengthBytes
        guard length <= 65_536, start + length <= bytes.count else {
            throw .badArray(reason: "the header is longer than the file")
        }
        let text = String(decoding: bytes[start..<start + length], as: UTF8.self)
        guard let type = value(of: "descr", in: text)?.filter({ $0 != "'" && $0 != "\"" }),
            ["<f4", "<f8"].contains(type)
        else { throw .badArray(reason: "only little-endian Float32 and Float64 are read") }
        guard let open = text.firstIndex(of: "("), let close = text.firstIndex(of: ")"),
            open < close
        else { throw .badArray(reason: "the shape is missing") }
        let shape = text[text.index(after: open)..<close].split(separator: ",")
            .compactMap { Int(String($0).trimmingBlanks) }
        guard shape.count == 2, shape.allSatisfy({ $0 >= 0 }) else {
            throw .badArray(reason: "the array must have two dimensions")
        }
        return Header(
            isDouble: type == "<f8",
            isFortranOrder: value(of: "fortran_order", in: text) == "True",
            rows: shape[0],
            columns: shape[1],
            dataStart: start + length
        )
    }

    /// The word behind `'key':` in the header's dictionary text.
    private static func value(of key: String, in text: String) -> String? {
        guard let range = text.firstRange(of: "'\(key)':") else { return nil }
        return String(text[range.upperBound...].prefix { $0 != "," && $0 != "}" }).trimmingBlanks
    }
}
