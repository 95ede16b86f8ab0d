import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables
import BorealWire

/// What one line of the audit log says.
package struct AuditEvent: Sendable {
    /// What happened: `model`, `account`, `source` or `login`.
    package var event: String
    /// Who, and from where.
    package var user: String
    package var host: String
    /// The statement without its secrets; empty for a log-in.
    package var statement = ""
    /// `name@version`; empty when it is about none.
    package var model = ""
    /// Rows answered; nil where there are none to count.
    package var rows: UInt64?
    package var milliseconds: UInt64 = 0
    /// `ok`, or number and sentence of the error.
    package var outcome = "ok"

    package init(_ event: String, user: String, host: String) {
        self.event = event
        self.user = user
        self.host = host
    }

    /// The line of what happened at a time.
    func json(at time: Instant) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("time", .string(time.logText)), ("event", .string(event)),
            ("user", .string(user)), ("host", .string(host)),
        ]
        if !statement.isEmpty { members.append(("statement", .string(statement))) }
        if !model.isEmpty { members.append(("model", .string(model))) }
        if let rows { members.append(("rows", .integer(Int64(clamping: rows)))) }
        if event != "login" { members.append(("ms", .integer(Int64(clamping: milliseconds)))) }
        members.append(("outcome", .string(outcome)))
        return .object(members)
    }
}

/// A statement whose end is told to the audit log.
final class AuditedStatement: RunningStatement {
    private let inner: any RunningStatement
    private let audit: StatementAudit

    init(_ inner: any RunningStatement, _ audit: StatementAudit) {
        self.inner = inner
        self.audit = audit
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        do throws(ServerError) {
            let outcome = try inner.step(&response, budgetBytes: budgetBytes)
            if case .finished = outcome { audit.end(rows: response.writer.rowCount) }
            return outcome
        } catch {
            audit.end(error)
            throw error
        }
    }

    func abandon() {
        inner.abandon()
        audit.end(.interrupted)
    }

    func receive(file bytes: [UInt8]?) throws(ServerError) { try inner.receive(file: bytes) }
}

/// What is known of an audited statement when it begins, and how its end is told, once.
final class StatementAudit {
    private let session: ClientSession
    private var event: AuditEvent
    /// The model that the statement names.
    private let name: String?
    /// The version that it names; nil for the default one.
    private let version: String?
    /// It makes a version, which is the newest one at its end.
    private let makesVersion: Bool
    private let started = MonotonicClock.milliseconds
    private var isOver = false

    /// PREDICT of a model.
    init(of name: String, version: String?, _ session: ClientSession, text: [UInt8]) {
        self.session = session
        self.name = name
        self.version = version
        makesVersion = false
        event = Self.event("model", session, text)
        event.model = label(isEnd: false) ?? name
    }

    private static func event(
        _ kind: String,
        _ session: ClientSession,
        _ text: [UInt8]
    ) -> AuditEvent {
        var event = AuditEvent(kind, user: session.accountName.user, host: session.client.host)
        event.statement = SecretText.shown(
            text,
            limit: Limits.auditStatementBytesMax,
            mode: session.tables.parserMode
        )
        return event
    }

    /// - Returns: nil for a statement that the log does not hold.
    init?(_ parsed: ParsedStatement.Kind, _ session: ClientSession, text: [UInt8]) {
        self.session = session
        let kind: String
        switch parsed {
        case .model(let statement):
            kind = "model"
            name = statement.modelName
            version = statement.versionName
            makesVersion = statement.makesVersion
        case .ordinary(let statement) where statement.isAboutAccounts:
            kind = "account"
            (name, version) = (nil, nil)
            makesVersion = false
        case .ordinary(.createSource), .ordinary(.dropSource):
            kind = "source"
            (name, version) = (nil, nil)
            makesVersion = false
        default: return nil
        }
        event = Self.event(kind, session, text)
        event.model = label(isEnd: false) ?? name ?? ""
    }

    func end(rows: UInt64) {
        event.rows = rows
        // What CREATE made is there now.
        if makesVersion || event.model == name, let label = label(isEnd: true) {
            event.model = label
        }
        end("ok")
    }

    func end(_ error: ServerError) { end(error.numberAndSentence) }

    private func end(_ outcome: String) {
        guard !isOver else { return }
        isOver = true
        event.outcome = outcome
        event.milliseconds = MonotonicClock.milliseconds - started
        session.engine.audit.record(event)
    }

    /// The version that the name stands for: the newest one where a statement has made it.
    private func label(isEnd: Bool) -> String? {
        guard let name, let model = session.engine.catalog.snapshot.model(named: name) else {
            return nil
        }
        if let version {
            return model.version(named: version).map { "\(model.name)@\($0.name)" }
        }
        let isNew = isEnd && (makesVersion || event.model == name)
        let found = isNew ? model.versions.last : model.defaultVersion
        return "\(model.name)@\((found ?? model.defaultVersion).name)"
    }
}

extension ModelStatement {
    /// The model it names, if it is about one.
    fileprivate var modelName: String? {
        switch self {
        case .createModel(let node): node.name.name
        case .defineModel(let node): node.name.name
        case .uploadModel(let node): node.name.name
        case .deployModel(let node): node.name.name
        case .alterModel(let node): node.name.name
        case .diffModel(let node): node.name.name
        case .statistic(let node): node.model?.name
        case .showModel(let node): node.name.name
        case .showVersions(let node): node.name.name
        case .describeModel(let node): node.name.name
        case .dropModel(let node): node.name.name
        case .evaluate(let node): node.name.name
        case .predict(let node), .explainPredict(let node): node.name.name
        case .showCategories(let node): node.name.name
        case .explainRows(let node): node.name.name
        case .explainModel(let node): node.name.name
        case .verifyModel(let node): node.name.name
        case .exportModel(let node): node.name.name
        default: nil
        }
    }

    /// The version that it is about, when it names one.
    fileprivate var versionName: String? {
        let given: GivenText? =
            switch self {
            case .deployModel(let node): node.version
            case .showModel(let node): node.version
            case .describeModel(let node): node.version
            case .evaluate(let node): node.version
            case .predict(let node), .explainPredict(let node): node.version
            case .showCategories(let node): node.version
            case .explainRows(let node): node.version
            case .explainModel(let node): node.version
            case .verifyModel(let node): node.version
            case .exportModel(let node): node.version
            case .alterModel(let node): node.version ?? node.action.version
            case .diffModel(let node): node.to
            case .statistic(let node): node.version
            default: nil
            }
        guard case .text(let name)? = given else { return nil }
        return name
    }

    /// True when its end is the beginning of a further version.
    fileprivate var makesVersion: Bool {
        switch self {
        case .createModel, .defineModel, .uploadModel: true
        case .alterModel(let node): node.action == .retrain
        default: false
        }
    }
}

extension AlterModel.Action {
    /// The version that it is about.
    fileprivate var version: GivenText? {
        switch self {
        case .setDefaultVersion(let version), .dropVersion(let version): version
        case .addVersion(let version): version.name
        case .retrain, .setComment: nil
        }
    }
}

extension SQLStatement {
    /// True for statements that change accounts and rights.
    fileprivate var isAboutAccounts: Bool {
        switch self {
        case .createUser, .dropUser, .renameUsers, .setPassword, .grant, .createToken, .dropToken:
            true
        default: false
        }
    }
}
