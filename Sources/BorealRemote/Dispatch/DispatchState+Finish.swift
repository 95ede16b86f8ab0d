import BorealBase

/// How answers come back: to the provider's health, to the meter, to the rows.
extension DispatchState {
    /// A request has ended, in whatever way.
    ///
    /// - Parameter spent: what a failed one cost all the same.
    mutating func finish(
        _ id: UInt64,
        _ outcome: Result<CallReading, AttemptFailure>,
        spent: TokenUsage = .none,
        _ moment: Moment
    ) {
        // An aborted call was taken out of the books when it was aborted.
        guard let call = calls.removeValue(forKey: id) else { return }
        release(call, id)
        call.model.movedAt = moment.now
        var freed = [call.provider]
        switch outcome {
        case .success(let reading): freed += succeed(call, reading, moment)
        case .failure(let failure): fail(call, failure, spent, moment)
        }
        pump(call.model, around: freed, moment)
    }

    private mutating func release(_ call: PendingCall, _ id: UInt64) {
        call.batch.calls.removeAll { $0 == id }
        call.model.inFlight -= 1
        call.provider.callEnded()
    }

    /// The model whose calls have ended, and all that look for a place at one of their providers.
    private mutating func pump(
        _ model: ModelState,
        around providers: [ProviderState],
        _ moment: Moment
    ) {
        var waiters: Set<String> = []
        for provider in providers {
            waiters.formUnion(provider.waiters)
            provider.waiters = []
        }
        pump(model, moment)
        for identity in waiters.sorted() {
            if let other = models[identity], other !== model { pump(other, moment) }
        }
    }

    // MARK: - Success

    /// - Returns: providers of other requests for the same rows, which are aborted.
    private mutating func succeed(
        _ call: PendingCall,
        _ reading: CallReading,
        _ moment: Moment
    ) -> [ProviderState] {
        let now = moment.now
        let provider = call.provider
        provider.latencies.count(now - call.startedAt, failed: false)
        provider.concurrency.succeeded(
            startedAt: call.startedAt,
            hasQueue: call.model.hasQueue,
            at: now
        )
        provider.breaker.succeeded(call.admission, at: now)
        correct(call, tokens: reading.usage.input + reading.usage.output, now)
        meter(call, reading.usage, failure: reading.failure, moment)
        let freed = abortSiblings(of: call, moment)
        let summary = CallSummary(
            provider: provider.name,
            rows: call.rows.count,
            usage: reading.usage,
            milliseconds: (now - (call.batch.startedAt ?? now)).wholeMilliseconds,
            attempts: call.batch.attempts,
            trace: call.batch.trace
        )
        for (row, answer) in zip(call.rows, reading.answers) {
            let checked = answer.flatMap { value in
                call.model.objection(to: value, of: row).map { .failure($0) } ?? .success(value)
            }
            settle(row, checked.mapError { $0.shaped(by: summary, rows: 1) }, summary, moment)
        }
        return freed
    }

    private func correct(_ call: PendingCall, tokens: Int, _ now: Microseconds) {
        let estimated = call.estimatedTokens
        call.provider.limiter.correct(estimated: estimated, actual: tokens, at: now)
        call.model.limiter.correct(estimated: estimated, actual: tokens, at: now)
    }

    private mutating func settle(
        _ row: PendingRow,
        _ result: Result<RemoteAnswer, RemoteModelError>,
        _ summary: CallSummary?,
        _ moment: Moment
    ) {
        forget(row)
        if case .success(let answer) = result, CachePolicy.keeps(answer) {
            keep(answer, of: row, moment.now)
        }
        let waiters = row.waiters
        row.waiters = []
        for waiter in waiters {
            self.answer(waiter.ticket, waiter.place, RowOutcome(result, call: summary))
        }
    }

