package import BorealBase
import BorealSQL
import BorealTables
import BorealWire

/// Whose a statement is when another server's tables are served.
package enum StatementPassage: Sendable {
    /// It runs here.
    case ours
    /// It goes to the source as it came.
    case theirs
    /// It goes nowhere.
    case refused(ServerError)
}

/// Which statements are this server's own and which are the source's.
///
/// The source's grammar is not ours, so its statements are not parsed. Ours are those behind the
/// hint, those on models, and those that name a database of ours: a look at the words tells which
/// could be such a one, and only those are read as a whole.
extension ClientSession {
    /// Whose a text of COM_QUERY or COM_STMT_PREPARE is.
    ///
    /// - Parameters:
    ///   - lastWasOurs: whether the statement before ran here, whose warnings are here too.
    ///   - escapes: whether a backslash in a string takes the next byte's meaning.
    package func passage(
        of text: [UInt8],
        lastWasOurs: Bool,
        escapes: Bool
    ) -> StatementPassage {
        let marks = SourceMarks(text, escapes: escapes)
        if marks.isSeveral, allowsSeveralStatements, marks.mayBeOurs {
            return passage(ofSeveral: text, lastWasOurs, escapes)
        }
        return passage(of: text, marks, lastWasOurs)
    }

    private func passage(
        of text: [UInt8],
        _ marks: SourceMarks,
        _ lastWasOurs: Bool
    ) -> StatementPassage {
        if marks.isHinted || marks.isShutdown { return .ours }
        if marks.usesOurs { return .refused(.ownDatabaseAsDefault) }
        if marks.namesOurs { return .ours }
        if marks.isKill { return isOwnKill(text) ? .ours : theirs }
        if marks.showsWarnings { return lastWasOurs ? .ours : theirs }
        if marks.beginsWithModel { return .ours }
        if marks.mayBeModel, isOwn(text) { return .ours }
        guard marks.callsModel else { return theirs }
        return marks.readsTables || marks.isSet ? .refused(.modelCallOverSource) : .ours
    }

    /// Several statements in one text go all the same way, or nowhere.
    private func passage(
        ofSeveral text: [UInt8],
        _ lastWasOurs: Bool,
        _ escapes: Bool
    ) -> StatementPassage {
        var splitter = StatementSplitter(text)
        var passages: [StatementPassage] = []
        while true {
            let range: Range<Int>?
            do { range = try splitter.next() } catch {
                // What does not end is the source's to complain about.
                return theirs
            }
            guard let range else { break }
            let one = Array(text[range])
            passages.append(passage(of: one, SourceMarks(one, escapes: escapes), lastWasOurs))
        }
        var hasOurs = false
        var hasTheirs = false
        for passage in passages {
            switch passage {
            case .ours: hasOurs = true
            case .theirs: hasTheirs = true
            case .refused: return passage
            }
        }
        if hasOurs, hasTheirs { return .refused(.mixedText) }
        return hasOurs ? .ours : theirs
    }

    /// The source, for those who may use it.
    private var theirs: StatementPassage {
        refreshRights()
        if mustChangePassword { return .refused(.passwordMustChange) }
        guard tables.rights.dynamic.contains(Self.sourceRight) else {
            return .refused(.rightNeeded(Self.sourceRight))
        }
        return .theirs
    }

    /// The privilege to use the source's tables with the source's account.
    private static let sourceRight = "UPSTREAM"

    /// True for a text that means something here and nothing there.
    private func isOwn(_ text: [UInt8]) -> Bool {
        // What cannot be read here is the source's.
        guard let parsed = try? parse(readable(text)) else { return false }
        switch parsed.kind {
        case .model, .ambiguous: return true
        case .ordinary(.createToken), .ordinary(.dropToken): return true
        case .ordinary(.show(let show)):
            if case .tokens = show.subject { return true } else { return false }
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
