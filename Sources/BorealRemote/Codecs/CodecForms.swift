package import BorealBase

/// What the request says: one half of a codec.
protocol RequestForm: Sendable {
    /// Rows that one request may hold.
    var rowsMax: Int { get }
    /// Whether two rows may stand in one request.
    func canShareRequest(_ first: RemoteInput, _ second: RemoteInput) -> Bool
    /// The body for these rows, between one and `rowsMax`.
    func body(for inputs: [RemoteInput]) throws(RemoteModelError) -> [UInt8]
}

extension RequestForm {
    func canShareRequest(_ first: RemoteInput, _ second: RemoteInput) -> Bool { rowsMax > 1 }
}

/// How the answer is read: the other half.
protocol AnswerForm: Sendable {
    /// Rows that one answer can speak of.
    var rowsMax: Int { get }
    /// As `CallCodec.read`.
    func read(
        _ body: [UInt8],
        for inputs: [RemoteInput]
    ) throws(RemoteModelError) -> CallReading
}

/// A codec of two halves, each built in or the user's own.
package struct PairedCodec: CallCodec {
    private let request: any RequestForm
    private let answer: any AnswerForm
    package let batchMax: Int

    init(_ request: any RequestForm, _ answer: any AnswerForm) {
        self.request = request
        self.answer = answer
        batchMax = min(request.rowsMax, answer.rowsMax)
    }

    package func canShareRequest(_ first: RemoteInput, _ second: RemoteInput) -> Bool {
        batchMax > 1 && request.canShareRequest(first, second)
    }

    package func body(for inputs: [RemoteInput]) throws(RemoteModelError) -> [UInt8] {
        try request.body(for: inputs)
    }

    package func read(
        _ body: [UInt8],
        for inputs: [RemoteInput]
    ) throws(RemoteModelError) -> CallReading {
        try answer.read(body, for: inputs)
    }
}

extension RemoteInput {
    /// The text of a row for a service that takes texts.
    ///
    /// - Throws: `RemoteModelError` CONFIG for a query with a document and for pictures.
    func singleText() throws(RemoteModelError) -> String {
        switch self {
        case .prompt(let text), .text(let text): return text
        case .pair:
            throw RemoteModelError(.config, "the model takes one text, no query with a document")
        case .pictured:
            throw RemoteModelError(.config, "the model takes text, no pictures")
        case .written:
            throw RemoteModelError(.config, "the model takes a text, no request")
        }
    }
}

/// What stands in every request to a model beside the rows.
package struct CodecParameters: Equatable, Sendable {
    /// The service's own name of the model.
    package var model: String
    /// Said before every prompt.
    package var system: String?
    package var temperature: Double?
    package var topP: Double?
    /// Tokens of an answer.
    package var maxTokens: Int?
    /// Numbers of an embedding.
    package var dimensions: Int?
    /// The answer shall be a JSON object (`response_format`).
    package var wantsJSON = false
    /// The answer comes as server-sent events.
    package var isStreamed = false
    /// Rows of one prompt of a chat; 1 for every row by itself.
    package var rowsPerPrompt = 1
    /// What `${parameters.x}` of a template finds.
    package var named: [String: JSON] = [:]

    package init(model: String) { self.model = model }
}
