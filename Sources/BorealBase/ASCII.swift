extension String {
    /// The first characters of a text that may be longer than anybody means it to be.
    public func cut(scalars count: Int) -> String {
        // No scalar has more bytes than four: most texts need not be looked at.
        guard utf8.count > count else { return self }
        return String(UnicodeScalarView(unicodeScalars.prefix(count)))
    }

    /// Lower case of `A-Z` only; everything else stays, so no locale can change a name.
    public var asciiLowercased: String {
        guard utf8.contains(where: { $0 >= 0x41 && $0 <= 0x5A }) else { return self }
        return String(
            decoding: utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 },
            as: UTF8.self
        )
    }
}
