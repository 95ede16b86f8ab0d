package import BorealBase
package import BorealBoost
package import BorealFormats
package import BorealGraph

/// A trained model, and how it is kept.
package struct TrainingResult: Sendable {
    /// What PREDICT runs.
    package let graph: ModelGraph
    /// The format of the artifact: LightGBM's text for what is boosted, else our own.
    package let storage: ExportFormat
    /// What the boosting engine measured; nil when another class trained.
    package var boosted: TrainedModel?
    /// What the learner tells of the training.
    package var facts: [(key: String, value: JSON)] = []
    /// One line a trial of a search; empty without.
    var trials: [String] = []

    /// The artifact's bytes.
    ///
    /// - Throws: `malformedModel` when the format cannot hold the model.
    package func artifact() throws(ServerError) -> [UInt8] { try file(storage) }

    /// The model in another format.
    ///
    /// - Throws: `unsupported` when the format cannot hold the model.
    package func file(_ format: ExportFormat) throws(ServerError) -> [UInt8] {
        do {
            return try format.write(graph)
        } catch {
            throw ServerError(format: error)
        }
    }
}
