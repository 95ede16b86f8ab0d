/// MySQL's own sentences, because clients and people know them by heart.
extension TableError {
    /// The sentence for the person at the prompt.
    public var message: String {
        definitionMessage ?? queryMessage ?? valueMessage ?? runningMessage
    }

    private var definitionMessage: String? {
        switch self {
        case .noDatabaseSelected: "No database selected"
        case .unknownDatabase(let name): "Unknown database '\(name)'"
        case .databaseExists(let name): "Can't create database '\(name)'; database exists"
        case .databaseDropMissing(let name):
            "Can't drop database '\(name)'; database doesn't exist"
        case .tableExists(let name): "Table '\(name)' already exists"
        case .unknownTable(let names): "Unknown table '\(names.joined(separator: ","))'"
        case .noSuchTable(let database, let table): "Table '\(database).\(table)' doesn't exist"
        case .badDatabaseName(let name): "Incorrect database name '\(name)'"
        case .badTableName(let name): "Incorrect table name '\(name)'"
        case .identifierTooLong(let name): "Identifier name '\(name)' is too long"
        case .notBaseTable(let database, let table): "'\(database).\(table)' is not BASE TABLE"
        case .systemTable(let database, let action):
            "Access denied to database '\(database)': it cannot be changed (\(action))"
        case .duplicateColumn(let name): "Duplicate column name '\(name)'"
        case .duplicateKeyName(let name): "Duplicate key name '\(name)'"
        case .multiplePrimaryKeys: "Multiple primary key defined"
        case .keyColumnMissing(let name): "Key column '\(name)' doesn't exist in table"
        case .cannotDrop(let name): "Can't DROP '\(name)'; check that column/key exists"
        case .invalidDefault(let name): "Invalid default value for '\(name)'"
        case .wrongAutoIncrement:
            "Incorrect table definition; there can be only one auto column and it must be "
                + "defined as a key"
        case .wrongFieldSpecifier(let name): "Incorrect column specifier for column '\(name)'"
        case .tooManyColumns: "Too many columns"
        case .lengthTooLarge(let column, let max):
            "Column length too big for column '\(column)' (max = \(max)); use BLOB or TEXT instead"
        case .nonUniqueTable(let name): "Not unique table/alias: '\(name)'"
        case .tableMustHaveColumns: "A table must have at least 1 column"
        case .unknownCharacterSet(let name): "Unknown character set: '\(name)'"
        case .unknownCollation(let name): "Unknown collation: '\(name)'"
        case .unknownStorageEngine(let name): "Unknown storage engine '\(name)'"
        case .unknownTableInClause(let table, let place): "Unknown table '\(table)' in \(place)"
        case .wrongObject(let database, let table, let kind):
            "'\(database).\(table)' is not \(kind)"
        case .unknownProgram("TRIGGER", _): "Trigger does not exist"
        case .unknownProgram("EVENT", let name): "Unknown event '\(name)'"
        case .unknownProgram(let kind, let name): "\(kind) \(name) does not exist"
        case .unknownExplainFormat(let name): "Unknown EXPLAIN format name: '\(name)'"
        case .noBinaryLogging: "You are not using binary logging"
        case .constraint(let problem): problem.message
        case .definition(let problem): problem.message
        default: nil
        }
    }

    private var queryMessage: String? {
        switch self {
        case .unknownColumn(let name, let place): "Unknown column '\(name)' in '\(place)'"
        case .ambiguousColumn(let name, let place): "Column '\(name)' in \(place) is ambiguous"
        case .columnCountMismatch(let row): "Column count doesn't match value count at row \(row)"
        case .operandColumns(let count): "Operand should contain \(count) column(s)"
        case .selectsDiffer: "The used SELECT statements have a different number of columns"
        case .subqueryReturnsRows: "Subquery returns more than 1 row"
        case .unknownFunction(let database, let name):
            "FUNCTION \(database.map { $0 + "." } ?? "")\(name) does not exist"
        case .wrongParameterCount(let name):
            "Incorrect parameter count in the call to native function '\(name)'"
        case .invalidGroupFunction: "Invalid use of group function"
        case .mixOfGroupColumns(let position, let column):
            "In aggregated query without GROUP BY, expression #\(position) of SELECT list contains "
                + "nonaggregated column '\(column)'; this is incompatible with "
                + "sql_mode=only_full_group_by"
        case .noTablesUsed: "No tables used"
        case .notSupported(let what): "This version of Boreal doesn't yet support '\(what)'"
        case .wrongArguments(let name): "Incorrect arguments to \(name)"
        case .tooBigPrecision(let digits, let name, let max):
            "Too-big precision \(digits) specified for '\(name)'. Maximum is \(max)."
        case .wrongLockName(let name): "Incorrect user-level lock name '\(name)'."
        case .notAVector(let text): "Data cannot be converted to a valid vector: '\(text)'"
        case .vectorsDiffer(let left, let right):
            "Incorrect arguments to distance: vectors of \(left) and \(right) numbers"
        case .unknownMetric(let word):
            "Incorrect arguments to distance: metric '\(word)'; use 'COSINE', 'EUCLIDEAN' ('L2') "
                + "or 'DOT'"
        case .vectorTooShort(let name):
            "The initialization vector supplied to \(name) is too short. Must be at least 16 bytes "
                + "long"
        case .query(let error): error.message
        default: nil
        }
    }

