/// Unpacks gzip files of data, such as `table.csv.gz`.
package enum Gzip {
    /// The bytes of a gzip stream.
    ///
    /// - Parameter bytesMax: unpacked bytes that are allowed.
    /// - Throws: `FormatError` for what is no gzip, damaged, cut, or larger.
    package static func unpack(_ bytes: [UInt8], bytesMax: Int) throws(FormatError) -> [UInt8] {
        guard Compression(signatureOf: bytes) == .gzip else { throw .unrecognized }
        return try Decompressor(bytesMax: bytesMax).unpack(bytes, .gzip)
    }
}
