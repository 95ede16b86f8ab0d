import BorealBase
import BorealCatalog
import BorealRemote
import BorealTables

/// `AI_CallModel('model', text [, config])` and its like: a remote model asked about many rows of a
/// statement at once. `FunctionForm` is the table of the functions.
struct RemoteFunction: BatchFunction {
    private let models: ModelStore
    private let gateway: RemoteGateway
    /// In upper case.
    private let name: String

    init(_ models: ModelStore, _ gateway: RemoteGateway, _ name: String) {
        self.models = models
        self.gateway = gateway
        self.name = name
    }

    // But for the first call since the start, which `ClientSession` knows of; `EMBEDDING` looks
    // through the options of all models.
    var isQuick: Bool { name != "EMBEDDING" }

    func nameCount(of count: Int) -> Int {
        FunctionForm.forms(of: name, count: count).map(\.nameCount).max() ?? 0
    }

    /// - Throws: `ServerError`: no such model, none of the kind that the function asks, no right
    ///   to ask it, a bad configuration, an argument that is wrong for every row.
    func bind(_ arguments: [BatchArgument], caller: BatchCaller) throws -> any BatchCall {
        let forms = FunctionForm.forms(of: name, count: arguments.count)
        guard let first = forms.first, let places = first.places(arguments) else { throw badCall }
        let finder = TargetFinder(
            binder: RemoteBinder(
                models: models,
                gateway: gateway,
                access: ModelAccess(caller.rights)
            ),
            function: name
        )
        let named = try finder.name(arguments, places)
        var target = try finder.target(named, first.task, config: nil)
        let record = target.record
        let form = forms.first { $0.isMultimodal == record.seesPictures } ?? first
        guard let places = form.places(arguments) else { throw badCall }
        guard form.task.fits(target.runtime.kind) else {
            let text = "\(name) asks a model of another kind than \(target.runtime.kind.rawValue)"
            throw target.error(RemoteModelError(.config, text))
        }
        let config: JSON?
        let asker: RowAsker
        let constants = form.required.prefix { $0 == .model || $0 == .version }.count
        do throws(RemoteModelError) {
            config = try CallConfiguration.read(arguments, places)
            asker = try RowAsker(
                form,
                places,
                constants: arguments.map { $0.constant?.text },
                first: constants,
                target
            )
        } catch {
            throw target.error(error)
        }
        if let config { target = try finder.target(named, form.task, config: config) }
        return RemoteCall(
            target,
            asker,
            AnswerReader(task: form.task, isClamped: form.isVersioned),
            FailureRule(caller, model: target.options.onError),
            RemoteCall.Frame(
                function: name,
                constantCount: constants,
                config: config?.description ?? "",
                queueMilliseconds: Self.queueMilliseconds(caller)
            ),
            models,
            gateway
        )
    }

    private var badCall: ServerError {
        .invalidOption(name, "the call is \(FunctionForm.texts(of: name))")
    }

    /// `ai_queue_ms`; nil for 0, which sets no limit.
    static func queueMilliseconds(_ caller: BatchCaller) -> Int? {
        guard let text = caller.variable("ai_queue_ms")?.text, let value = Int(text), value > 0
        else { return nil }
        return value
    }
}

/// Finds the model that a call asks.
private struct TargetFinder {
    let binder: RemoteBinder
    let function: String

    /// The model's name, with its version behind a colon; nil when the call names none.
    func name(
        _ arguments: [BatchArgument],
        _ places: [FunctionForm.Argument: Int]
    ) throws(ServerError) -> String? {
        guard let place = places[.model] else { return nil }
        guard let name = arguments[place].constant?.text, !name.isEmpty else {
            throw .invalidOption("model", "the name of the model must be a constant")
        }
        guard let place = places[.version] else { return name }
        guard let version = arguments[place].constant?.text, !version.isEmpty else {
            throw .invalidOption("version", "the name of the version must be a constant")
        }
        return version.asciiLowercased == VersionName.reserved ? name : "\(name):\(version)"
    }

    /// - Parameter name: nil for the model that is configured for such a task.
    func target(
        _ name: String?,
        _ task: FunctionTask,
        config: JSON?
    ) throws(ServerError) -> RemoteTarget {
        if let name {
            let known = function == "EMBEDDING" ? id(ofUpstream: name) ?? name : name
            return try binder.target(known, as: function, config: config)
        }
        guard let builtIn = task.builtIn else { return try rerank(config: config) }
        return try binder.target(builtIn.rawValue, as: function, config: config)
    }

    /// No built-in name stands for rerank: whatever does the other tasks does it too, if it can.
    private func rerank(config: JSON?) throws(ServerError) -> RemoteTarget {
        guard let name = BuiltInModels.name(for: .chat, binder.models.settings) else {
            throw .noEndpoint(function)
        }
        let target = try binder.target(name, as: function, config: config)
        guard target.runtime.kind == .rerank else { throw .noEndpoint(function) }
        return target
    }

    /// The model that a service knows by a name, for `EMBEDDING`: the first by its own name of
    /// those that may be asked.
    ///
    /// - Returns: nil when a model has the name itself, and when there is none.
    private func id(ofUpstream name: String) -> String? {
        let snapshot = binder.models.catalog.snapshot
        guard snapshot.model(named: ModelAddress(name, snapshot).name) == nil else { return nil }
        return snapshot.models.filter { model in
            guard model.defaultVersion.modelClass == ModelClass.remote,
                binder.access.mayUse(model),
                // A definition that cannot be read has no name.
                let options = try? JSON.parse(model.defaultVersion.definition.options)
            else { return false }
            return options["model"]?.string == name
        }.map(\.name).min()
    }
}

/// How one call is made, by its last argument.
private enum CallConfiguration {
    /// - Returns: nil for a call that says nothing.
    /// - Throws: `RemoteModelError` CONFIG for what is no constant, no JSON object or out of range.
    static func read(
        _ arguments: [BatchArgument],
        _ places: [FunctionForm.Argument: Int]
    ) throws(RemoteModelError) -> JSON? {
        if let place = places[.dimension] {
            guard let text = arguments[place].constant?.text, let dimension = Int64(text) else {
                throw RemoteModelError(.config, "dimension must be a constant whole number")
            }
            return .object([("dimensions", .integer(dimension))])
        }
        if let place = places[.config] { return try object(arguments[place], "config") }
        guard let place = places[.parameters],
            let parameters = try object(arguments[place], "model_parameters")
        else { return nil }
        for name in ["temperature", "top_p"] {
            guard let value = parameters[name] else { continue }
            guard let number = value.double, (0...1).contains(number) else {
                throw RemoteModelError(
                    .config,
                    "'\(name)' of model_parameters is a number from 0 to 1"
                )
            }
        }
        return parameters
    }

    private static func object(
        _ argument: BatchArgument,
        _ what: String
    ) throws(RemoteModelError) -> JSON? {
        guard let value = argument.constant else {
            throw RemoteModelError(.config, "\(what) must be a constant")
        }
        guard let text = value.text else { return nil }
        // Whatever is wrong with the text, it is no JSON object.
        guard let json = try? JSON.parse(text), json.object != nil else {
            throw RemoteModelError(.config, "\(what) is a JSON object")
        }
        return json
    }
}