    /// Remembers an answer: for everybody who may have it, or else for the statements that wait for
    /// it and may bring the row again.
    private mutating func keep(_ answer: RemoteAnswer, of row: PendingRow, _ now: Microseconds) {
        if let lifetime = row.lifetime {
            return cache.store(answer, for: row.key, until: now + lifetime)
        }
        for chunk in row.waiters.lazy.map(\.ticket) where chunk.isPart {
            let key = row.key.within(statement: chunk.statement)
            cache.store(answer, for: key, until: now + CachePolicy.statementLifetime)
        }
    }

    /// The row has an end: nobody can join it any more, and its budgets hold nothing for it.
    mutating func forget(_ row: PendingRow) {
        row.batch = nil
        guard row.isOpen else { return }
        row.isOpen = false
        if asked.element(for: row.key) === row { asked.remove(row.key) }
        budgets.release(row.reserved, budgetOwners(row.user, row.runtime.value))
    }

    // MARK: - Failure

    private mutating func fail(
        _ call: PendingCall,
        _ failure: AttemptFailure,
        _ spent: TokenUsage,
        _ moment: Moment
    ) {
        account(call, failure, moment)
        meter(call, spent, failure: failure.error.code, moment)
        // The other request of a hedged pair may still bring the answer; and what a client has read
        // of a stream cannot be taken back.
        let hasBegun = call.rows[0].passage?.hasBegun ?? false
        guard call.batch.calls.isEmpty, call.batch.isWanted, !hasBegun else {
            if call.batch.calls.isEmpty { fail(call.batch.rows, failure.error, call.batch, moment) }
            return
        }
        let remedy = BatchRemedy(
            failure,
            rows: call.batch.rows.count,
            kind: call.batch.runtime.value.kind,
            cap: &call.model.cap
        )
        if case .pieces(let rowsMax) = remedy { return split(call, rowsMax, moment) }
        decide(call, failure, moment)
    }

    /// What the failure says about the provider.
    private mutating func account(
        _ call: PendingCall,
        _ failure: AttemptFailure,
        _ moment: Moment
    ) {
        let now = moment.now
        let provider = call.provider
        provider.latencies.count(now - call.startedAt, failed: true)
        if provider.errors.look(at: provider.latencies) {
            let percent = Int(provider.latencies.errorRate * 100)
            let trace = call.batch.trace
            effects.alerts.append(
                .manyErrors(provider: provider.name, percent: percent, trace: trace)
            )
        }
        let wasOpen = provider.breaker.state(at: now) == .open
        if RetryPolicy.isPushBack(failure) {
            provider.concurrency.pushedBack(startedAt: call.startedAt, at: now)
        }
        if call.isPiece, BatchRemedy.isUnreadable(failure) {
            // The whole batch has counted already; whose fault it is shows row by row.
            provider.breaker.abandoned(call.admission)
        } else if RetryPolicy.isBreakerFailure(failure) {
            provider.breaker.failed(call.admission, at: now)
        } else if RetryPolicy.saysNothing(failure) {
            provider.breaker.abandoned(call.admission)
        } else {
            provider.breaker.succeeded(call.admission, at: now)
        }
        let demand = failure.demandedWait
        if failure.isQuota {
            provider.breaker.open(until: now + (demand ?? RetryPolicy.quotaPause))
        } else if let demand {
            provider.pausedUntil = max(provider.pausedUntil, now + demand)
        }
        if !wasOpen, provider.breaker.state(at: now) == .open {
            let pause = (provider.breaker.opensUntil - now).wholeMilliseconds
            let trace = call.batch.trace
            effects.alerts.append(
                .breakerOpened(provider: provider.name, milliseconds: pause, trace: trace)
            )
        }
        // What was refused was not worked on.
        if case .refused = failure { correct(call, tokens: 0, now) }
    }

    /// Sends the rows again in pieces, which is no retry: each request is a new question.
    private mutating func split(_ call: PendingCall, _ rowsMax: Int, _ moment: Moment) {
        let batch = call.batch
        batch.notBefore = moment.now
        for start in stride(from: 0, to: batch.rows.count, by: rowsMax) {
            let rows = Array(batch.rows[start..<min(start + rowsMax, batch.rows.count)])
            call.model.waiting.append(PendingBatch(rows, of: batch))
        }
    }

