import BorealBase
import BorealRemote
import BorealTables

/// What a function on remote models asks for.
enum FunctionTask: Sendable {
    /// The answer as JSON, whatever the model is.
    case json
    /// A text without quotes.
    case text
    /// A JSON array of numbers.
    case vector
    /// How well a document answers a query.
    case score
    /// The answer and all that is known of the call, as JSON; never an error.
    case report
    /// How near two texts are.
    case similarity
    /// One of several labels.
    case label
    case sentiment
    case summary
    case translation
    /// JSON as a schema describes it.
    case extraction
    /// The answer to a prompt, which is sent as it is.
    case generation

    /// Whether models of that kind do it.
    func fits(_ kind: RemoteModelKind) -> Bool {
        switch self {
        case .json, .report: kind != .rerank
        case .vector: kind == .embedding
        case .score: kind == .rerank
        case .similarity: kind != .rerank
        case .text, .label, .sentiment, .summary, .translation, .extraction, .generation:
            kind == .chat
        }
    }

    /// The built-in model that does it where none is named; nil where there is none.
    var builtIn: BuiltInModel? {
        switch self {
        case .vector, .similarity: .vector
        case .score: nil
        default: .chat
        }
    }

    var type: ColumnType {
        switch self {
        case .json, .vector, .report, .extraction: ColumnType(.json)
        case .score, .similarity: .double
        case .text, .label, .sentiment, .summary, .translation, .generation:
            ColumnType(.text, length: Int(UInt32.max))
        }
    }
}

/// One way to write a call: the meaning of each argument by its place. Several functions have two,
/// told apart by the number of arguments: the short one, and MaxCompute's, which begins with model
/// and version.
struct FunctionForm: Sendable {
    /// What an argument is, by the word that messages use.
    enum Argument: String, Sendable {
        case model, version
        /// What the model reads.
        case text, prompt, query
        /// What it reads beside it.
        case document
        case other = "text2"
        case labels, categories, schema, language
        /// A picture or a text that the prompt is about.
        case data
        /// What `data` is.
        case type
        case dimension
        /// How this call is made, as JSON.
        case config
        /// The same in MaxCompute's words.
        case parameters = "model_parameters"
    }

    /// In upper case.
    let name: String
    let task: FunctionTask
    let required: [Argument]
    let optional: [Argument]
    /// For models that see pictures; the others have a form of their own.
    let isMultimodal: Bool

    private init(
        _ name: String,
        _ task: FunctionTask,
        _ required: [Argument],
        _ optional: [Argument] = [],
        isMultimodal: Bool = false
    ) {
        self.name = name
        self.task = task
        self.required = required
        self.optional = optional
        self.isMultimodal = isMultimodal
    }

    /// MaxCompute's form.
    var isVersioned: Bool { required.starts(with: [.model, .version]) }

    /// Leading arguments that may be bare words.
    var nameCount: Int { isVersioned ? 2 : 0 }

    var counts: ClosedRange<Int> { required.count...(required.count + optional.count) }

    /// How the call is written: `AI_RANK(query, document [, model])`.
    var text: String {
        let opened = optional.map { " [, \($0.rawValue)" }.joined()
        let closed = String(repeating: "]", count: optional.count)
        return "\(name)(\(required.map(\.rawValue).joined(separator: ", "))\(opened)\(closed))"
    }

    /// Where the arguments of a call stand.
    ///
    /// - Returns: nil when one has no place.
    func places(_ arguments: [BatchArgument]) -> [Argument: Int]? {
        var places: [Argument: Int] = [:]
        for (place, argument) in required.enumerated() { places[argument] = place }
        var open = optional[...]
        for place in required.count..<max(required.count, arguments.count) {
            guard let found = open.firstIndex(where: { $0.mayBe(arguments[place]) }) else {
                return nil
            }
            places[open[found]] = place
            open = open[(found + 1)...]
        }
        return places
    }

