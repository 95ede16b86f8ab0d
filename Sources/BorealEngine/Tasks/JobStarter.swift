import BorealBase
import BorealBoost
import BorealCatalog
import BorealGraph
import BorealLearners
import BorealSQL
import BorealTables

/// Statements that read tables for a model: they check everything that can be known now, commit the
/// session's transaction as DDL does, open the inner query's snapshot and hand it to a job.
struct JobStarter {
    let session: ClientSession
    let models: ModelExecutor
    let tasks: TaskExecutor
    let text: [UInt8]
    let cancellation: CancellationFlag

    func upload(_ statement: UploadModel) throws(ServerError) {
        try models.checkCreate(statement.name.name, isReplacement: false)
        try commit()
        try models.upload(statement, text: String(decoding: text, as: UTF8.self))
    }

    // MARK: - CREATE MODEL

    func create(_ statement: CreateModel) throws(ServerError) {
        let request = try RequestReader.create(statement)
        try models.checkCreate(request.model, isReplacement: request.isReplacement)
        try checkName(request)
        try train(request, on: session.tables, payload(nil), isFurther: request.isReplacement)
    }

    /// Opens the rows of a training and hands it to a job.
    ///
    /// - Parameters:
    ///   - tables: the session that the queries are read in.
    ///   - stored: what the job remembers, which the new version keeps too.
    ///   - isFurther: adds a version to a model that exists.
    func train(
        _ request: CreateModelRequest,
        on tables: TableSession,
        _ stored: JobPayload,
        isFurther: Bool
    ) throws(ServerError) {
        let initial = try initialModel(request)
        let query = try trainingQuery(request.query, request, tables, stored)
        var further: InnerQueryRun?
        if case .query(let text) = request.validation {
            further = try trainingQuery(text, request, tables, stored)
        }
        try commit()
        let held = try query.hold(with: further)
        held?.initial = initial?.model
        let definition = VersionDefinition(
            modelClass: request.plan.modelClass.rawValue,
            statement: stored.statement,
            options: Self.options(of: request)
        )
        var payload = stored
        if stored.isOfSession { payload.source = session.reading?.settings }
        payload.version = initial?.version
        try models.begin(
            request.model,
            definition,
            kind: TrainRunner.kind,
            payload: payload.json,
            isReplacement: isFurther,
            held: held
        )
    }

    /// The model of `init_model`, which the account must be able to use.
    private func initialModel(
        _ request: CreateModelRequest
    ) throws(ServerError) -> (model: ContinuedModel, version: ModelVersionID)? {
        guard let name = request.plan.initialModel, let options = request.plan.boosted else {
            return nil
        }
        let bound = try models.usable(name)
        let model = try ContinuedModel(graph(of: bound), name: name)
        try model.check(features: request.features, options.parameters)
        return (model, bound.version.id)
    }

    /// A query that has the features and the label.
    private func trainingQuery(
        _ text: String,
        _ request: CreateModelRequest,
        _ tables: TableSession,
        _ stored: JobPayload
    ) throws(ServerError) -> InnerQueryRun {
        let query = try InnerQueryRun(session, text, on: tables, job: stored)
        let columns = try query.describe()
        try Self.check(request.features, in: columns, "x_cols")
        if let label = request.label { try Self.check([label], in: columns, "y_cols") }
        try Self.checkKinds(request, columns)
        try request.plan.extras.judges?.check(columns.map(\.name))
        // Tags and a validation query exclude each other: this is the training query.
        if let tags = request.plan.extras.tags {
            try Self.check([tags.column], in: columns, "automl_column")
        }
        return query
    }

    /// A class of numbers takes no column of texts, whatever is in it.
    private static func checkKinds(
        _ request: CreateModelRequest,
        _ columns: [ResultColumn]
    ) throws(ServerError) {
        guard !request.plan.intake.takesText else { return }
        let lists = Set((request.plan.intake.columns?.lists ?? [:]).keys)
        let texts = Set(columns.filter(\.type.isText).map(\.name.asciiLowercased))
            .subtracting(lists)
        let name = request.plan.modelClass.rawValue
        if let text = request.features.first(where: { texts.contains($0.asciiLowercased) }) {
            throw .invalidOption(
                "x_cols",
                "column '\(text)' is text; the class '\(name)' takes numbers"
            )
        }
        if request.plan.intake.label == .number, let label = request.label,
            texts.contains(label.asciiLowercased)
        {
            throw .invalidOption(
                "y_cols",
                "label '\(label)' is text; the class '\(name)' takes numbers"
            )
        }
    }

