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

    /// Writes the model, piece by piece.
    ///
    /// - Parameter format: `storage` for the artifact.
    /// - Throws: `unsupported` when the format cannot hold the model; what ends the sink.
    package func write(_ format: ExportFormat, to sink: ExportSink) throws(ServerError) {
        do throws(ExportError) {
            try format.write(graph, to: sink)
        } catch {
            throw ServerError(export: error, as: format)
        }
    }
}