    private mutating func decide(_ call: PendingCall, _ failure: AttemptFailure, _ moment: Moment) {
        let batch = call.batch
        let runtime = batch.runtime.value
        let circumstances = RetryCircumstances(
            kind: runtime.kind,
            retries: batch.retries,
            retriesMax: runtime.limits.retriesBound,
            now: moment.now,
            deadline: batch.latest(at: moment.now),
            hasOthers: hasOthers(than: call, moment)
        )
        switch RetryVerdict(failure, circumstances, using: &generator) {
        case .giveUp(let error): fail(batch.rows, error, batch, moment)
        case .again(let wait):
            guard failure.isQuota || call.provider.retries.takeRetry(at: moment.now) else {
                let text = failure.error.text + "; too many calls are retries to send another"
                let error = RemoteModelError(failure.error.code, text)
                return fail(batch.rows, error, batch, moment)
            }
            batch.retries += 1
            batch.notBefore = moment.now + wait
            batch.avoided.insert(call.providerIndex)
            if failure.isRefusal { batch.refused.insert(call.providerIndex) }
            call.model.waiting.append(batch)
        }
    }

    /// Whether another provider may take the rows soon.
    private func hasOthers(than call: PendingCall, _ moment: Moment) -> Bool {
        let providers = call.batch.runtime.value.providers
        let firstTier = providers.lazy.map(\.tier).min()
        return providers.indices.contains { index in
            let state = call.model.providers[index]
            let isAllowed = !call.batch.isDedicatedOnly || providers[index].tier == firstTier
            return isAllowed && state !== call.provider && state.pausedUntil <= moment.now
                && state.breaker.state(at: moment.now) != .open
        }
    }

    /// Ends rows with one failure that they share.
    mutating func fail(
        _ rows: [PendingRow],
        _ error: RemoteModelError,
        _ batch: PendingBatch?,
        _ moment: Moment
    ) {
        var shaped = error
        shaped.rows = rows.count
        if let batch { shaped = batch.shape(error, rows: rows.count, at: moment.now) }
        for row in rows { settle(row, .failure(shaped), nil, moment) }
    }

    // MARK: - Metering

    private mutating func meter(
        _ call: PendingCall,
        _ usage: TokenUsage,
        failure: RemoteModelError.Code?,
        _ moment: Moment
    ) {
        let runtime = call.batch.runtime.value
        let cost = runtime.rules.price.cost(usage)
        let user = call.rows[0].user
        let amount = UsageBudgets.Amount(tokens: usage.input + usage.output, cost: cost)
        let told = budgets.spend(amount, budgetOwners(user, runtime), at: moment.calendar)
        effects.alerts += told.map(RemoteAlert.init)
        call.batch.lastProvider = call.provider.name
        meter.record(
            RequestRecord(
                at: moment.calendar,
                user: user,
                model: runtime.name,
                provider: call.provider.name,
                kind: runtime.kind,
                rows: call.rows.count,
                bytes: call.rows.reduce(0) { $0 + $1.input.byteCount },
                usage: usage,
                attempt: call.attempt,
                failure: failure,
                milliseconds: (moment.now - call.startedAt).wholeMilliseconds,
                queueMilliseconds: (call.startedAt - call.rows[0].enqueuedAt).wholeMilliseconds,
                isCached: false,
                cost: cost,
                tier: runtime.providers[call.providerIndex].tierName,
                isDedicatedOnly: call.batch.isDedicatedOnly,
                trace: call.batch.trace
            )
        )
    }

    // MARK: - Giving up

