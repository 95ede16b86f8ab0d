import BorealBase
import BorealSQL
import BorealTables
import BorealUpstream
import BorealWire

/// A SELECT over tables of a source whose list calls functions of models: the source is asked for
/// its rows and for the arguments of the calls, which are answered here
/// ([record 0036](../../../docs/decisions/0036-calls-over-a-source-are-cut-out-of-its-list.md)).
struct SourceCalls {
    /// What the source is asked.
    let query: ForeignQuery
    private let select: CallSelect
    /// Values are missing in it.
    var hasPlaceholders: Bool { select.hasPlaceholders }

    /// - Parameters:
    ///   - source: the name of the source that has its tables; nil for that of the start.
    ///   - text: as the source knows it.
    /// - Throws: 1235 for what does not stand by itself in the list of one SELECT.
    init(
        _ text: [UInt8],
        source: String?,
        _ tables: TableSession,
        mode: SQLMode
    ) throws(ServerError) {
        do throws(CallSelectError) {
            select = try CallSelect(text, mode: mode, nameCount: tables.nameCount)
        } catch {
            switch error {
            case .syntax(let error): throw ServerError(syntax: error, text: text)
            case .refused(let what): throw .callOverSource(what)
            }
        }
        query = ForeignQuery(source: source, text: String(decoding: select.inner, as: UTF8.self))
    }

    /// The calls, bound to the columns that the source has told of.
    private struct Bound {
        let visible: [ColumnDefinition41]
        let calls: [ForeignCall]
    }

    /// The columns of the answer.
    ///
    /// - Throws: as `run`.
    func definitions(_ session: ClientSession) throws(ServerError) -> [ColumnDefinition41] {
        let bound = try bind(try open(session).columns, session)
        return bound.calls.definitions(bound.visible)
    }

    /// The statement, once its first rows are there: until then an error is all that a client gets.
    ///
    /// - Throws: what the source says, what is wrong with a call; any error, with `awaited` of the
    ///   session's reading set, while the source has not spoken.
    func run(
        _ session: ClientSession,
        _ cancellation: CancellationFlag
    ) throws(ServerError) -> any RunningStatement {
        session.tables.clearWarnings()
        guard let reading = session.reading else { throw .sourceOutOfReach }
        let query = try open(session)
        let bound = try bind(query.columns, session)
        let rows = SourceCallRows(query.source(cancellation), reading)
        try rows.begin(rowsMax: bound.calls.rowsMax)
        let statement = session.tables.statement(
            over: rows,
            bound.visible,
            bound.calls,
            cancellation: cancellation
        )
        return TableRun(statement, session, cancellation)
    }

    private func open(_ session: ClientSession) throws(ServerError) -> SourceQuery {
        if let refusal = session.sourceRefusal { throw refusal }
        guard let reading = session.reading else { throw .sourceOutOfReach }
        return try reading.query(query, nil)
    }

    private func bind(
        _ columns: [ColumnDefinition41],
        _ session: ClientSession
    ) throws(ServerError) -> Bound {
        let hidden = columns.suffix(select.hiddenCount)
        let isInOrder =
            columns.count > hidden.count
            && hidden.enumerated().allSatisfy { $1.name == CallSelect.hidden($0) }
        // As when a comment is a part of the statement for one server and none for the other.
        guard isInOrder else { throw .callOverSource("a list that the source reads otherwise") }
        let visible = Array(columns.dropLast(hidden.count))
        var bound: [ForeignCall] = []
        for (index, call) in select.calls.enumerated() {
            let place = try place(of: index, in: visible)
            if select.places.contains(place + 1) {
                throw .callOverSource(
                    "GROUP BY or ORDER BY with the place of \(call.function.prefix(64))"
                )
            }
            do {
                bound.append(try session.tables.bind(call, at: place, hidden.map(\.columnType)))
            } catch {
                session.logUnexpected(error)
                throw ServerError(table: error)
            }
        }
        return Bound(visible: visible, calls: bound)
    }

    /// The column that stands for a call.
    private func place(
        of call: Int,
        in columns: [ColumnDefinition41]
    ) throws(ServerError) -> Int {
        let name = CallSelect.placeholder(call)
        let places = columns.indices.filter { columns[$0].name == name }
        guard places.count == 1, let place = places.first else {
            throw .callOverSource("a column that is called \(name)")
        }
        return place
    }
}

