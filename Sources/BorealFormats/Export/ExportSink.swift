package import BorealBase

/// Why a file was not written to its end.
package enum ExportError: Error {
    /// The format cannot say what the model is; nothing was written.
    case format(FormatError)
    /// The file would have more bytes than it may.
    case tooLarge(limit: Int)
    /// Somebody asked for the end.
    case cancelled
    /// The target took no more: a full disk, for instance.
    case target(any Error)
}

/// Takes the bytes of a file while it is made and hands them on in pieces, so that a file needs
/// the memory of one piece, whatever its size.
///
/// Appending never throws, which keeps writers free of it in every line: the first thing that goes
/// wrong is kept, what is appended afterwards is dropped, and `check()`, which a writer calls about
/// once a tree, and `finish()` throw it. Whoever made the target removes what it took. One thread
/// at a time.
package final class ExportSink {
    /// What is gathered before the target gets it.
    package static let pieceBytes = 128 << 10

    /// Bytes appended so far; what was dropped does not count.
    package private(set) var bytes = 0
    private var piece: [UInt8] = []
    private let bytesMax: Int
    private let cancellation: CancellationFlag?
    /// nil for sinks that count only.
    private let target: ((UnsafeRawBufferPointer) throws -> Void)?
    private var failure: ExportError?

    /// - Parameters:
    ///   - bytesMax: a longer file is `ExportError.tooLarge`.
    ///   - cancellation: looked at before each piece and in `check()`.
    ///   - target: gets the pieces in order; what it throws ends the file.
    package init(
        bytesMax: Int = .max,
        cancellation: CancellationFlag? = nil,
        target: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) {
        self.bytesMax = bytesMax
        self.cancellation = cancellation
        self.target = target
        piece.reserveCapacity(Self.pieceBytes)
    }

    /// A sink that drops all bytes: for formats that say lengths before what they measure.
    init() {
        bytesMax = .max
        cancellation = nil
        target = nil
    }

    /// Throws what went wrong so far.
    package func check() throws(ExportError) {
        if failure == nil, cancellation?.isCancelled == true { failure = .cancelled }
        if let failure { throw failure }
    }

    /// Hands on what is left.
    package func finish() throws(ExportError) {
        flush()
        try check()
    }

    /// Appends bytes.
    package func append(bytes more: some Collection<UInt8>) {
        guard count(more.count) else { return }
        piece.append(contentsOf: more)
        if piece.count >= Self.pieceBytes { flush() }
    }

    /// Appends the bytes of an array of numbers as they lie in memory.
    func append<Number>(memoryOf numbers: [Number]) {
        numbers.withUnsafeBytes { memory in
            var rest = memory[...]
            while !rest.isEmpty, failure == nil {
                append(bytes: UnsafeRawBufferPointer(rebasing: rest.prefix(Self.pieceBytes)))
                rest = rest.dropFirst(Self.pieceBytes)
            }
        }
    }

    /// Adds to the size; false when the bytes are not wanted.
    private func count(_ more: Int) -> Bool {
        guard failure == nil else { return false }
        guard more <= bytesMax - bytes else {
            failure = .tooLarge(limit: bytesMax)
            return false
        }
        bytes += more
        return target != nil
    }

    private func flush() {
        guard failure == nil, let target, !piece.isEmpty else { return }
        if cancellation?.isCancelled == true {
            failure = .cancelled
            return
        }
        do {
            try piece.withUnsafeBytes { try target($0) }
        } catch {
            failure = .target(error)
        }
        piece.removeAll(keepingCapacity: true)
    }
}

// MARK: - Text

extension ExportSink {
    /// Appends text in UTF-8.
    package func append(_ text: String) { append(bytes: text.utf8) }

    /// `key=1 2 3`; numbers in the shortest digits that read back as the same value.
    func line<Number: CustomStringConvertible>(_ key: String, _ values: [Number]) {
        append(key)
        append("=")
        for (index, value) in values.enumerated() {
            if index > 0 { append(" ") }
            append(value.description)
        }
        append("\n")
    }

    /// The same, left out when there are no values.
    func optionalLine<Number: CustomStringConvertible>(_ key: String, _ values: [Number]) {
        if !values.isEmpty { line(key, values) }
    }

    /// `[1,2,3]`; Floats in the shortest digits that read back as the same Float.
    func list<Number: CustomStringConvertible>(_ values: [Number]) {
        append("[")
        for (index, value) in values.enumerated() {
            if index > 0 { append(",") }
            // XGBoost's words, and Python's.
            switch value.description {
            case "inf": append("Infinity")
            case "-inf": append("-Infinity")
            case "nan": append("NaN")
            case let text: append(text)
            }
        }
        append("]")
    }
}
