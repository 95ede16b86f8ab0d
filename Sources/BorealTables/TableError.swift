public import BorealBase

/// Everything that embedded tables can refuse. Cases carry data; the sentence is MySQL's own and is
/// built in `TableError+Message.swift`.
public enum TableError: Error, Equatable, Sendable {
    // Databases and tables.
    case noDatabaseSelected
    case unknownDatabase(String)
    case databaseExists(String)
    case databaseDropMissing(String)
    case tableExists(String)
    case unknownTable(names: [String])
    case noSuchTable(database: String, table: String)
    case badDatabaseName(String)
    case badTableName(String)
    case identifierTooLong(String)
    case notBaseTable(database: String, table: String)
    case systemTable(database: String, action: String)

    // Columns and keys.
    case unknownColumn(name: String, place: String)
    case ambiguousColumn(name: String, place: String)
    case duplicateColumn(String)
    case duplicateKeyName(String)
    case multiplePrimaryKeys
    case keyColumnMissing(String)
    case cannotDrop(String)
    case invalidDefault(String)
    case wrongAutoIncrement
    case wrongFieldSpecifier(String)
    case tooManyColumns
    case lengthTooLarge(column: String, max: Int)
    case nonUniqueTable(String)
    case tableMustHaveColumns
    case unknownCharacterSet(String)
    case unknownCollation(String)
    case unknownStorageEngine(String)
    case unknownTableInClause(table: String, place: String)
    case wrongObject(database: String, table: String, kind: String)
    case unknownProgram(kind: String, name: String)
    case noBinaryLogging
    case unknownExplainFormat(String)

    // Queries.
    case columnCountMismatch(row: Int)
    case operandColumns(Int)
    case selectsDiffer
    case subqueryReturnsRows
    case unknownFunction(database: String?, name: String)
    case wrongParameterCount(String)
    case invalidGroupFunction
    case mixOfGroupColumns(position: Int, column: String)
    case noTablesUsed
    case notSupported(String)
    case wrongArguments(String)
    case tooBigPrecision(Int, name: String, max: Int)
    case vectorTooShort(String)
    case wrongLockName(String)
    /// Grouping, windows and common table expressions.
    case query(QueryError)

    // Values.
    case outOfRange(column: String, row: Int)
    case valueOutOfRange(type: String, expression: String)
    case dataTooLong(column: String, row: Int)
    case dataTruncated(column: String, row: Int)
    case wrongValue(type: String, value: String, column: String?, row: Int)
    case wrongFieldValue(type: String, value: String, column: String, row: Int)
    case columnCannotBeNull(String)
    case noDefault(String)
    case divisionByZero
    case invalidLogarithm
    case truncatedTime(String)
    case incorrectForFunction(type: String, value: String, function: String)
    case wrongLiteral(type: String, value: String)
    case unknownLocale(String)
    case compressedDataCorrupt
    case uncompressedTooLarge(Int)
    case duplicateEntry(value: String, key: String)
    case invalidJSON(reason: String, position: Int, column: String?)
    case invalidArgumentJSON(reason: String, position: Int, argument: Int, function: String)
    case noJSONType(argument: Int, function: String)
    case invalidPath(position: Int)
    case wildcardInPath
    case rootInPath
    case pathIsNoCell
    case oneOrAll(String)
    case nullMemberName
    /// Text or bytes that are no vector.
    case notAVector(String)
    /// Two vectors of other lengths.
    case vectorsDiffer(Int, Int)
    case unknownMetric(String)
    case rowTooShort(row: Int)
    case rowTooLong(row: Int)

    // Variables.
    case unknownSystemVariable(String)
    case wrongValueForVariable(name: String, value: String)
    case wrongTypeForVariable(String)
    case variableIsReadOnly(String)
    case variableIsGlobal(String)
    case variableIsSession(String)
    case variableHasNoGlobal(String)
    case variableHasNoSession(String)
    case sessionIsReadOnly(String)
    case unknownTimeZone(String)
    case collationMismatch(collation: String, charset: String)

