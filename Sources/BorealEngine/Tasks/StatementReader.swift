import BorealBase

/// Reads a stored statement's text again, for the job that it promised.
protocol StatementReader: Sendable {
    func create(_ payload: JobPayload) throws(ServerError) -> CreateModelRequest
    func predict(_ payload: JobPayload) throws(ServerError) -> PredictRequest
    /// The model's name is as written.
    func remotePredict(
        _ payload: JobPayload
    ) throws(ServerError) -> (model: String, request: RemotePredictRequest)
    func influence(_ payload: JobPayload) throws(ServerError) -> InfluenceRequest
    func compare(_ payload: JobPayload) throws(ServerError) -> CompareRequest
    func index(_ payload: JobPayload) throws(ServerError) -> IndexRequest
    func evaluate(_ payload: JobPayload) throws(ServerError) -> EvaluateRequest
}
