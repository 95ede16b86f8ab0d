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
    case badWeights(path: String)
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
        case .badWeights(let path): "'\(path)' must hold one number for each row"
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

    /// A LibSVM table; weights that lie beside it in `FILE.weight` become its weight column.
    private static func sparse(
        _ bytes: [UInt8],
        _ path: String,
        _ features: [String]
    ) throws(DataFileError) -> RowBatch {
        var table = try borrowed(bytes) { raw throws(DataFileError) in
            try SparseText.read(raw, features: features)
        }
        let beside = path + ".weight"
        guard access(beside, R_OK) == 0 else { return table }
        let text = Array("\(weightColumn)\n".utf8) + (try whole(beside))
        let weights = try borrowed(text) { raw throws(DataFileError) in
            try DelimitedText.read(raw, delimiter: UInt8(ascii: ","))
        }
        guard weights.rowCount == table.rowCount else { throw .badWeights(path: beside) }
        table.columns.append(weights.columns[0])
        return table
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
