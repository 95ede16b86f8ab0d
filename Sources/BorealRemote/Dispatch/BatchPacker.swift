/// Fills one request: says of each row in turn whether it still fits.
struct BatchPacker: Sendable {
    /// Bytes of a body.
    static let bytesMax = 1 << 20
    /// Quotes, commas and the like around a row.
    static let bytesPerRow = 8

    let rowsMax: Int
    /// Estimated.
    let tokensMax: Int
    private(set) var rows = 0
    private(set) var bytes = 0
    private(set) var tokens = 0

    init(rowsMax: Int, tokensMax: Int) {
        self.rowsMax = max(1, rowsMax)
        self.tokensMax = tokensMax
    }

    /// Nothing more can fit.
    var isFull: Bool {
        rows >= rowsMax || bytes >= BatchPacker.bytesMax || tokens >= tokensMax
    }

    /// Takes a row in if there is room. The first always fits: the service will say so if it is too
    /// long by itself.
    mutating func accept(bytes size: Int) -> Bool {
        let cost = TokenEstimate.tokens(bytes: size)
        let total = bytes + size + BatchPacker.bytesPerRow
        let hasRoom =
            rows < rowsMax && total <= BatchPacker.bytesMax && tokens + cost <= tokensMax
        guard hasRoom || rows == 0 else { return false }
        rows += 1
        bytes = total
        tokens += cost
        return true
    }
}

/// What a text costs, before the provider says so: a token for each 4 bytes.
enum TokenEstimate {
    static func tokens(bytes: Int) -> Int { max(1, (bytes + 3) / 4) }
}