    // Running.
    case lockWaitTimeout
    case deadlock
    case interrupted
    case executionTimeout
    case savepointMissing(String)
    case transactionInProgress
    case diskFull(String)
    case memoryLimit(Int)
    /// The same, and the transaction that the statement stood in is undone as a whole.
    indirect case undone(TableError)
    case optionPreventsStatement(String)
    case foreignKeyParent(String)
    case foreignKeyChild(String)
    /// AUTO_INCREMENT has no value left.
    case autoIncrementFailed
    /// A column is named twice in the list of an INSERT.
    case columnSpecifiedTwice(String)
    /// A change through a view, or of a table that is read meanwhile.
    case view(ViewProblem)
    /// A transaction or LOCK TABLES forbids it.
    case transaction(TransactionProblem)
    /// The session's account may not do it.
    case rights(RightsProblem)
    /// A column or a key that cannot be.
    case definition(DefinitionProblem)
    /// A constraint or a generated column: its definition, or a row that breaks it.
    case constraint(ConstraintProblem)
    /// A bug of ours or a broken file; the text goes to the log, the client sees a general
    /// sentence.
    case internalError(String)

    /// The number and SQLSTATE that a client classifies it by.
    public var serverErrorCode: ServerErrorCode {
        definitionCode ?? queryCode ?? valueCode
    }

    private var definitionCode: ServerErrorCode? {
        switch self {
        case .noDatabaseSelected: .noDatabaseSelected
        case .unknownDatabase: .unknownDatabase
        case .databaseExists: .databaseExists
        case .databaseDropMissing: .databaseDropMissing
        case .tableExists: .tableExists
        case .unknownTable: .unknownTable
        case .noSuchTable: .noSuchTable
        case .badDatabaseName: .wrongDatabaseName
        case .badTableName: .wrongTableName
        case .identifierTooLong: .identifierTooLong
        case .notBaseTable: .unknownTable
        case .systemTable: .databaseAccessDenied
        case .unknownColumn: .unknownColumn
        case .ambiguousColumn: .ambiguousColumn
        case .duplicateColumn: .duplicateColumn
        case .duplicateKeyName: .duplicateKeyName
        case .multiplePrimaryKeys: .multiplePrimaryKeys
        case .keyColumnMissing: .keyColumnMissing
        case .cannotDrop: .cannotDrop
        case .invalidDefault: .invalidDefault
        case .wrongAutoIncrement: .wrongAutoIncrement
        case .wrongFieldSpecifier: .wrongFieldSpecifier
        case .tooManyColumns: .tooManyColumns
        case .lengthTooLarge: .tooLongColumn
        case .nonUniqueTable: .nonUniqueTable
        case .tableMustHaveColumns: .syntax
        case .unknownCharacterSet: .unknownCharacterSet
        case .unknownCollation: .unknownCollation
        case .unknownStorageEngine: .unknownStorageEngine
        case .unknownTableInClause: .unknownTableInClause
        case .wrongObject: .wrongObject
        case .unknownProgram("TRIGGER", _): .unknownTrigger
        case .unknownProgram("EVENT", _): .unknownEvent
        case .unknownProgram: .unknownFunction
        case .noBinaryLogging: .noBinaryLogging
        case .unknownExplainFormat: .unknownExplainFormat
        case .constraint(let problem): problem.code
        case .definition(let problem): problem.code
        default: nil
        }
    }

