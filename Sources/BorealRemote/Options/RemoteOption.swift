import BorealBase

/// One row of the table of options: its name, and how its value is read.
struct RemoteOption: Sendable {
    typealias Setter =
        @Sendable (inout RemoteModelOptions, OptionValue) throws(RemoteModelError) -> Void

    /// In lower case; SQL writes it in any.
    let name: String
    /// A single call may set it too.
    let isOfCall: Bool
    private let setter: Setter

    private init(_ name: String, ofCall: Bool = false, _ setter: @escaping Setter) {
        self.name = name
        isOfCall = ofCall
        self.setter = setter
    }

    /// - Throws: `RemoteModelError` CONFIG for a value out of range.
    func set(_ options: inout RemoteModelOptions, _ value: JSON) throws(RemoteModelError) {
        try setter(&options, OptionValue(name: name, value: value))
    }

    /// Nil for an unknown name.
    static func find(_ name: String) -> RemoteOption? { byName[name.asciiLowercased] }

    /// All names, or those that a call may set.
    static func names(ofCall: Bool = false) -> [String] {
        all.filter { !ofCall || $0.isOfCall }.map(\.name)
    }

    /// CONFIG naming the known name that looks most like it.
    static func unknown(_ name: String, among names: [String]) -> RemoteModelError {
        let nearest = NearestName.find(name, among: names) ?? ""
        return RemoteModelError(
            .config,
            "unknown option '\(UpstreamText.clean(name.utf8))'; did you mean '\(nearest)'?"
        )
    }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    private static let all = limits + behaviours + words

    private static let limits: [RemoteOption] = [
        .init("max_batch") { (options, value) throws(RemoteModelError) in
            options.batchMax = try value.integer(1...2_048)
        },
        .init("max_concurrency") { (options, value) throws(RemoteModelError) in
            options.concurrencyMax = try value.integer(1...99_999)
        },
        .init("rpm") { (options, value) throws(RemoteModelError) in
            options.requestsPerMinute = try value.integer(1...1_000_000_000)
        },
        .init("tpm") { (options, value) throws(RemoteModelError) in
            options.tokensPerMinute = try value.integer(1...1_000_000_000_000)
        },
        .init("retries", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.retries = try value.integer(0...20)
        },
        .init("timeout_ms", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.timeoutMilliseconds = try value.integer(1...1_800_000)
        },
        .init("cache_ttl") { (options, value) throws(RemoteModelError) in
            options.cacheSeconds = try value.integer(0...31_536_000)
        },
        .init("rows_per_prompt", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.rowsPerPrompt = try value.integer(1...256)
        },
    ]

    private static let behaviours: [RemoteOption] = [
        .init("cache_scope") { (options, value) throws(RemoteModelError) in
            options.cacheScope = try value.choice()
        },
        .init("bypass_cache", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.bypassesCache = try value.toggle()
        },
        .init("on_error", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.onError = try value.choice() as RemoteModelOptions.OnError
        },
        .init("data_policy", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.dataPolicy = try value.choice()
        },
        .init("hedge_ms", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.hedge =
                value.value.string?.asciiLowercased == "p95"
                ? .p95 : .milliseconds(try value.integer(1...600_000))
        },
        .init("pool") { (options, value) throws(RemoteModelError) in
            options.pool = try PoolMember.list(value.value)
        },
        .init("price_in") { (options, value) throws(RemoteModelError) in
            options.priceIn = try value.number(0...1_000_000)
        },
        .init("price_out") { (options, value) throws(RemoteModelError) in
            options.priceOut = try value.number(0...1_000_000)
        },
        .init("log_text") { (options, value) throws(RemoteModelError) in
            options.logsText = try value.toggle()
        },
        .init("stream", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.isStreamed = try value.toggle()
        },
    ]

    private static let words: [RemoteOption] = [
        .init("prompt") { (options, value) throws(RemoteModelError) in
            options.prompt = try value.text(64 << 10)
        },
        .init("system", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.system = try value.text(64 << 10)
        },
        .init("response_format", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.wantsJSON = try value.choice(["text", "json"]) == "json"
        },
        .init("temperature", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.temperature = try value.number(0...2)
        },
        .init("top_p", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.topP = try value.number(0...1)
        },
        .init("max_tokens", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.maxTokens = try value.integer(1...10_000_000)
        },
        .init("dimensions", ofCall: true) { (options, value) throws(RemoteModelError) in
            options.dimensions = try value.integer(1...65_536)
        },
        .init("parameters", ofCall: true) { (options, value) throws(RemoteModelError) in
            for (name, value) in try value.members() { options.parameters[name] = value }
        },
    ]
}

/// A value under its option's name: SQL writes all of them as strings.
struct OptionValue {
    let name: String
    let value: JSON

    /// CONFIG that says what the option takes.
    func problem(_ expected: String) -> RemoteModelError {
        RemoteModelError(.config, "option '\(name)' takes \(expected)")
    }

    func integer(_ range: ClosedRange<Int64>) throws(RemoteModelError) -> Int {
        let number = value.integer ?? value.string.flatMap { Int64($0) }
        guard let number, range.contains(number) else {
            throw problem("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(number)
    }

    func number(_ range: ClosedRange<Double>) throws(RemoteModelError) -> Double {
        let number = value.double ?? value.string.flatMap { Double($0) }
        guard let number, range.contains(number) else {
            throw problem("a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func toggle() throws(RemoteModelError) -> Bool {
        if let value = value.bool { return value }
        switch value.string?.asciiLowercased ?? value.integer.map(String.init) {
        case "true", "on", "1": return true
        case "false", "off", "0": return false
        default: throw problem("true or false")
        }
    }

    func text(_ bytesMax: Int) throws(RemoteModelError) -> String {
        guard let text = value.string, text.utf8.count <= bytesMax else {
            throw problem("a text of at most \(bytesMax) bytes")
        }
        return text
    }

    func choice(_ words: [String]) throws(RemoteModelError) -> String {
        guard let word = value.string?.asciiLowercased, words.contains(word) else {
            throw problem("one of " + words.map { "'\($0)'" }.joined(separator: ", "))
        }
        return word
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>() throws(RemoteModelError)
        -> Choice
    {
        let word = try choice(Choice.allCases.map(\.rawValue))
        guard let choice = Choice(rawValue: word) else { throw problem("another word") }
        return choice
    }

    func members() throws(RemoteModelError) -> [(key: String, value: JSON)] {
        if let members = value.object { return members }
        // What is no JSON is no object either.
        let parsed = value.string.flatMap { try? JSON.parse($0) }
        guard let members = parsed?.object else { throw problem("a JSON object") }
        return members
    }
}
