package import BorealBase
import BorealFormats
import Glibc

/// Why a data file cannot be read.
package enum DataFileError: Error, Equatable, Sendable {
    case cannotOpen(path: String, reason: String)
    case unknownKind(path: String)
    case noHeader
    case tooManyColumns
    case raggedRow(row: Int, expected: Int, found: Int)
    case badArray(reason: String)
    case badSparseLine(row: Int)
    case tooManyCells(limit: Int)
    case badNumbersBeside(path: String)
    case badGroups(path: String)
    case cannotUnpack(path: String)

    /// A sentence for the person at the shell.
    package var message: String {
        switch self {
        case .cannotOpen(let path, let reason): "cannot read '\(path)': \(reason)"
        case .unknownKind(let path):
            "'\(path)' has no known ending; use .csv, .tsv, .svm (all also with .gz) or .npy"
        case .noHeader: "the file is empty; its first line must name the columns"
        case .tooManyColumns: "the file has more than \(Limits.modelFeaturesMax) columns"
        case .raggedRow(let row, let expected, let found):
            "row \(row) has \(found) cells where the header names \(expected) columns"
        case .badArray(let reason): "not a readable .npy array: \(reason)"
        case .badSparseLine(let row):
            "row \(row) is not 'label index:value index:value ...'"
        case .tooManyCells(let limit): "the table has more than \(limit) cells"
        case .badNumbersBeside(let path): "'\(path)' must hold one line of numbers for each row"
        case .badGroups(let path):
            "'\(path)' must hold sizes of groups, one a line, that add up to the rows"
        case .cannotUnpack(let path): "'\(path)' cannot be unpacked; is it gzip?"
        }
    }
}

/// A table in a file of the user's: `.csv`, `.tsv` with a header, `.svm` (all also `.gz`), `.npy`.
package enum DataFile {
    /// Bytes that a packed table may unpack to.
    private static let unpackedBytesMax = 64 << 30

    /// Column of the weights that lie beside a LibSVM file.
    package static let weightColumn = "weight"
    /// Column of the groups of a LibSVM file, from `FILE.query` or the `qid` of its lines.
    package static let groupColumn = "group"
    /// Columns of the raw scores that lie beside a LibSVM file begin so.
    package static let initialScorePrefix = "init_score"

    /// Whether the name says LibSVM's form, in which cells of 0 are left out.
    package static func isSparse(_ path: String) -> Bool {
        let name = path.asciiLowercased
        return [".svm", ".libsvm"].contains { name.hasSuffix($0) || name.hasSuffix($0 + ".gz") }
    }

    /// Reads the whole file.
    ///
    /// - Parameter features: names a model asks for; a LibSVM table whose greatest index is less
    ///   than the model's has them as columns of 0.
    /// - Throws: `DataFileError`.
    package static func read(
        _ path: String,
        features: [String] = []
    ) throws(DataFileError) -> RowBatch {
        var name = path.asciiLowercased
        let bytes: [UInt8]
        if name.hasSuffix(".gz") {
            name.removeLast(3)
            let packed = try whole(path)
            do throws(FormatError) {
                bytes = try Gzip.unpack(packed, bytesMax: unpackedBytesMax)
            } catch {
                throw .cannotUnpack(path: path)
            }
        } else {
            bytes = try whole(path)
        }
        let delimiter: UInt8
        if name.hasSuffix(".csv") {
            delimiter = UInt8(ascii: ",")
        } else if name.hasSuffix(".tsv") {
            delimiter = 0x09
        } else if name.hasSuffix(".npy") {
            return try NumpyArray.read(bytes)
        } else if isSparse(path) {
            return try sparse(bytes, path, features)
        } else {
            throw .unknownKind(path: path)
        }
        return try borrowed(bytes) { raw throws(DataFileError) in
            try DelimitedText.read(raw, delimiter: delimiter)
        }
    }

    /// A LibSVM table; what lies beside it in `FILE.weight`, `FILE.query` and `FILE.init` becomes
    /// further columns.
    private static func sparse(
        _ bytes: [UInt8],
        _ path: String,
        _ features: [String]
    ) throws(DataFileError) -> RowBatch {
        var table = try borrowed(bytes) { raw throws(DataFileError) in
            try SparseText.read(raw, features: features)
        }
        if var weights = try beside(path + ".weight", table.rowCount) {
            weights[0].name = weightColumn
            table.columns.append(weights[0])
        }
        for (index, column) in (try beside(path + ".init", table.rowCount) ?? []).enumerated() {
            var named = column
            named.name = index == 0 ? initialScorePrefix : "\(initialScorePrefix)_\(index)"
            table.columns.append(named)
        }
        if let groups = try groups(path + ".query", table.rowCount) {
            table.columns.removeAll { $0.name == groupColumn }
            table.columns.append(groups)
        }
        return table
    }

    /// The columns of a file without a header, as many lines as rows; nil when there is no file.
    private static func beside(
        _ path: String,
        _ rowCount: Int
    ) throws(DataFileError) -> [Column]? {
        guard access(path, R_OK) == 0 else { return nil }
        let content = try whole(path)
        let firstLine = content.prefix { $0 != 0x0A }
        let width = firstLine.count { $0 == 0x09 } + 1
        let header = (0..<width).map(String.init).joined(separator: "\t") + "\n"
        let table = try borrowed(Array(header.utf8) + content) { raw throws(DataFileError) in
            try DelimitedText.read(raw, delimiter: 0x09)
        }
        guard table.rowCount == rowCount else { throw .badNumbersBeside(path: path) }
        return table.columns
    }

    /// Sizes of groups as a column of group numbers; nil when there is no file.
    private static func groups(
        _ path: String,
        _ rowCount: Int
    ) throws(DataFileError) -> Column? {
        guard access(path, R_OK) == 0 else { return nil }
        var numbers: [Int64] = []
        for (group, line) in (try whole(path)).split(separator: 0x0A).enumerated() {
            let digits = line.filter { $0 > 0x20 }
            guard let size = Int(String(decoding: digits, as: UTF8.self)), size > 0,
                size <= rowCount - numbers.count
            else { throw .badGroups(path: path) }
            numbers += [Int64](repeating: Int64(group), count: size)
        }
        guard numbers.count == rowCount else { throw .badGroups(path: path) }
        return Column(
            name: groupColumn,
            type: .longLong,
            storage: .int64(numbers),
            validity: Validity(allValid: rowCount)
        )
    }

    /// Lends the bytes of an array.
    private static func borrowed(
        _ bytes: [UInt8],
        _ body: (UnsafeRawBufferPointer) throws(DataFileError) -> RowBatch
    ) throws(DataFileError) -> RowBatch {
        var result: Result<RowBatch, DataFileError>?
        bytes.withUnsafeBytes { raw in
            do throws(DataFileError) {
                result = .success(try body(raw))
            } catch {
                result = .failure(error)
            }
        }
        guard let result else { preconditionFailure("withUnsafeBytes always calls its body") }
        return try result.get()
    }

    /// All bytes of a file.
    static func whole(_ path: String) throws(DataFileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .cannotOpen(path: path, reason: "not a regular file")
        }
        let size = Int(status.st_size)
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            // The buffer has a base as soon as it has room for a byte.
            while count < size {
                let got = Glibc.read(descriptor, buffer.baseAddress! + count, size - count)
                if got == 0 { break }
                if got < 0, errno == EINTR { continue }
                if got < 0 {
                    failed = true
                    break
                }
                count += got
            }
        }
        if failed { throw .cannotOpen(path: path, reason: String(cString: strerror(errno))) }
        return bytes
    }
}