    private var queryCode: ServerErrorCode? {
        switch self {
        case .columnCountMismatch: .columnCountMismatch
        case .operandColumns: .operandColumns
        case .selectsDiffer: .selectsDiffer
        case .query(let error): error.code
        case .subqueryReturnsRows: .subqueryReturnsRows
        case .unknownFunction: .unknownFunction
        case .wrongParameterCount: .wrongParameterCount
        case .invalidGroupFunction: .invalidGroupFunction
        case .mixOfGroupColumns: .mixOfGroupColumns
        case .noTablesUsed: .noTablesUsed
        case .notSupported: .notSupportedYet
        case .wrongArguments, .vectorsDiffer, .unknownMetric: .wrongArguments
        case .notAVector: .notAVector
        case .tooBigPrecision: .precisionTooLarge
        case .vectorTooShort: .vectorTooShort
        case .wrongLockName: .wrongLockName
        case .unknownSystemVariable: .unknownSystemVariable
        case .wrongValueForVariable: .wrongValueForVariable
        case .wrongTypeForVariable: .wrongTypeForVariable
        case .variableIsReadOnly: .variableIsReadOnly
        case .variableIsGlobal: .variableIsGlobal
        case .variableIsSession, .variableHasNoSession: .variableIsReadOnly
        case .variableHasNoGlobal: .variableIsSession
        case .sessionIsReadOnly: .sessionIsReadOnly
        case .unknownTimeZone: .unknownTimeZone
        case .collationMismatch: .collationMismatch
        case .lockWaitTimeout: .lockWaitTimeout
        case .deadlock: .deadlock
        case .interrupted: .queryInterrupted
        case .executionTimeout: .executionTimeout
        case .savepointMissing: .unknownFunction
        case .transactionInProgress: .transactionInProgress
        case .diskFull: .diskFull
        case .memoryLimit: .memoryLimit
        case .undone(let error): error.serverErrorCode
        case .optionPreventsStatement: .optionPreventsStatement
        case .transaction(let problem): problem.code
        case .rights(let problem): problem.code
        case .view(let problem): problem.code
        case .autoIncrementFailed: .autoIncrementFailed
        case .columnSpecifiedTwice: .columnSpecifiedTwice
        default: nil
        }
    }

    private var valueCode: ServerErrorCode {
        switch self {
        case .outOfRange: .outOfRange
        case .valueOutOfRange: .divisionOutOfRange
        case .dataTooLong: .dataTooLong
        case .dataTruncated: .dataTruncated
        case .wrongValue: .truncatedWrongValue
        case .wrongFieldValue: .wrongValueForField
        case .columnCannotBeNull: .columnCannotBeNull
        case .noDefault: .noDefaultForField
        case .divisionByZero: .divisionByZero
        case .invalidLogarithm: .invalidLogarithm
        case .truncatedTime: .truncatedWrongValue
        case .incorrectForFunction: .incorrectValue
        case .wrongLiteral: .wrongLiteral
        case .unknownLocale: .unknownLocale
        case .compressedDataCorrupt: .compressedDataCorrupt
        case .uncompressedTooLarge: .uncompressedTooLarge
        case .duplicateEntry: .duplicateEntry
        case .invalidJSON: .invalidJSONText
        case .invalidArgumentJSON: .invalidJSONArgument
        case .noJSONType: .noJSONType
        case .invalidPath: .invalidJSONPath
        case .wildcardInPath: .wildcardInJSONPath
        case .rootInPath: .rootInJSONPath
        case .pathIsNoCell: .jsonPathIsNoCell
        case .oneOrAll: .jsonOneOrAll
        case .nullMemberName: .nullJSONMemberName
        case .rowTooShort: .warningDataTruncated
        case .rowTooLong: .tooManyRecords
        case .foreignKeyParent: .rowIsReferenced
        case .foreignKeyChild: .noReferencedRow
        default: .unknownError
        }
    }
}

/// One line of SHOW WARNINGS.
public struct TableWarning: Equatable, Sendable {
    /// How grave it is.
    public enum Level: String, Sendable {
        case note = "Note"
        case warning = "Warning"
        case error = "Error"
    }

    /// How grave it is.
    public var level: Level
    /// Its number.
    public var code: ServerErrorCode
    /// Its sentence.
    public var message: String

    /// - Parameters: see the stored properties.
    public init(_ level: Level, _ code: ServerErrorCode, _ message: String) {
        self.level = level
        self.code = code
        self.message = message
    }

    /// A warning with the number and sentence of an error.
    public init(_ level: Level = .warning, _ error: TableError) {
        self.init(level, error.serverErrorCode, error.message)
    }
}
