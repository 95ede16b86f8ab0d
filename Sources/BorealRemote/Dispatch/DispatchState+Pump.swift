import BorealBase

/// How rows go out: what is due, as far as the limits let it.
extension DispatchState {
    /// Sends whatever of a model can be sent now.
    mutating func pump(_ model: ModelState, _ moment: Moment) {
        repeat {
            pumpWaiting(model, moment)
            for queue in model.queues.indices { pumpQueue(queue, model, moment) }
        } while admitStanding(model, moment)
    }

    /// Batches that are sent again.
    private mutating func pumpWaiting(_ model: ModelState, _ moment: Moment) {
        let batches = model.waiting
        model.waiting = []
        for batch in batches {
            drop(cancelledRowsOf: batch, moment)
            guard !batch.rows.isEmpty else { continue }
            guard batch.notBefore <= moment.now else {
                model.waiting.append(batch)
                wake(model, at: batch.notBefore)
                continue
            }
            var request = request(of: model, batch.rows[0], batch.avoided, batch.refused)
            request.latest = batch.latest(at: moment.now)
            switch choose(model, request, batch.tokens, moment) {
            case .send(let index): start(batch, model, index, isHedge: false, moment)
            case .wait(let until):
                model.waiting.append(batch)
                hold(model, until: until)
            case .allOpen: fail(batch.rows, breakerOpen(model), batch, moment)
            case .allPaused(let until):
                fail(batch.rows, pausedError(model, until, moment), batch, moment)
            }
        }
    }

    private mutating func pumpQueue(_ queue: Int, _ model: ModelState, _ moment: Moment) {
        while let first = model.queues[queue].first {
            let due = model.dueTime(of: queue, at: moment.now)
            guard due <= moment.now else { return hold(model, until: due) }
            let queued = TokenEstimate.tokens(bytes: model.queues[queue].bytes)
            let tokens =
                model.rowsMax(of: queue) == 1
                ? TokenEstimate.tokens(bytes: first.input.tokenByteCount)
                : min(queued, model.tokensMax(of: queue))
            var request = request(of: model, first)
            request.latest = first.latest(at: moment.now)
            switch choose(model, request, tokens, moment) {
            case .send(let index):
                let batch = model.takeBatch(from: queue, at: moment.now)
                drop(cancelledRowsOf: batch, moment)
                if !batch.rows.isEmpty { start(batch, model, index, isHedge: false, moment) }
            case .wait(let until): return hold(model, until: until)
            case .allOpen:
                let rows = model.queues[queue].removeAll()
                return fail(rows, breakerOpen(model), nil, moment)
            case .allPaused(let until): fail(rowsOf: queue, model, pausedUntil: until, moment)
            }
        }
    }

    /// Ends the rows of a queue that nobody lets wait for so long; the others stay.
    private mutating func fail(
        rowsOf queue: Int,
        _ model: ModelState,
        pausedUntil until: Microseconds,
        _ moment: Moment
    ) {
        var failed: [PendingRow] = []
        for row in model.queues[queue].removeAll() {
            guard row.latest(at: moment.now) >= until else {
                failed.append(row)
                continue
            }
            // It was there, so there is room for it.
            _ = model.queues[queue].append(
                row,
                bytes: row.input.byteCount,
                statement: row.statement
            )
        }
        fail(failed, pausedError(model, until, moment), nil, moment)
    }

    /// The model looks again then, and whenever a call of one of its providers ends.
    private mutating func hold(_ model: ModelState, until moment: Microseconds?) {
        for provider in model.providers { provider.waiters.insert(model.identity) }
        if let moment { wake(model, at: moment) }
    }

    private mutating func wake(_ model: ModelState, at moment: Microseconds) {
        guard moment < model.pumpAt else { return }
        model.pumpAt = moment
        events.insert(.pump(model.identity), at: moment)
    }

    private func breakerOpen(_ model: ModelState) -> RemoteModelError {
        var error = RemoteModelError(.breakerOpen, "every allowed provider is out of order")
        error.provider = model.providers.count == 1 ? model.providers[0].name : nil
        return error
    }

    private func pausedError(
        _ model: ModelState,
        _ until: Microseconds,
        _ moment: Moment
    ) -> RemoteModelError {
        let seconds = (until - moment.now + 999_999) / 1_000_000
        let isOne = model.providers.count == 1
        let who = isOne ? "the provider asks" : "every allowed provider that works asks"
        let text = "\(who) to wait \(seconds) s, beyond the deadline"
        var error = RemoteModelError(.rateLimit, text)
        error.provider = isOne ? model.providers[0].name : nil
        return error
    }

    /// Cancels the chunks whose flags are set, and takes out the rows that nobody wants.
    private mutating func drop(cancelledRowsOf batch: PendingBatch, _ moment: Moment) {
        let waiters = batch.rows.flatMap(\.waiters)
        for waiter in waiters where chunks[waiter.ticket.id] != nil {
            let isCancelled = waiter.ticket.cancellation?.isCancelled ?? false
            if isCancelled { abandon(waiter.ticket, .cancelled, moment) }
        }
        for row in batch.rows where !row.isWanted { forget(row) }
        batch.rows.removeAll { !$0.isWanted }
    }

