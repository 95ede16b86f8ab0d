import BorealBase
import BorealCatalog
import BorealRemote
import BorealTables

/// `AI_CreateModel` and its like: remote models described by calls of functions, as PolarDB's
/// clients do. One registry: a model made here is listed, called and dropped by every other way.
struct RemoteAdministration: BatchFunction {
    /// What a function does.
    enum Action: String, CaseIterable {
        /// Registers a model; one that exists stays as it is.
        case create = "AI_CREATEMODEL"
        /// Changes what is not NULL.
        case alter = "AI_ALTERMODEL"
        /// Changes the key.
        case setToken = "AI_SETMODELTOKEN"
        case drop = "AI_DROPMODEL"

        /// How many arguments the call has.
        fileprivate var counts: ClosedRange<Int> {
            switch self {
            case .create: 6...9
            case .alter: 1...9
            case .setToken: 2...2
            case .drop: 1...1
            }
        }

        /// How the call is written.
        fileprivate var form: String {
            let places =
                "id, url, provider, type, name, config [, headers [, in_transform "
                + "[, out_transform]]]"
            return switch self {
            case .create, .alter: "\(rawValue)(\(places))"
            case .setToken: "\(rawValue)(id, token)"
            case .drop: "\(rawValue)(id)"
            }
        }
    }

    /// The configuration of a model holds its key.
    var hidesArguments: Bool { action != .drop }

    private let models: ModelStore
    private let gateway: RemoteGateway
    private let action: Action

    init(_ models: ModelStore, _ gateway: RemoteGateway, _ action: Action) {
        self.models = models
        self.gateway = gateway
        self.action = action
    }

    /// The row that `SELECT * FROM AI_CreateModel(...)` gives.
    var tableColumns: [BatchTableColumn] {
        guard action == .create else { return [] }
        return [
            .init("model_seq", .integer), .init("model_id", .text), .init("model_schema", .text),
            .init("model_name", .text), .init("created", .flag),
        ]
    }

    /// - Throws: `ServerError` 9055 for another number of arguments.
    func bind(_ arguments: [BatchArgument], caller: BatchCaller) throws -> any BatchCall {
        guard action.counts.contains(arguments.count) else {
            throw ServerError.invalidOption(action.rawValue, "the call is \(action.form)")
        }
        return RemoteAdministrationCall(
            RemoteRegistrar(models.catalog, gateway, ModelAccess(caller.rights)),
            action
        )
    }
}

/// One call; nothing happens before its rows come.
private final class RemoteAdministrationCall: BatchCall {
    let type: ColumnType
    let identity: String
    let constantCount = 0
    // A plan is made anew each time: rights are looked at when it is.
    let isCurrent = false
    private let registrar: RemoteRegistrar
    private let action: RemoteAdministration.Action

    init(_ registrar: RemoteRegistrar, _ action: RemoteAdministration.Action) {
        self.registrar = registrar
        self.action = action
        type = action == .create ? ColumnType(.json) : .longLong
        identity = action.rawValue
    }

    func check(_ rights: AccountRights) throws {}

    func answer(
        _ batch: RowBatch,
        firstRow: Int,
        cancellation: CancellationFlag
    ) throws -> Column {
        var texts = ByteColumn()
        var numbers: [Int64] = []
        var bytes: [UInt8] = []
        for row in 0..<batch.rowCount {
            let given = batch.columns.map { column -> String? in
                guard !column.isNull(row) else { return nil }
                bytes.removeAll(keepingCapacity: true)
                CellText.append(column, row, to: &bytes)
                return String(decoding: bytes, as: UTF8.self)
            }
            let arguments = RemoteArguments(given)
            switch action {
            case .create: texts.append(try registrar.create(arguments).description)
            case .alter: numbers.append(try registrar.alter(arguments) ? 1 : 0)
            case .setToken: numbers.append(try registrar.setToken(arguments) ? 1 : 0)
            case .drop: numbers.append(try registrar.drop(arguments) ? 1 : 0)
            }
        }
        return Column(
            name: "",
            type: type,
            storage: action == .create ? .bytes(texts) : .int64(numbers),
            validity: Validity(allValid: batch.rowCount)
        )
    }
}

/// The arguments of a call by their place; nil for NULL and for what is left out.
private struct RemoteArguments {
    private let given: [String?]

    init(_ given: [String?]) { self.given = given }

    private subscript(place: Int) -> String? { given.indices.contains(place) ? given[place] : nil }

