import BorealBase
import Synchronization

@testable import BorealRemote

/// A clock that tests move by hand, and what waits for it.
final class FakeScheduler: RemoteScheduler {
    private struct State {
        var now: Microseconds = 1_000_000
        var count = 0
        var actions: [(at: Microseconds, order: Int, run: @Sendable () -> Void)] = []
    }

    private let state = Mutex(State())

    var now: Microseconds { state.withLock { $0.now } }
    /// 2026-12-02 12:00:00 when the test begins.
    var wallClock: Instant { Instant(microseconds: 1_796_212_799_000_000 + now) }

    func after(_ delay: Microseconds, _ action: @escaping @Sendable () -> Void) {
        state.withLock {
            $0.count += 1
            $0.actions.append(($0.now + delay, $0.count, action))
        }
    }

    /// Lets so much time pass, running what becomes due in its order.
    func advance(_ duration: Microseconds) {
        let end = now + duration
        while let action = takeNext(until: end) { action() }
        state.withLock { $0.now = end }
    }

    /// Runs what is due now.
    func settle() { advance(0) }

    private func takeNext(until end: Microseconds) -> (@Sendable () -> Void)? {
        state.withLock { state in
            let due = state.actions.indices.filter { state.actions[$0].at <= end }
            let next = due.min {
                (state.actions[$0].at, state.actions[$0].order)
                    < (state.actions[$1].at, state.actions[$1].order)
            }
            guard let next else { return nil }
            let action = state.actions.remove(at: next)
            state.now = max(state.now, action.at)
            return action.run
        }
    }
}

/// One text a line; the answer repeats each line behind `=`. Usage: a token in for each byte, one
/// out for each row.
struct LineCodec: CallCodec {
    var batchMax = 256

    func canShareRequest(_ first: RemoteInput, _ second: RemoteInput) -> Bool {
        guard case .pair(let one, _) = first, case .pair(let other, _) = second else { return true }
        return one == other
    }

    static func line(_ input: RemoteInput) -> String {
        switch input {
        case .prompt(let text), .text(let text): text
        case .pair(let query, let document): query + "/" + document
        case .pictured(let prompt, _): prompt
        case .written(let body): String(decoding: body, as: UTF8.self)
        }
    }

    func body(for inputs: [RemoteInput]) throws(RemoteModelError) -> [UInt8] {
        let lines = inputs.map(LineCodec.line)
        if lines.contains("unwritable") { throw RemoteModelError(.config, "no form for it") }
        return Array(lines.joined(separator: "\n").utf8)
    }

    func read(_ body: [UInt8], for inputs: [RemoteInput]) throws(RemoteModelError) -> CallReading {
        let text = String(decoding: body, as: UTF8.self)
        guard text.hasPrefix("=") else { throw RemoteModelError(.badResponse, "not an answer") }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let answers = lines.map { line -> Result<RemoteAnswer, RemoteModelError> in
            switch line {
            case "=filtered": .failure(RemoteModelError(.filtered, "content filter"))
            case "=long": .success(RemoteAnswer(.text("=lo"), isTruncated: true))
            case _ where line.hasPrefix("=vector "):
                .success(RemoteAnswer(.vector(line.dropFirst(8).map { _ in 0.5 })))
            default: .success(RemoteAnswer(.text(String(line))))
            }
        }
        let usage = TokenUsage(
            input: inputs.reduce(0) { $0 + LineCodec.line($1).utf8.count },
            output: inputs.count,
            isEstimated: false
        )
        return CallReading(answers: answers, usage: usage)
    }
}

extension CallTransport {
    /// The whole body as one piece.
    func stream(
        _ request: CallRequest,
        onBytes: @escaping @Sendable ([UInt8]) -> Bool,
        completion: @escaping @Sendable (Result<CallResponse, CallFailure>) -> Void
    ) -> any CancellableCall {
        send(request) { result in
            guard case .success(var response) = result, response.status == 200 else {
                return completion(result)
            }
            guard onBytes(response.body) else {
                return completion(.failure(CallFailure(.cancelled, "nobody reads")))
            }
            response.body = []
            completion(.success(response))
        }
    }
}