    // MARK: - Choosing

    private func request(
        of model: ModelState,
        _ row: PendingRow,
        _ avoided: Set<Int> = [],
        _ refused: Set<Int> = []
    ) -> ProviderPool.Request {
        ProviderPool.Request(
            isDedicatedOnly: row.isDedicatedOnly,
            avoided: avoided,
            refused: refused,
            affinity: model.providers.count > 1 ? model.affinity(of: row) : nil
        )
    }

    private mutating func choose(
        _ model: ModelState,
        _ request: ProviderPool.Request,
        _ tokens: Int,
        _ moment: Moment
    ) -> ProviderPool.Choice {
        let wait = model.limiter.wait(tokens: tokens, at: moment.now)
        guard wait == 0 else { return .wait(until: moment.now + wait) }
        let pool = pool(of: model, tokens, moment)
        return pool.choose(request, at: moment.now, using: &generator)
    }

    private func pool(of model: ModelState, _ tokens: Int, _ moment: Moment) -> ProviderPool {
        let ahead = model.providers.count > 1 ? model.requestsAhead : nil
        let pairs = zip(model.providers, model.runtime.providers)
        return ProviderPool(
            members: pairs.map { state, provider in
                state.member(of: provider, tokens: tokens, ahead: ahead, at: moment.now)
            }
        )
    }

    // MARK: - Sending

    private mutating func start(
        _ batch: PendingBatch,
        _ model: ModelState,
        _ index: Int,
        isHedge: Bool,
        _ moment: Moment
    ) {
        let provider = model.providers[index]
        let runtime = batch.runtime.value
        let tokens = batch.tokens + runtime.limits.answerTokensPerRow * batch.rows.count
        count(batch, model, provider, tokens, isHedge, moment)
        let trace = batch.trace ?? TraceID(using: &generator)
        batch.trace = trace
        let call = PendingCall(
            batch,
            model,
            providerIndex: index,
            admission: provider.breaker.callStarted(at: moment.now),
            estimatedTokens: tokens,
            at: moment.now
        )
        let id = nextID()
        calls[id] = call
        batch.calls.append(id)
        let deadline = batch.deadline
        let left = deadline == .max ? Int.max : Int((deadline - moment.now + 999) / 1_000)
        let timeout = min(runtime.limits.timeoutMilliseconds, left)
        effects.launches.append(
            .init(
                call: id,
                trace: trace,
                inputs: batch.inputs,
                written: batch.rows.count == 1 ? batch.rows[0].written : nil,
                runtime: batch.runtime,
                provider: runtime.providers[index],
                timeoutMilliseconds: max(1, timeout),
                passage: batch.rows[0].passage
            )
        )
        if !isHedge { planHedge(id, call, moment) }
    }

    private func count(
        _ batch: PendingBatch,
        _ model: ModelState,
        _ provider: ProviderState,
        _ tokens: Int,
        _ isHedge: Bool,
        _ moment: Moment
    ) {
        if batch.attempts == 0 { provider.retries.callStarted(at: moment.now) }
        if !isHedge { model.hedges.callStarted() }
        batch.attempts += 1
        if batch.startedAt == nil { batch.startedAt = moment.now }
        provider.callStarted(at: moment.now)
        provider.limiter.take(tokens: tokens, at: moment.now)
        model.limiter.take(tokens: tokens, at: moment.now)
        model.inFlight += 1
        model.movedAt = moment.now
    }

    // MARK: - Hedging

    private mutating func planHedge(_ id: UInt64, _ call: PendingCall, _ moment: Moment) {
        let runtime = call.batch.runtime.value
        let isHarmless = runtime.kind != .chat || runtime.rules.isDeterministic
        guard call.model.providers.count > 1, isHarmless, call.rows[0].passage == nil else {
            return
        }
        switch runtime.rules.hedging {
        case .off: return
        case .afterMilliseconds(let count):
            events.insert(.hedge(id), at: moment.now + .milliseconds(count))
        case .p95:
            guard let wait = call.provider.latencies.quantile(0.95) else { return }
            events.insert(.hedge(id), at: moment.now + wait)
        }
    }

    /// Sends a second request for rows that have been out for long, if another provider is free.
    mutating func hedge(_ call: PendingCall, _ moment: Moment) {
        guard call.batch.calls.count == 1 else { return }
        let refused = call.batch.refused.union([call.providerIndex])
        let request = request(of: call.model, call.rows[0], call.batch.avoided, refused)
        let choice = choose(call.model, request, call.batch.tokens, moment)
        guard case .send(let index) = choice, index != call.providerIndex,
            call.model.hedges.take()
        else { return }
        start(call.batch, call.model, index, isHedge: true, moment)
    }
}

extension RemoteModelError {
    /// Somebody asked for the end.
    static var cancelled: RemoteModelError {
        RemoteModelError(.cancelled, "the call was cancelled")
    }
}
