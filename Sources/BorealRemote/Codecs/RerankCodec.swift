import BorealBase

/// The request to score documents against one query: flat (Cohere's form, which most services
/// took over), or in DashScope's envelope.
struct RerankRequest: RequestForm {
    let rowsMax = 500
    let model: String
    let isEnvelope: Bool

    /// Rows of one query.
    func canShareRequest(_ first: RemoteInput, _ second: RemoteInput) -> Bool {
        guard case .pair(let query, _) = first, case .pair(let other, _) = second else {
            return false
        }
        return query == other
    }

    func body(for inputs: [RemoteInput]) throws(RemoteModelError) -> [UInt8] {
        var body = Array("{\"model\":".utf8)
        JSON.quote(model, into: &body)
        for (place, input) in inputs.enumerated() {
            guard case .pair(let query, let document) = input else {
                throw RemoteModelError(.config, "the model takes a query with a document")
            }
            if place == 0 {
                let opening = isEnvelope ? ",\"input\":{\"query\":" : ",\"query\":"
                body += Array(opening.utf8)
                JSON.quote(query, into: &body)
                body += Array(",\"documents\":[".utf8)
            } else {
                body.append(UInt8(ascii: ","))
            }
            JSON.quote(document, into: &body)
        }
        let count = inputs.count
        let closing =
            isEnvelope
            ? "]},\"parameters\":{\"top_n\":\(count),\"return_documents\":false}}"
            : "],\"top_n\":\(count)}"
        body += Array(closing.utf8)
        return body
    }
}

/// The answer with scores: `results`, or `output.results` in an envelope.
struct RerankAnswer: AnswerForm {
    let rowsMax = 500
    let isEnvelope: Bool

    func read(
        _ body: [UInt8],
        for inputs: [RemoteInput]
    ) throws(RemoteModelError) -> CallReading {
        let answer = try JSONText.tree(body)
        if let failure = UpstreamText.failure(answer["error"]) { throw failure }
        let holder = isEnvelope ? answer["output"] : answer
        guard let results = holder?["results"]?.array else {
            if let failure = UpstreamText.failure(answer["message"]) { throw failure }
            let path = isEnvelope ? "output.results" : "results"
            throw RemoteModelError(.badResponse, "the answer has no \(path)")
        }
        let answers = try scores(results, count: inputs.count)
        let usage = answer["usage"] ?? answer["meta"]?["tokens"]
        return CallReading(answers: answers, usage: TokenCounts.usage(usage, inputs, answers))
    }

    /// Each document's score, by its index; a document that the service left out has none.
    private func scores(
        _ results: [JSON],
        count: Int
    ) throws(RemoteModelError) -> [Result<RemoteAnswer, RemoteModelError>] {
        guard results.count <= count else { throw Placing.wrongCount(results.count, count) }
        let missing = RemoteModelError(.badResponse, "the answer leaves the document out")
        var answers = [Result<RemoteAnswer, RemoteModelError>](
            repeating: .failure(missing),
            count: count
        )
        var isPlaced = [Bool](repeating: false, count: count)
        for result in results {
            guard let index = result["index"]?.integer, (0..<Int64(count)).contains(index),
                !isPlaced[Int(index)]
            else { throw RemoteModelError(.badResponse, "a result names no document of its own") }
            isPlaced[Int(index)] = true
            guard let score = (result["relevance_score"] ?? result["score"])?.double else {
                let text = "the answer has no score for the document"
                answers[Int(index)] = .failure(RemoteModelError(.badResponse, text))
                continue
            }
            answers[Int(index)] = .success(RemoteAnswer(.score(score)))
        }
        return answers
    }
}