/// A service that answers by a rule, after a latency of the fake clock.
final class FakeUpstream: CallTransport {
    /// What comes back for a request.
    enum Reply: Sendable {
        /// The right answer.
        case answer
        case status(Int, wait: Int? = nil, size: Bool = false, quota: Bool = false)
        case lost(CallFailure.Kind)
        case body(String)
        /// Nothing, until it is cancelled.
        case silence
    }

    /// One request as it came.
    struct Seen: Equatable, Sendable {
        let url: String
        let lines: [String]
        let at: Microseconds
        let timeoutMilliseconds: Int
    }

    private struct State {
        var seen: [Seen] = []
        var traceParents: [String] = []
        var inFlight = 0
        var inFlightMax = 0
        var cancelled = 0
        /// Rows that were answered, by line.
        var answered: [String: Int] = [:]
        var tokensIn = 0
        var tokensOut = 0
    }

    private let scheduler: FakeScheduler
    private let latency: Microseconds
    private let rule: @Sendable (Seen) -> Reply
    private let state = Mutex(State())

    init(
        _ scheduler: FakeScheduler,
        latency: Microseconds = 20_000,
        rule: @escaping @Sendable (Seen) -> Reply = { _ in .answer }
    ) {
        self.scheduler = scheduler
        self.latency = latency
        self.rule = rule
    }

    var seen: [Seen] { state.withLock { $0.seen } }
    var traceParents: [String] { state.withLock { $0.traceParents } }
    var lines: [[String]] { seen.map(\.lines) }
    var inFlightMax: Int { state.withLock { $0.inFlightMax } }
    var inFlight: Int { state.withLock { $0.inFlight } }
    var cancelled: Int { state.withLock { $0.cancelled } }
    var answered: [String: Int] { state.withLock { $0.answered } }
    var tokens: [Int] { state.withLock { [$0.tokensIn, $0.tokensOut] } }

    func send(
        _ request: CallRequest,
        completion: @escaping @Sendable (Result<CallResponse, CallFailure>) -> Void
    ) -> any CancellableCall {
        let text = String(decoding: request.body, as: UTF8.self)
        let seen = Seen(
            url: request.url,
            lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init),
            at: scheduler.now,
            timeoutMilliseconds: request.timeoutMilliseconds
        )
        state.withLock {
            $0.seen.append(seen)
            $0.traceParents += request.headers.filter { $0.name == "traceparent" }.map(\.value)
            $0.inFlight += 1
            $0.inFlightMax = max($0.inFlightMax, $0.inFlight)
        }
        let call = FakeCall { [self] result in
            state.withLock {
                $0.inFlight -= 1
                if result == .failure(CallFailure(.cancelled, "cancelled")) { $0.cancelled += 1 }
            }
            completion(result)
        }
        let reply = rule(seen)
        if case .silence = reply { return call }
        scheduler.after(latency) { [self] in call.end { result(of: reply, seen) } }
        return call
    }

    private func result(of reply: Reply, _ seen: Seen) -> Result<CallResponse, CallFailure> {
        switch reply {
        case .answer: return .success(answer(to: seen))
        case .body(let text):
            return .success(CallResponse(status: 200, headers: [], body: Array(text.utf8)))
        case .status(let status, let wait, let size, let quota):
            let headers = [
                CallResponse.HeaderField("wait", wait.map { String($0) } ?? ""),
                CallResponse.HeaderField("size", size ? "1" : ""),
                CallResponse.HeaderField("quota", quota ? "1" : ""),
            ]
            return .success(CallResponse(status: status, headers: headers, body: []))
        case .lost(let kind): return .failure(CallFailure(kind, "lost"))
        case .silence: return .failure(CallFailure(.cancelled, "cancelled"))
        }
    }

    private func answer(to seen: Seen) -> CallResponse {
        state.withLock {
            for line in seen.lines { $0.answered[line, default: 0] += 1 }
            $0.tokensIn += seen.lines.reduce(0) { $0 + $1.utf8.count }
            $0.tokensOut += seen.lines.count
        }
        let body = seen.lines.map { "=" + $0 }.joined(separator: "\n")
        return CallResponse(status: 200, headers: [], body: Array(body.utf8))
    }

    /// Reads the headers that `result(of:_:)` wrote.
    static func refusal(_ response: CallResponse, _ now: Instant) -> UpstreamRefusal {
        func value(_ name: String) -> String {
            response.headers.first { $0.name == name }?.value ?? ""
        }
        var refusal = UpstreamRefusal(status: response.status, text: "refused")
        refusal.waitMilliseconds = Int(value("wait"))
        refusal.isAboutSize = value("size") == "1"
        refusal.isQuotaUsedUp = value("quota") == "1"
        return refusal
    }
}

