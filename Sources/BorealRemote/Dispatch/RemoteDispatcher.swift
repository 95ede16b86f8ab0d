import BorealBase
import Synchronization

/// Calls remote models for rows of statements: finds what is known or under way already, packs the
/// rest into requests, keeps every limit, tries again where that helps, and brings the answers back
/// in the order of the rows.
///
/// All state lies behind one lock, which is held for bookkeeping only: requests are written, sent
/// and read outside it. Nothing here waits.
package final class RemoteDispatcher: Sendable {
    private let transport: any CallTransport
    private let scheduler: any RemoteScheduler
    private let observer: RemoteObserver
    private let state: Mutex<DispatchState>

    /// - Parameter seed: of the random choices; equal seeds choose equally.
    package init(
        transport: any CallTransport,
        scheduler: any RemoteScheduler,
        cacheBytesMax: Int = 64 << 20,
        observer: RemoteObserver = RemoteObserver(),
        seed: UInt64 = MonotonicClock.nanoseconds
    ) {
        self.observer = observer
        self.transport = transport
        self.scheduler = scheduler
        state = Mutex(DispatchState(cacheBytesMax: cacheBytesMax, seed: seed))
    }

    private var moment: Moment { Moment(now: scheduler.now, calendar: scheduler.wallClock) }

    // MARK: - Statements

    /// Takes a chunk of rows.
    ///
    /// - Parameter completion: gets an outcome for each row in order; called once.
    package func submit(
        _ submission: RemoteSubmission,
        completion: @escaping RemoteCompletion
    ) -> RemoteTicket {
        let distinct = DistinctRows(submission.rows)
        let entry = DispatchState.Entry(
            submission: submission,
            distinct: distinct,
            prepared: submission.model.prepare(distinct.inputs, user: submission.user),
            completion: completion
        )
        let id = change { state, moment in state.accept(entry, moment) }
        return RemoteTicket(id: id, dispatcher: self)
    }

    /// The statement has brought its last chunk: what is not full goes now.
    package func finish(statement: UInt64) {
        change { state, moment in state.finish(statement: statement, moment) }
    }

    /// Ends everything that a statement has under way, with CANCELLED.
    package func cancel(statement: UInt64) {
        change { state, moment in
            for id in (state.statements[statement] ?? []).sorted() {
                if let chunk = state.chunks[id] { state.abandon(chunk, .cancelled, moment) }
            }
        }
    }

    func cancel(ticket id: UInt64) {
        change { state, moment in
            if let chunk = state.chunks[id] { state.abandon(chunk, .cancelled, moment) }
        }
    }

    // MARK: - Settings

    /// `cache_bytes_max`: what lies above it is forgotten at once.
    package func setCacheBytesMax(_ bytes: Int) {
        change { state, _ in state.cache.bytesMax = bytes }
    }

    package func clearCache() { change { state, _ in state.cache.removeAll() } }

    /// Sets a budget; what the meter has counted in the current period counts.
    package func setBudget(_ budget: UsageBudget, for owner: UsageBudgets.Owner) {
        change { state, moment in
            let now = moment.calendar
            let used = state.meter.used(by: owner, budget.unit, budget.period, at: now)
            state.budgets.set(budget, for: owner, used: used, at: now)
        }
    }

    package func removeBudget(
        unit: UsageBudget.Unit,
        period: UsageBudget.Period,
        for owner: UsageBudgets.Owner
    ) {
        change { state, _ in state.budgets.remove(unit: unit, period: period, for: owner) }
    }

    // MARK: - Usage over restarts

    /// Takes over what an earlier process stored, before the first budget is set.
    package func restore(_ stored: [(key: UsageMeter.Key, sum: UsageMeter.Sum)]) {
        change { state, _ in state.meter.restore(stored) }
    }

    /// What was used since the last time, to be added to what is stored.
    package func takeUnsavedUsage() -> [(key: UsageMeter.Key, sum: UsageMeter.Sum)] {
        change { state, _ in
            state.isUsageTold = false
            return state.meter.takeUnsaved()
        }
    }

    /// It could not be stored; `usageGrew` is told again.
    package func putBackUsage(_ counted: [(key: UsageMeter.Key, sum: UsageMeter.Sum)]) {
        change { state, _ in state.meter.putBack(counted) }
    }

    // MARK: - Looking

    /// Health and load of every provider that was asked, by name.
    package var providers: [ProviderStatus] {
        look { state, moment in state.statuses(at: moment.now) }
    }

    package var cache: CacheStatus { look { state, _ in state.cacheStatus } }

    /// What is under way.
    package var load: DispatchLoad { look { state, _ in state.load } }

    /// Things to do later, those that mean nothing any more among them.
    var eventCount: Int { look { state, _ in state.events.count } }

    var modelCount: Int { look { state, _ in state.models.count } }

    package var budgets: [UsageBudgets.Standing] {
        look { state, moment in state.budgets.standings(at: moment.calendar) }
    }

    /// The last requests, oldest first.
    package var recentRequests: [RequestRecord] { look { state, _ in state.meter.recent } }

    package var hourlyUsage: [(key: UsageMeter.Key, sum: UsageMeter.Sum)] {
        look { state, _ in state.meter.hourly }
    }

    /// What was counted since the start, by model and provider, in that order.
    package var usageSinceStart: [(model: String, provider: String, sum: UsageMeter.Sum)] {
        look { state, _ in state.meter.sinceStart }
    }

    private func look<Value: Sendable>(_ body: (DispatchState, Moment) -> Value) -> Value {
        let moment = moment
        return state.withLock { body($0, moment) }
    }

    // MARK: - The lock, and what is done outside it

    /// Changes the state, then does what follows from the change.
    @discardableResult
    private func change<Value: Sendable>(
        _ body: (inout DispatchState, Moment) -> Value
    ) -> Value {
        let moment = moment
        let (value, effects) = state.withLock { state -> (Value, DispatchEffects) in
            state.advance(to: moment)
            let value = body(&state, moment)
            return (value, state.takeEffects(at: moment.now))
        }
        perform(effects)
        return value
    }

    private func perform(_ first: DispatchEffects) {
        if let wakeAt = first.wakeAt { wake(at: wakeAt) }
        for call in first.aborted { call.cancel() }
        for delivery in first.deliveries { delivery.completion(delivery.answers) }
        for launch in first.launches { send(launch) }
        for alert in first.alerts { observer.alert(alert) }
        if first.hasUsage { observer.usageGrew() }
    }

    private func wake(at moment: Microseconds) {
        scheduler.after(max(0, moment - scheduler.now)) { [self] in
            change { state, _ in
                if state.armedAt == moment { state.armedAt = .max }
            }
        }
    }

    private func send(_ launch: DispatchEffects.Launch) {
        let request: CallRequest
        do throws(RemoteModelError) {
            request = try launch.request()
        } catch {
            // Not from inside here: a long row of bad requests would nest as deep.
            return scheduler.after(0) { [self] in
                change { state, moment in
                    state.finish(launch.call, .failure(.unreadable(error)), moment)
                }
            }
        }
        let handle = start(request, launch)
        let isUnderWay = state.withLock { $0.register(handle, for: launch.call) }
        if !isUnderWay { handle.cancel() }
    }

    private func start(
        _ request: CallRequest,
        _ launch: DispatchEffects.Launch
    ) -> any CancellableCall {
        guard let passage = launch.passage else {
            return transport.send(request) { [self] result in completed(launch, result) }
        }
        return transport.stream(request, onBytes: { passage.receive($0) }) { [self] result in
            completed(launch, result)
        }
    }

    private func completed(
        _ launch: DispatchEffects.Launch,
        _ result: Result<CallResponse, CallFailure>
    ) {
        let outcome = launch.read(result, at: scheduler.wallClock)
        let spent = outcome.isUnreadable ? Self.usage(of: result) : .none
        // What has gone through a passage is in no response.
        let passed = launch.passage?.spent(launch.inputs) ?? spent
        change { state, moment in state.finish(launch.call, outcome, spent: passed, moment) }
    }

    /// Bytes of an unreadable answer that are looked through for what it cost.
    private static let unreadableBytesMax = 8 << 20

    /// What an answer says that it cost, although nobody can use it.
    private static func usage(of result: Result<CallResponse, CallFailure>) -> TokenUsage {
        guard case .success(let response) = result,
            response.body.count <= unreadableBytesMax,
            // Whatever is wrong with the text, it tells no usage.
            let json = try? JSON.parse(String(decoding: response.body, as: UTF8.self))
        else { return .none }
        return TokenCounts.read(json["usage"]) ?? .none
    }
}

