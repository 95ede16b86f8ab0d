public import BorealBase
import BorealSQL

/// A function that is answered for many rows at once: `PREDICT_ROW` and its like.
///
/// SQLite never calls one row by row. The translator takes the query apart, so that a
/// `BatchCall` sees chunks of rows as columns, and SQLite sees answers that are there already.
public protocol BatchFunction: Sendable {
    /// How many of the first arguments are names of something: a bare word in these places is its
    /// own text, never a column.
    ///
    /// - Parameter count: arguments of the call.
    func nameCount(of count: Int) -> Int

    /// The columns of the table that a call is in FROM: members of the JSON object that it answers.
    /// Empty for a function that is no table.
    var tableColumns: [BatchTableColumn] { get }

    /// Its arguments may hold a key: a column that is named by a call shows none of them.
    var hidesArguments: Bool { get }

    /// To bind a call and to ask about a row of constants takes it microseconds, and it waits for
    /// nothing meanwhile: both may be done on a loop.
    var isQuick: Bool { get }

    /// Checks a call when its statement is translated.
    ///
    /// - Parameters:
    ///   - arguments: one for each argument of the call, in order.
    ///   - caller: whoever calls.
    /// - Returns: what answers the call's rows.
    /// - Throws: what is wrong with the call, for the client to see.
    func bind(_ arguments: [BatchArgument], caller: BatchCaller) throws -> any BatchCall
}

extension BatchFunction {
    /// None.
    public func nameCount(of count: Int) -> Int { 0 }
    /// None.
    public var tableColumns: [BatchTableColumn] { [] }
    /// No.
    public var hidesArguments: Bool { false }
    /// No.
    public var isQuick: Bool { false }
}

/// A column of a batched call in FROM.
public struct BatchTableColumn: Sendable {
    /// What the member is in SQL.
    public enum Kind: Sendable {
        case integer, text
        /// 1 for true.
        case flag
    }

    /// The column and the member: letters and `_`.
    public var name: String
    /// What it is in SQL.
    public var kind: Kind

    /// - Parameters: see the stored properties.
    public init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// The session in which a call stands.
public struct BatchCaller: Sendable {
    /// What the account may do.
    public var rights: AccountRights
    private let variables: @Sendable (_ name: String) -> TableValue?

    /// - Parameter variables: values of system variables by their names in lower case, as the
    ///   session sees them.
    public init(
        rights: AccountRights,
        variables: @escaping @Sendable (_ name: String) -> TableValue? = { _ in nil }
    ) {
        self.rights = rights
        self.variables = variables
    }

    init(
        _ rights: AccountRights,
        systemVariable: @escaping @Sendable (SystemVariable) throws -> TableValue
    ) {
        self.init(rights: rights) { name in
            // What cannot be told is as if it were not there.
            try? systemVariable(SystemVariable(name: name))
        }
    }

    /// The value of a system variable as the session sees it now; nil for an unknown one.
    public func variable(_ name: String) -> TableValue? { variables(name) }
}

/// What is known of an argument before any row is read.
public struct BatchArgument: Sendable {
    /// Its value, when it is a constant or a parameter of a prepared statement.
    public var constant: TableValue?
    /// Its type.
    public var type: ColumnType

    /// - Parameters: see the stored properties.
    public init(constant: TableValue?, type: ColumnType) {
        self.constant = constant
        self.type = type
    }
}

/// Where the rows of a chunk stand in their statement.
public struct BatchPlace: Sendable {
    /// Rows asked about before these.
    public var firstRow: Int
    /// More rows follow: what waits for company may wait for them.
    public var expectsMore: Bool

    /// - Parameters: see the stored properties.
    public init(firstRow: Int, expectsMore: Bool) {
        self.firstRow = firstRow
        self.expectsMore = expectsMore
    }
}

/// One call in one statement, bound to what it means. Used by one thread at a time.
public protocol BatchCall: AnyObject, Sendable {
    /// Type of the answer.
    var type: ColumnType { get }
    /// Calls with equal identities and equal arguments have equal answers.
    var identity: String { get }
    /// How many leading arguments are constants that `bind` has used up; the others travel as
    /// columns.
    var constantCount: Int { get }
    /// False once what it is bound to has been replaced, so that a kept plan is made anew.
    var isCurrent: Bool { get }

    /// Throws unless somebody else than who it was bound for may call it too.
    func check(_ rights: AccountRights) throws

    /// The most rows it is asked for at once: fewer than others take where a row takes long.
    var rowsMax: Int { get }

    /// Chunks of one statement that it likes to have under way at once.
    var chunksAhead: Int { get }

    /// The statement brings no more rows, although it was expected to.
    func endAsking()

    /// Asks for the answers of some rows; by itself `answer`. A statement that is given a
    /// `PendingAnswer` holds no thread until that is complete.
    ///
    /// - Parameters:
    ///   - place: where the rows stand in the statement.
    ///   - batch, cancellation: as of `answer`.
    func ask(
        _ batch: RowBatch,
        at place: BatchPlace,
        cancellation: CancellationFlag
    ) throws -> BatchAnswer

    /// Answers some rows.
    ///
    /// - Parameters:
    ///   - batch: one column for each argument behind the constants.
    ///   - firstRow: rows answered before these, for messages.
    ///   - cancellation: looked at at least every 10 ms.
    /// - Returns: `[batch.rowCount]`, of `type`.
    func answer(
        _ batch: RowBatch,
        firstRow: Int,
        cancellation: CancellationFlag
    ) throws -> Column
}

extension BatchCall {
    /// As many as a batch holds.
    public var rowsMax: Int { Limits.batchRows }

    /// One: its answers are there at once.
    public var chunksAhead: Int { 1 }

    /// Nothing waits for rows.
    public func endAsking() {}

    /// By `answer`, at once.
    public func ask(
        _ batch: RowBatch,
        at place: BatchPlace,
        cancellation: CancellationFlag
    ) throws -> BatchAnswer {
        .column(try answer(batch, firstRow: place.firstRow, cancellation: cancellation))
    }
}

/// The first half of a call in memo form: which rows it may be asked about.
struct BatchPass: Sendable {
    /// Yields the arguments as columns; not distinct, and more rows than needed do no harm.
    var sql: String
    /// Where the answers are kept for the second half.
    var slot: Int
    var call: any BatchCall
    /// The arguments.
    var arguments: [ResultColumn]
}

/// A call in streaming form: it stands in the select list as it is, and nothing else of the query
/// needs its answer.
struct StreamedCall: Sendable {
    /// The visible column that it fills.
    var column: Int
    var call: any BatchCall
    /// Where its arguments begin among the columns behind the visible ones.
    var firstArgument: Int
    var arguments: [ResultColumn]
    /// How each run of the plan gets a call of its own; nil for a call that serves all of them.
    var rebinding: Rebinding?

    /// What a call was bound from.
    struct Rebinding: Sendable {
        enum Argument: Sendable {
            case fixed(BatchArgument)
            /// The value of a `?`.
            case parameter(Int, ColumnType)
        }

        let function: any BatchFunction
        let arguments: [Argument]

        /// The call with the values and for the caller of another run.
        ///
        /// - Throws: what `BatchFunction.bind` throws.
        func bind(
            _ parameters: [TableValue],
            _ caller: BatchCaller
        ) throws -> any BatchCall {
            let known = arguments.map { argument in
                switch argument {
                case .fixed(let known): known
                case .parameter(let index, let type):
                    BatchArgument(
                        constant: index < parameters.count ? parameters[index] : nil,
                        type: type
                    )
                }
            }
            return try function.bind(known, caller: caller)
        }
    }
}
