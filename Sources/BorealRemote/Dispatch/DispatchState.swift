import BorealBase

/// Everything the dispatcher knows: a state machine that takes events with the time passed in and
/// gathers what has to be done outside its lock.
///
/// Its parts are classes that refer to each other and never leave the lock.
// Unchecked: whoever holds the state holds the dispatcher's lock, and no part of it gets out.
struct DispatchState: @unchecked Sendable {
    /// Models whose state is kept while nobody uses them.
    static let modelsMax = 1_000

    var models: [String: ModelState] = [:]
    var providers: [String: ProviderState] = [:]
    var chunks: [UInt64: PendingChunk] = [:]
    /// Chunks under way, by statement.
    var statements: [UInt64: Set<UInt64>] = [:]
    var calls: [UInt64: PendingCall] = [:]
    var asked = InFlightTable<PendingRow>()
    var cache: AnswerCache
    var meter = UsageMeter()
    var budgets = UsageBudgets()
    var events = EventHeap()
    /// When the scheduler will call back; `.max` for never.
    var armedAt = Microseconds.max
    var generator: SplitMix
    var effects = DispatchEffects()
    /// Somebody knows that there is usage to be stored.
    var isUsageTold = false
    private var lastID: UInt64 = 0

    init(cacheBytesMax: Int, seed: UInt64) {
        cache = AnswerCache(bytesMax: cacheBytesMax)
        generator = SplitMix(seed: seed)
    }

    /// For chunks and calls: never twice.
    mutating func nextID() -> UInt64 {
        lastID += 1
        return lastID
    }

    /// The state of a model and its providers, made at the first row.
    mutating func model(for runtime: RemoteModelRuntime, at now: Microseconds) -> ModelState {
        let states = runtime.providers.map { provider(for: $0, of: runtime, at: now) }
        if let known = models[runtime.identity] {
            // A state of the same identity is never replaced: rows may wait in it.
            assert(known.providers.elementsEqual(states, by: ===), "a provider was forgotten")
            known.runtime = runtime
            return known
        }
        let state = ModelState(runtime, states, at: now)
        forget(replacedBy: runtime)
        models[state.identity] = state
        return state
    }

    /// Drops idle states of older definitions, and of all models when there are too many; then
    /// providers that no model refers to.
    private mutating func forget(replacedBy runtime: RemoteModelRuntime) {
        let isCrowded = models.count >= DispatchState.modelsMax
        models = models.filter { _, model in
            !model.isIdle || !(isCrowded || model.isOlder(than: runtime))
        }
        var named = Set(runtime.providers.map(\.identity))
        for model in models.values { named.formUnion(model.providers.map(\.identity)) }
        providers = providers.filter { named.contains($0.key) || $0.value.inFlight > 0 }
    }

    private mutating func provider(
        for provider: RemoteProvider,
        of runtime: RemoteModelRuntime,
        at now: Microseconds
    ) -> ProviderState {
        let maximum = provider.concurrencyMax ?? runtime.limits.concurrencyMax
        if let known = providers[provider.identity] {
            known.update(provider, concurrencyMax: maximum, at: now)
            return known
        }
        let state = ProviderState(provider, concurrencyMax: maximum, at: now)
        providers[provider.identity] = state
        return state
    }

    // MARK: - Time

    /// Does what has become due, before anything else happens at this moment.
    mutating func advance(to moment: Moment) {
        while let first = events.first, first.at <= moment.now || !isLive(first.event) {
            events.removeFirst()
            if isLive(first.event) { handle(first.event, of: first.at, moment) }
        }
    }

    /// What has to be done outside the lock, and when to come back.
    mutating func takeEffects(at now: Microseconds) -> DispatchEffects {
        while let first = events.first, !isLive(first.event) { events.removeFirst() }
        // Chunks that ended long before their deadlines would pile up in the heap.
        if events.count > 1_024, events.count > 8 * (chunks.count + calls.count + models.count) {
            let state = self
            events.keep { state.isLive($0) }
        }
        // What was started and aborted in one go is not sent at all.
        effects.launches.removeAll { calls[$0.call] == nil }
        if let next = events.first?.at, next < armedAt {
            armedAt = next
            effects.wakeAt = next
        }
        if meter.hasUnsaved, !isUsageTold {
            isUsageTold = true
            effects.hasUsage = true
        }
        defer { effects = DispatchEffects() }
        return effects
    }

    private func isLive(_ event: EventHeap.Event) -> Bool {
        switch event {
        case .pump(let model): models[model] != nil
        case .deadline(let chunk), .patience(let chunk): chunks[chunk] != nil
        case .hedge(let call): calls[call] != nil
        }
    }

    private mutating func handle(
        _ event: EventHeap.Event,
        of due: Microseconds,
        _ moment: Moment
    ) {
        switch event {
        case .pump(let identity):
            // Only the last plan of a model counts: acting on each would multiply them.
            guard let model = models[identity], model.pumpAt == due else { return }
            model.pumpAt = .max
            pump(model, moment)
        case .deadline(let id):
            if let chunk = chunks[id] {
                let text = "no answer before the deadline"
                abandon(chunk, RemoteModelError(.timeout, text), moment)
            }
        case .patience(let id):
            guard let chunk = chunks[id] else { return }
            let text = "no place within \(chunk.queueMilliseconds ?? 0) ms (ai_queue_ms)"
            abandon(chunk, RemoteModelError(.rateLimit, text), moment) { $0.batch == nil }
        case .hedge(let id):
            if let call = calls[id] { hedge(call, moment) }
        }
    }
}

/// A moment by both clocks.
struct Moment: Sendable {
    let now: Microseconds
    let calendar: Instant
}

/// What the dispatcher does once it has left its lock.
struct DispatchEffects: Sendable {
    /// A request that has its place.
    struct Launch: Sendable {
        let call: UInt64
        let trace: TraceID
        let inputs: [RemoteInput]
        /// Their body, where it was written for the name of the request.
        let written: [UInt8]?
        let runtime: SharedRuntime
        let provider: RemoteProvider
        let timeoutMilliseconds: Int
        let passage: StreamPassage?
    }

    /// A chunk that has all its answers.
    struct Delivery: Sendable {
        let completion: RemoteCompletion
        let answers: [RowOutcome?]
    }

    var launches: [Launch] = []
    var aborted: [any CancellableCall] = []
    var deliveries: [Delivery] = []
    var wakeAt: Microseconds?
    var alerts: [RemoteAlert] = []
    /// There is usage to be stored.
    var hasUsage = false
}

extension ModelState {
    /// Another definition of the same model.
    fileprivate func isOlder(than newer: RemoteModelRuntime) -> Bool {
        runtime.name.lowercased() == newer.name.lowercased()
            && runtime.version.lowercased() == newer.version.lowercased()
    }
}
