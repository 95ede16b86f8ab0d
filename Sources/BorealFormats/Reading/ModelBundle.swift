/// The weights of a network with what they are the weights of, as one file: a tar archive of the
/// uploaded file as it is and its description. Who has such an archive needs no option to read it.
public enum ModelBundle {
    /// The description's name, in archives and in folders.
    static let architectureName = "architecture.json"
    /// The ending of such a file.
    public static let fileExtension = "tar"

    /// Files of an archive begin at multiples of it.
    private static let blockBytes = 512

    /// The archive. It depends on nothing but its content.
    ///
    /// - Parameter fileName: of the uploaded file; only its ending is kept.
    public static func tar(
        _ bytes: [UInt8],
        fileName: String,
        architecture: NetworkArchitecture
    ) -> [UInt8] {
        let ending = fileName.split(separator: ".").last.map { String($0.prefix(16)) } ?? "bin"
        var archive: [UInt8] = []
        archive.reserveCapacity(bytes.count + 8 * blockBytes)
        append(
            "model.\(ending.filter { $0.isASCII && $0.isLetter || $0.isNumber })",
            bytes,
            &archive
        )
        append(architectureName, Array(architecture.text.utf8), &archive)
        archive.append(contentsOf: [UInt8](repeating: 0, count: 2 * blockBytes))
        return archive
    }

    /// A header of 512 bytes and the content, filled up to whole blocks.
    private static func append(_ name: String, _ content: [UInt8], _ archive: inout [UInt8]) {
        var header = [UInt8](repeating: 0, count: blockBytes)
        func put(_ text: String, at place: Int) {
            for (index, byte) in text.utf8.enumerated() { header[place + index] = byte }
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(content.count, digits: 11), at: 124)
        put("00000000000", at: 136)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        // The sum is taken with spaces in its own place.
        put("        ", at: 148)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6), at: 148)
        header[154] = 0
        archive += header
        archive += content
        let rest = content.count % blockBytes
        if rest > 0 { archive += [UInt8](repeating: 0, count: blockBytes - rest) }
    }

    /// A number as headers have it.
    private static func octal(_ number: Int, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