extension RemoteModelRuntime {
    /// Each input with the name of its request, or why it has no form.
    fileprivate func prepare(
        _ inputs: [RemoteInput],
        user: String
    ) -> [Result<PreparedRow, RemoteModelError>] {
        let isKept = !rules.isCacheBypassed
        let lifetime = CachePolicy.lifetime(
            kind: kind,
            configured: rules.cacheSeconds,
            isDeterministic: rules.isDeterministic
        )
        let owner = rules.isCacheShared ? "" : "user:" + user
        let frame = [identity, upstreamName, owner, codec.reading]
        let parts = frame.map { Array($0.utf8) } + [[rules.isDedicatedOnly ? 1 : 0]]
        return inputs.map { input in
            Result { () throws(RemoteModelError) in
                let body = try codec.body(for: [input])
                guard let key = CacheKey(parts + [body]) else {
                    throw RemoteModelError(.config, "the system's OpenSSL has no SHA-256")
                }
                return PreparedRow(
                    input: input,
                    key: key,
                    lifetime: isKept ? lifetime : nil,
                    written: inputs.count == 1 ? body : nil
                )
            }
        }
    }
}

extension DispatchEffects.Launch {
    fileprivate func request() throws(RemoteModelError) -> CallRequest {
        let limits = runtime.value.limits
        let body = if let written { written } else { try runtime.value.codec.body(for: inputs) }
        var request = CallRequest(
            url: provider.url,
            headers: try provider.headers(),
            body: body,
            timeoutMilliseconds: timeoutMilliseconds,
            answerBytesMax: limits.answerBytesMax,
            idleMilliseconds: limits.idleMilliseconds
        )
        request.method = provider.method
        request.isSingle = written != nil
        request.headers.append(("traceparent", trace.parent(call: call)))
        return request
    }

    /// What the transport brought, as rows.
    fileprivate func read(
        _ result: Result<CallResponse, CallFailure>,
        at calendar: Instant
    ) -> Result<CallReading, AttemptFailure> {
        switch result {
        case .failure(let failure): return .failure(.lost(failure))
        case .success(let response) where !(200..<300).contains(response.status):
            return .failure(.refused(runtime.value.readRefusal(response, calendar)))
        case .success(let response):
            do throws(RemoteModelError) {
                let reading: CallReading
                if let passage {
                    reading = try passage.finish(inputs)
                } else {
                    reading = try runtime.value.codec.read(response.body, for: inputs)
                }
                guard reading.answers.count == inputs.count else {
                    let text = "\(reading.answers.count) answers for \(inputs.count) rows"
                    return .failure(.unreadable(RemoteModelError(.badResponse, text)))
                }
                return .success(reading)
            } catch {
                return .failure(.unreadable(error))
            }
        }
    }
}
