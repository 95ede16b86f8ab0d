import BorealBase

/// What is wrong with the shape of a query: grouping, windows, common table expressions.
public enum QueryError: Error, Equatable, Sendable {
    /// Position counted from 1; clause is `SELECT list`, `ORDER BY` or `HAVING`.
    case notGrouped(position: Int, clause: String, column: String)
    /// `ORDER BY` of what `SELECT DISTINCT` does not select.
    case orderNotSelected(position: Int, column: String)
    /// More tables in a FROM than MySQL joins.
    case tooManyTables
    /// GROUP BY of an item of the select list that holds an aggregate.
    case cannotGroup(String)
    /// ORDER BY of an aggregate would make one row of a query that selects many.
    case aggregateInOrder(position: Int)
    /// An index hint names a key that the table does not have.
    case keyMissing(key: String, table: String)
    /// The place of the argument, counted from 1.
    case groupingArgument(Int)
    /// `t (a, b)` over a query of another number of columns.
    case columnListDiffers
    /// Both collations as `(name,strength)`; neither side decides.
    case collationMix(left: String, right: String, operation: String)
    /// OVER names a window that WINDOW does not define.
    case windowMissing(String)
    /// Windows that are built on each other.
    case windowCircle
    /// Only the window at the bottom may say PARTITION BY.
    case windowPartitionsAgain
    /// A window with a frame is the last of its chain.
    case windowHasFrame(String)
    /// One window of a chain may say ORDER BY.
    case windowOrdersAgain(String)
    /// How far a frame reaches must be known before the first row.
    case windowFrameOffset
    /// RANGE with an offset counts along one number or one date.
    case windowRangeOrder
    /// A name given twice in WINDOW.
    case windowExists(String)
    /// Window functions are computed after WHERE, GROUP BY and HAVING.
    case windowFunctionMisplaced(String)
    /// The same by the function's alias.
    case windowAliasMisplaced(String)
    /// A recursive table must have a member that is not recursive, joined by UNION.
    case recursionNeedsUnion(String)
    /// The recursive members come last.
    case recursionOrder(String)
    /// A recursive member sees the rows of one iteration, not all of them.
    case recursionAggregates(String)
    /// A recursive member reads its table once, in FROM.
    case recursionJoin(String)
    /// Iterations that were allowed.
    case recursionDepth(Int)
    /// SELECT ... INTO variables.
    case intoSeveralRows
    /// The same; a warning.
    case intoNoRows

    /// The number of the error.
    var code: ServerErrorCode {
        switch self {
        case .notGrouped: .wrongFieldWithGroup
        case .orderNotSelected: .orderNotSelected
        case .tooManyTables: .tooManyTables
        case .cannotGroup: .wrongGroupField
        case .aggregateInOrder: .aggregateInOrder
        case .keyMissing: .keyMissing
        case .groupingArgument: .groupingArgument
        case .columnListDiffers: .wrongViewList
        case .collationMix: .collationMix
        case .windowMissing: .windowMissing
        case .windowCircle: .windowCircle
        case .windowPartitionsAgain: .windowPartitionsAgain
        case .windowHasFrame: .windowHasFrame
        case .windowOrdersAgain: .windowOrdersAgain
        case .windowFrameOffset: .windowFrameOffset
        case .windowRangeOrder: .windowRangeOrder
        case .windowExists: .windowExists
        case .windowFunctionMisplaced: .windowFunctionMisplaced
        case .windowAliasMisplaced: .windowAliasMisplaced
        case .recursionNeedsUnion: .recursionNeedsUnion
        case .recursionOrder: .recursionOrder
        case .recursionAggregates: .recursionAggregates
        case .recursionJoin: .recursionJoin
        case .recursionDepth: .recursionDepth
        case .intoSeveralRows: .intoSeveralRows
        case .intoNoRows: .intoNoRows
        }
    }

    /// The sentence, word for word MySQL's.
    var message: String { groupingMessage ?? windowMessage ?? recursionMessage }

    private var groupingMessage: String? {
        switch self {
        case .notGrouped(let position, let clause, let column):
            "Expression #\(position) of \(clause) is not in GROUP BY clause and contains "
                + "nonaggregated column '\(column)' which is not functionally dependent on columns "
                + "in GROUP BY clause; this is incompatible with sql_mode=only_full_group_by"
        case .orderNotSelected(let position, let column):
            "Expression #\(position) of ORDER BY clause is not in SELECT list, references column "
                + "'\(column)' which is not in SELECT list; this is incompatible with DISTINCT"
        case .tooManyTables:
            "Too many tables; MySQL can only use \(TableLimits.joinedTablesMax) tables in a join"
        case .cannotGroup(let name): "Can't group on '\(name)'"
        case .aggregateInOrder(let position):
            "Expression #\(position) of ORDER BY contains aggregate function and applies to the "
                + "result of a non-aggregated query"
        case .keyMissing(let key, let table): "Key '\(key)' doesn't exist in table '\(table)'"
        case .groupingArgument(let position):
            "Argument #\(position) of GROUPING function is not in GROUP BY"
        case .columnListDiffers:
            "In definition of view, derived table or common table expression, SELECT list and "
                + "column names list have different column counts"
        case .collationMix(let left, let right, let operation):
            "Illegal mix of collations \(left) and \(right) for operation '\(operation)'"
        default: nil
        }
    }

    private var windowMessage: String? {
        switch self {
        case .windowMissing(let name): "Window name '\(name)' is not defined."
        case .windowCircle: "There is a circularity in the window dependency graph."
        case .windowPartitionsAgain:
            "A window which depends on another cannot define partitioning."
        case .windowHasFrame(let name):
            "Window '\(name)' has a frame definition, so cannot be referenced by another window."
        case .windowOrdersAgain(let name):
            "Window '<unnamed window>' cannot inherit '\(name)' since both contain an ORDER BY "
                + "clause."
        case .windowFrameOffset:
            "Window '<unnamed window>': frame start or end is negative, NULL or of non-integral "
                + "type"
        case .windowRangeOrder:
            "Window '<unnamed window>' with RANGE N PRECEDING/FOLLOWING frame requires exactly one "
                + "ORDER BY expression, of numeric or temporal type"
        case .windowExists(let name): "Window '\(name)' is defined twice."
        case .windowFunctionMisplaced(let name):
            "You cannot use the window function '\(name)' in this context.'"
        case .windowAliasMisplaced(let name):
            "You cannot use the alias '\(name)' of an expression containing a window function in "
                + "this context.'"
        default: nil
        }
    }

    private var recursionMessage: String {
        switch self {
        case .recursionNeedsUnion(let name):
            "Recursive Common Table Expression '\(name)' should contain a UNION"
        case .recursionOrder(let name):
            "Recursive Common Table Expression '\(name)' should have one or more non-recursive "
                + "query blocks followed by one or more recursive ones"
        case .recursionAggregates(let name):
            "Recursive Common Table Expression '\(name)' can contain neither aggregation nor "
                + "window functions in recursive query block"
        case .recursionJoin(let name):
            "In recursive query block of Recursive Common Table Expression '\(name)', the "
                + "recursive table must be referenced only once, and not in any subquery"
        case .recursionDepth(let count):
            "Recursive query aborted after \(count + 1) iterations. Try increasing "
                + "@@cte_max_recursion_depth to a larger value."
        case .intoSeveralRows: "Result consisted of more than one row"
        case .intoNoRows: "No data - zero rows fetched, selected, or processed"
        default: ""
        }
    }
}
