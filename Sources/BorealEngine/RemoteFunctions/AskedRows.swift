import BorealBase
import BorealRemote
import BorealTables

/// What a chunk's rows ask of a model, and what their answers are read with.
struct AskedRows: Sendable {
    /// One for each row, nil for NULL; for similarities whatever texts need a vector.
    var inputs: [RemoteInput?] = []
    /// Rows that are wrong by themselves, by their place: nothing is sent for them.
    var failures: [Int: RemoteModelError] = [:]
    /// What each row may be answered with: `[rows]`, or one for all of them.
    var words: [[String]] = []
    /// `[rows]` of a similarity by vectors, nil for NULL; empty otherwise.
    var pairs: [VectorPair?] = []
    let rowCount: Int

    init(rowCount: Int) { self.rowCount = rowCount }

    /// The words of a row.
    func words(of row: Int) -> [String] { words.count == 1 ? words[0] : words[row] }
}

/// Two sides of a similarity.
struct VectorPair: Sendable {
    enum Side: Sendable {
        /// It was stored before.
        case known([Double])
        /// The place of its text among the inputs.
        case asked(Int)
    }

    let first: Side
    let second: Side
}

/// Makes the questions of a call's rows.
struct RowAsker: Sendable {
    /// An argument that is the same for all rows, or a column.
    enum Setting<Value: Sendable>: Sendable {
        case constant(Value)
        case column(Int)
    }

    private enum Way: Sendable {
        case rows(RemoteRows)
        case words(Setting<[String]>, isSentiment: Bool)
        case schema(Setting<String>)
        case language(Setting<String>)
        case summary
        case vectors(other: Int)
        case comparison(other: Int)
    }

    private let way: Way
    /// The column with the text.
    private let text: Int

    /// Asks with rows as they are.
    init(_ rows: RemoteRows) {
        way = .rows(rows)
        text = 0
    }

    /// - Parameters:
    ///   - places: where the arguments of the call stand.
    ///   - constants: the arguments' texts, nil for those that are no constants and for NULL.
    ///   - first: leading arguments that are no columns.
    /// - Throws: `RemoteModelError` CONFIG for a constant that is wrong.
    init(
        _ form: FunctionForm,
        _ places: [FunctionForm.Argument: Int],
        constants: [String?],
        first: Int,
        _ target: RemoteTarget
    ) throws(RemoteModelError) {
        func column(_ argument: FunctionForm.Argument) -> Int? {
            places[argument].map { $0 - first }
        }
        /// The text of a constant argument.
        func constant(_ argument: FunctionForm.Argument) -> String? {
            places[argument].flatMap { constants[$0] }
        }
        text = column(.text) ?? column(.query) ?? column(.prompt) ?? 0
        switch form.task {
        case .json, .text, .vector, .score, .report:
            way = .rows(try target.callingRows(text: text, document: column(.document) ?? 1))
        case .generation:
            way = .rows(try Self.rows(form, text, column(.data), constant(.type)))
        case .summary: way = .summary
        case .similarity:
            let other = column(.other) ?? 1
            way = target.runtime.kind == .chat ? .comparison(other: other) : .vectors(other: other)
        case .label:
            way = .words(
                try Self.words(constant(.labels), column(.labels), TaskArgument.labelCounts),
                isSentiment: false
            )
        case .sentiment:
            let standard = Setting<[String]>.constant(TaskArgument.categories)
            way = .words(
                places[.categories] == nil
                    ? standard
                    : try Self.words(
                        constant(.categories),
                        column(.categories),
                        TaskArgument.categoryCounts
                    ),
                isSentiment: true
            )
        case .extraction:
            if let given = constant(.schema) {
                way = .schema(.constant(try TaskArgument.schema(given)))
            } else {
                way = .schema(.column(column(.schema) ?? 1))
            }
        case .translation:
            way = .language(constant(.language).map { .constant($0) } ?? .column(text + 1))
        }
    }

    private static func words(
        _ constant: String?,
        _ column: Int?,
        _ counts: ClosedRange<Int>
    ) throws(RemoteModelError) -> Setting<[String]> {
        guard let constant else { return .column(column ?? 1) }
        return .constant(try TaskArgument.words(constant, counts, name(of: counts)))
    }

    private static func name(of counts: ClosedRange<Int>) -> String {
        counts == TaskArgument.labelCounts ? "labels" : "categories"
    }

