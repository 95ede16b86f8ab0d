import BorealBase
import BorealHTTP

/// A picture as its row holds it: the bytes of a file.
package struct Picture: Hashable, Sendable {
    package let bytes: [UInt8]

    /// Services count a picture by its width and height, mostly as some hundred tokens: this many
    /// bytes of text stand for it in estimates.
    static let tokenBytes = 4_096

    package init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// What the first bytes say that it is; nil for nothing that services read.
    package var mediaType: String? {
        if starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
        if starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if starts(with: "GIF87a".utf8) || starts(with: "GIF89a".utf8) { return "image/gif" }
        // A RIFF container: four bytes of length stand between the two words.
        if starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
            return "image/webp"
        }
        if starts(with: "BM".utf8), bytes.count >= Self.bmpHeaderBytes { return "image/bmp" }
        return nil
    }

    /// Both headers of the oldest form of a bitmap: two letters alone begin many things.
    private static let bmpHeaderBytes = 26

    private func starts(with prefix: some Sequence<UInt8>) -> Bool { bytes.starts(with: prefix) }

    /// The picture as a `data:` URL (RFC 2397).
    ///
    /// - Throws: `RemoteModelError` CONFIG for one that is too large or of an unknown type.
    package func dataURL() throws(RemoteModelError) -> String {
        guard bytes.count <= Limits.pictureBytesMax else {
            throw RemoteModelError(
                .config,
                "the picture has \(bytes.count) bytes; \(Limits.pictureBytesMax) are allowed"
            )
        }
        guard let mediaType else {
            throw RemoteModelError(
                .config,
                "the \(bytes.count) bytes of the row are no PNG, JPEG, GIF, WEBP or BMP picture"
            )
        }
        return "data:\(mediaType);base64,\(Base64.encode(bytes))"
    }
}
