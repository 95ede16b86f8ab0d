import BorealBase
import BorealRemote
import BorealSQL

/// Turns rows into what a remote model is asked: by the columns of its INPUT, its PROMPT and its
/// kind.
struct RemoteRows: Sendable {
    /// Where the words of a row come from.
    private enum Words: Sendable {
        case none
        case column(Int)
        /// A template, and the place of each of its columns by name in lower case.
        case template(PromptTemplate, [String: Int])
    }

    private let kind: RemoteModelKind
    private let words: Words
    /// Where the document stands that a rerank model scores.
    private let document: Int
    /// Columns with pictures, in the order of INPUT.
    private let pictures: [Int]

    private init(
        _ kind: RemoteModelKind,
        _ words: Words,
        document: Int = 0,
        pictures: [Int] = []
    ) {
        self.kind = kind
        self.words = words
        self.document = document
        self.pictures = pictures
    }

    // MARK: - By name

    /// Rows whose columns have names: those of INPUT are taken, and without INPUT all of them. One
    /// column alone needs no name.
    ///
    /// - Parameters:
    ///   - inputs: of the version.
    ///   - columns: the names of the columns of every batch, in order.
    /// - Throws: `RemoteModelError` CONFIG for a column that is missing, for several texts without
    ///   a PROMPT, for pictures that the model does not take.
    init(
        _ record: RemoteModelRecord,
        inputs: InputColumns,
        columns: [String]
    ) throws(RemoteModelError) {
        let (texts, pictures) = try Self.places(record, inputs, columns)
        kind = record.kind
        self.pictures = pictures
        if kind == .rerank {
            guard texts.count == 2, record.options.prompt == nil else {
                throw RemoteModelError(.config, "a rerank model reads two columns: query, document")
            }
            let isSwapped = columns[texts[0]].asciiLowercased == "document"
            words = .column(isSwapped ? texts[1] : texts[0])
            document = isSwapped ? texts[0] : texts[1]
            return
        }
        document = 0
        if let prompt = record.options.prompt {
            words = try Self.template(PromptTemplate(prompt), texts, columns)
            return
        }
        switch texts.count {
        case 0 where !pictures.isEmpty: words = .none
        case 1: words = .column(texts[0])
        default:
            throw RemoteModelError(
                .config,
                "\(texts.count) columns are given; without the option PROMPT a model reads one"
            )
        }
    }

    /// The columns with words and those with pictures.
    private static func places(
        _ record: RemoteModelRecord,
        _ inputs: InputColumns,
        _ columns: [String]
    ) throws(RemoteModelError) -> (texts: [Int], pictures: [Int]) {
        guard !inputs.elements.isEmpty else { return (Array(columns.indices), []) }
        var texts: [Int] = []
        var pictures: [Int] = []
        for input in inputs.elements {
            let name = input.name.lowercased()
            var place = columns.firstIndex { $0.lowercased() == name }
            // One for one needs no name.
            if inputs.elements.count == 1, columns.count == 1 { place = 0 }
            guard let place else {
                let given = columns.prefix(20).joined(separator: ", ")
                throw RemoteModelError(
                    .config,
                    "the model's INPUT '\(input.name)' is not among the columns: \(given)"
                )
            }
            if input.kind == .binary { pictures.append(place) } else { texts.append(place) }
        }
        guard pictures.isEmpty || (record.seesPictures && record.kind == .chat) else {
            throw RemoteModelError(
                .config,
                "BINARY columns of INPUT need MODEL_TYPE='MLLM' and TASKS='chat'"
            )
        }
        return (texts, pictures)
    }

    private static func template(
        _ template: PromptTemplate,
        _ texts: [Int],
        _ columns: [String]
    ) throws(RemoteModelError) -> Words {
        var places: [String: Int] = [:]
        for place in texts.reversed() { places[columns[place].lowercased()] = place }
        if texts.count == 1, template.columns.count == 1 {
            places = [template.columns[0].lowercased(): texts[0]]
        }
        for name in template.columns where places[name.lowercased()] == nil {
            throw RemoteModelError(.config, "PROMPT reads '{\(name)}', which is no column")
        }
        return .template(template, places)
    }

