import BorealBase
import BorealRemote

/// What a function answers for a row.
enum FunctionValue: Equatable, Sendable {
    case null
    case text(String)
    case number(Double)
}

/// Reads what a model said as what the function promises.
struct AnswerReader: Sendable {
    let task: FunctionTask
    /// Similarities lie between 0 and 1.
    let isClamped: Bool

    typealias Reading = Result<FunctionValue, RemoteModelError>

    /// - Parameter outcomes: of `asked.inputs`.
    /// - Returns: one for each row; nil for a row that is NULL because nothing was asked.
    func read(_ outcomes: [RowOutcome?], _ asked: AskedRows) -> [Reading?] {
        if task == .similarity, !asked.pairs.isEmpty || asked.inputs.isEmpty {
            return asked.pairs.map { pair in pair.map { similarity($0, outcomes) } }
        }
        return (0..<asked.rowCount).map { row in
            if task == .report {
                return asked.inputs[row] == nil ? nil : .success(report(outcomes[row]))
            }
            if let failure = asked.failures[row] { return .failure(failure) }
            guard let outcome = outcomes[row] else { return nil }
            return outcome.result.flatMap { read($0.value, asked, row) }
        }
    }

    private func read(_ value: RemoteAnswer.Value, _ asked: AskedRows, _ row: Int) -> Reading {
        switch task {
        case .json, .vector, .report: return .success(.text(Self.json(value).description))
        case .text, .summary, .translation, .generation: return .success(.text(Self.text(value)))
        case .score:
            guard case .score(let score) = value else { return Self.wrong("a score") }
            return .success(.number(score))
        case .similarity:
            let said = Double(TaskArgument.folded(Self.text(value)))
            guard let number = said, (0...1).contains(number) else {
                return Self.wrong("a number between 0 and 1")
            }
            return .success(.number(number))
        case .label:
            guard let word = Self.word(in: Self.text(value), asked.words(of: row)) else {
                return Self.wrong("one of the labels")
            }
            return .success(.text(word))
        case .sentiment:
            // Whatever is none of the categories says that the model does not know.
            let word = Self.word(in: Self.text(value), asked.words(of: row))
            return .success(word.map { .text($0) } ?? .null)
        case .extraction:
            guard let json = Self.extracted(value) else { return Self.wrong("JSON") }
            return .success(.text(json.description))
        }
    }

    private static func wrong(_ expected: String) -> Reading {
        .failure(RemoteModelError(.badResponse, "the answer is not \(expected)"))
    }

    // MARK: - Forms

    private static func json(_ value: RemoteAnswer.Value) -> JSON {
        switch value {
        case .text(let text): .string(text)
        case .vector(let numbers): .array(numbers.map { .number($0) })
        case .score(let score): .number(score)
        case .json(let json): json
        case .written(let body): .string(String(decoding: body, as: UTF8.self))
        }
    }

    private static func text(_ value: RemoteAnswer.Value) -> String {
        switch value {
        case .text(let text), .json(.string(let text)): text
        default: json(value).description
        }
    }

    /// The word that an answer is, as the statement writes it; nil for none of them.
    static func word(in answer: String, _ words: [String]) -> String? {
        let said = TaskArgument.folded(answer)
        return words.first { TaskArgument.folded($0) == said }
    }

    /// The JSON of an answer, without the fence that models like to put around it.
    private static func extracted(_ value: RemoteAnswer.Value) -> JSON? {
        if case .json(let json) = value, json.string == nil { return json }
        var lines = text(value).split(separator: "\n", omittingEmptySubsequences: true)
        if let first = lines.first, first.drop(while: \.isWhitespace).hasPrefix("```") {
            lines.removeFirst()
            if let last = lines.lastIndex(where: { $0.contains("```") }) {
                lines.removeSubrange(last...)
            }
        }
        // Whatever is wrong with it, it is no JSON, which is all that the row is told.
        return try? JSON.parse(lines.joined(separator: "\n"))
    }

