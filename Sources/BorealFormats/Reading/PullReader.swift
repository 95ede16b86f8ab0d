/// Reads a document of objects, arrays, texts and numbers front to back, as it is asked.
///
/// Nothing is kept but what the caller takes, so a model of hundreds of megabytes becomes arrays of
/// numbers without a tree of values between. Every method moves behind what it answers. Depth is
/// the caller's own, and bounded where values are skipped.
protocol PullReader {
    /// The format that errors name.
    var format: ModelFormat { get }
    /// Bytes before the next one.
    var position: Int { get }
    /// All bytes.
    var byteCount: Int { get }

    /// Comes to an object; `nextKey` follows.
    mutating func beginObject() throws(FormatError)
    /// The name of the next member, whose value must be taken or skipped; nil behind the last.
    mutating func nextKey() throws(FormatError) -> String?
    /// Comes to an array; `hasElement` follows.
    mutating func beginArray() throws(FormatError)
    /// Whether there is one more element, which must be taken or skipped.
    mutating func hasElement() throws(FormatError) -> Bool
    /// A text.
    mutating func string() throws(FormatError) -> String
    /// A text, or a number or truth value as text.
    mutating func scalarText() throws(FormatError) -> String
    /// A number.
    mutating func double() throws(FormatError) -> Double
    /// An array of numbers, each rounded once.
    mutating func floats() throws(FormatError) -> [Float]
    /// An array of numbers.
    mutating func doubles() throws(FormatError) -> [Double]
    /// An array of whole numbers.
    mutating func integers() throws(FormatError) -> [Int32]
    /// An array of truth values or small whole numbers.
    mutating func flags() throws(FormatError) -> [UInt8]
    /// Moves behind a value of any kind.
    mutating func skip() throws(FormatError)
    /// True when the next value is an object.
    mutating func isAtObject() -> Bool
    /// True when the next value is a text.
    mutating func isAtString() -> Bool
    /// Checks that nothing follows.
    mutating func finish() throws(FormatError)
}

extension PullReader {
    /// What is wrong with the next byte.
    func malformed(_ reason: String) -> FormatError {
        .malformed(format, offset: position, reason: reason)
    }

    /// A whole number.
    mutating func integer() throws(FormatError) -> Int {
        let value = try double()
        guard let whole = Int(exactly: value) else {
            throw malformed("\(value) is no whole number")
        }
        return whole
    }

    /// An array of texts.
    ///
    /// - Parameter max: more of them are refused.
    mutating func strings(max: Int, _ what: String) throws(FormatError) -> [String] {
        var values: [String] = []
        try beginArray()
        while try hasElement() {
            guard values.count < max else { throw .tooLarge(format, what: what, limit: max) }
            values.append(try string())
        }
        return values
    }

    /// An object of texts and numbers as texts.
    mutating func texts(max: Int = 10_000) throws(FormatError) -> [String: String] {
        var values: [String: String] = [:]
        try beginObject()
        while let key = try nextKey() {
            guard values.count < max else { throw .tooLarge(format, what: "members", limit: max) }
            values[key] = try scalarText()
        }
        return values
    }
}

extension [UInt8] {
    /// Lends the bytes to a reader, whose error keeps its type.
    func withRawBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { bytes throws(Failure) in
            try body(UnsafeRawBufferPointer(bytes))
        }
    }
}
