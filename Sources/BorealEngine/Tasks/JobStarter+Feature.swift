import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables

extension JobStarter {
    /// CREATE FEATURE: OK at once, `saved` when its statistics are stored.
    func create(_ statement: CreateFeature, _ features: FeatureExecutor) throws(ServerError) {
        var request: FeatureRequest
        switch statement.source {
        case .feature(let name):
            // The query runs with the settings it was written for.
            let other = try features.find(name.name, "SHOW").definition.request
            request = try FeatureRequest.using(FeatureRequest(json: other), statement.options)
        case .query(let query):
            request = featureRequest(query.text)
            try request.apply(statement.options)
        case nil:
            request = featureRequest(nil)
            try request.apply(statement.options)
        }
        let statistic = try request.statistic()
        try features.access.checkCreateFeature()
        let name = try features.checkNew(statement.name.name)
        try start(request, statistic, name, features, isUpdate: false)
    }

    /// UPDATE FEATURE: computes it again, by what the statement changes and as it was otherwise.
    func update(_ statement: UpdateFeature, _ features: FeatureExecutor) throws(ServerError) {
        let feature = try features.find(statement.name.name, "UPDATE")
        var request = try FeatureRequest(json: feature.definition.request)
        switch statement.source {
        case .feature(let name):
            let other = try FeatureRequest(
                json: features.find(name.name, "SHOW").definition.request
            )
            request.takeRows(of: other)
        case .query(let query): request.takeRows(of: featureRequest(query.text))
        case nil: break
        }
        try request.apply(statement.options)
        let statistic = try request.statistic()
        let name: ModelName
        do {
            name = try ModelName(feature.name)
        } catch {
            throw ServerError(error)
        }
        try start(request, statistic, name, features, isUpdate: true)
    }

    private func featureRequest(_ query: String?) -> FeatureRequest {
        var request = FeatureRequest(
            query: query,
            database: session.defaultDatabase,
            sqlMode: session.variable("sql_mode"),
            timeZone: session.variable("time_zone")
        )
        request.isOfSession = true
        return request
    }

    /// Checks the columns, commits, opens the snapshot and hands it to a job.
    private func start(
        _ request: FeatureRequest,
        _ statistic: StatisticRequest,
        _ name: ModelName,
        _ features: FeatureExecutor,
        isUpdate: Bool
    ) throws(ServerError) {
        let texts = try request.queries(statistic)
        let sessions = try featureSession(request)
        var runs: [InnerQueryRun] = []
        for text in texts {
            let run = try InnerQueryRun(
                session,
                text,
                on: sessions,
                job: request.payload(statement: "")
            )
            let columns = try run.describe()
            try Self.check(statistic.columns, in: columns, "x_cols")
            if let label = statistic.label { try Self.check([label], in: columns, "y_cols") }
            runs.append(run)
        }
        var request = request
        if request.isOfSession { request.source = session.reading?.settings }
        try commit()
        let held = try runs[0].hold(with: runs.count > 1 ? runs[1] : nil)
        let definition = FeatureDefinition(
            featureClass: statistic.kind.rawValue,
            statement: String(decoding: text, as: UTF8.self),
            request: request.json.description
        )
        try features.begin(name, definition, isUpdate: isUpdate, held: held)
    }

    /// The session itself, or one with the settings of another feature's statement.
    private func featureSession(_ request: FeatureRequest) throws(ServerError) -> TableSession {
        let isOwn =
            request.database == session.defaultDatabase
            && request.sqlMode == session.variable("sql_mode")
            && request.timeZone == session.variable("time_zone")
        guard !isOwn else { return session.tables }
        return try JobRowOpener(engine: session.engine).session(
            for: request.payload(statement: ""),
            user: models.access.owner
        )
    }
}