    /// - Throws: `RemoteModelError` CONFIG for NULL.
    func id() throws(RemoteModelError) -> String {
        guard let id = self[0], !id.isEmpty else {
            throw RemoteModelError(.config, "model_id is NULL or empty")
        }
        return id
    }

    var url: String? { self[1] }
    var provider: String? { self[2] }
    var type: String? { self[3] }
    var name: String? { self[4] }
    var inTransform: String? { self[7] }
    var outTransform: String? { self[8] }
    /// The second argument of `AI_SetModelToken`.
    var token: String? { self[1] }

    /// - Throws: `RemoteModelError` CONFIG for what is no JSON.
    func config() throws(RemoteModelError) -> JSON? { try json(5, "model_config") }

    /// - Throws: `RemoteModelError` CONFIG for what is no JSON.
    func headers() throws(RemoteModelError) -> JSON? { try json(6, "model_headers_fn") }

    private func json(_ place: Int, _ name: String) throws(RemoteModelError) -> JSON? {
        guard let text = self[place], !text.isEmpty else { return nil }
        // Whatever is wrong with the text, it is no JSON object; it may hold a key.
        guard let json = try? JSON.parse(text), json.object != nil else {
            throw RemoteModelError(.config, "\(name) is a JSON object")
        }
        return json
    }
}

/// What the functions do to the registry.
private struct RemoteRegistrar {
    private let catalog: Catalog
    private let gateway: RemoteGateway
    private let access: ModelAccess

    init(_ catalog: Catalog, _ gateway: RemoteGateway, _ access: ModelAccess) {
        self.catalog = catalog
        self.gateway = gateway
        self.access = access
    }

    /// The schema that the vendor's functions answer.
    private static let schema = "polar_ai"

    // MARK: - AI_CreateModel

    /// `{"model_seq", "model_id", "model_schema", "model_name", "created"}`
    func create(_ arguments: RemoteArguments) throws -> JSON {
        let id = try named("") { () throws(RemoteModelError) -> String in try arguments.id() }
        try access.checkCreate(id, isReplacement: false, catalog.snapshot)
        if let model = catalog.snapshot.model(named: id) { return answer(model, created: false) }
        let definition = try named(id) { () throws(RemoteModelError) -> VersionDefinition in
            try self.definition(id, arguments)
        }
        do {
            let name = try ModelName(id)
            let bound = try catalog.update { (change) throws(CatalogError) in
                try change.createModel(
                    name,
                    owner: access.owner,
                    definition: definition,
                    status: .saved
                )
            }
            return answer(bound.model, created: true)
        } catch CatalogError.modelExists {
            // Somebody else was quicker.
            guard let model = catalog.snapshot.model(named: id) else {
                throw ServerError.modelExists(id)
            }
            return answer(model, created: false)
        } catch {
            throw ServerError(error)
        }
    }

    private func answer(_ model: Model, created: Bool) -> JSON {
        // A definition that cannot be read names nothing.
        let options = try? JSON.parse(model.defaultVersion.definition.options)
        return .object([
            ("model_seq", .integer(model.id.rawValue)), ("model_id", .string(model.name)),
            ("model_schema", .string(Self.schema)),
            ("model_name", options?["model"] ?? .null), ("created", .bool(created)),
        ])
    }

    private func definition(
        _ id: String,
        _ arguments: RemoteArguments
    ) throws(RemoteModelError) -> VersionDefinition {
        guard id.first != "_" else {
            throw RemoteModelError(.config, "model_id '\(id)': '_' begins names of built-in models")
        }
        guard let url = arguments.url else { throw RemoteModelError(.config, "model_url is NULL") }
        guard let name = arguments.name, !name.isEmpty else {
            throw RemoteModelError(.config, "model_name is NULL")
        }
        guard name.asciiLowercased != id.asciiLowercased else {
            throw RemoteModelError(.config, "model_id and model_name must differ")
        }
        let config = try arguments.config()
        let record = try RemoteModelRecord(
            modelType: arguments.type ?? "",
            upstreamName: name,
            provider: arguments.provider ?? "",
            address: try RemoteAddress(url),
            inTransform: arguments.inTransform ?? "",
            outTransform: arguments.outTransform ?? "",
            headers: try arguments.headers() ?? .null,
            config: config ?? .object([])
        )
        try check(record)
        return VersionDefinition(
            modelClass: ModelClass.remote,
            taskKind: record.kind.rawValue,
            statement: "AI_CreateModel",
            options: record.json.description,
            location: record.address.shown,
            sealedKey: try config.map { (config) throws(RemoteModelError) in
                try sealed(RemoteConfiguration(config).token, id)
            } ?? ""
        )
    }

