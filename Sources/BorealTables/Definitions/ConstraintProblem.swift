public import BorealBase

/// What can be wrong with constraints and generated columns: when they are defined, when a row
/// breaks one, and when something is dropped that one needs. The sentences are MySQL's.
public enum ConstraintProblem: Error, Equatable, Sendable {
    // Defining a foreign key.
    case parentMissing(table: String)
    case parentColumnMissing(column: String, key: String, table: String)
    case parentIndexMissing(key: String, table: String)
    case columnsDiffer(column: String, parentColumn: String, key: String)
    case keyDoesNotMatch(key: String)
    case cannotAdd
    case duplicateForeignKey(String)
    case setNullOfNotNull(column: String, key: String)
    // Things that a foreign key holds on to.
    case parentDropped(table: String, key: String, child: String)
    case parentTruncated(String)
    case indexNeeded(String)
    case columnNeeded(column: String, key: String)
    case columnNeededBy(column: String, key: String, table: String)
    case columnUsed(column: String, key: String)
    case columnUsedBy(column: String, key: String, table: String)
    case cascadeTooDeep(Int)
    // Checks.
    case checkViolated(String)
    case duplicateCheck(String)
    case checkMissing(String)
    case constraintMissing(String)
    case constraintAmbiguous(String)
    case checkNamesUnknownColumn(check: String, column: String)
    case checkNamesOtherColumn(String)
    case checkNamesAutoIncrement(String)
    case checkCallsFunction(check: String, function: String)
    case checkReadsVariable(String)
    case checkHasQuery(String)
    case checkUsesColumn(check: String, column: String)
    // Generated columns.
    case generatedGiven(column: String, table: String)
    case generatedAttribute(String)
    case generatedOrder
    case generatedNamesAutoIncrement(String)
    case generatedCallsFunction(column: String, function: String)
    case generatedHasQuery(String)
    case generatedNeedsColumn(String)
    case generatedChange(String)
    case defaultCallsFunction(column: String, function: String)
    case noVisibleColumn

    /// Its number.
    public var code: ServerErrorCode {
        foreignKeyCode ?? checkCode
    }

    private var foreignKeyCode: ServerErrorCode? {
        switch self {
        case .parentMissing: .foreignKeyParentMissing
        case .parentColumnMissing: .foreignKeyParentColumnMissing
        case .parentIndexMissing: .foreignKeyParentIndexMissing
        case .columnsDiffer: .foreignKeyColumnsDiffer
        case .keyDoesNotMatch: .wrongForeignKey
        case .cannotAdd: .cannotAddForeignKey
        case .duplicateForeignKey: .duplicateForeignKey
        case .setNullOfNotNull: .foreignKeySetNull
        case .parentDropped: .tableIsReferenced
        case .parentTruncated: .truncateReferenced
        case .indexNeeded: .indexNeeded
        case .columnNeeded: .columnNeeded
        case .columnNeededBy: .columnNeededByChild
        case .columnUsed: .columnInForeignKey
        case .columnUsedBy: .columnInForeignKeyOfChild
        case .cascadeTooDeep: .cascadeTooDeep
        default: nil
        }
    }

    private var checkCode: ServerErrorCode {
        switch self {
        case .checkViolated: .checkViolated
        case .duplicateCheck: .duplicateCheck
        case .checkMissing: .checkMissing
        case .constraintMissing: .constraintMissing
        case .constraintAmbiguous: .constraintAmbiguous
        case .checkNamesUnknownColumn: .checkNamesUnknownColumn
        case .checkNamesOtherColumn: .checkNamesOtherColumn
        case .checkNamesAutoIncrement: .checkNamesAutoIncrement
        case .checkCallsFunction: .checkCallsFunction
        case .checkHasQuery: .checkDisallowed
        case .checkReadsVariable: .checkReadsVariable
        case .checkUsesColumn: .checkUsesColumn
        case .generatedGiven: .generatedGiven
        case .generatedAttribute: .generatedAttribute
        case .generatedOrder: .generatedOrder
        case .generatedNamesAutoIncrement: .generatedNamesAutoIncrement
        case .generatedCallsFunction: .generatedCallsFunction
        case .generatedHasQuery: .generatedDisallowed
        case .generatedNeedsColumn: .generatedNeedsColumn
        case .generatedChange: .generatedAttribute
        case .defaultCallsFunction: .defaultCallsFunction
        case .noVisibleColumn: .noVisibleColumn
        default: .unknownError
        }
    }

    /// Its sentence.
    public var message: String {
        foreignKeyMessage ?? holdMessage ?? checkMessage
    }

