import BorealBase
import BorealSQL
import BorealTables
import BorealWire

/// PREPARE ... FROM and EXECUTE of statements for sources by name. Their user variables are this
/// session's, so the source gets the values in the text, as a statement like any other.
extension ClientSession {
    /// The statement of a text that a source runs; nil for one of ours.
    ///
    /// - Throws: why the source cannot run it.
    func namedPreparation(_ text: [UInt8]) throws(ServerError) -> PreparedStatement? {
        let context = PassageContext(
            hasSource: false,
            lastWasOurs: true,
            lastSource: nil,
            escapes: true,
            // What changes something is refused when it runs.
            isInTransaction: false
        )
        switch passage(of: text, context) {
        case .refused(let error): throw error
        case .ours, .theirs: return nil
        case .named(let named):
            let statement = PreparedStatement(
                text: named.text,
                // Its tree is the source's; this one is never run.
                parsed: try parse(Array("DO 0".utf8)),
                database: nil,
                mode: []
            )
            statement.named = named
            return statement
        }
    }

    /// What EXECUTE of such a statement sends to its source.
    ///
    /// - Returns: nil for any other text.
    func namedExecution(
        of text: [UInt8],
        isInTransaction: Bool
    ) -> StatementPassage? {
        guard prepared.hasNamed, let first = text.first(where: { $0 > 0x20 }),
            first | 0x20 == UInt8(ascii: "e"),
            // What cannot be read is told where it would run.
            let parsed = try? parse(readable(text)),
            case .ordinary(.execute(let node)) = parsed.kind, node.immediate == nil,
            let statement = prepared[name: node.name.name], let named = statement.named
        else { return nil }
        if let refusal = sourceRefusal { return .refused(refusal) }
        if isInTransaction, !named.isReading {
            return .refused(.changeAtSourceInTransaction(named.source))
        }
        do throws(ServerError) {
            let values = node.variables.map(tables.userVariable)
            let bound = try BoundText.text(of: statement, values)
            let encoded = texts.client?.encoded(String(decoding: bound, as: UTF8.self))
            return .named(
                NamedStatement(
                    source: named.source,
                    text: encoded ?? bound,
                    isReading: named.isReading
                )
            )
        } catch {
            return .refused(error)
        }
    }
}
