import BorealBase
import BorealBoost
import BorealCatalog
import BorealSQL

/// What CREATE FEATURE asks for, in the form that the registry keeps: options as written, the
/// queries, and the settings of the session they run with.
///
/// UPDATE FEATURE and USING FEATURE begin with that of a feature and change parts of it.
struct FeatureRequest: Equatable {
    /// Options by lower-cased name, as texts.
    private var options: [String: String]
    /// The same of `parameters=( ... )`.
    private var parameters: [String: String]
    /// The query of AS; nil for statistics that name tables.
    var query: String?
    var database: String
    var sqlMode: String
    var timeZone: String
    /// What the session had set at the source that the server was started with.
    var source: SourceSettings?
    /// The query is of the session that runs now. Not kept.
    var isOfSession = false

    private static let optionNames: Set<String> = [
        "feature_class", "x_cols", "y_cols", "parameters",
    ]
    private static let parameterNames: Set<String> = [
        "categorical_feature", "null_strategy", "bins_num", "bin_num", "bins_method",
        "actual_table", "predict_table",
    ]

    private static let tableNames: Set<String> = ["actual_table", "predict_table"]

    /// A request without options.
    init(query: String?, database: String, sqlMode: String, timeZone: String) {
        options = [:]
        parameters = [:]
        self.query = query
        self.database = database
        self.sqlMode = sqlMode
        self.timeZone = timeZone
    }

    /// Takes over what a statement says; what it does not say stays.
    ///
    /// - Throws: `invalidOption` for unknown names and values that are no single ones.
    mutating func apply(_ list: OptionList?) throws(ServerError) {
        let reader = try OptionReader(
            list,
            known: Self.optionNames.union(Self.parameterNames)
        )
        for name in Self.optionNames.subtracting(["parameters"]) {
            if let text = try reader.text(name) { options[name] = text }
        }
        var given = try reader.parameters("parameters").map {
            (name: $0.name.asciiLowercased, value: $0.value.description)
        }
        // `UPDATE FEATURE f SET bins_num = 5` names a parameter outside of its list.
        for name in Self.parameterNames.sorted() {
            if let value = try reader.single(name) { given.append((name, value)) }
        }
        for (name, value) in given {
            guard Self.parameterNames.contains(name) else {
                let valid = Self.parameterNames.sorted().joined(separator: ", ")
                throw .invalidOption(name, "unknown parameter; valid parameters: \(valid)")
            }
            guard given.count(where: { $0.name == name }) == 1 else {
                throw .invalidOption(name, "given twice")
            }
            parameters[name] = value
            // Two spellings of one parameter: the newer statement decides.
            for (one, other) in [("bins_num", "bin_num"), ("bin_num", "bins_num")]
            where name == one && !given.contains(where: { $0.name == other }) {
                parameters[other] = nil
            }
        }
    }

    /// What `USING FEATURE` begins with: columns and rows of another feature, none of its
    /// parameters; its label only where one is needed.
    ///
    /// - Throws: as `apply`.
    static func using(
        _ other: FeatureRequest,
        _ list: OptionList?
    ) throws(ServerError) -> FeatureRequest {
        var request = other
        request.options = other.options.filter { $0.key == "x_cols" }
        request.parameters = other.parameters.filter {
            $0.key == "categorical_feature" || tableNames.contains($0.key)
        }
        try request.apply(list)
        if request.options["feature_class"]?.asciiLowercased == "iv",
            request.options["y_cols"] == nil
        {
            request.options["y_cols"] = other.options["y_cols"]
        }
        return request
    }

    /// Takes over where the rows come from, and the settings that go with the query.
    mutating func takeRows(of other: FeatureRequest) {
        query = other.query
        database = other.database
        sqlMode = other.sqlMode
        timeZone = other.timeZone
        source = other.source
        isOfSession = other.isOfSession
        let tables = other.parameters.filter { Self.tableNames.contains($0.key) }
        parameters.merge(tables) { $1 }
    }

