import BorealBase
import BorealCatalog
import BorealHTTP
import BorealNet
import BorealRemote
import Synchronization

/// Where statements call remote models: the vault with their keys, the connections, and what is
/// learned about the services. Thread and connections are made for the first call.
final class RemoteGateway: Sendable {
    private struct State {
        var dispatcher: RemoteDispatcher?
        /// The trusted list, by the text of its setting.
        var trusted: (text: String, list: TrustedList)?
        /// The same for URLs that may lead to private addresses.
        var trustedPrivate: (text: String, list: TrustedList)?
        /// Versions as they were read last, with the codecs that learn from answers.
        var known: [ModelVersionID: Known] = [:]
    }

    /// What the registry says of a version.
    private struct Description {
        let record: RemoteModelRecord
        let codec: any CallCodec
        /// Of a model that was registered with a connector.
        let binding: ConnectorBinding?
    }

    /// A version in memory.
    private struct Known {
        /// When it was changed, and what it was then.
        let changed: Instant
        let definition: VersionDefinition
        let connector: (id: String, changed: Instant)?
        let description: Description
        /// For calls that change nothing of the definition. It holds no key: those are opened for
        /// each request.
        let runtime: RemoteModelRuntime

        var record: RemoteModelRecord { description.record }
        var binding: ConnectorBinding? { description.binding }
    }

    let vault: SecretVault
    private let settings: Settings
    private let catalog: Catalog
    private let ledger: RemoteLedger
    /// `restricted_ip_patterns`: what is reached in no case.
    private let restricted: RestrictedAddresses
    private let state = Mutex(State())
    private let statements = Atomic<UInt64>(0)

    private static let trustedName = "trusted_connector_endpoints_regex"
    private static let trustedPrivateName = "trusted_connector_private_endpoints_regex"

    /// Settings that are lists of trusted URLs.
    static let trustedNames = [trustedName, trustedPrivateName]

    /// - Throws: `RemoteModelError` CONFIG for a member of `restricted_ip_patterns` that is none.
    init(
        _ settings: Settings,
        _ catalog: Catalog,
        vault: SecretVault,
        ledger: RemoteLedger
    ) throws(RemoteModelError) {
        self.settings = settings
        self.catalog = catalog
        self.vault = vault
        self.ledger = ledger
        restricted = try RestrictedAddresses(settings.texts("restricted_ip_patterns"))
    }

    /// Stores what was used. The last call.
    func close() { ledger.close() }

    /// A budget that is stored already; nil takes it away.
    func applyBudget(
        _ unit: UsageBudget.Unit,
        _ period: UsageBudget.Period,
        for owner: UsageBudgets.Owner,
        limit: Double?
    ) {
        // A dispatcher that comes later reads what is stored.
        guard let dispatcher = state.withLock({ $0.dispatcher }) else { return }
        if let limit {
            let budget = UsageBudget(unit: unit, limit: limit, period: period)
            dispatcher.setBudget(budget, for: owner)
        } else {
            dispatcher.removeBudget(unit: unit, period: period, for: owner)
        }
    }

    /// Nil before the first call.
    var dispatcherIfMade: RemoteDispatcher? { state.withLock { $0.dispatcher } }

    /// A number for the calls of one statement.
    func nextStatement() -> UInt64 { statements.wrappingAdd(1, ordering: .relaxed).newValue }

    /// `cache_bytes_max` changed.
    func settingChanged(_ name: String) {
        guard name == "cache_bytes_max" else { return }
        let dispatcher = state.withLock { $0.dispatcher }
        dispatcher?.setCacheBytesMax(settings.integer(name))
    }

    /// - Throws: `RemoteModelError` CONNECT when the thread for calls cannot be made.
    func dispatcher() throws(RemoteModelError) -> RemoteDispatcher {
        try state.withLock { (state: inout sending State) throws(RemoteModelError) in
            if let dispatcher = state.dispatcher { return dispatcher }
            let client: HTTPClient
            do {
                client = try HTTPClient()
            } catch {
                throw RemoteModelError(.connect, "the thread for calls cannot be made: \(error)")
            }
            let dispatcher = RemoteDispatcher(
                transport: HTTPTransport(client: client) { [weak self] url in
                    self?.policy(of: url) ?? .publicOnly
                },
                scheduler: QueueScheduler(),
                cacheBytesMax: settings.integer("cache_bytes_max"),
                observer: ledger.observer
            )
            ledger.open(dispatcher)
            vault.prepare()
            state.dispatcher = dispatcher
            return dispatcher
        }
    }