    // MARK: - By place

    /// Rows of one column with the text, and one with the document of a rerank model.
    init(texts kind: RemoteModelKind, text: Int = 0, document: Int = 1) {
        self.init(kind, .column(text), document: document)
    }

    /// Rows of a function's call: one column with the text, or a query and a document. PROMPT is
    /// filled with it when it reads one column.
    ///
    /// - Parameters:
    ///   - text: the column with the text or the query.
    ///   - document: the column with the document.
    /// - Throws: `RemoteModelError` CONFIG for a PROMPT of several columns.
    init(
        calling record: RemoteModelRecord,
        text: Int,
        document: Int
    ) throws(RemoteModelError) {
        guard record.kind != .rerank, let prompt = record.options.prompt else {
            self.init(record.kind, .column(text), document: document)
            return
        }
        let template = PromptTemplate(prompt)
        guard template.columns.count <= 1 else {
            throw RemoteModelError(
                .config,
                "the model's PROMPT reads several columns: "
                    + template.columns.map { "{\($0)}" }.joined(separator: ", ")
                    + "; PREDICT gives them"
            )
        }
        let names = template.columns.map { ($0.lowercased(), text) }
        self.init(record.kind, .template(template, Dictionary(uniqueKeysWithValues: names)))
    }

    /// Rows of a function that brings its own prompt.
    ///
    /// - Parameters:
    ///   - prompt: its columns are named by their places: `0`, `1`.
    ///   - pictures: places of columns with pictures.
    init(prompt: PromptTemplate, pictures: [Int] = []) {
        let places = prompt.columns.compactMap { name in Int(name).map { (name, $0) } }
        self.init(
            .chat,
            .template(prompt, Dictionary(uniqueKeysWithValues: places)),
            pictures: pictures
        )
    }

    // MARK: - Rows

    /// What the rows ask; nil for those in which something is NULL that is read.
    func inputs(_ batch: RowBatch) -> [RemoteInput?] {
        (0..<batch.rowCount).map { input(batch, $0) }
    }

    private func input(_ batch: RowBatch, _ row: Int) -> RemoteInput? {
        guard let text = text(batch, row) else { return nil }
        switch kind {
        case .embedding: return .text(text)
        case .rerank:
            return Self.text(batch.columns[document], row).map {
                .pair(query: text, document: $0)
            }
        case .chat:
            guard !pictures.isEmpty else { return .prompt(text) }
            var found: [Picture] = []
            for place in pictures {
                guard let picture = Self.picture(batch.columns[place], row) else { return nil }
                found.append(picture)
            }
            return .pictured(prompt: text, pictures: found)
        }
    }

    private func text(_ batch: RowBatch, _ row: Int) -> String? {
        switch words {
        case .none: ""
        case .column(let place): Self.text(batch.columns[place], row)
        case .template(let template, let places):
            template.filled { name in
                places[name.lowercased()].flatMap { Self.text(batch.columns[$0], row) }
            }
        }
    }

    /// A cell as text; nil for NULL.
    static func text(_ column: Column, _ row: Int) -> String? {
        guard !column.isNull(row) else { return nil }
        if case .bytes(let values) = column.storage { return values.string(row) }
        var bytes: [UInt8] = []
        CellText.append(column, row, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func picture(_ column: Column, _ row: Int) -> Picture? {
        guard !column.isNull(row) else { return nil }
        if case .bytes(let values) = column.storage { return Picture(values[row]) }
        // A number is no picture, which its bytes will tell.
        return text(column, row).map { Picture($0.utf8) }
    }
}

extension RemoteModelRecord {
    /// The model takes pictures beside text.
    var seesPictures: Bool {
        modelType.asciiLowercased == RemoteDefinition.ModelType.multimodal.rawValue.asciiLowercased
    }
}
