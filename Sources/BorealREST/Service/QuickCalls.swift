import BorealCatalog
import BorealEngine
import BorealHTTP

/// Which calls of remote models are sent by the loop that read them: those for which that takes
/// less time than waking a worker does.
///
/// Not the first one after a start, for which usage and the master key are read, none with a long
/// body, and none with a password, whose check is slow on purpose.
enum QuickCalls {
    /// Bytes of a body that is read and passed on within a fraction of a millisecond.
    private static let bodyBytesMax = 32 << 10

    /// Whether a call that is passed on as it is stays on the loop.
    static func contains(_ request: HTTPRequest, _ engine: Engine) -> Bool {
        request.body.count <= bodyBytesMax && request.bearerToken != nil
            && engine.hasCalledRemoteModels
    }

    /// Whether a request below `/_plugins` stays there: a prediction of a model that has been
    /// deployed, which changes nothing, and whose input no schema has to be held against.
    static func containsPrediction(_ request: HTTPRequest, _ engine: Engine) -> Bool {
        let path = request.segments
        guard request.method == .post, path.count == 5, path[2] == "models", path[4] == "_predict",
            contains(request, engine),
            let model = engine.catalog.snapshot.model(contractID: path[3])
        else { return false }
        return model.status == .serving && !model.contract.details.contains("\"interface\"")
    }
}
