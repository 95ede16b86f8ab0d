import BorealBase
import BorealCatalog
import BorealHTTP
import BorealTables
import BorealTasks

/// The registry as tables of information_schema: `BOREAL_MODELS` has one row a version,
/// `BOREAL_TASKS` one a task. What is JSON stands in text columns, as it was stored.
enum RegistryTables {
    static func models(_ engine: Engine) -> SystemTable {
        SystemTable(
            name: "BOREAL_MODELS",
            columns: "MODEL_NAME varchar(256)!, VERSION varchar(64)!, IS_DEFAULT varchar(3)!, "
                + "MODEL_CLASS varchar(64)!, STATUS varchar(16)!, OWNER varchar(292)!, "
                + "CREATED timestamp(6)!, SAVED timestamp(6), PARAMETERS longtext!, "
                + "DESCRIPTION longtext, IMPORTANCES longtext, STATEMENT longtext!, "
                + "LOCATION text!, PATH text, ARTIFACT char(64), ARTIFACT_BYTES bigint, "
                + "RESTARTED int!, PROGRESS text, ERROR_NUMBER int, ERROR_MESSAGE text, "
                + "COMMENT text!"
        ) { [weak engine] rights in
            guard let engine else { return [] }
            let jobs = engine.scheduler.jobs
            let access = ModelAccess(rights)
            return engine.catalog.snapshot.models.filter(access.mayUse).flatMap { model in
                model.versions.map { row(model, $0, jobs) }
            }
        }
    }

    private static func row(
        _ model: Model,
        _ version: ModelVersion,
        _ jobs: [JobStatus]
    ) -> [TableValue] {
        let isDefault = version.id == model.defaultVersionID
        let comment = version.definition.comment
        let file = version.secondArtifact ?? version.artifact
        let job = jobs.first { $0.job.subject == .version(version.id) }
        return [
            .text(model.name), .text(version.name), .text(isDefault ? "YES" : "NO"),
            .text(version.modelClass), .text(version.status.rawValue), .text(version.owner),
            time(version.created), time(version.saved), .text(version.definition.shownOptions),
            filled(version.outcome.description), filled(version.outcome.importances),
            .text(version.definition.statement), .text(version.definition.location),
            path(file, model.name), filled(version.artifact?.hash),
            version.artifact.map { .integer($0.bytes) } ?? .null,
            .integer(Int64(version.restarted)), filled(job?.text),
            version.failure.map { .integer(Int64($0.number)) } ?? .null,
            filled(version.failure?.sentence), .text(comment.isEmpty ? model.comment : comment),
        ]
    }

    static func tasks(_ engine: Engine) -> SystemTable {
        SystemTable(
            name: "BOREAL_TASKS",
            columns: "TASK_ID char(36)!, TASK_TYPE varchar(16)!, STATUS varchar(16)!, "
                + "MODEL_NAME varchar(256), VERSION varchar(64), OWNER varchar(292)!, "
                + "STARTED timestamp(6)!, ENDED timestamp(6), RESULTS longtext, "
                + "STATEMENT longtext!, PATH text, ARTIFACT char(64), ARTIFACT_BYTES bigint, "
                + "RESTARTED int!, PROGRESS text"
        ) { [weak engine] rights in
            guard let engine else { return [] }
            let jobs = engine.scheduler.jobs
            let access = ModelAccess(rights)
            return engine.catalog.snapshot.tasks.filter(access.maySee).map { task in
                let job = jobs.first { $0.job.subject == .task(task.id) }
                return [
                    .text(task.id.description), .text(task.type.rawValue),
                    .text(task.status.rawValue), filled(task.modelName), filled(task.versionName),
                    .text(task.owner), time(task.started), time(task.ended), filled(task.results),
                    .text(task.statement), path(task.resultFile, task.id.description),
                    filled(task.resultFile?.hash),
                    task.resultFile.map { .integer($0.bytes) } ?? .null,
                    .integer(Int64(task.restarted)), filled(job?.text),
                ]
            }
        }
    }

    /// A text, NULL when there is none.
    private static func filled(_ text: String?) -> TableValue {
        guard let text, !text.isEmpty else { return .null }
        return .text(text)
    }

    /// A moment as timestamp columns keep it: in UTC.
    private static func time(_ instant: Instant?) -> TableValue {
        instant.map { .text($0.text(in: .fixed(seconds: 0))) } ?? .null
    }

    /// The path at the HTTP door, which SHOW MODEL and SHOW TASK sign.
    private static func path(_ artifact: ArtifactReference?, _ name: String) -> TableValue {
        guard let artifact else { return .null }
        let file = PercentEncoding.encode(name) + "." + artifact.fileExtension
        return .text("/artifacts/\(artifact.hash)/\(file)")
    }
}
