/// The one table of numbers and SQLSTATEs that a client can see.
///
/// Literals of this type stand in this file only; everybody else names a case. The sentence that
/// goes with a number is made where the error is mapped, in the engine.
public enum ServerErrorCode: UInt16, Sendable, CaseIterable {
    case hashCheck = 1000
    case databaseExists = 1007
    case databaseDropMissing = 1008
    case diskFull = 1021
    case duplicateKeyWrite = 1022
    case tooManyConnections = 1040
    case badHandshake = 1043
    case databaseAccessDenied = 1044
    case accessDenied = 1045
    case noDatabaseSelected = 1046
    case unknownCommand = 1047
    case columnCannotBeNull = 1048
    case unknownDatabase = 1049
    case tableExists = 1050
    case unknownTable = 1051
    case ambiguousColumn = 1052
    case serverShutdown = 1053
    case unknownColumn = 1054
    case wrongFieldWithGroup = 1055
    case wrongGroupField = 1056
    case identifierTooLong = 1059
    case duplicateColumn = 1060
    case duplicateKeyName = 1061
    case duplicateEntry = 1062
    case wrongFieldSpecifier = 1063
    case syntax = 1064
    case emptyQuery = 1065
    case nonUniqueTable = 1066
    case invalidDefault = 1067
    case multiplePrimaryKeys = 1068
    case keyColumnMissing = 1072
    case tooLongColumn = 1074
    case wrongAutoIncrement = 1075
    case fileNotFound = 1017
    case cannotDrop = 1091
    case noSuchThread = 1094
    case killDenied = 1095
    case noTablesUsed = 1096
    case wrongTypeForColumn = 1101
    case wrongDatabaseName = 1102
    case wrongTableName = 1103
    case unknownError = 1105
    case unknownProcedure = 1106
    case unknownTableInClause = 1109
    case invalidGroupFunction = 1111
    case tooManyColumns = 1117
    case tableIsFull = 1114
    case unknownCharacterSet = 1115
    case columnCountMismatch = 1136
    case mixOfGroupColumns = 1140
    case noSuchGrant = 1141
    case tableAccessDenied = 1142
    case columnAccessDenied = 1143
    case noSuchTable = 1146
    case packetTooLarge = 1153
    case packetsOutOfOrder = 1156
    case uncompressFailed = 1157
    case readTimeout = 1159
    case unknownSystemVariable = 1193
    case userLimitReached = 1203
    case lockWaitTimeout = 1205
    case deadlock = 1213
    case wrongArguments = 1210
    case intoSeveralRows = 1172
    case intoNoRows = 1329
    case subqueryReturnsRows = 1242
    case operandColumns = 1241
    case accessRightNeeded = 1227
    case variableIsSession = 1228
    case variableIsGlobal = 1229
    case wrongValueForVariable = 1231
    case wrongTypeForVariable = 1232
    case variableIsReadOnly = 1238
    case notSupportedYet = 1235
    case unknownStatementHandler = 1243
    case collationMix = 1267
    case collationMismatch = 1253
    case unknownCollation = 1273
    case unknownTimeZone = 1298
    case unknownStorageEngine = 1286
    case outOfRange = 1264
    case dataTruncated = 1265
    case truncatedWrongValue = 1292
    case noDefaultForField = 1364
    case divisionByZero = 1365
    case wrongValueForField = 1366
    case transactionInProgress = 1568
    case wrongParameterCount = 1582
    case uncompressedTooLarge = 1256
    case compressedDataCorrupt = 1259
    case wrongLiteral = 1525
    case unknownLocale = 1649
    case vectorTooShort = 1882
    case sourceExists = 1476
    case sourceMissing = 1477
    case foreignConnection = 1429
    case foreignQuery = 1430
    case upstreamUnreachable = 2003
    case upstreamHostUnknown = 2005
    case upstreamLost = 2013
    case upstreamPacketTooLarge = 2020
    case upstreamTLS = 2026
    case upstreamMalformedPacket = 2027
    case upstreamPluginUnknown = 2059
    case upstreamAuthentication = 2061
    case invalidLogarithm = 3020
    case wrongLockName = 3057
    case incorrectValue = 1411
    case wrongObject = 1347
    case unknownTrigger = 1360
    case noBinaryLogging = 1381
    case unknownEvent = 1539
    case optionPreventsStatement = 1290
    case notInPreparedProtocol = 1295
    case warningDataTruncated = 1261
    case tooManyRecords = 1262
    case unknownFunction = 1305
    case targetIsRead = 1093
    case tableLockedForReading = 1099
    case viewNotUpdatable = 1288
    case columnNotUpdatable = 1348
    case checkOfFixedView = 1368
    case viewCheckFailed = 1369
    case viewNotInsertable = 1471
    case columnSpecifiedTwice = 1110
    case autoIncrementFailed = 1467
    case tableNotLocked = 1100
    case viewOfTemporary = 1352
    case readOnlyTransaction = 1792
    case queryInterrupted = 1317
    case tooManyPlaceholders = 1390
    case noOpenCursor = 1421
    case preparedStatementsMax = 1461
    case malformedPacket = 1835
    case dataTooLong = 1406
    case rowIsReferenced = 1451
    case noReferencedRow = 1452
    case needsReprepare = 1615
    case sessionIsReadOnly = 1621
    case divisionOutOfRange = 1690
    case unknownExplainFormat = 1791
    case invalidJSONText = 3140
    case invalidJSONArgument = 3141
    case invalidJSONPath = 3143
    case noJSONType = 3146
    case wildcardInJSONPath = 3149
    case rootInJSONPath = 3153
    case jsonOneOrAll = 3154
    case nullJSONMemberName = 3158
    case jsonPathIsNoCell = 3165
    case executionTimeout = 3024
    case clientInactive = 4031
    case tooManyKeys = 1069
    case tooManyKeyParts = 1070
    case keyTooLong = 1071
    case wrongPrefix = 1089
    case cannotRemoveAll = 1090
    case tooManyMembers = 1097
    case rowTooLarge = 1118
    case invalidNull = 1138
    case wrongColumnName = 1166
    case longColumnInKey = 1170
    case nullInPrimaryKey = 1171
    case cannotAddForeignKey = 1215
    case wrongUsage = 1221
    case wrongIndexName = 1280
    case notFullText = 1283
    case duplicatedMember = 1291
    case invalidOnUpdate = 1294
    case emptyPrefix = 1391
    case scaleTooLarge = 1425
    case precisionTooLarge = 1426
    case scaleAbovePrecision = 1427
    case displayWidth = 1439
    case jsonInKey = 3152
    case wrongForeignKey = 1239
    case indexNeeded = 1553
    case truncateReferenced = 1701
    case foreignKeyParentIndexMissing = 1822
    case foreignKeyParentMissing = 1824
    case duplicateForeignKey = 1826
    case columnNeeded = 1828
    case columnNeededByChild = 1829
    case foreignKeySetNull = 1830
    case columnInForeignKey = 1832
    case columnInForeignKeyOfChild = 1833
    case cascadeTooDeep = 3008
    case generatedDisallowed = 3102
    case generatedGiven = 3105
    case generatedAttribute = 3106
    case generatedOrder = 3107
    case generatedNeedsColumn = 3108
    case generatedNamesAutoIncrement = 3109
    case tableIsReferenced = 3730
    case foreignKeyParentColumnMissing = 3734
    case generatedCallsFunction = 3763
    case defaultCallsFunction = 3770
    case foreignKeyColumnsDiffer = 3780
    case checkNamesOtherColumn = 3813
    case checkCallsFunction = 3814
    case checkDisallowed = 3815
    case checkReadsVariable = 3816
    case checkNamesAutoIncrement = 3818
    case checkViolated = 3819
    case checkNamesUnknownColumn = 3820
    case checkMissing = 3821
    case duplicateCheck = 3822
    case constraintAmbiguous = 3939
    case constraintMissing = 3940
    case checkUsesColumn = 3959
    case noVisibleColumn = 4028
    case secureTransportRequired = 3159
    case wrongCompressionAlgorithm = 3922
    case wrongCompressionLevel = 3923
    case localInfileDisabled = 3948
    case memoryLimit = 1038
    case keyMissing = 1176
    case tooManyTables = 1116
    case selectsDiffer = 1222
    case wrongViewList = 1353
    case aggregateInOrder = 3029
    case orderNotSelected = 3065
    case recursionNeedsUnion = 3573
    case recursionOrder = 3574
    case recursionAggregates = 3575
    case recursionJoin = 3577
    case windowMissing = 3579
    case windowCircle = 3580
    case windowPartitionsAgain = 3581
    case windowHasFrame = 3582
    case windowOrdersAgain = 3583
    case windowFrameOffset = 3586
    case windowRangeOrder = 3587
    case windowExists = 3591
    case windowFunctionMisplaced = 3593
    case windowAliasMisplaced = 3594
    case groupingArgument = 3602
    case recursionDepth = 3636

