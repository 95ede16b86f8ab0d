import BorealBase

/// How rows come in: memory, then what is under way, then budgets, then the queue.
extension DispatchState {
    /// A chunk's rows as they were made ready outside the lock.
    struct Entry: Sendable {
        let submission: RemoteSubmission
        let distinct: DistinctRows
        /// `[distinct inputs]`: failures are rows that the model has no form for.
        let prepared: [Result<PreparedRow, RemoteModelError>]
        let completion: RemoteCompletion
    }

    /// - Returns: the chunk's number.
    mutating func accept(_ entry: Entry, _ moment: Moment) -> UInt64 {
        let submission = entry.submission
        let model = model(for: submission.model, at: moment.now)
        let id = nextID()
        let chunk = PendingChunk(
            submission,
            id: id,
            distinct: entry.distinct,
            completion: entry.completion
        )
        enter(chunk, expectsMore: submission.expectsMore, model)
        let standing = StandingRoom.Standing(
            chunk: chunk,
            entry: entry,
            bytes: entry.distinct.inputs.reduce(0) { $0 + $1.byteCount }
        )
        if model.standing.isNeeded(for: standing, beside: model.queue(of: chunk)) {
            model.standing.append(standing)
        } else {
            ask(standing, model, moment)
        }
        pump(model, moment)
        limitPatience(id, moment)
        return id
    }

    /// Asks for all rows of a chunk.
    private mutating func ask(
        _ standing: StandingRoom.Standing,
        _ model: ModelState,
        _ moment: Moment
    ) {
        let (chunk, entry) = (standing.chunk, standing.entry)
        var hits = CacheHits()
        for place in entry.distinct.askingOrder {
            switch entry.prepared[place] {
            case .failure(let error): answer(chunk, place, RowOutcome(.failure(error)))
            case .success(let row): ask(row, place, chunk, model, &hits, moment)
            }
        }
        if hits.rows > 0 { recordHits(hits, chunk, model, moment) }
        if entry.distinct.inputs.isEmpty { deliver(chunk) }
    }

    /// Lets the chunk in that has stood longest.
    ///
    /// - Returns: whether there was one, and room for it.
    mutating func admitStanding(_ model: ModelState, _ moment: Moment) -> Bool {
        guard let standing = model.standing.next(model.queue(of:)) else { return false }
        ask(standing, model, moment)
        return true
    }

    private mutating func enter(_ chunk: PendingChunk, expectsMore: Bool, _ model: ModelState) {
        chunks[chunk.id] = chunk
        statements[chunk.statement, default: []].insert(chunk.id)
        if expectsMore {
            model.expecting.insert(chunk.statement)
        } else {
            model.expecting.remove(chunk.statement)
        }
        if chunk.deadline != .max { events.insert(.deadline(chunk.id), at: chunk.deadline) }
    }

    /// Rows that find no place in their time are not sent at all.
    private mutating func limitPatience(_ id: UInt64, _ moment: Moment) {
        guard let milliseconds = chunks[id]?.queueMilliseconds else { return }
        events.insert(.patience(id), at: moment.now + Microseconds(milliseconds) * 1_000)
    }

    private mutating func ask(
        _ row: PreparedRow,
        _ place: Int,
        _ chunk: PendingChunk,
        _ model: ModelState,
        _ hits: inout CacheHits,
        _ moment: Moment
    ) {
        // A stream has one reader, and its answer is not kept.
        guard chunk.passage == nil else { return enqueue(row, place, chunk, model, moment) }
        if let known = known(row, chunk, &hits, moment) {
            var outcome = RowOutcome(.success(known))
            outcome.isCached = true
            return answer(chunk, place, outcome)
        }
        if let underWay = asked.element(for: row.key) {
            underWay.waiters.append(.init(ticket: chunk, place: place))
            chunk.rows[place] = underWay
            return
        }
        enqueue(row, place, chunk, model, moment)
    }

