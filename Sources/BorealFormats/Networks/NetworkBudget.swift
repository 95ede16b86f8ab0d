/// Counts the numbers of a network while a file is read: files may tell of the same bytes as often
/// as they like, and what is read of them takes memory every time.
final class NetworkBudget {
    /// Numbers that may still be read.
    private var left = FormatLimits.networkElementsMax

    /// Takes so many numbers.
    ///
    /// - Throws: `FormatError.tooLarge`.
    func spend(_ count: Int, _ format: ModelFormat) throws(FormatError) {
        guard count >= 0, count <= left else {
            throw .tooLarge(
                format,
                what: "numbers in a network",
                limit: FormatLimits.networkElementsMax
            )
        }
        left -= count
    }
}