    // Vectors.
    case vectorTooLong = 6137
    case notAVector = 6138

    // Optimizer hints, as warnings.
    case hintNotOfQuery = 3125
    case hintRepeated = 3126

    // Accounts.
    case hostBlocked = 1129
    case accountMissing = 1133
    case illegalGrant = 1144
    case noSuchTableGrant = 1147
    case userResourceExceeded = 1226
    case revokeFailed = 1269
    case accountOperationFailed = 1396
    case grantMakesNoAccount = 1410
    case nameTooLong = 1470
    case pluginNotLoaded = 1524
    case wrongPassword = 1819
    case passwordMustChange = 1820
    case wrongPasswordHash = 1827
    case accountLocked = 3118
    case tlsNotReloaded = 3888
    case accountUnknown = 3162
    case accountKnown = 3163
    case illegalPrivilegeLevel = 3619
    case incorrectCurrentPassword = 3891
    case currentPasswordNotRequired = 3893
    case privilegeUnknown = 3929
    case accountBlocked = 3955

    // The dialect's own numbers.
    case tooManyRowsOnline = 9050
    case unsupportedModelClass = 9051
    case modelExists = 9052
    case modelMissing = 9053
    case modelNotReady = 9054
    case invalidOption = 9055
    case noEndpoint = 9056
    case featureUnsupported = 9057
    case taskMissing = 9058
    case metricDoesNotApply = 9059
    case cannotFetch = 9060
    case malformedModel = 9061
    case badRowValue = 9062
    case rateLimit = 9063
    case remoteModel = 9064
    case unseenCategories = 9065

