public import BorealBase

/// What changes through views, and of tables that are read meanwhile, refuse.
public enum ViewProblem: Error, Equatable, Sendable {
    /// UPDATE, DELETE or INSERT through a view whose rows are not rows of one table.
    case notUpdatable(name: String, change: String)
    /// A change of a view's column that is an expression.
    case columnNotUpdatable(String)
    /// A row that would leave a view made WITH CHECK OPTION.
    case checkFailed(String)
    /// WITH CHECK OPTION for a view that cannot be changed.
    case checkOfFixedView(String)
    /// A table that changes is read in a subquery of the same statement.
    case targetIsRead(String)

    /// Its number.
    public var code: ServerErrorCode {
        switch self {
        case .notUpdatable(_, "INSERT"): .viewNotInsertable
        case .notUpdatable: .viewNotUpdatable
        case .columnNotUpdatable: .columnNotUpdatable
        case .checkFailed: .viewCheckFailed
        case .checkOfFixedView: .checkOfFixedView
        case .targetIsRead: .targetIsRead
        }
    }

    /// Its sentence.
    public var message: String {
        switch self {
        case .notUpdatable(let name, "INSERT"):
            "The target table \(name) of the INSERT is not insertable-into"
        case .notUpdatable(let name, let change):
            "The target table \(name) of the \(change) is not updatable"
        case .columnNotUpdatable(let name): "Column '\(name)' is not updatable"
        case .checkFailed(let name): "CHECK OPTION failed '\(name)'"
        case .checkOfFixedView(let name): "CHECK OPTION on non-updatable view '\(name)'"
        case .targetIsRead(let name):
            "You can't specify target table '\(name)' for update in FROM clause"
        }
    }
}
