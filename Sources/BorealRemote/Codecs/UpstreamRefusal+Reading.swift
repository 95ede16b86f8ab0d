package import BorealBase
import BorealHTTP

extension UpstreamRefusal {
    /// Reads an answer with a status other than 2xx, of any service.
    ///
    /// - Parameters:
    ///   - now: for dates.
    ///   - secrets: keys that the service may repeat; none of them is shown.
    package init(_ response: CallResponse, now: Instant, hiding secrets: [String] = []) {
        // A body that is no JSON speaks for itself.
        let body = try? JSON.parse(
            response.body.prefix(Self.bodyBytesMax),
            depthMax: AnswerScanner.depthMax
        )
        let words = body.flatMap(UpstreamText.sentence).map { Array($0.utf8) } ?? response.body
        self.init(status: response.status, text: UpstreamText.clean(words, hiding: secrets))
        waitMilliseconds = RetryDemand.milliseconds(response.headers, body, now: now)
        let text = Self.lowered(body, response.body)
        isFiltered = (400..<429).contains(status) && Self.holds(Self.filterWords, text)
        isQuotaUsedUp =
            status == 402
            || (400..<430).contains(status) && Self.holds(Self.quotaWords, text)
                && !Self.holds(Self.rateWords, text)
        isAboutSize =
            status == 413
            || status == 400 && !isFiltered && !isQuotaUsedUp && Self.holds(Self.sizeWords, text)
            // Text embedding servers answer so to a batch that is too large.
            || status == 422 && Self.holds(["batch size"], text)
    }

    /// Bytes of a body that are looked at.
    private static let bodyBytesMax = 64 << 10

    /// Code and words of the body in lower case.
    private static func lowered(_ body: JSON?, _ bytes: [UInt8]) -> String {
        guard let body else {
            return String(decoding: bytes.prefix(4_096), as: UTF8.self).lowercased()
        }
        let error = body["error"] ?? body
        let parts = [error["code"], error["type"], body["code"], body["error_type"]]
        let words = parts.compactMap { $0?.string } + [UpstreamText.sentence(body) ?? ""]
        return words.joined(separator: " ").cut(scalars: 4_096).lowercased()
    }

    private static func holds(_ words: [String], _ text: String) -> Bool {
        words.contains { text.contains($0) }
    }

    private static let filterWords = [
        "content_filter", "content_policy", "data_inspection_failed", "datainspectionfailed",
    ]
    /// `Arrearage` is DashScope's word for an unpaid bill.
    private static let quotaWords = [
        "insufficient_quota", "exceeded your current quota", "quota exhausted",
        "quota is exhausted",
        "quota used up", "quota has been used up", "insufficient balance", "insufficient_balance",
        "balance is insufficient", "balance is not enough", "credit balance", "arrearage",
        "usage limit", "billing_hard_limit", "billing hard limit", "freetieronly",
    ]
    /// Words of limits that pass with time.
    private static let rateWords = ["per minute", "per second", "rate limit", "throttling"]
    private static let sizeWords = [
        "batch size", "batch_size", "batchsize", "batch is too", "too many inputs", "tokens",
        "token count", "token limit", "length", "too long", "too large", "too many texts",
        "maximum number of", "larger than",
    ]
}

/// When a service wants to be asked again.
enum RetryDemand {
    /// A demand beyond it means never: about a year.
    private static let millisecondsMax = 366.0 * 86_400_000

    /// The demand in milliseconds from now; nil when there is none.
    ///
    /// In this order: `retry-after-ms`, `Retry-After` (RFC 9110, section 10.2.3), `retryDelay` in
    /// the body (Google's error model), `x-ratelimit-reset-*` of the limits that are used up.
    static func milliseconds(
        _ headers: [CallResponse.HeaderField],
        _ body: JSON?,
        now: Instant
    ) -> Int? {
        func field(_ name: String) -> String? { headers.first { $0.name == name }?.value }
        if let value = field("retry-after-ms").flatMap(Double.init), let found = whole(value) {
            return found
        }
        if let text = field("retry-after") {
            if let value = Double(text), let found = whole(value * 1_000) { return found }
            if let date = HTTPDate.parse(text) { return until(date, now) }
        }
        if let text = body.flatMap({ delay($0, levels: 8) }), let found = duration(text, now) {
            return found
        }
        return reset(headers, now)
    }

    private static func whole(_ milliseconds: Double) -> Int? {
        guard milliseconds >= 0, milliseconds <= millisecondsMax else { return nil }
        return Int(milliseconds.rounded(.up))
    }

    private static func until(_ date: Instant, _ now: Instant) -> Int? {
        whole(max(0, Double(date.microseconds - now.microseconds) / 1_000))
    }

    /// The first `retryDelay` in a tree.
    private static func delay(_ value: JSON, levels: Int) -> String? {
        guard levels > 0 else { return nil }
        if let text = value["retryDelay"]?.string { return text }
        let children = value.array ?? value.object?.map(\.value) ?? []
        return children.lazy.compactMap { delay($0, levels: levels - 1) }.first
    }

    /// The longest wait of the limits that have nothing left.
    private static func reset(_ headers: [CallResponse.HeaderField], _ now: Instant) -> Int? {
        let prefix = "x-ratelimit-reset"
        var longest: Int?
        for header in headers where header.name.hasPrefix(prefix) {
            let limit = header.name.dropFirst(prefix.count)
            let left = headers.first { $0.name == "x-ratelimit-remaining" + limit }?.value
            guard left.map({ Double($0) == 0 }) ?? true else { continue }
            guard let wait = duration(header.value, now) else { continue }
            longest = max(longest ?? 0, wait)
        }
        return longest
    }

    /// `1m30.5s`, `20ms`, seconds without a unit, or seconds since 1970.
    private static func duration(_ text: String, _ now: Instant) -> Int? {
        if let seconds = Double(text) {
            guard seconds > 1e9 else { return whole(seconds * 1_000) }
            return whole(max(0, seconds * 1_000 - Double(now.microseconds) / 1_000))
        }
        let units: [(name: String, milliseconds: Double)] = [
            ("ms", 1), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
        ]
        var rest = text[...]
        var sum = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest[digits.endIndex...]
            guard let number = Double(digits),
                let unit = units.first(where: { rest.hasPrefix($0.name) })
            else { return nil }
            sum += number * unit.milliseconds
            rest = rest.dropFirst(unit.name.count)
        }
        return text.isEmpty ? nil : whole(sum)
    }
}