    private func check(_ record: RemoteModelRecord) throws(RemoteModelError) {
        if record.options.pool.isEmpty { try gateway.check(record.address) }
        for member in record.options.pool { try gateway.check(member.address) }
    }

    /// A key as it is stored; empty for none.
    private func sealed(_ key: SecretBytes?, _ id: String) throws(RemoteModelError) -> String {
        guard let key else { return "" }
        let field = SecretVault.keyField
        return try gateway.vault.seal(key, model: id.asciiLowercased, field: field)
    }

    // MARK: - Changing

    /// Changes what is given; the default version alone.
    func alter(_ arguments: RemoteArguments) throws -> Bool {
        let bound = try bound("ALTER", arguments)
        let id = bound.model.name
        let (record, key) = try named(id) {
            () throws(RemoteModelError) -> (RemoteModelRecord, String?) in
            let old = try RemoteGateway.record(of: bound)
            let config = try arguments.config()
            let record = try RemoteModelRecord(
                modelType: arguments.type ?? old.modelType,
                task: arguments.url == nil ? old.task : nil,
                upstreamName: arguments.name ?? old.upstreamName,
                serviceName: old.serviceName,
                provider: arguments.provider ?? old.provider,
                address: try arguments.url.map { (url) throws(RemoteModelError) in
                    try RemoteAddress(url)
                } ?? old.address,
                inTransform: arguments.inTransform ?? old.inTransform,
                outTransform: arguments.outTransform ?? old.outTransform,
                headers: try arguments.headers() ?? old.headers,
                config: config ?? old.config
            )
            guard record.upstreamName.asciiLowercased != bound.model.key else {
                throw RemoteModelError(.config, "model_id and model_name must differ")
            }
            try check(record)
            let token =
                try config.map { (config) throws(RemoteModelError) in
                    try RemoteConfiguration(config).token
                } ?? nil
            return (
                record,
                try token.map { (key) throws(RemoteModelError) in
                    try sealed(key, id)
                }
            )
        }
        try amend(bound) { definition in
            let inputs = InputColumns(stored: definition.options).json
            definition.options = record.json.adding("inputs", inputs).description
            definition.location = record.address.shown
            if let key { definition.sealedKey = key }
        }
        return true
    }

    /// Changes the key of the default version.
    func setToken(_ arguments: RemoteArguments) throws -> Bool {
        let bound = try bound("ALTER", arguments)
        let key = try named(bound.model.name) { () throws(RemoteModelError) -> String in
            guard let token = arguments.token else {
                throw RemoteModelError(.config, "model_token is NULL")
            }
            return try sealed(Credential.checked(token), bound.model.name)
        }
        try amend(bound) { $0.sealedKey = key }
        return true
    }

    /// False for a model that is not there.
    func drop(_ arguments: RemoteArguments) throws -> Bool {
        let id = try named("") { () throws(RemoteModelError) -> String in try arguments.id() }
        try access.checkChange("DROP", id, catalog.snapshot)
        if let model = catalog.snapshot.model(named: id) {
            try catalog.snapshot.checkUnused(model.versions)
        }
        do {
            _ = try catalog.update { (change) throws(CatalogError) in try change.dropModel(id) }
            return true
        } catch CatalogError.modelNotFound {
            return false
        } catch {
            throw ServerError(error)
        }
    }

    private func bound(_ command: String, _ arguments: RemoteArguments) throws -> BoundModel {
        let id = try named("") { () throws(RemoteModelError) -> String in try arguments.id() }
        try access.checkChange(command, id, catalog.snapshot)
        let bound: BoundModel
        do {
            bound = try catalog.snapshot.resolve(id)
        } catch {
            throw ServerError(error)
        }
        guard bound.version.modelClass == ModelClass.remote else {
            throw ServerError.unsupported("this on a model that is not remote")
        }
        guard bound.version.definition.connectorID == nil else {
            throw ServerError.unsupported("this on a model with a connector, which REST changes")
        }
        return bound
    }

    private func amend(
        _ bound: BoundModel,
        _ change: (inout VersionDefinition) -> Void
    ) throws(ServerError) {
        do {
            try catalog.update { (transaction) throws(CatalogError) in
                try transaction.amend(bound.version.id, change)
            }
        } catch {
            throw ServerError(error)
        }
    }

    /// Gives failures the name of the model.
    private func named<Value>(
        _ name: String,
        _ body: () throws(RemoteModelError) -> Value
    ) throws(ServerError) -> Value {
        do throws(RemoteModelError) {
            return try body()
        } catch {
            throw ServerError(remote: error, name: name)
        }
    }
}
