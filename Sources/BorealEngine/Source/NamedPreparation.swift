package import BorealBase
import BorealSQL
import BorealTables
import BorealWire

/// EXECUTE ... USING of a statement for a source by name, beside a source that has the variables.
package struct NamedExecution: Sendable {
    /// What the client's session at that source is asked: one row with a value for each `?`.
    package let question: String
    /// The statement's name.
    let name: String

    fileprivate init(_ node: ExecuteStatement) {
        name = node.name.name
        let variables = node.variables.map { "@" + $0.backQuoted }
        question = "SELECT " + variables.joined(separator: ", ")
    }
}

/// PREPARE ... FROM and EXECUTE of statements for sources by name. The source gets the values of
/// their user variables in the text, as a statement like any other.
///
/// The variables are this session's, and beside `--source` those of the client's session there.
extension ClientSession {
    /// Whose a PREPARE or DEALLOCATE PREPARE is beside `--source`; nil for any other statement, and
    /// for what the source prepares.
    func namedPreparation(statement text: [UInt8]) -> StatementPassage? {
        let first = text.first { $0 > 0x20 }.map { $0 | 0x20 }
        guard first == UInt8(ascii: "p") || first == UInt8(ascii: "d") else { return nil }
        let mayBeNamed =
            first == UInt8(ascii: "p") && SourceNames.mayName(text, engine.sources.names)
        // What cannot be read is the source's.
        guard prepared.hasNamed || mayBeNamed, let parsed = try? parse(readable(text)),
            case .ordinary(let statement) = parsed.kind
        else { return nil }
        switch statement {
        case .deallocate(let name): return prepared[name: name.name]?.named == nil ? nil : .ours
        case .prepare(let node):
            if case .text(let inner) = node.source {
                do throws(ServerError) {
                    if try namedPreparation(Array(inner.utf8)) != nil { return .ours }
                } catch {
                    return .refused(error)
                }
            }
            // The source prepares one of this name in its place.
            if prepared[name: node.name.name]?.named != nil {
                prepared.remove(name: node.name.name)
            }
            return nil
        default: return nil
        }
    }

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
        case .ours, .theirs, .execution: return nil
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
        _ context: PassageContext
    ) -> StatementPassage? {
        guard prepared.hasNamed, let first = text.first(where: { $0 > 0x20 }),
            first | 0x20 == UInt8(ascii: "e"),
            // What cannot be read is told where it would run.
            let parsed = try? parse(readable(text)),
            case .ordinary(.execute(let node)) = parsed.kind, node.immediate == nil,
            let statement = prepared[name: node.name.name], let named = statement.named
        else { return nil }
        if let refusal = sourceRefusal { return .refused(refusal) }
        if context.isInTransaction, !named.isReading {
            return .refused(.changeAtSourceInTransaction(named.source))
        }
        if context.hasSource, !parsed.isHinted, !node.variables.isEmpty {
            return .execution(NamedExecution(node))
        }
        return bound(statement, named, node.variables.map(tables.userVariable))
    }

    /// What such an EXECUTE sends, with the values that the other source has told.
    ///
    /// - Parameter values: one row, a column for each `?`.
    package func bound(_ execution: NamedExecution, _ values: RowBatch) -> StatementPassage {
        guard let statement = prepared[name: execution.name], let named = statement.named,
            values.rowCount > 0
        else { return .refused(.unknownStatement(execution.name, "EXECUTE")) }
        return bound(statement, named, values.columns.map { TableValue($0, 0) })
    }

    private func bound(
        _ statement: PreparedStatement,
        _ named: NamedStatement,
        _ values: [TableValue]
    ) -> StatementPassage {
        do throws(ServerError) {
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