    /// A chunk's rows without an outcome get this one; requests that nobody waits for are aborted.
    ///
    /// - Parameter isMeant: which of the rows.
    mutating func abandon(
        _ chunk: PendingChunk,
        _ error: RemoteModelError,
        _ moment: Moment,
        where isMeant: (PendingRow) -> Bool = { _ in true }
    ) {
        let model = models[chunk.model]
        if let model, model.standing.remove(chunk) {
            for place in chunk.outcomes.indices {
                answer(chunk, place, RowOutcome(.failure(error)))
            }
            // Those behind it may have room.
            return pump(model, moment)
        }
        var lanes: Set<UInt64> = []
        for place in chunk.rows.indices where chunk.outcomes[place] == nil {
            guard let row = chunk.rows[place], isMeant(row) else { continue }
            let shaped = row.batch?.shape(error, rows: 1, at: moment.now)
            row.waiters.removeAll { $0.ticket === chunk }
            if !row.isWanted {
                forget(row)
                lanes.insert(row.statement)
            }
            answer(chunk, place, RowOutcome(.failure(shaped ?? error)))
        }
        guard let model, !lanes.isEmpty else { return }
        for lane in lanes {
            for queue in model.queues.indices {
                model.queues[queue].remove(statement: lane) { !$0.isWanted }
            }
        }
        model.waiting.removeAll { !$0.isWanted }
        abortUnwanted(of: model, moment)
    }

    private mutating func abortUnwanted(of model: ModelState, _ moment: Moment) {
        let unwanted = calls.filter { $0.value.model === model && !$0.value.batch.isWanted }
        guard !unwanted.isEmpty else { return }
        for (id, call) in unwanted { abort(id, call, moment) }
        pump(model, around: unwanted.values.map(\.provider), moment)
    }

    /// - Returns: their providers.
    private mutating func abortSiblings(
        of call: PendingCall,
        _ moment: Moment
    ) -> [ProviderState] {
        var freed: [ProviderState] = []
        for id in call.batch.calls {
            guard let sibling = calls[id] else { continue }
            abort(id, sibling, moment)
            freed.append(sibling.provider)
        }
        return freed
    }

    private mutating func abort(_ id: UInt64, _ call: PendingCall, _ moment: Moment) {
        calls[id] = nil
        release(call, id)
        call.provider.breaker.abandoned(call.admission)
        // The service has worked for what a stream has brought.
        let spent = call.rows[0].passage?.spent(call.rows.map(\.input))
        meter(call, spent ?? TokenUsage.none, failure: .cancelled, moment)
        if let handle = call.handle { effects.aborted.append(handle) }
    }

    /// The transport has taken a call.
    ///
    /// - Returns: false when the call has been aborted, or has ended, in the meantime.
    mutating func register(_ handle: any CancellableCall, for id: UInt64) -> Bool {
        guard let call = calls[id] else { return false }
        call.handle = handle
        return true
    }
}

extension RemoteAlert {
    fileprivate init(_ standing: UsageBudgets.Standing) {
        self = .budgetNearlyUsed(
            owner: standing.owner.text,
            unit: standing.budget.unit.rawValue,
            period: standing.budget.period.rawValue,
            percent: Int(min(standing.share * 100, 1_000_000))
        )
    }
}

extension Result<CallReading, AttemptFailure> {
    /// A good status with an answer that is none.
    var isUnreadable: Bool {
        if case .failure(.unreadable) = self { true } else { false }
    }
}

extension TokenUsage {
    /// Of a request that was refused or lost.
    static var none: TokenUsage { TokenUsage(input: 0, output: 0, isEstimated: false) }
}

extension CallReading {
    /// The failure of the first row that has one.
    fileprivate var failure: RemoteModelError.Code? {
        for case .failure(let error) in answers { return error.code }
        return nil
    }
}

extension RemoteModelError {
    fileprivate func shaped(by call: CallSummary, rows: Int) -> RemoteModelError {
        var error = self
        error.provider = call.provider
        error.attempts = call.attempts
        error.milliseconds = call.milliseconds
        error.trace = call.trace
        error.rows = rows
        return error
    }
}
