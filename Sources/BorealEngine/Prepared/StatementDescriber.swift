import BorealBase
import BorealSQL
import BorealTables
import BorealWire

/// What a statement will answer, told at PREPARE. A client takes other types at EXECUTE but not
/// always another number of columns, so what depends on values not bound yet is told as none.
struct StatementDescriber {
    private let session: ClientSession
    private let statement: PreparedStatement

    init(_ session: ClientSession, _ statement: PreparedStatement) {
        self.session = session
        self.statement = statement
    }

    /// - Throws: what is wrong with the names of a query, as its execution would.
    func columns() throws(ServerError) -> [ColumnDefinition41] {
        switch statement.parsed.kind {
        case .ordinary(let node): try ordinary(node)
        case .model(let node): try model(node)
        case .ambiguous: []
        }
    }

    private func ordinary(_ node: SQLStatement) throws(ServerError) -> [ColumnDefinition41] {
        switch node {
        case .query(let query) where query.into != nil: return []
        case .show(let show) where show.subject.isAccount:
            let table = try AccountListing(session: session).table(show.subject)
            return table.map(definitions) ?? []
        case .show(let show) where show.subject == .sources: return text(SourceExecutor.columns)
        case .show(let show) where show.subject.isSource: return text("Source", "Create Source")
        case .createToken: return text("name", "token", "expires")
        case .createUser(let node) where node.accounts.contains(where: \.isRandom):
            return text("user", "host", "generated password", "auth_factor")
        case .show, .describe, .explain, .maintenance:
            // Values that are not bound yet may stand in WHERE: what is wrong shows when it runs.
            guard statement.parameterCount == 0 else { return [] }
        default: break
        }
        do {
            return try session.tables.describe(node, text: statement.text).map(\.definition)
        } catch {
            throw ServerError(table: error)
        }
    }

    private func definitions(_ table: FixedTable) -> [ColumnDefinition41] {
        table.columns.map { ColumnDefinition41(name: $0.name, type: $0.type) }
    }

    private func text(_ names: String...) -> [ColumnDefinition41] { text(names) }

    private func text(_ names: [String]) -> [ColumnDefinition41] {
        definitions(FixedTable(text: names, []))
    }

    /// The columns of section "Results" of `docs/sql-dialect.md`.
    private func model(_ node: ModelStatement) throws(ServerError) -> [ColumnDefinition41] {
        switch node {
        case .showModels(let node) where node.isFull: text(ModelListing.fullColumns)
        case .showModels where session.isMaxCompute: text(ModelListing.modelColumns)
        case .showModels: text("model_name", "model_class", "model_status")
        case .showModel: text("modelStatus", "modelPath")
        case .showVersions where session.isMaxCompute: text(ModelListing.versionColumns)
        case .showVersions:
            text("version_name", "model_class", "version_status", "is_default", "created", "error")
        case .describeModel(let node) where node.isExtended || session.isMaxCompute:
            text("Field", "Value")
        case .describeModel: text("model_name", "model_description")
        case .showTasks:
            text("task_id", "task_type", "task_status", "start_timestr", "end_timestr")
        case .showTask: text("taskStatus", "filePath", "results", "startTime", "endTime")
        case .showCategories: text("category", "code")
        case .explainPredict: text("step", "name", "detail")
        case .evaluate, .verifyModel, .exportModel, .diffModel: text("task_id")
        case .explainModel: text("feature", "gain", "split", "shap")
        case .showFeatures: text("feature_name", "feature_class", "feature_status")
        case .showFeature: text("featureStatus", "featurePath", "results")
        case .describeFeature: text("feature_name", "feature_description")
        case .statistic(let node):
            // What is wrong with its options shows when it runs.
            (try? StatisticQuestion(node).definitions) ?? []
        case .predict, .explainRows: try predict()
        default: []
        }
    }

    /// PREDICT: the columns of the inner query as they are with NULL in place of each value.
    ///
    /// - Throws: any error while a source has not told the columns of the inner query.
    private func predict() throws(ServerError) -> [ColumnDefinition41] {
        let nulls = [TableValue](repeating: .null, count: statement.parameterCount)
        do {
            let bound = try BoundText.text(of: statement, nulls)
            let request: PredictRequest
            switch try session.parse(bound).kind {
            case .model(.predict(let node)):
                if try IndexRequest(node) != nil { return text("task_id") }
                if let builtIn = try BuiltInModel(reserved: node.name.name),
                    builtIn == .sql || builtIn == .chart
                {
                    return text(PredictionColumns.predictionName)
                }
                let router = StatementRouter(session, bound, CancellationFlag())
                if let columns = try router.remoteColumns(of: node) { return columns }
                request = try RequestReader.predict(node)
            case .model(.explainRows(let node)):
                if try RequestReader.influence(node) != nil { return text("task_id") }
                request = try RequestReader.explain(node)
            default: return []
            }
            if request.isOffline { return text("task_id") }
            return try StatementRouter(session, bound, CancellationFlag()).columns(of: request)
        } catch {
            if session.reading?.awaited != nil { throw error }
            // An option that is bound later, a model that is not there yet: EXECUTE tells.
            return []
        }
    }
}

extension AccountSpecification {
    /// `IDENTIFIED BY RANDOM PASSWORD`.
    fileprivate var isRandom: Bool { authentication?.secret == .random }
}
