import BorealBase

/// Tokens of a call: as the service counts them, else by size.
enum TokenCounts {
    /// Beyond it a count is taken for nonsense.
    private static let countMax: Int64 = 1 << 40

    /// What a `usage` object of any of the known forms says; nil when it says nothing usable.
    static func read(_ usage: JSON?) -> TokenUsage? {
        guard let usage else { return nil }
        let input = count(usage, ["prompt_tokens", "input_tokens"])
        let output = count(usage, ["completion_tokens", "output_tokens"])
        let total = count(usage, ["total_tokens"])
        guard let told = input ?? total.map({ max(0, $0 - (output ?? 0)) }) else { return nil }
        return TokenUsage(input: told, output: output ?? 0, isEstimated: false)
    }

    private static func count(_ usage: JSON, _ names: [String]) -> Int? {
        let found = names.lazy.compactMap { usage[$0]?.integer }.first
        return found.flatMap { (0...countMax).contains($0) ? Int($0) : nil }
    }

    /// A quarter of the bytes of UTF-8, each text by itself rounded up.
    static func estimate(_ byteCount: Int) -> Int { (byteCount + 3) / 4 }

    /// What the service said, else the estimate of rows and answers.
    static func usage(
        _ usage: JSON?,
        _ inputs: [RemoteInput],
        _ answers: [Result<RemoteAnswer, RemoteModelError>]
    ) -> TokenUsage {
        if let told = read(usage) { return told }
        let output = answers.reduce(0) { sum, answer in
            guard case .success(let answer) = answer, case .text(let text) = answer.value else {
                return sum
            }
            return sum + estimate(text.utf8.count)
        }
        let input = inputs.reduce(0) { $0 + estimate($1.tokenByteCount) }
        return TokenUsage(input: input, output: output, isEstimated: true)
    }
}