    // MARK: - Where calls may go

    /// - Throws: `RemoteModelError` POLICY for an address that no expression covers, CONFIG for an
    ///   expression that is none.
    func check(_ address: RemoteAddress) throws(RemoteModelError) {
        try trusted().check(address)
    }

    /// The trusted list as it is now.
    ///
    /// - Throws: `RemoteModelError` CONFIG for an expression that is none.
    func trusted() throws(RemoteModelError) -> TrustedList { try list(\.trusted, Self.trustedName) }

    /// The same for those whom a gateway keeps, and who therefore do not keep it.
    private static func check(
        _ address: RemoteAddress,
        _ gateway: RemoteGateway?
    ) throws(RemoteModelError) {
        guard let gateway else { throw RemoteModelError(.config, "the server is ending") }
        try gateway.check(address)
    }

    /// Which addresses a URL may lead to.
    private func policy(of url: String) -> AddressPolicy {
        policy(
            mayBePrivate: settings.isOn("connector_private_ip_enabled") || isTrustedPrivate(url)
        )
    }

    /// Which addresses a source by name may have. Databases lie in private networks, and who may
    /// make a source may open those to remote models too: only what is settled at the start is
    /// refused.
    var sourcePolicy: AddressPolicy { policy(mayBePrivate: true) }

    private func policy(mayBePrivate: Bool) -> AddressPolicy {
        let exceptions = settings.texts("metadata_addresses_allowed").compactMap { IPAddress($0) }
        var own: Set<UInt16> = []
        if !settings.isOn("own_ports_allowed") {
            own = Set(["port", "http_port"].compactMap { UInt16(settings.text($0)) })
        }
        let restricted = restricted
        let allowed = exceptions.filter { !restricted.contains($0) }
        return AddressPolicy(exceptions: Set(allowed), ownPorts: own) { address in
            (mayBePrivate || AddressClass(address) == .global) && !restricted.contains(address)
        }
    }

    private func isTrustedPrivate(_ url: String) -> Bool {
        // What is no URL or no expression opens nothing.
        guard let list = try? list(\.trustedPrivate, Self.trustedPrivateName), !list.isEmpty,
            let address = try? RemoteAddress(url)
        else { return false }
        // Not to be in the list is all that the check can find.
        return (try? list.check(address)) != nil
    }

    /// A list as its setting says, read anew when that changed.
    private func list(
        _ place: any WritableKeyPath<State, (text: String, list: TrustedList)?> & Sendable,
        _ setting: String
    ) throws(RemoteModelError) -> TrustedList {
        let text = settings.text(setting)
        if let known = state.withLock({ $0[keyPath: place] }), known.text == text {
            return known.list
        }
        let list = try TrustedList(Settings.texts(in: text))
        state.withLock { $0[keyPath: place] = (text, list) }
        return list
    }

    // MARK: - Models

    /// The definition of a bound model.
    ///
    /// - Throws: `RemoteModelError` CONFIG for one that this release cannot read.
    static func record(of bound: BoundModel) throws(RemoteModelError) -> RemoteModelRecord {
        // Whatever is wrong with the text, the definition is not ours.
        guard let json = try? JSON.parse(bound.version.definition.options) else {
            throw RemoteModelError(.config, "its stored definition cannot be read")
        }
        guard json["connector_id"] == nil else {
            throw RemoteModelError(
                .config,
                "it was registered with a connector, which describes it"
            )
        }
        return try RemoteModelRecord(json: json)
    }

    /// The definition and the codec of a version, made once.
    private func known(_ bound: BoundModel) throws(RemoteModelError) -> Known {
        let id = bound.version.id
        let changed = bound.version.changed
        if let known = state.withLock({ $0.known[id] }), known.changed == changed,
            known.definition == bound.version.definition
        {
            let connector = try known.connector.map { (place) throws(RemoteModelError) in
                try connectorDocument(place.id)
            }
            if connector?.updated == known.connector?.changed { return known }
        }
        let connector = try bound.version.definition.connectorID.map {
            (id) throws(RemoteModelError) in try connectorDocument(id)
        }
        let description = try describe(bound, connector)
        let known = Known(
            changed: changed,
            definition: bound.version.definition,
            connector: connector.map { ($0.id, $0.updated) },
            description: description,
            runtime: runtime(of: bound, description, description.record.options)
        )
        state.withLock { state in
            // Dropped versions never come back: what many of them left goes at once.
            if state.known.count >= Self.knownMax { state.known = [:] }
            state.known[id] = known
        }
        return known
    }

