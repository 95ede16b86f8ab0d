/// Secrets that the server makes. The generator is the operating system's.
enum RandomSecret {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
    )

    private static func text(_ count: Int) -> String {
        var random = SystemRandomNumberGenerator()
        let characters = (0..<count).map { _ in
            alphabet[Int(UInt8.random(in: 0..<64, using: &random))]
        }
        return String(decoding: characters, as: UTF8.self)
    }

    /// A password of 120 bits.
    static func password() -> String { text(20) }

    /// A token of 256 bits; its beginning tells people, and tools that look for leaks, what it is.
    static func token() -> String { "boreal_" + text(43) }
}