    /// Rows of `AI_GENERATE`: a prompt, or a prompt with what it is about.
    private static func rows(
        _ form: FunctionForm,
        _ prompt: Int,
        _ data: Int?,
        _ type: String?
    ) throws(RemoteModelError) -> RemoteRows {
        let words = PromptTemplate.Part.column(String(prompt))
        guard form.isMultimodal, let data else { return RemoteRows(prompt: .init(parts: [words])) }
        switch type?.asciiLowercased {
        case "image", nil: return RemoteRows(prompt: .init(parts: [words]), pictures: [data])
        case "text":
            let parts = [words, .text("\n\n"), .column(String(data))]
            return RemoteRows(prompt: .init(parts: parts))
        case let other?:
            throw RemoteModelError(
                .config,
                "type '\(other)' is none of 'image', 'text'"
            )
        }
    }

    // MARK: - Rows

    func ask(_ batch: RowBatch) -> AskedRows {
        var asked = AskedRows(rowCount: batch.rowCount)
        switch way {
        case .rows(let rows): asked.inputs = rows.inputs(batch)
        case .vectors(let other): askVectors(batch, other, &asked)
        default:
            if case .words(.constant(let words), _) = way { asked.words = [words] }
            for row in 0..<batch.rowCount {
                do throws(RemoteModelError) {
                    asked.inputs.append(try prompt(batch, row, &asked).map { .prompt($0) })
                } catch {
                    asked.inputs.append(nil)
                    asked.failures[row] = error
                }
                // One list a row, where lists differ.
                if case .words(.column, _) = way, asked.words.count <= row {
                    asked.words.append([])
                }
            }
        }
        return asked
    }

    private func prompt(
        _ batch: RowBatch,
        _ row: Int,
        _ asked: inout AskedRows
    ) throws(RemoteModelError) -> String? {
        guard let text = RemoteRows.text(batch.columns[text], row) else { return nil }
        func cell(_ column: Int) -> String? { RemoteRows.text(batch.columns[column], row) }
        switch way {
        case .rows, .vectors: return nil
        case .summary: return TaskPrompt.summary(text)
        case .comparison(let other):
            return cell(other).map { TaskPrompt.similarity(text, $0) }
        case .language(.constant(let language)): return TaskPrompt.translation(text, language)
        case .language(.column(let place)):
            return cell(place).map { TaskPrompt.translation(text, $0) }
        case .schema(.constant(let schema)): return TaskPrompt.extraction(text, schema)
        case .schema(.column(let place)):
            guard let schema = cell(place) else { return nil }
            return TaskPrompt.extraction(text, try TaskArgument.schema(schema))
        case .words(let setting, let isSentiment):
            // Nothing has no sentiment.
            if isSentiment, text.utf8.allSatisfy({ $0 <= 0x20 }) { return nil }
            let words: [String]
            switch setting {
            case .constant(let given): words = given
            case .column(let place):
                guard let list = cell(place) else { return nil }
                let counts = isSentiment ? TaskArgument.categoryCounts : TaskArgument.labelCounts
                words = try TaskArgument.words(list, counts, Self.name(of: counts))
                asked.words.append(words)
            }
            return isSentiment
                ? TaskPrompt.sentiment(text, words) : TaskPrompt.label(text, words)
        }
    }

    private func askVectors(_ batch: RowBatch, _ other: Int, _ asked: inout AskedRows) {
        for row in 0..<batch.rowCount {
            let columns = [batch.columns[text], batch.columns[other]]
            guard !columns.contains(where: { $0.isNull(row) }) else {
                asked.pairs.append(nil)
                continue
            }
            let sides = columns.map { column -> VectorPair.Side in
                if let known = column.vector(row) { return .known(known) }
                let text = RemoteRows.text(column, row) ?? ""
                if let known = Self.vector(text) { return .known(known) }
                asked.inputs.append(.text(text))
                return .asked(asked.inputs.count - 1)
            }
            asked.pairs.append(VectorPair(first: sides[0], second: sides[1]))
        }
    }

    /// A vector as text, a JSON array of numbers; nil for any other text.
    static func vector(_ text: String) -> [Double]? {
        guard text.utf8.first(where: { $0 > 0x20 }) == UInt8(ascii: "["),
            // What is no JSON is a text to embed.
            let elements = (try? JSON.parse(text))?.array, !elements.isEmpty
        else { return nil }
        let numbers = elements.compactMap(\.double)
        return numbers.count == elements.count ? numbers : nil
    }
}