    private func describe(
        _ bound: BoundModel,
        _ connector: CatalogDocument?
    ) throws(RemoteModelError) -> Description {
        guard let connector else {
            let record = try Self.record(of: bound)
            return Description(record: record, codec: try record.codec(), binding: nil)
        }
        let binding = try ConnectorBinding(connector, vault)
        let codec = try ConnectorCodec(binding.connector)
        let record = try codec.record(name: bound.model.name)
        return Description(record: record, codec: codec, binding: binding)
    }

    /// The definition of a bound model, that of a connector in the words of one that SQL describes.
    ///
    /// - Throws: `RemoteModelError` CONFIG for one that this release cannot read.
    func described(_ bound: BoundModel) throws(RemoteModelError) -> RemoteModelRecord {
        try known(bound).record
    }

    /// The connector that a model was registered with.
    private func connectorDocument(_ id: String) throws(RemoteModelError) -> CatalogDocument {
        guard let document = catalog.snapshot.document(.connector, id) else {
            throw RemoteModelError(.config, "its connector '\(id)' is gone")
        }
        return document
    }

    /// Definitions that are kept in memory.
    private static let knownMax = 10_000

    /// A bound model as the dispatcher calls it.
    ///
    /// - Parameter config: the configuration of one call; nil for none.
    /// - Throws: `RemoteModelError` CONFIG.
    func runtime(
        of bound: BoundModel,
        config: JSON? = nil
    ) throws(RemoteModelError) -> (runtime: RemoteModelRuntime, options: RemoteModelOptions) {
        guard settings.isOn("remote_inference_enabled") else {
            throw RemoteModelError(.config, "remote_inference_enabled is OFF")
        }
        let known = try known(bound)
        guard let config else { return (known.runtime, known.record.options) }
        let options = try known.record.options.overridden(by: config)
        if known.binding != nil, config.object?.isEmpty == false {
            let text = "a model with a connector takes its parameters in the content of a call"
            throw RemoteModelError(.config, text)
        }
        var runtime = runtime(of: bound, known.description, options)
        if known.binding == nil { runtime.codec = try known.record.codec(options) }
        runtime.variation = config.description
        return (runtime, options)
    }

    private func runtime(
        of bound: BoundModel,
        _ description: Description,
        _ options: RemoteModelOptions
    ) -> RemoteModelRuntime {
        let record = description.record
        let binding = description.binding
        var runtime = RemoteModelRuntime(
            name: bound.model.name,
            version: bound.version.name,
            upstreamName: record.upstreamName,
            kind: record.kind,
            codec: description.codec,
            providers: providers(description, bound),
            readRefusal: { [vault] response, now in
                // Without its key nothing was called that could repeat it.
                let key = try? vault.key(of: bound)
                let hidden = binding?.secrets ?? key.map { [$0.text] } ?? []
                return UpstreamRefusal(response, now: now, hiding: hidden)
            }
        )
        runtime.revision = Int(bound.version.changed.microseconds)
        runtime.limits = RemoteModelLimits(options, kind: record.kind)
        runtime.rules = RemoteModelRules(options, kind: record.kind)
        return runtime
    }

    /// A bound model as it is called with requests that clients wrote themselves: the options that
    /// say what stands in a request do not count.
    ///
    /// - Parameters:
    ///   - codecs: services that take such requests; `form` is what they are called.
    ///   - shownName: what the client calls the model.
    /// - Throws: `RemoteModelError` CONFIG for a model of another service.
    func passage(
        of bound: BoundModel,
        among codecs: [BuiltInCodec],
        called form: String,
        shownName: String,
        isStream: Bool
    ) throws(RemoteModelError) -> RemoteModelRuntime {
        let known = try known(bound)
        guard let builtIn = known.record.builtIn, codecs.contains(builtIn) else {
            let own = known.record.builtIn?.rawValue ?? "a template"
            throw RemoteModelError(.config, "the model's service speaks \(own), not \(form)")
        }
        var (runtime, _) = try runtime(of: bound)
        runtime.codec = PassageCodec(shownName: shownName, isStream: isStream)
        runtime.variation = "written"
        runtime.limits.rowsMax = 1
        runtime.rules.isDeterministic = runtime.kind != .chat
        if isStream {
            // Events may come for long; what counts is the time between them.
            runtime.limits.timeoutMilliseconds = Self.streamMilliseconds
            runtime.limits.idleMilliseconds = Self.idleMilliseconds
        }
        return runtime
    }

    /// Of a whole stream, and between two of its events.
    private static let streamMilliseconds = 1_800_000
    private static let idleMilliseconds = 30_000