    private var valueMessage: String? {
        switch self {
        case .outOfRange(let column, let row):
            "Out of range value for column '\(column)' at row \(row)"
        case .valueOutOfRange(let type, let expression):
            "\(type) value is out of range in '\(expression)'"
        case .dataTooLong(let column, let row): "Data too long for column '\(column)' at row \(row)"
        case .dataTruncated(let column, let row):
            "Data truncated for column '\(column)' at row \(row)"
        case .wrongValue(let type, let value, let column?, let row):
            "Incorrect \(type) value: '\(value)' for column '\(column)' at row \(row)"
        case .wrongValue("DOUBLE", let value, nil, _), .wrongValue("INTEGER", let value, nil, _),
            .wrongValue("DECIMAL", let value, nil, _):
            "Truncated incorrect \(wrongType) value: '\(value)'"
        case .wrongValue(let type, let value, nil, _): "Incorrect \(type) value: '\(value)'"
        case .wrongFieldValue(let type, let value, let column, let row):
            "Incorrect \(type) value: '\(value)' for column '\(column)' at row \(row)"
        case .columnCannotBeNull(let name): "Column '\(name)' cannot be null"
        case .noDefault(let name): "Field '\(name)' doesn't have a default value"
        case .divisionByZero: "Division by 0"
        case .invalidLogarithm: "Invalid argument for logarithm"
        case .truncatedTime(let value): "Truncated incorrect time value: '\(value)'"
        case .incorrectForFunction(let type, let value, let function):
            "Incorrect \(type) value: '\(value)' for function \(function)"
        case .wrongLiteral(let type, let value): "Incorrect \(type) value: '\(value)'"
        case .unknownLocale(let name): "Unknown locale: '\(name)'"
        case .compressedDataCorrupt: "ZLIB: Input data corrupted"
        case .uncompressedTooLarge(let bytes):
            "Uncompressed data size too large; the maximum size is \(bytes) (probably, length of "
                + "uncompressed data was corrupted)"
        case .duplicateEntry(let value, let key): "Duplicate entry '\(value)' for key '\(key)'"
        case .invalidJSON(let reason, let position, let column):
            "Invalid JSON text: \"\(reason)\" at position \(position) in value"
                + (column.map { " for column '\($0)'." } ?? ".")
        case .invalidArgumentJSON(let reason, let position, let argument, let function):
            "Invalid JSON text in argument \(argument) to function \(function): \"\(reason)\" at "
                + "position \(position)."
        case .noJSONType(let argument, let function):
            "Invalid data type for JSON data in argument \(argument) to function \(function); a "
                + "JSON string or JSON type is required."
        case .invalidPath(let position):
            "Invalid JSON path expression. The error is around character position \(position)."
        case .wildcardInPath:
            "In this situation, path expressions may not contain the * and ** tokens or an array "
                + "range."
        case .rootInPath: "The path expression '$' is not allowed in this context."
        case .pathIsNoCell: "A path expression is not a path to a cell in an array."
        case .oneOrAll(let function):
            "The oneOrAll argument to \(function) may take these values: 'one' or 'all'."
        case .nullMemberName: "JSON documents may not contain NULL member names."
        case .rowTooShort(let row): "Row \(row) doesn't contain data for all columns"
        case .rowTooLong(let row):
            "Row \(row) was truncated; it contained more data than there were input columns"
        default: nil
        }
    }

    private var wrongType: String {
        if case .wrongValue(let type, _, _, _) = self { type } else { "" }
    }

    private var runningMessage: String {
        switch self {
        case .unknownSystemVariable(let name): "Unknown system variable '\(name)'"
        case .wrongValueForVariable(let name, let value):
            "Variable '\(name)' can't be set to the value of '\(value)'"
        case .wrongTypeForVariable(let name): "Incorrect argument type to variable '\(name)'"
        case .variableIsReadOnly(let name): "Variable '\(name)' is a read only variable"
        case .variableIsGlobal(let name):
            "Variable '\(name)' is a GLOBAL variable and should be set with SET GLOBAL"
        case .variableIsSession(let name): "Variable '\(name)' is a SESSION variable"
        case .variableHasNoSession(let name): "Variable '\(name)' is a GLOBAL variable"
        case .variableHasNoGlobal(let name):
            "Variable '\(name)' is a SESSION variable and can't be used with SET GLOBAL"
        case .sessionIsReadOnly(let name):
            "SESSION variable '\(name)' is read-only. Use SET GLOBAL to assign the value"
        case .unknownTimeZone(let name): "Unknown or incorrect time zone: '\(name)'"
        case .collationMismatch(let collation, let charset):
            "COLLATION '\(collation)' is not valid for CHARACTER SET '\(charset)'"
        case .lockWaitTimeout: "Lock wait timeout exceeded; try restarting transaction"
        case .deadlock: "Deadlock found when trying to get lock; try restarting transaction"
        case .interrupted: "Query execution was interrupted"
        case .executionTimeout:
            "Query execution was interrupted, maximum statement execution time exceeded"
        case .transactionInProgress:
            "Transaction characteristics can't be changed while a transaction is in progress"
        case .savepointMissing(let name): "SAVEPOINT \(name) does not exist"
        case .diskFull(let name): "Disk full (\(name)); waiting for someone to free some space..."
        case .undone(let error): "\(error.message) The whole transaction was rolled back."
        case .memoryLimit(let bytes): "Out of memory; the statement needs more than \(bytes) bytes"
        case .optionPreventsStatement(let option):
            "The MySQL server is running with the \(option) option so it cannot execute this "
                + "statement"
        case .transaction(let problem): problem.message
        case .rights(let problem): problem.message
        case .view(let problem): problem.message
        case .autoIncrementFailed: "Failed to read auto-increment value from storage engine"
        case .columnSpecifiedTwice(let name): "Column '\(name)' specified twice"
        case .foreignKeyParent(let name):
            "Cannot delete or update a parent row: a foreign key constraint fails (\(name))"
        case .foreignKeyChild(let name):
            "Cannot add or update a child row: a foreign key constraint fails (\(name))"
        default: "Unknown error"
        }
    }
}
