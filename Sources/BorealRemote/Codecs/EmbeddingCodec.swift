import BorealBase
import Synchronization

/// The request for embeddings: OpenAI's, or DashScope's with its envelope of `input` and
/// `parameters`.
struct EmbeddingRequest: RequestForm {
    let rowsMax: Int
    private let head: [UInt8]
    private let tail: [UInt8]

    init(_ parameters: CodecParameters, isEnvelope: Bool, rowsMax: Int) {
        var head = Array("{\"model\":".utf8)
        JSON.quote(parameters.model, into: &head)
        head += Array((isEnvelope ? ",\"input\":{\"texts\":[" : ",\"input\":[").utf8)
        self.head = head
        let dimensions = parameters.dimensions
        tail =
            isEnvelope
            ? Array("]}\(dimensions.map { ",\"parameters\":{\"dimension\":\($0)}" } ?? "")}".utf8)
            : Array("]\(dimensions.map { ",\"dimensions\":\($0)" } ?? "")}".utf8)
        self.rowsMax = rowsMax
    }

    func body(for inputs: [RemoteInput]) throws(RemoteModelError) -> [UInt8] {
        var body = head
        body.reserveCapacity(head.count + tail.count + inputs.reduce(0) { $0 + $1.byteCount + 8 })
        for (place, input) in inputs.enumerated() {
            if place > 0 { body.append(UInt8(ascii: ",")) }
            JSON.quote(try input.singleText(), into: &body)
        }
        body += tail
        return body
    }
}

/// How many numbers the embeddings of a model have: asked for, else as many as the first had.
final class EmbeddingDimension: Sendable {
    private let known: Mutex<Int?>

    init(_ asked: Int?) { known = Mutex(asked) }

    /// What the next vector shall have; nil before the first.
    var count: Int? { known.withLock { $0 } }

    /// Nil for a vector of the right length, which the first one sets; else what to say.
    func problem(_ vector: [Double]) -> RemoteModelError? {
        let expected = known.withLock { known in
            if known == nil, !vector.isEmpty { known = vector.count }
            return known
        }
        guard vector.count == expected else {
            let wanted = expected.map { ", not \($0)" } ?? ""
            return RemoteModelError(
                .badResponse,
                "the embedding has \(vector.count) numbers\(wanted)"
            )
        }
        return nil
    }
}

/// The answer with embeddings: OpenAI's `data`, or DashScope's `output.embeddings`.
struct EmbeddingAnswer: AnswerForm {
    let rowsMax = 2_048
    let isEnvelope: Bool
    let dimension: EmbeddingDimension

    /// One element of the answer's list.
    private struct Item {
        var index: Int?
        /// Nil when something in it is no finite number.
        var vector: [Double]??
    }

    /// What was met in the answer.
    private struct Parts {
        var items: [Item]?
        var usage: JSON?
        var error: JSON?
        var code: JSON?
        var message: JSON?
    }

    func read(
        _ body: [UInt8],
        for inputs: [RemoteInput]
    ) throws(RemoteModelError) -> CallReading {
        var parts = Parts()
        try AnswerScanner.whole(body) { (scanner) throws(RemoteModelError) in
            try scanner.members { (name, scanner) throws(RemoteModelError) in
                try readMember(name, &scanner, inputs.count, &parts)
            }
        }
        if let failure = UpstreamText.failure(parts.error) { throw failure }
        guard let items = parts.items else {
            if isEnvelope, let failure = UpstreamText.failure(parts.message ?? parts.code) {
                throw failure
            }
            throw RemoteModelError(.badResponse, "the answer has no \(path)")
        }
        let answers = try Placing.place(items.map(\.index), count: inputs.count).map {
            answer(items[$0])
        }
        return CallReading(answers: answers, usage: TokenCounts.usage(parts.usage, inputs, answers))
    }

    private var path: String { isEnvelope ? "output.embeddings" : "data" }

    private func readMember(
        _ name: AnswerScanner.Name,
        _ scanner: inout AnswerScanner,
        _ rowCount: Int,
        _ parts: inout Parts
    ) throws(RemoteModelError) {
        switch name {
        case "data" where !isEnvelope: parts.items = try items(&scanner, rowCount)
        case "output" where isEnvelope:
            var found: [Item]?
            guard try scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
            try scanner.members { (name, scanner) throws(RemoteModelError) in
                guard name == "embeddings" else { return try scanner.skip() }
                found = try items(&scanner, rowCount)
            }
            parts.items = found
        case "usage": parts.usage = try scanner.tree()
        case "error": parts.error = try scanner.tree()
        case "code": parts.code = try scanner.tree()
        case "message": parts.message = try scanner.tree()
        default: try scanner.skip()
        }
    }

    /// The list of embeddings; nil when there stands something else.
    private func items(
        _ scanner: inout AnswerScanner,
        _ rowCount: Int
    ) throws(RemoteModelError) -> [Item]? {
        guard try scanner.peek() == UInt8(ascii: "[") else {
            try scanner.skip()
            return nil
        }
        var items: [Item] = []
        try scanner.elements { (scanner) throws(RemoteModelError) in
            guard items.count < rowCount else { throw Placing.wrongCount(rowCount + 1, rowCount) }
            items.append(try item(&scanner))
        }
        return items
    }

    private func item(_ scanner: inout AnswerScanner) throws(RemoteModelError) -> Item {
        var item = Item()
        try scanner.members { (name, scanner) throws(RemoteModelError) in
            switch name {
            case "index", "text_index":
                item.index = Int(exactly: try scanner.number()) ?? -1
            case "embedding":
                guard try scanner.peek() == UInt8(ascii: "[") else { return try scanner.skip() }
                item.vector = .some(try scanner.numbers(expected: dimension.count ?? 1_024))
            default: try scanner.skip()
            }
        }
        return item
    }

    private func answer(_ item: Item) -> Result<RemoteAnswer, RemoteModelError> {
        guard let found = item.vector else {
            return .failure(RemoteModelError(.badResponse, "an embedding is missing"))
        }
        guard let vector = found else {
            return .failure(
                RemoteModelError(.badResponse, "the embedding holds what is no finite number")
            )
        }
        if let problem = dimension.problem(vector) { return .failure(problem) }
        return .success(RemoteAnswer(.vector(vector)))
    }
}

extension AnswerScanner {
    /// A small part of the answer, as a tree.
    mutating func tree() throws(RemoteModelError) -> JSON {
        try JSONText.tree(bytes[try span()])
    }
}
