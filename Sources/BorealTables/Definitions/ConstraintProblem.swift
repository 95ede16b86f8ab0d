public import BorealBase

/// What can be wrong with constraints and generated columns: when they are defined, when a row
/// breaks one, and when something is dropped that one needs. The sentences are MySQL's.
public enum ConstraintProblem: Error, Equatable, Sendable {
    // Defining a foreign key.
    /// A foreign key to a table that is not there, with foreign_key_checks on.
    case parentMissing(table: String)
    /// A foreign key to a column that is not there.
    case parentColumnMissing(column: String, key: String, table: String)
    /// A foreign key to columns without an index.
    case parentIndexMissing(key: String, table: String)
    /// A foreign key between columns of different types.
    case columnsDiffer(column: String, parentColumn: String, key: String)
    /// A foreign key with more or fewer columns than it refers to.
    case keyDoesNotMatch(key: String)
    /// ON DELETE or ON UPDATE SET DEFAULT.
    case cannotAdd
    /// A name of a foreign key that the database has already.
    case duplicateForeignKey(String)
    /// ON DELETE SET NULL over a NOT NULL column.
    case setNullOfNotNull(column: String, key: String)
    // Things that a foreign key holds on to.
    /// DROP TABLE of a table that a foreign key names.
    case parentDropped(table: String, key: String, child: String)
    /// TRUNCATE of a table that a foreign key of another names.
    case parentTruncated(String)
    /// DROP INDEX of the only index that serves a foreign key.
    case indexNeeded(String)
    /// DROP of a column of a foreign key.
    case columnNeeded(column: String, key: String)
    /// DROP of a column that a foreign key names.
    case columnNeededBy(column: String, key: String, table: String)
    /// A new type for a column of a foreign key.
    case columnUsed(column: String, key: String)
    /// A new type for a column that a foreign key names.
    case columnUsedBy(column: String, key: String, table: String)
    /// Actions of foreign keys through more than 15 levels.
    case cascadeTooDeep(Int)
    // Checks.
    /// A row for which a CHECK is false.
    case checkViolated(String)
    /// A name of a CHECK that the database has already.
    case duplicateCheck(String)
    /// DROP CHECK of one that is not there.
    case checkMissing(String)
    /// DROP CONSTRAINT of one that is not there.
    case constraintMissing(String)
    /// DROP CONSTRAINT of a name that two have.
    case constraintAmbiguous(String)
    /// A CHECK over a column that is not there.
    case checkNamesUnknownColumn(check: String, column: String)
    /// A CHECK behind a column that names another.
    case checkNamesOtherColumn(String)
    /// A CHECK over the AUTO_INCREMENT column.
    case checkNamesAutoIncrement(String)
    /// A CHECK that calls RAND, NOW or their like.
    case checkCallsFunction(check: String, function: String)
    /// A CHECK with a variable.
    case checkReadsVariable(String)
    /// A CHECK with a subquery.
    case checkHasQuery(String)
    /// DROP or RENAME of a column that a CHECK uses.
    case checkUsesColumn(check: String, column: String)
    // Generated columns.
    /// A value for a generated column.
    case generatedGiven(column: String, table: String)
    /// Something that a generated column cannot be or become.
    case generatedAttribute(String)
    /// A generated column over one that follows it.
    case generatedOrder
    /// A generated column over the AUTO_INCREMENT column.
    case generatedNamesAutoIncrement(String)
    /// A generated column that calls RAND, NOW or their like.
    case generatedCallsFunction(column: String, function: String)
    /// A generated column with a subquery or a variable.
    case generatedHasQuery(String)
    /// DROP of a column that a generated column uses.
    case generatedNeedsColumn(String)
    /// Something that a generated column cannot be or become.
    case generatedChange(String)
    /// A DEFAULT that calls USER or its like, or asks a query.
    case defaultCallsFunction(column: String, function: String)
    /// A table whose columns are all invisible.
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