    /// The answer that is remembered for everybody who may have it, or for the row's statement.
    private mutating func known(
        _ row: PreparedRow,
        _ chunk: PendingChunk,
        _ hits: inout CacheHits,
        _ moment: Moment
    ) -> RemoteAnswer? {
        guard row.lifetime != nil || chunk.isPart else { return nil }
        let key = row.lifetime == nil ? row.key.within(statement: chunk.statement) : row.key
        let answer = cache.answer(for: key, at: moment.now)
        if answer != nil { hits.add(row.input) }
        return answer
    }

    private mutating func enqueue(
        _ row: PreparedRow,
        _ place: Int,
        _ chunk: PendingChunk,
        _ model: ModelState,
        _ moment: Moment
    ) {
        if chunk.deadline <= moment.now {
            let error = RemoteModelError(.timeout, "the deadline has passed")
            return answer(chunk, place, RowOutcome(.failure(error)))
        }
        let amount = chunk.runtime.value.amount(of: row.input)
        let owners = budgetOwners(chunk.user, chunk.runtime.value)
        if let refusal = budgets.reserve(amount, owners, at: moment.calendar) {
            return answer(chunk, place, RowOutcome(.failure(refusal)))
        }
        let pending = PendingRow(row, chunk, place: place, reserved: amount, at: moment.now)
        let isTaken = model.queues[chunk.runtime.value.queue].append(
            pending,
            bytes: row.input.byteCount,
            statement: chunk.statement
        )
        guard isTaken else {
            budgets.release(amount, owners)
            let error = RemoteModelError(.busy, "the model's queue is full")
            return answer(chunk, place, RowOutcome(.failure(error)))
        }
        if chunk.passage == nil { asked.insert(pending, for: row.key) }
        chunk.rows[place] = pending
    }

    private mutating func recordHits(
        _ hits: CacheHits,
        _ chunk: PendingChunk,
        _ model: ModelState,
        _ moment: Moment
    ) {
        meter.record(
            RequestRecord(
                at: moment.calendar,
                user: chunk.user,
                model: model.runtime.name,
                provider: "",
                kind: model.runtime.kind,
                rows: hits.rows,
                bytes: hits.bytes,
                usage: TokenUsage(input: 0, output: 0, isEstimated: false),
                attempt: 0,
                failure: nil,
                milliseconds: 0,
                queueMilliseconds: 0,
                isCached: true,
                cost: 0,
                isDedicatedOnly: model.runtime.rules.isDedicatedOnly
            )
        )
    }

    func budgetOwners(_ user: String, _ runtime: RemoteModelRuntime) -> [UsageBudgets.Owner] {
        [.user(user), .model(runtime.name.lowercased())]
    }

    /// A statement brings no more rows: what waits for them goes now.
    mutating func finish(statement: UInt64, _ moment: Moment) {
        for model in models.values where model.expecting.remove(statement) != nil {
            pump(model, moment)
        }
    }

    // MARK: - Answers

    /// Gives a row its outcome, and a chunk its end when that was the last.
    mutating func answer(_ chunk: PendingChunk, _ place: Int, _ outcome: RowOutcome) {
        if chunk.settle(place, outcome) { deliver(chunk) }
    }

    mutating func deliver(_ chunk: PendingChunk) {
        guard chunks.removeValue(forKey: chunk.id) != nil else { return }
        statements[chunk.statement]?.remove(chunk.id)
        if statements[chunk.statement]?.isEmpty == true {
            statements[chunk.statement] = nil
            models[chunk.model]?.expecting.remove(chunk.statement)
        }
        effects.deliveries.append(.init(completion: chunk.completion, answers: chunk.answers))
    }
}

/// Rows of a chunk that were answered from memory.
struct CacheHits {
    private(set) var rows = 0
    private(set) var bytes = 0

    mutating func add(_ input: RemoteInput) {
        rows += 1
        bytes += input.byteCount
    }
}

extension RemoteModelRuntime {
    /// What a row will cost, as far as one can tell.
    func amount(of input: RemoteInput) -> UsageBudgets.Amount {
        let tokens = TokenEstimate.tokens(bytes: input.tokenByteCount)
        let output = limits.answerTokensPerRow
        let usage = TokenUsage(input: tokens, output: output, isEstimated: true)
        return .init(tokens: tokens + output, cost: rules.price.cost(usage))
    }
}
