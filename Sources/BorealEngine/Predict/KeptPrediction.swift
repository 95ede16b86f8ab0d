import BorealBase
import BorealCatalog
import BorealGraph
import BorealSQL
import BorealTables

/// A PREDICT that found one row by its key, and whose model answered it in microseconds.
final class KeptPrediction {
    let model: String
    let version: String?
    /// What the name stood for.
    let versionID: ModelVersionID
    /// Its graph, while it is in memory.
    private(set) weak var loaded: LoadedModel?
    /// Of the inner query.
    let lookup: PlanHandle
    /// The plan that `binder` and `frame` know the columns of.
    let edition: PlanHandle.Edition
    let binder: FeatureBinder
    let frame: PredictionFrame
    /// What reads a row without a batch; nil when more is asked than what the model predicts.
    let rowBinder: RowBinder?

    init(
        _ request: PredictRequest,
        _ versionID: ModelVersionID,
        _ loaded: LoadedModel,
        _ lookup: PlanHandle,
        _ edition: PlanHandle.Edition,
        _ scorer: ModelScorer,
        _ frame: PredictionFrame
    ) {
        model = request.model
        version = request.version
        self.versionID = versionID
        self.loaded = loaded
        self.lookup = lookup
        self.edition = edition
        binder = scorer.binder
        self.frame = frame
        let readsInPlace = frame.added.arePredictionAlone && edition.readsInPlace
        rowBinder = readsInPlace ? RowBinder(scorer.binder) : nil
    }
}

/// The predictions of a session that may run where their packet is read: the same text with other
/// keys, without a parser and without a change of thread, which would cost more than they do.
///
/// They hold no model: one that is no longer in memory goes the long way.
final class KeptPredictions {
    private static let countMax = 64
    /// What a model may take over one row, as it took when it was kept.
    static let nanosecondsMax: UInt64 = 100_000

    private var known: [[UInt8]: KeptPrediction] = [:]

    /// - Parameters:
    ///   - text: of the whole statement.
    ///   - values: the numbers of its inner query; there must be no others in the text.
    func keep(_ prediction: KeptPrediction, _ text: [UInt8], _ values: [TableValue]) {
        guard prediction.frame.added.question.explainer == nil,
            text.count <= NumberedText.bytesMax,
            let numbered = NumberedText(text, isModelStatement: true), numbered.values == values
        else { return }
        if known.count >= Self.countMax { known.removeAll() }
        known[numbered.key] = prediction
    }

    /// Whether it is worth the while to ask for a statement that was read before.
    func mayHold(_ statement: ParsedStatement) -> Bool {
        guard !known.isEmpty, case .model(.predict) = statement.kind else { return false }
        return true
    }

    /// The statement, ready to run; nil for any that was not kept, or that the session would not
    /// run in the same way now.
    func begin(
        _ text: [UInt8],
        _ session: ClientSession,
        _ cancellation: CancellationFlag
    ) -> (any RunningStatement)? {
        guard !known.isEmpty, text.count <= NumberedText.bytesMax,
            let numbered = NumberedText(text, isModelStatement: true),
            let kept = known[numbered.key]
        else { return nil }
        guard let running = again(kept, numbered.values, session, cancellation) else {
            known[numbered.key] = nil
            return nil
        }
        let audit = StatementAudit(of: kept.model, version: kept.version, session, text: text)
        return AuditedStatement(running, audit)
    }

    /// - Returns: nil when anything stands against it, which the way through the parser will tell.
    private func again(
        _ kept: KeptPrediction,
        _ values: [TableValue],
        _ session: ClientSession,
        _ cancellation: CancellationFlag
    ) -> (any RunningStatement)? {
        let engine = session.engine
        do throws(ServerError) {
            try session.access.checkUse(kept.model, engine.catalog.snapshot)
            let bound = try engine.models.usable(kept.model, version: kept.version)
            guard bound.version.id == kept.versionID else { return nil }
        } catch {
            return nil
        }
        guard let loaded = kept.loaded, kept.lookup.isStill(kept.edition) else { return nil }
        if let binder = kept.rowBinder, let scorer = loaded.takeOneRowSession() {
            let lookup = session.tables.shortLookup(
                kept.lookup,
                values,
                cancellation: cancellation
            )
            guard let lookup else {
                loaded.giveBack(scorer)
                return nil
            }
            return OneRowPredict(lookup, kept, binder, loaded, scorer, session, cancellation)
        }
        let run = session.tables.shortStatement(kept.lookup, values, cancellation: cancellation)
        guard let run else { return nil }
        loaded.touch()
        return OnlinePredict(
            InnerQueryRun.source(run, cancellation: cancellation),
            kept.frame,
            scorer: ModelScorer(loaded.graph, kept.binder, meter: engine.meter),
            tables: session.tables,
            cancellation: cancellation
        )
    }
}