/// Rows of a source for the calls of a statement in the session.
private final class SourceCallRows: ForeignRows {
    private let source: any QuerySource
    /// Outlives the statement, which it belongs to.
    private unowned let reading: SourceReading
    /// The first rows, while nobody has taken them; nil inside when there are none.
    private var first: RowBatch??

    init(_ source: any QuerySource, _ reading: SourceReading) {
        self.source = source
        self.reading = reading
    }

    /// Takes the first rows.
    ///
    /// - Throws: what the source says; any error, with `awaited` set, while it has not spoken.
    func begin(rowsMax: Int) throws(ServerError) {
        first = .some(try source.next(rowsMax: rowsMax))
    }

    func next(rowsMax: Int) throws -> RowBatch? {
        if let first {
            self.first = nil
            return first
        }
        do throws(ServerError) {
            return try source.next(rowsMax: rowsMax)
        } catch {
            guard let awaited = reading.awaited else { throw error }
            reading.awaited = nil
            throw RowsAwaited { awaited.onChange($0) }
        }
    }

    func close() { source.close() }
}

/// Statements that call functions of models over tables of a source.
extension ClientSession {
    /// Takes such a statement apart.
    ///
    /// - Returns: nil for any other text.
    /// - Throws: why it cannot be answered.
    func sourceCalls(
        in text: [UInt8],
        mode: SQLMode
    ) throws(ServerError) -> SourceCalls? {
        guard engine.hasSource || SourceNames.mayName(text, engine.sources.names) else {
            return nil
        }
        let marks = SourceMarks(text, escapes: !mode.contains(.noBackslashEscapes))
        guard marks.callsModel, !marks.isHinted, !marks.beginsWithModel else { return nil }
        if let found = SourceNames.find(text, engine.sources.names, mode: mode) {
            let cut = found.cut(text)
            if marks.mayBeModel, isOwn(cut) { return nil }
            return try namedCalls(found, text, mode)
        }
        guard engine.hasSource, marks.readsTables, !marks.isSet, !marks.namesOurs else {
            return nil
        }
        if marks.mayBeModel, isOwn(text) { return nil }
        return try SourceCalls(text, source: nil, tables, mode: mode)
    }

    /// The same for a text that names sources.
    func namedCalls(
        _ found: SourceNames,
        _ text: [UInt8],
        _ mode: SQLMode
    ) throws(ServerError) -> SourceCalls {
        if let obstacle = found.obstacle { throw .notYet(obstacle) }
        guard let source = found.sources.first, found.sources.count == 1 else {
            throw .severalSources(found.sources)
        }
        if let other = found.otherTable {
            throw .mixedTables("'\(found.shown(other, in: text))'", source)
        }
        return try SourceCalls(found.cut(text), source: source, tables, mode: mode)
    }

    /// Runs such a statement.
    func run(_ calls: SourceCalls, _ cancellation: CancellationFlag) -> SourceStatement {
        SourceStatement(self, source, cancellation) { [self] () throws(ServerError) in
            try calls.run(self, cancellation)
        }
    }

    /// Prepares such a statement, which is read again with each execution's values in its text.
    ///
    /// - Returns: nil for any other text.
    func preparedCalls(_ text: [UInt8]) throws(ServerError) -> PreparedStatement? {
        guard try sourceCalls(in: text, mode: tables.parserMode) != nil else { return nil }
        let statement = PreparedStatement(
            text: text,
            // Its tree is the source's; this one is never run.
            parsed: try parse(Array("DO 0".utf8)),
            database: tables.database,
            mode: tables.parserMode
        )
        statement.callsOverSource = true
        if case .failure(let error) = statement.places {
            throw ServerError(syntax: error, text: text)
        }
        let nulls = [TableValue](repeating: .null, count: statement.parameterCount)
        do throws(ServerError) {
            let bound = try BoundText.text(of: statement, nulls)
            if let calls = try sourceCalls(in: bound, mode: statement.mode) {
                statement.columns = try calls.definitions(self)
            }
        } catch {
            // What depends on values, and a model that is not there yet: EXECUTE tells.
            if reading?.awaited != nil { throw error }
        }
        return statement
    }

    /// Runs it with one value a `?`.
    func run(
        calls statement: PreparedStatement,
        _ parameters: [TableValue],
        _ cancellation: CancellationFlag
    ) throws(ServerError) -> any RunningStatement {
        let bound = try BoundText.text(of: statement, parameters)
        guard let calls = try sourceCalls(in: bound, mode: statement.mode) else {
            // The source is no more.
            throw .sourceOutOfReach
        }
        return run(calls, cancellation)
    }
}
