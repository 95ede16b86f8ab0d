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
    case cannotUnpack(path: String)

    /// A sentence for the person at the shell.
    package var message: String {
        switch self {
        case .cannotOpen(let path, let reason): "cannot read '\(path)': \(reason)"
        case .unknownKind(let path):
            "'\(path)' has no known ending; use .csv, .tsv (also with .gz) or .npy"
        case .noHeader: "the file is empty; its first line must name the columns"
        case .tooManyColumns: "the file has more than \(Limits.modelFeaturesMax) columns"
        case .raggedRow(let row, let expected, let found):
            "row \(row) has \(found) cells where the header names \(expected) columns"
        case .badArray(let reason): "not a readable .npy array: \(reason)"
        case .cannotUnpack(let path): "'\(path)' cannot be unpacked; is it gzip?"
        }
    }
}

/// A table in a file of the user's: `.csv`, `.tsv` (both also `.gz`) with a header, or `.npy`.
package enum DataFile {
    /// Bytes that a packed table may unpack to.
    private static let unpackedBytesMax = 64 << 30

    /// Reads the whole file.
    ///
    /// - Throws: `DataFileError`.
    package static func read(_ path: String) throws(DataFileError) -> RowBatch {
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
        } else {
            throw .unknownKind(path: path)
        }
        var result: Result<RowBatch, DataFileError>?
        bytes.withUnsafeBytes { raw in
            do throws(DataFileError) {
                result = .success(try DelimitedText.read(raw, delimiter: delimiter))
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
