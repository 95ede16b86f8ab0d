import BorealBase
import BorealSQL

/// Reads the statements that jobs remember.
struct StoredStatements: StatementReader {
    func create(_ payload: JobPayload) throws(ServerError) -> CreateModelRequest {
        guard case .createModel(let statement) = try parse(payload) else { throw Self.other }
        return try RequestReader.create(statement)
    }

    func predict(_ payload: JobPayload) throws(ServerError) -> PredictRequest {
        switch try parse(payload) {
        case .predict(let statement): return try RequestReader.predict(statement)
        case .explainRows(let statement): return try RequestReader.explain(statement)
        default: throw Self.other
        }
    }

    func remotePredict(
        _ payload: JobPayload
    ) throws(ServerError) -> (model: String, request: RemotePredictRequest) {
        guard case .predict(let statement) = try parse(payload) else { throw Self.other }
        return (statement.name.name, try RequestReader.remotePredict(statement))
    }

    func influence(_ payload: JobPayload) throws(ServerError) -> InfluenceRequest {
        guard case .explainRows(let statement) = try parse(payload),
            let request = try RequestReader.influence(statement)
        else { throw Self.other }
        return request
    }

    func evaluate(_ payload: JobPayload) throws(ServerError) -> EvaluateRequest {
        guard case .evaluate(let statement) = try parse(payload) else { throw Self.other }
        return try RequestReader.evaluate(statement)
    }

    func compare(_ payload: JobPayload) throws(ServerError) -> CompareRequest {
        guard case .diffModel(let statement) = try parse(payload) else { throw Self.other }
        return try RequestReader.compare(statement)
    }

    func index(_ payload: JobPayload) throws(ServerError) -> IndexRequest {
        guard case .predict(let statement) = try parse(payload),
            let request = try IndexRequest(statement)
        else { throw Self.other }
        return request
    }

    private static var other: ServerError {
        .internalError("a job remembers a statement of another kind")
    }

    private func parse(_ payload: JobPayload) throws(ServerError) -> ModelStatement {
        let text = Array(payload.statement.utf8)
        var mode: SQLMode = []
        for name in payload.sqlMode.split(separator: ",") {
            switch name {
            case "ANSI_QUOTES": mode.insert(.ansiQuotes)
            case "NO_BACKSLASH_ESCAPES": mode.insert(.noBackslashEscapes)
            case "PIPES_AS_CONCAT": mode.insert(.pipesAsConcat)
            default: break
            }
        }
        do {
            let parsed = try StatementParser.parse(text, options: ParserOptions(mode: mode))
            guard case .model(let statement) = parsed.kind else { throw Self.other }
            return statement
        } catch let error as SyntaxError {
            throw ServerError(syntax: error, text: text)
        } catch let error as ServerError {
            throw error
        } catch {
            throw Self.other
        }
    }
}
