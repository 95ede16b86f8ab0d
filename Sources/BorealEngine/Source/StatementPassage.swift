package import BorealBase
import BorealSQL
import BorealTables
import BorealWire

/// Whose a statement is when there are other servers' tables.
package enum StatementPassage: Sendable {
    /// It runs here.
    case ours
    /// It goes as it came to the source that the server was started with.
    case theirs
    /// It goes to a source by name.
    case named(NamedStatement)
    /// The same, once the source that the server was started with has told the values of variables.
    case execution(NamedExecution)
    /// It goes nowhere.
    case refused(ServerError)
}

/// A statement all of whose tables are those of one source by name.
package struct NamedStatement: Sendable {
    /// The source's name, in lower case.
    package let source: String
    /// The text without the source's name.
    package let text: [UInt8]
    /// True when it changes nothing.
    package let isReading: Bool
}

/// What decides about a statement beside its text.
package struct PassageContext: Sendable {
    /// Whether the server was started with a source.
    let hasSource: Bool
    /// Whether the statement before ran here, whose warnings are here too.
    let lastWasOurs: Bool
    /// The source by name that the statement before ran at; nil for elsewhere.
    let lastSource: String?
    /// Whether a backslash in a string takes the next byte's meaning.
    let escapes: Bool
    /// Whether a transaction is open, or every statement begins one.
    let isInTransaction: Bool

    /// - Parameters: see the stored properties.
    package init(
        hasSource: Bool,
        lastWasOurs: Bool,
        lastSource: String?,
        escapes: Bool,
        isInTransaction: Bool
    ) {
        self.hasSource = hasSource
        self.lastWasOurs = lastWasOurs
        self.lastSource = lastSource
        self.escapes = escapes
        self.isInTransaction = isInTransaction
    }
}

/// Which statements are this server's own and which are a source's.
///
/// A source's grammar is not ours, so its statements are not parsed. Ours are those behind the
/// hint, those on models, and those that name a database of ours: a look at the words tells which
/// could be such a one, and only those are read as a whole. Tables of sources by name stand in the
/// text as `s.db.t`.
extension ClientSession {
    /// Whose a text of COM_QUERY or COM_STMT_PREPARE is.
    package func passage(of text: [UInt8], _ context: PassageContext) -> StatementPassage {
        if let execution = namedExecution(of: text, context) { return execution }
        let mayBeNamed = SourceNames.mayName(text, engine.sources.names)
        // Without a source everything else is ours, and needs no closer look.
        guard context.hasSource || context.lastSource != nil || mayBeNamed else { return .ours }
        let marks = SourceMarks(text, escapes: context.escapes)
        if marks.isSeveral, allowsSeveralStatements, marks.mayBeOurs || mayBeNamed {
            return passage(ofSeveral: text, context)
        }
        return passage(of: text, marks, context)
    }

    private func passage(
        of text: [UInt8],
        _ marks: SourceMarks,
        _ context: PassageContext
    ) -> StatementPassage {
        if let named = namedPassage(of: text, marks, context) { return named }
        if marks.showsWarnings, let source = context.lastSource {
            return .named(NamedStatement(source: source, text: text, isReading: true))
        }
        guard context.hasSource else { return .ours }
        if marks.isHinted || marks.isShutdown { return .ours }
        if let preparation = namedPreparation(statement: text) { return preparation }
        if marks.usesOurs { return .refused(.ownDatabaseAsDefault) }
        if marks.namesOurs { return .ours }
        if marks.isKill { return isOwnKill(text) ? .ours : theirs }
        if marks.showsWarnings { return context.lastWasOurs ? .ours : theirs }
        if marks.beginsWithModel || marks.definesSource { return .ours }
        if marks.mayBeModel, isOwn(text) { return .ours }
        guard marks.callsModel else { return theirs }
        if marks.isSet { return .refused(.modelCallOverSource) }
        guard marks.readsTables else { return .ours }
        return calls(text, context) { mode throws(ServerError) in
            _ = try SourceCalls(text, source: nil, tables, mode: mode)
        }
    }

    /// A statement that calls functions of models over tables of a source, if it can be answered.
    private func calls(
        _ text: [UInt8],
        _ context: PassageContext,
        _ check: (SQLMode) throws(ServerError) -> Void
    ) -> StatementPassage {
        // It is read here as well as there.
        guard context.escapes || !text.contains(UInt8(ascii: "\\")) else {
            return .refused(.callOverSource("NO_BACKSLASH_ESCAPES and a backslash"))
        }
        do throws(ServerError) { try check(tables.parserMode) } catch { return .refused(error) }
        return .ours
    }