    /// A taken name is told before the query is looked at.
    private func checkName(_ request: CreateModelRequest) throws(ServerError) {
        do {
            let name = try ModelName.created(request.model)
            if !request.isReplacement,
                let model = session.engine.catalog.snapshot.model(named: name.key),
                model.status != .failed
            {
                throw ServerError.modelExists(model.name)
            }
        } catch let error as CatalogError {
            throw ServerError(error)
        } catch let error as ServerError {
            throw error
        } catch {
            throw .internalError("\(error)")
        }
    }

    private static func options(of request: CreateModelRequest) -> String {
        JSON.object(
            [
                ("x_cols", .array(request.features.map { .string($0) })),
                ("y_cols", .array(request.label.map { [.string($0)] } ?? [])),
                (
                    "model_parameter",
                    .object(
                        request.plan.given.map { ($0.name, JSON.string($0.value.description)) }
                    )
                ),
                ("parameters", request.plan.effective),
            ] + validation(of: request)
        ).description
    }

    private static func validation(of request: CreateModelRequest) -> [(String, JSON)] {
        switch request.validation {
        case nil: []
        case .query(let text): [("valid", .string(text))]
        case .fraction(let share): [("valid_fraction", .number(share))]
        }
    }

    // MARK: - EVALUATE

    func evaluate(_ statement: SelectFromEvaluate) throws(ServerError) -> FixedTable {
        let request = try RequestReader.evaluate(statement)
        let bound = try models.usable(request.model, version: request.version)
        let graph = try graph(of: bound)
        _ = try EvaluationSubject(
            graph,
            labels: request.labels.count,
            metrics: request.metrics,
            model: bound.model.name
        )
        let query = try InnerQueryRun(session, request.query, job: payload(bound.version.id))
        let columns = try query.describe()
        try Self.check(request.features, in: columns, "x_cols")
        try Self.check(request.labels, in: columns, "y_cols")
        try Self.check(request.carried, in: columns, "s_cols")
        let names = columns.map(\.name)
        _ = try ModelScorer(graph, names: request.features, columns: names)
        _ = try Projection(request.items, inputs: names, added: ["predicted_results"])
        try commit()
        return try tasks.begin(
            .evaluation,
            model: bound,
            statement: String(decoding: text, as: UTF8.self),
            kind: EvaluateRunner.kind,
            payload: payload(bound.version.id).json,
            held: try query.hold()
        )
    }

    // MARK: - Parts

    func graph(of bound: BoundModel) throws(ServerError) -> ModelGraph {
        try session.engine.models.graph(of: bound)
    }

    static func check(
        _ names: [String],
        in columns: [ResultColumn],
        _ option: String
    ) throws(ServerError) {
        try check(names, among: columns.map(\.name), option)
    }

    static func check(
        _ names: [String],
        among columns: [String],
        _ option: String
    ) throws(ServerError) {
        let known = Set(columns.map(\.asciiLowercased))
        if let unknown = names.first(where: { !known.contains($0.asciiLowercased) }) {
            throw .unknownColumn(unknown, in: option)
        }
    }

    func commit() throws(ServerError) {
        do {
            try session.tables.commit()
        } catch {
            throw ServerError(table: error)
        }
    }

    func payload(_ version: ModelVersionID?) -> JobPayload {
        var payload = JobPayload(
            statement: String(decoding: text, as: UTF8.self),
            database: session.defaultDatabase,
            sqlMode: session.variable("sql_mode"),
            timeZone: session.variable("time_zone"),
            version: version,
            source: session.reading?.settings
        )
        payload.isOfSession = true
        return payload
    }
}