    /// The statistic, all of its options read and checked.
    ///
    /// - Throws: `invalidOption`, `unsupported`.
    func statistic() throws(ServerError) -> StatisticRequest {
        let reader = try reader(options, Self.optionNames)
        let kind = try StatisticKind(option: reader.requiredText("feature_class"))
        var known = kind.parameters
        if kind.comparesSamples { known.formUnion(Self.tableNames) }
        return try StatisticRequest(kind, reader, parameters: self.reader(parameters, known))
    }

    /// The queries that give the rows: one, or two where samples are compared, the expected one
    /// first.
    ///
    /// - Throws: `invalidOption` for a query or a table that is missing or one too many.
    func queries(_ statistic: StatisticRequest) throws(ServerError) -> [String] {
        guard statistic.kind.comparesSamples else {
            guard let query else {
                throw .invalidOption("AS", "'\(statistic.kind.rawValue)' needs a query")
            }
            return [query]
        }
        guard query == nil else {
            throw .invalidOption(
                "AS",
                "'\(statistic.kind.rawValue)' reads actual_table and predict_table, no query"
            )
        }
        var queries: [String] = []
        for name in ["predict_table", "actual_table"] {
            guard let table = parameters[name], !table.trimmingBlanks.isEmpty else {
                throw .invalidOption(name, "the option is missing or empty")
            }
            let columns = statistic.columns.map(Self.quoted).joined(separator: ", ")
            queries.append("SELECT \(columns) FROM \(try Self.table(table, name))")
        }
        return queries
    }

    /// `t`, `d.t` or `source.d.t`, also in back-quotes, as quoted names.
    private static func table(_ text: String, _ option: String) throws(ServerError) -> String {
        let bare = text.trimmingBlanks
        var parts = [""]
        var isQuoted = false
        for character in bare {
            switch character {
            case "`": isQuoted.toggle()
            case "." where !isQuoted: parts.append("")
            default: parts[parts.count - 1].append(character)
            }
        }
        guard parts.count <= 3, !isQuoted, parts.allSatisfy({ !$0.isEmpty }) else {
            throw .invalidOption(option, "'\(text.prefix(80))' names no table")
        }
        return parts.map(quoted).joined(separator: ".")
    }

    private static func quoted(_ name: String) -> String {
        "`" + name.replacing("`", with: "``") + "`"
    }

    private func reader(
        _ values: [String: String],
        _ known: Set<String>
    ) throws(ServerError) -> OptionReader {
        let list = values.sorted { $0.key < $1.key }.map { name, value in
            ModelOption(name: Identifier(name: name), value: OptionValue(kind: .string(value)))
        }
        return try OptionReader(OptionList(options: list), known: known)
    }

    /// What a background job needs to run the queries.
    func payload(statement: String) -> JobPayload {
        var payload = JobPayload(
            statement: statement,
            database: database,
            sqlMode: sqlMode,
            timeZone: timeZone,
            source: source
        )
        payload.isOfSession = isOfSession
        return payload
    }

    // MARK: - The stored form

    /// The form that the registry keeps.
    var json: JSON {
        .object([
            ("options", Self.object(options)), ("parameters", Self.object(parameters)),
            ("query", query.map { .string($0) } ?? .null), ("database", .string(database)),
            ("sql_mode", .string(sqlMode)), ("time_zone", .string(timeZone)),
            ("source", SourceSettings.json(source)),
        ])
    }

    private static func object(_ values: [String: String]) -> JSON {
        .object(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }

    /// Reads the stored form.
    ///
    /// - Throws: `internalError` for a text that no release wrote.
    init(json text: String) throws(ServerError) {
        // Whatever is wrong with the text, the answer is the same sentence.
        guard let json = try? JSON.parse(text), let options = Self.values(json["options"]),
            let parameters = Self.values(json["parameters"]),
            let database = json["database"]?.string,
            let sqlMode = json["sql_mode"]?.string, let timeZone = json["time_zone"]?.string
        else { throw .internalError("a stored feature cannot be read") }
        self.init(
            query: json["query"]?.string,
            database: database,
            sqlMode: sqlMode,
            timeZone: timeZone
        )
        self.options = options
        self.parameters = parameters
        source = SourceSettings(json: json["source"])
    }

    private static func values(_ json: JSON?) -> [String: String]? {
        guard let members = json?.object else { return nil }
        return Dictionary(members.map { ($0.key, $0.value.string ?? "") }) { $1 }
    }
}