    private var foreignKeyMessage: String? {
        switch self {
        case .parentMissing(let table): "Failed to open the referenced table '\(table)'"
        case .parentColumnMissing(let column, let key, let table):
            "Failed to add the foreign key constraint. Missing column '\(column)' for constraint "
                + "'\(key)' in the referenced table '\(table)'"
        case .parentIndexMissing(let key, let table):
            "Failed to add the foreign key constraint. Missing index for constraint '\(key)' in "
                + "the referenced table '\(table)'"
        case .columnsDiffer(let column, let parent, let key):
            "Referencing column '\(column)' and referenced column '\(parent)' in foreign key "
                + "constraint '\(key)' are incompatible."
        case .keyDoesNotMatch(let key):
            "Incorrect foreign key definition for '\(key)': Key reference and table reference "
                + "don't match"
        case .cannotAdd: "Cannot add foreign key constraint"
        case .duplicateForeignKey(let name): "Duplicate foreign key constraint name '\(name)'"
        case .setNullOfNotNull(let column, let key):
            "Column '\(column)' cannot be NOT NULL: needed in a foreign key constraint '\(key)' "
                + "SET NULL"
        default: nil
        }
    }

    private var holdMessage: String? {
        switch self {
        case .parentDropped(let table, let key, let child):
            "Cannot drop table '\(table)' referenced by a foreign key constraint '\(key)' on "
                + "table '\(child)'."
        case .parentTruncated(let what):
            "Cannot truncate a table referenced in a foreign key constraint (\(what))"
        case .indexNeeded(let name):
            "Cannot drop index '\(name)': needed in a foreign key constraint"
        case .columnNeeded(let column, let key):
            "Cannot drop column '\(column)': needed in a foreign key constraint '\(key)'"
        case .columnNeededBy(let column, let key, let table):
            "Cannot drop column '\(column)': needed in a foreign key constraint '\(key)' of "
                + "table '\(table)'"
        case .columnUsed(let column, let key):
            "Cannot change column '\(column)': used in a foreign key constraint '\(key)'"
        case .columnUsedBy(let column, let key, let table):
            "Cannot change column '\(column)': used in a foreign key constraint '\(key)' of "
                + "table '\(table)'"
        case .cascadeTooDeep(let depth):
            "Foreign key cascade delete/update exceeds max depth of \(depth)."
        default: nil
        }
    }

    private var checkMessage: String {
        switch self {
        case .checkViolated(let name): "Check constraint '\(name)' is violated."
        case .duplicateCheck(let name): "Duplicate check constraint name '\(name)'."
        case .checkMissing(let name): "Check constraint '\(name)' is not found in the table."
        case .constraintMissing(let name): "Constraint '\(name)' does not exist."
        case .constraintAmbiguous(let name):
            "Table has multiple constraints with the name '\(name)'. Please use constraint "
                + "specific 'DROP' clause."
        case .checkNamesUnknownColumn(let check, let column):
            "Check constraint '\(check)' refers to non-existing column '\(column)'."
        case .checkNamesOtherColumn(let check):
            "Column check constraint '\(check)' references other column."
        case .checkNamesAutoIncrement(let check):
            "Check constraint '\(check)' cannot refer to an auto-increment column."
        case .checkCallsFunction(let check, let function):
            "An expression of a check constraint '\(check)' contains disallowed function: "
                + "\(function)."
        case .checkReadsVariable(let check):
            "An expression of a check constraint '\(check)' cannot refer to a user or system "
                + "variable."
        case .checkHasQuery(let check):
            "An expression of a check constraint '\(check)' contains disallowed function."
        case .checkUsesColumn(let check, let column):
            "Check constraint '\(check)' uses column '\(column)', hence column cannot be dropped "
                + "or renamed."
        default: generatedMessage
        }
    }

    private var generatedMessage: String {
        switch self {
        case .generatedGiven(let column, let table):
            "The value specified for generated column '\(column)' in table '\(table)' is not "
                + "allowed."
        case .generatedAttribute(let what): "'\(what)' is not supported for generated columns."
        case .generatedOrder:
            "Generated column can refer only to generated columns defined prior to it."
        case .generatedNamesAutoIncrement(let column):
            "Generated column '\(column)' cannot refer to auto-increment column."
        case .generatedCallsFunction(let column, let function):
            "Expression of generated column '\(column)' contains a disallowed function: "
                + "\(function)."
        case .generatedHasQuery(let column):
            "Expression of generated column '\(column)' contains a disallowed function."
        case .generatedNeedsColumn(let column):
            "Column '\(column)' has a generated column dependency."
        case .generatedChange(let what):
            "'\(what)' is not supported for generated columns."
        case .defaultCallsFunction(let column, let function):
            "Default value expression of column '\(column)' contains a disallowed function: "
                + "\(function)."
        case .noVisibleColumn: "A table must have at least one visible column."
        default: "Unknown error"
        }
    }
}