    // MARK: - Similarity

    private func similarity(_ pair: VectorPair, _ outcomes: [RowOutcome?]) -> Reading {
        switch (Self.vector(pair.first, outcomes), Self.vector(pair.second, outcomes)) {
        case (.failure(let error), _), (_, .failure(let error)): .failure(error)
        case (.success(let first), .success(let second)): similarity(first, second)
        }
    }

    private static func vector(
        _ side: VectorPair.Side,
        _ outcomes: [RowOutcome?]
    ) -> Result<[Double], RemoteModelError> {
        switch side {
        case .known(let numbers): return .success(numbers)
        case .asked(let place):
            // A blank text is not sent and has no direction.
            guard let outcome = outcomes[place] else { return .success([]) }
            return outcome.result.flatMap { answer in
                guard case .vector(let numbers) = answer.value else {
                    return .failure(RemoteModelError(.badResponse, "the answer is no vector"))
                }
                return .success(numbers)
            }
        }
    }

    /// The cosine of the angle between two vectors; NULL where one has no direction.
    private func similarity(_ first: [Double], _ second: [Double]) -> Reading {
        guard !first.isEmpty, !second.isEmpty else { return .success(.null) }
        guard first.count == second.count else {
            let counts = "\(first.count) and \(second.count)"
            return .failure(
                RemoteModelError(.config, "the vectors have \(counts) numbers")
            )
        }
        // The same vector is as near as can be, whatever rounding says.
        guard first != second else { return .success(.number(1)) }
        guard let cosine = Self.cosine(first, second) else { return .success(.null) }
        return .success(.number(isClamped ? min(max(cosine, 0), 1) : cosine))
    }

    /// Nil for a vector of zeros. Numbers are scaled first: squares of large ones overflow.
    static func cosine(_ first: [Double], _ second: [Double]) -> Double? {
        guard let a = scaled(first), let b = scaled(second) else { return nil }
        var (dot, aa, bb) = (0.0, 0.0, 0.0)
        for index in a.indices {
            dot += a[index] * b[index]
            aa += a[index] * a[index]
            bb += b[index] * b[index]
        }
        return min(max(dot / (aa * bb).squareRoot(), -1), 1)
    }

    private static func scaled(_ vector: [Double]) -> [Double]? {
        let largest = vector.reduce(0) { max($0, $1.magnitude) }
        guard largest > 0, largest.isFinite else { return nil }
        return vector.map { $0 / largest }
    }

    // MARK: - Report

    /// `{"value", "error", "code", "tokens_in", "tokens_out", "ms", "cached", "provider"}`
    private func report(_ outcome: RowOutcome?) -> FunctionValue {
        var (value, error, code) = (JSON.null, JSON.null, JSON.null)
        var provider = outcome?.call?.provider
        var milliseconds = outcome?.call?.milliseconds ?? 0
        switch outcome?.result {
        case .success(let answer)?: value = Self.json(answer.value)
        case .failure(let failure)?:
            error = .string(failure.text)
            code = .string(failure.code.rawValue)
            provider = provider ?? failure.provider
            milliseconds = failure.milliseconds
        case nil: break
        }
        // A request's tokens belong to all of its rows.
        let rows = max(1, outcome?.call?.rows ?? 1)
        let usage = outcome?.isCached == true ? nil : outcome?.call?.usage
        let json = JSON.object([
            ("value", value), ("error", error), ("code", code),
            ("tokens_in", .integer(Int64((usage?.input ?? 0) / rows))),
            ("tokens_out", .integer(Int64((usage?.output ?? 0) / rows))),
            ("ms", .integer(Int64(milliseconds))),
            ("cached", .bool(outcome?.isCached ?? false)),
            ("provider", provider.map { .string($0) } ?? .null),
        ])
        return .text(json.description)
    }
}