/// A call that ends once: by its answer or by being cancelled.
final class FakeCall: CancellableCall {
    private let completion: Mutex<(@Sendable (Result<CallResponse, CallFailure>) -> Void)?>

    init(_ completion: @escaping @Sendable (Result<CallResponse, CallFailure>) -> Void) {
        self.completion = Mutex(completion)
    }

    func cancel() { end { .failure(CallFailure(.cancelled, "cancelled")) } }

    func end(_ result: () -> Result<CallResponse, CallFailure>) {
        let completion = completion.withLock { completion in
            defer { completion = nil }
            return completion
        }
        completion?(result())
    }
}

/// The outcomes of a chunk, once they are there.
final class Inbox: Sendable {
    private let state = Mutex<[[RowOutcome?]]>([])

    /// Deliveries so far: one at the end.
    var count: Int { state.withLock { $0.count } }
    var outcomes: [RowOutcome?]? { state.withLock { $0.first } }

    func receive(_ outcomes: [RowOutcome?]) { state.withLock { $0.append(outcomes) } }

    /// What each row got: its text, its code word, or `NULL`.
    var words: [String]? {
        outcomes?.map { outcome in
            switch outcome?.result {
            case nil: "NULL"
            case .success(let answer): if case .text(let text) = answer.value { text } else { "?" }
            case .failure(let error): error.code.rawValue
            }
        }
    }

    var error: RemoteModelError? {
        for case .failure(let error)? in (outcomes ?? []).map({ $0?.result }) { return error }
        return nil
    }
}

/// A dispatcher with a fake service and a fake clock.
struct Bench {
    let scheduler: FakeScheduler
    let upstream: FakeUpstream
    let dispatcher: RemoteDispatcher

    init(
        latency: Microseconds = 20_000,
        cacheBytesMax: Int = 1 << 20,
        observer: RemoteObserver = RemoteObserver(),
        rule: @escaping @Sendable (FakeUpstream.Seen) -> FakeUpstream.Reply = { _ in .answer }
    ) {
        scheduler = FakeScheduler()
        upstream = FakeUpstream(scheduler, latency: latency, rule: rule)
        dispatcher = RemoteDispatcher(
            transport: upstream,
            scheduler: scheduler,
            cacheBytesMax: cacheBytesMax,
            observer: observer,
            seed: 7
        )
    }

    /// A model with one provider for each name.
    static func model(
        _ kind: RemoteModelKind = .embedding,
        batchMax: Int = 256,
        providers: [String] = ["p"]
    ) -> RemoteModelRuntime {
        RemoteModelRuntime(
            name: "m",
            version: "v1",
            upstreamName: "text-embedding",
            kind: kind,
            codec: LineCodec(batchMax: batchMax),
            providers: providers.map { .init(name: $0, identity: $0, url: "http://\($0)/") },
            readRefusal: FakeUpstream.refusal
        )
    }

    /// Submits texts, `nil` for NULL.
    @discardableResult
    func submit(
        _ rows: [String?],
        to model: RemoteModelRuntime = Bench.model(),
        user: String = "ann",
        statement: UInt64 = 1,
        _ change: (inout RemoteSubmission) -> Void = { _ in }
    ) -> (inbox: Inbox, ticket: RemoteTicket) {
        let inputs = rows.map { row in
            row.map { model.kind == .chat ? RemoteInput.prompt($0) : .text($0) }
        }
        var submission = RemoteSubmission(
            rows: inputs,
            model: model,
            user: user,
            statement: statement
        )
        change(&submission)
        let inbox = Inbox()
        return (inbox, dispatcher.submit(submission) { inbox.receive($0) })
    }
}