    // MARK: - The table

    private static let all: [FunctionForm] = calls + tasks
    private static let byName = Dictionary(grouping: all, by: \.name)

    private static let calls: [FunctionForm] = [
        .init("AI_CALLMODEL", .json, [.model, .text], [.config]),
        .init("AI_CALLTEXT", .text, [.model, .text], [.config]),
        .init("AI_EMBEDTEXT", .vector, [.model, .text], [.config]),
        .init("AI_RERANK", .score, [.model, .query, .document]),
        .init("AI_CALLMODELEX", .report, [.model, .text], [.config]),
        .init("AI_TEXT_EMBEDDING", .vector, [.text, .model]),
        .init("EMBEDDING", .vector, [.text, .model, .dimension]),
        .init("AI_GENERATE", .generation, [.model, .version, .prompt], [.parameters]),
        .init(
            "AI_GENERATE",
            .generation,
            [.model, .version, .data, .prompt],
            [.type, .parameters],
            isMultimodal: true
        ),
    ]

    private static let tasks: [FunctionForm] = [
        .init("AI_PROMPT", .text, [.text], [.model]),
        .init("AI_EMBEDDING", .vector, [.text], [.model]),
        .init("AI_EMBEDDING", .vector, [.model, .version, .text], [.parameters]),
        .init("AI_RANK", .score, [.query, .document], [.model]),
        .init("AI_SIMILARITY", .similarity, [.text, .other], [.model]),
        .init("AI_SIMILARITY", .similarity, [.model, .version, .text, .other], [.parameters]),
        .init("AI_CLASSIFY", .label, [.text, .labels], [.model]),
        .init("AI_CLASSIFY", .label, [.model, .version, .text, .labels], [.parameters]),
        .init("AI_SENTIMENT", .sentiment, [.text], [.categories, .model]),
        .init(
            "AI_SENTIMENT",
            .sentiment,
            [.model, .version, .text],
            [.categories, .parameters]
        ),
        .init("AI_SUMMARIZE", .summary, [.text], [.model]),
        .init("AI_SUMMARIZE", .summary, [.model, .version, .text], [.parameters]),
        .init("AI_TRANSLATE", .translation, [.text, .language], [.model]),
        .init("AI_TRANSLATE", .translation, [.model, .version, .text, .language], [.parameters]),
        .init("AI_EXTRACT", .extraction, [.text, .schema], [.model]),
        .init("AI_EXTRACT", .extraction, [.model, .version, .text, .schema], [.parameters]),
    ]

    /// Every function's name, once.
    static let names: [String] = {
        var seen: Set<String> = []
        return all.map(\.name).filter { seen.insert($0).inserted }
    }()

    /// The ways to call a function with so many arguments; of `AI_SENTIMENT` with two or three, the
    /// one by which the arguments have places.
    static func forms(of name: String, count: Int) -> [FunctionForm] {
        byName[name, default: []].filter { $0.counts.contains(count) && !$0.yields(count) }
    }

    /// How a function is called, for messages.
    static func texts(of name: String) -> String {
        byName[name, default: []].map(\.text).joined(separator: " or ")
    }

    /// True for a short form where MaxCompute's takes so many arguments too.
    private func yields(_ count: Int) -> Bool {
        !isVersioned
            && Self.byName[name, default: []].contains {
                $0.isVersioned && $0.counts.contains(count)
            }
    }
}

extension FunctionForm.Argument {
    /// Whether what is known of an argument lets it be this optional one: those with a form of
    /// their own are known by it.
    fileprivate func mayBe(_ argument: BatchArgument) -> Bool {
        let first = argument.constant?.text?.utf8.first { $0 > 0x20 }
        switch self {
        case .categories:
            return argument.constant == nil || argument.constant?.text == nil
                || first == UInt8(ascii: "[")
        case .type: return first != UInt8(ascii: "{") && argument.constant?.text != nil
        default: return true
        }
    }
}