    /// The connector that a remote model is called through over REST.
    ///
    /// - Throws: `RemoteModelError` CONFIG for one that is gone, and for a model of SQL that no
    ///   connector can describe.
    func connector(of bound: BoundModel) throws(RemoteModelError) -> ConnectorBinding {
        let known = try known(bound)
        if let binding = known.binding { return binding }
        return try ConnectorBinding(known.record, bound, vault)
    }

    /// A bound model as one request of a connector's call sees it.
    func runtime(
        of bound: BoundModel,
        _ binding: ConnectorBinding,
        _ call: ConnectorCall,
        _ request: ConnectorCall.Request,
        _ isStream: Bool
    ) -> RemoteModelRuntime {
        var provider = RemoteProvider(
            name: request.address.shown,
            identity: "\(binding.identity)@\(request.address.text)",
            url: request.address.text
        )
        provider.method = call.method
        provider.headers = { [weak self] () throws(RemoteModelError) in
            try Self.check(request.address, self)
            return try binding.headers { (key) throws(ContractError) in
                try call.headers(of: request, key)
            }
        }
        // The calls of SQL share the provider's limiter, which must not change with every caller.
        let member = binding.options?.pool.first { $0.address.text == request.address.text }
        provider.requestsPerMinute = member?.requestsPerMinute
        provider.tokensPerMinute = member?.tokensPerMinute
        var runtime = RemoteModelRuntime(
            name: bound.model.name,
            version: bound.version.name,
            upstreamName: "",
            kind: .chat,
            codec: PassageCodec(shownName: nil, isStream: isStream),
            providers: [provider],
            readRefusal: { response, now in
                UpstreamRefusal(response, now: now, hiding: binding.secrets)
            }
        )
        // What was learned about one address does not hold for another.
        runtime.revision =
            binding.revision &+ request.address.text.utf8.reduce(0) { $0 &* 31 &+ Int($1) }
        runtime.variation = "connector"
        let client = binding.connector.client ?? ClientConfiguration()
        runtime.limits.concurrencyMax = client.connectionsMax
        runtime.limits.retriesMax = client.retriesMax ?? Self.retriesMax
        runtime.limits.timeoutMilliseconds =
            isStream ? Self.streamMilliseconds : client.readSeconds * 1_000
        runtime.limits.idleMilliseconds = isStream ? Self.idleMilliseconds : nil
        if let options = binding.options {
            runtime.limits.requestsPerMinute = options.requestsPerMinute
            runtime.limits.tokensPerMinute = options.tokensPerMinute
            runtime.rules.price = RemoteModelRules(options, kind: .chat).price
        }
        runtime.rules.isCacheBypassed = true
        return runtime
    }

    /// Of a connector that sets no number.
    private static let retriesMax = 20

    private func providers(
        _ description: Description,
        _ bound: BoundModel
    ) -> [RemoteProvider] {
        let record = description.record
        if let binding = description.binding {
            var provider = RemoteProvider(
                name: record.address.shown,
                identity: "\(binding.identity)@\(record.address.text)",
                url: record.address.text
            )
            provider.method = binding.connector.action(.predict)?.method ?? provider.method
            provider.headers = { [weak self] () throws(RemoteModelError) in
                try Self.check(record.address, self)
                return try binding.headers { (key) throws(ContractError) in
                    try binding.connector.headers(key)
                }
            }
            return [provider]
        }
        let pool = record.options.pool
        return RemoteProvider.pool(
            pool.isEmpty ? [PoolMember(tier: "only", address: record.address)] : pool,
            credential: bound.model.key
        ) { [weak self, vault] (address) throws(RemoteModelError) in
            try Self.check(address, self)
            return try record.headers(key: try vault.key(of: bound))
        }
    }
}

extension SecretVault {
    /// What the field of a model's key is called where it is sealed.
    static let keyField = "key"

    /// The key of a bound model; nil for one without.
    ///
    /// - Throws: `RemoteModelError` CONFIG when it does not open.
    func key(of bound: BoundModel) throws(RemoteModelError) -> SecretBytes? {
        let sealed = bound.version.definition.sealedKey
        guard !sealed.isEmpty else { return nil }
        return try open(sealed, model: bound.model.key, field: Self.keyField)
    }
}

extension RemoteModelRecord {
    /// What its rows are; a template of the user's counts as a chat, unless the task says else.
    var kind: RemoteModelKind {
        switch builtIn?.kind ?? task?.codec.kind {
        case .vector: .embedding
        case .score: .rerank
        case .text, nil: .chat
        }
    }
}