    /// The five characters a client classifies the error by.
    public var sqlState: String { Self.states[self] ?? "HY000" }

    /// SQLSTATEs that are not the general `HY000`.
    private static let states: [ServerErrorCode: String] = [
        .duplicateKeyWrite: "23000", .tooManyConnections: "08004", .badHandshake: "08S01",
        .databaseAccessDenied: "42000", .accessDenied: "28000", .noDatabaseSelected: "3D000",
        .unknownCommand: "08S01", .columnCannotBeNull: "23000", .unknownDatabase: "42000",
        .tableExists: "42S01", .unknownTable: "42S02", .ambiguousColumn: "23000",
        .serverShutdown: "08S01", .unknownColumn: "42S22", .wrongGroupField: "42000",
        .wrongFieldWithGroup: "42000", .intoSeveralRows: "42000", .intoNoRows: "02000",
        .selectsDiffer: "21000",
        .identifierTooLong: "42000", .duplicateColumn: "42S21", .duplicateKeyName: "42000",
        .duplicateEntry: "23000", .wrongFieldSpecifier: "42000", .syntax: "42000",
        .emptyQuery: "42000", .nonUniqueTable: "42000", .invalidDefault: "42000",
        .multiplePrimaryKeys: "42000", .keyColumnMissing: "42000", .tooLongColumn: "42000",
        .wrongAutoIncrement: "42000", .cannotDrop: "42000", .wrongTypeForColumn: "42000",
        .wrongDatabaseName: "42000", .wrongTableName: "42000", .unknownProcedure: "42000",
        .unknownTableInClause: "42S02", .unknownCharacterSet: "42000",
        .columnCountMismatch: "21S01", .mixOfGroupColumns: "42000",
        .accountMissing: "42000", .illegalGrant: "42000", .noSuchTableGrant: "42000",
        .userResourceExceeded: "42000", .grantMakesNoAccount: "42000",
        .noSuchGrant: "42000", .tableAccessDenied: "42000", .columnAccessDenied: "42000",
        .noSuchTable: "42S02", .packetTooLarge: "08S01", .packetsOutOfOrder: "08S01",
        .uncompressFailed: "08S01",
        .readTimeout: "08S01", .userLimitReached: "42000", .deadlock: "40001",
        .subqueryReturnsRows: "21000", .operandColumns: "21000", .accessRightNeeded: "42000",
        .wrongValueForVariable: "42000", .wrongTypeForVariable: "42000", .notSupportedYet: "42000",
        .unknownStorageEngine: "42000", .collationMismatch: "42000", .outOfRange: "22003",
        .dataTruncated: "01000",
        .truncatedWrongValue: "22007", .divisionByZero: "22012", .wrongParameterCount: "42000",
        .warningDataTruncated: "01000", .tooManyRecords: "01000", .unknownFunction: "42000",
        .readOnlyTransaction: "25006", .columnSpecifiedTwice: "42000",
        .transactionInProgress: "25001", .queryInterrupted: "70100",
        .dataTooLong: "22001", .preparedStatementsMax: "42000",
        .rowIsReferenced: "23000", .noReferencedRow: "23000", .divisionOutOfRange: "22003",
        .invalidJSONText: "22032", .localInfileDisabled: "42000", .wrongForeignKey: "42000",
        .truncateReferenced: "42000", .tooManyKeys: "42000", .tooManyKeyParts: "42000",
        .keyTooLong: "42000", .cannotRemoveAll: "42000", .rowTooLarge: "42000",
        .longColumnInKey: "42000", .nullInPrimaryKey: "42000", .wrongIndexName: "42000",
        .scaleTooLarge: "42000", .precisionTooLarge: "42000", .scaleAbovePrecision: "42000",
        .displayWidth: "42000", .wrongColumnName: "42000", .invalidNull: "22004",
        .jsonInKey: "42000",
        .invalidJSONArgument: "22032", .invalidJSONPath: "42000",
        .noJSONType: "22032", .wildcardInJSONPath: "42000", .rootInJSONPath: "42000",
        .jsonOneOrAll: "42000", .nullJSONMemberName: "22032", .jsonPathIsNoCell: "42000",
        .invalidLogarithm: "2201E", .wrongLockName: "42000",
    ]
}