    /// Whether a text is for a source by name.
    ///
    /// - Returns: nil for one that names none.
    private func namedPassage(
        of text: [UInt8],
        _ marks: SourceMarks,
        _ context: PassageContext
    ) -> StatementPassage? {
        let mode: SQLMode = context.escapes ? [] : .noBackslashEscapes
        guard let found = SourceNames.find(text, engine.sources.names, mode: mode),
            let source = found.sources.first
        else { return nil }
        let cut = found.cut(text)
        // Whose rows its queries read is found out when they are opened.
        if marks.beginsWithModel || marks.mayBeModel && isOwn(cut) { return .ours }
        if marks.isHinted { return .refused(.sourceBehindHint) }
        if marks.callsModel {
            return calls(text, context) { mode throws(ServerError) in
                _ = try namedCalls(found, text, mode)
            }
        }
        if let obstacle = found.obstacle { return .refused(.notYet(obstacle)) }
        guard found.sources.count == 1 else { return .refused(.severalSources(found.sources)) }
        if let other = found.otherTable {
            return .refused(.mixedTables("'\(found.shown(other, in: text))'", source))
        }
        if let refusal = sourceRefusal { return .refused(refusal) }
        if context.isInTransaction, !found.isReading {
            return .refused(.changeAtSourceInTransaction(source))
        }
        return .named(NamedStatement(source: source, text: cut, isReading: found.isReading))
    }

    /// Several statements in one text go all the same way, or nowhere.
    private func passage(ofSeveral text: [UInt8], _ context: PassageContext) -> StatementPassage {
        var splitter = StatementSplitter(text)
        var passages: [StatementPassage] = []
        while true {
            let range: Range<Int>?
            do { range = try splitter.next() } catch {
                // What does not end is for whoever gets it to complain about.
                return context.hasSource ? theirs : .ours
            }
            guard let range else { break }
            let one = Array(text[range])
            let marks = SourceMarks(one, escapes: context.escapes)
            passages.append(passage(of: one, marks, context))
        }
        return joined(passages)
    }

    private func joined(_ passages: [StatementPassage]) -> StatementPassage {
        var named: [NamedStatement] = []
        var hasOurs = false
        var hasTheirs = false
        for passage in passages {
            switch passage {
            case .ours: hasOurs = true
            case .theirs: hasTheirs = true
            case .named(let statement): named.append(statement)
            case .refused: return passage
            case .execution: return .refused(.mixedText)
            }
        }
        if [hasOurs, hasTheirs, !named.isEmpty].count(where: { $0 }) > 1 {
            return .refused(.mixedText)
        }
        guard let first = named.first else { return hasTheirs ? theirs : .ours }
        if let other = named.first(where: { $0.source != first.source }) {
            return .refused(.severalSources([first.source, other.source]))
        }
        return .named(
            NamedStatement(
                source: first.source,
                text: Array(named.map(\.text).joined(separator: [UInt8(ascii: ";")])),
                isReading: named.allSatisfy(\.isReading)
            )
        )
    }

    /// The source that the server was started with, for those who may use it.
    private var theirs: StatementPassage {
        if let refusal = sourceRefusal { return .refused(refusal) }
        return .theirs
    }

    /// Why the session may not use sources; nil when it may.
    package var sourceRefusal: ServerError? {
        refreshRights()
        if mustChangePassword { return .passwordMustChange }
        return tables.rights.dynamic.contains(SourceRight.name)
            ? nil : .rightNeeded(SourceRight.name)
    }

    /// True for a text that means something here and nothing there.
    func isOwn(_ text: [UInt8]) -> Bool {
        // What cannot be read here is the source's.
        guard let parsed = try? parse(readable(text)) else { return false }
        switch parsed.kind {
        case .model, .ambiguous: return true
        case .ordinary(.createToken), .ordinary(.dropToken): return true
        case .ordinary(.createSource), .ordinary(.dropSource): return true
        case .ordinary(.show(let show)):
            if case .tokens = show.subject { return true }
            return show.subject.isSource
        case .ordinary: return false
        }
    }

    /// True for KILL with the id of a connection to this server.
    private func isOwnKill(_ text: [UInt8]) -> Bool {
        guard let parsed = try? parse(text), case .ordinary(.kill(let kill)) = parsed.kind,
            case .literal(.integer(let id)) = kill.connection.kind
        else { return false }
        return id >= UInt64(WireLimits.ownStatementIDsStart)
    }

    // MARK: - Statements of the source

    /// The session's statement goes to the source: it counts, and the process list shows it.
    package func sourceStatementBegins(
        _ command: String,
        _ text: [UInt8],
        _ cancellation: CancellationFlag
    ) {
        engine.countQuestion()
        processBegins(command, shown(text), cancellation)
    }

    /// The source's session says what the client writes and reads from now on.
    ///
    /// - Parameter changes: system variables with their new values.
    package func follow(_ changes: [(name: String, value: String)]) {
        for (name, value) in changes { tables.follow(name, value) }
    }
}
