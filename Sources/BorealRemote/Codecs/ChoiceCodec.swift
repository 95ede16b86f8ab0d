/// A codec whose answers are one of a few words: what a model says around the word is taken away,
/// and an answer that names none of them, or several, fails its row.
package struct ChoiceCodec: CallCodec {
    private let inner: any CallCodec
    /// As they are answered.
    private let words: [String]

    package init(_ inner: any CallCodec, words: [String]) {
        self.inner = inner
        self.words = words
    }

    package var batchMax: Int { inner.batchMax }

    package var reading: String { inner.reading + "one of " + words.joined(separator: "|") }

    package func canShareRequest(_ first: RemoteInput, _ second: RemoteInput) -> Bool {
        inner.canShareRequest(first, second)
    }

    package func body(for inputs: [RemoteInput]) throws(RemoteModelError) -> [UInt8] {
        try inner.body(for: inputs)
    }

    package func read(
        _ body: [UInt8],
        for inputs: [RemoteInput]
    ) throws(RemoteModelError) -> CallReading {
        var reading = try inner.read(body, for: inputs)
        reading.answers = reading.answers.map { answer in
            answer.flatMap { answer in
                guard case .text(let text) = answer.value, let word = word(in: text) else {
                    let list = words.joined(separator: ", ")
                    return .failure(RemoteModelError(.badResponse, "the answer is none of \(list)"))
                }
                return .success(RemoteAnswer(.text(word)))
            }
        }
        return reading
    }

    /// The only one of the words that stands in a text, in any case; nil for none and for several.
    private func word(in text: String) -> String? {
        let found = Set(text.split { !$0.isLetter }.map { $0.lowercased() })
        let named = words.filter { found.contains($0.lowercased()) }
        return named.count == 1 ? named[0] : nil
    }
}
