/// A statement about models, tasks and features: what the hint is for.
public enum ModelStatement: Equatable, Sendable {
    /// `CREATE MODEL`.
    case createModel(CreateModel)
    /// `CREATE MODEL m WITH VERSION v ...`.
    case defineModel(DefineModel)
    /// `UPLOAD MODEL`.
    case uploadModel(UploadModel)
    /// `DEPLOY MODEL`.
    case deployModel(DeployModel)
    /// `ALTER MODEL m ...`.
    case alterModel(AlterModel)
    /// `DIFF MODEL m VERSION v1, v2 ON (..)`.
    case diffModel(DiffModel)
    /// `SHOW MODELS`.
    case showModels(ShowModels)
    /// `SHOW MODEL m`.
    case showModel(ShowModel)
    /// `SHOW VERSIONS FOR MODEL m`.
    case showVersions(ShowVersions)
    /// `SHOW CATEGORIES FOR MODEL m, column`.
    case showCategories(ShowCategories)
    /// `DESCRIBE MODEL m`.
    case describeModel(DescribeModel)
    /// `VERIFY MODEL m`.
    case verifyModel(VerifyModel)
    /// `EXPORT MODEL m TO 'file' FORMAT 'onnx'`.
    case exportModel(ExportModel)
    /// `DROP MODEL m`.
    case dropModel(DropModel)
    /// `SELECT .. FROM EVALUATE(..)`.
    case evaluate(SelectFromEvaluate)
    /// `SELECT .. FROM PREDICT(..)`.
    case predict(SelectFromPredict)
    /// `EXPLAIN SELECT .. FROM PREDICT(..)`.
    case explainPredict(SelectFromPredict)
    /// `SELECT .. FROM IV(..)` and its like.
    case statistic(SelectFromStatistic)
    /// `SELECT .. FROM EXPLAIN(MODEL m, ..)`.
    case explainRows(SelectFromExplain)
    /// `EXPLAIN MODEL m`.
    case explainModel(ExplainModel)
    /// `SHOW TASKS`.
    case showTasks(ShowTasks)
    /// `SHOW TASK t`.
    case showTask(ShowTask)
    /// `DROP TASK t`.
    case dropTask(DropTask)
    /// `CREATE FEATURE`.
    case createFeature(CreateFeature)
    /// `UPDATE FEATURE`.
    case updateFeature(UpdateFeature)
    /// `SHOW FEATURES`.
    case showFeatures(ShowFeatures)
    /// `SHOW FEATURE f`.
    case showFeature(ShowFeature)
    /// `DESCRIBE FEATURE f`.
    case describeFeature(DescribeFeature)
    /// `DROP FEATURE f`.
    case dropFeature(DropFeature)
}

/// `CREATE [OR REPLACE] MODEL name WITH (options) AS (query)`.
public struct CreateModel: Equatable, Sendable {
    /// `OR REPLACE`: an existing model gets a further version.
    public var orReplace: Bool = false
    /// The new model.
    public var name: Identifier
    /// `model_class`, `x_cols`, `y_cols`, `model_parameter`.
    public var options: OptionList
    /// The training rows.
    public var query: InnerQuery

    /// Makes one from its parts.
    public init(orReplace: Bool = false, name: Identifier, options: OptionList, query: InnerQuery) {
        self.orReplace = orReplace
        self.name = name
        self.options = options
        self.query = query
    }
}

/// `UPLOAD MODEL name WITH (options)`.
public struct UploadModel: Equatable, Sendable {
    /// The new model.
    public var name: Identifier
    /// `model_location`, `req_location`.
    public var options: OptionList

    /// Makes one from its parts.
    public init(name: Identifier, options: OptionList) {
        self.name = name
        self.options = options
    }
}

/// `DEPLOY MODEL name [VERSION version] [WITH (options)]`.
public struct DeployModel: Equatable, Sendable {
    /// The model.
    public var name: Identifier
    /// The version; nil for the default one.
    public var version: GivenText? = nil
    /// `mode`; nil without `WITH`.
    public var options: OptionList? = nil

    /// Makes one from its parts.
    public init(name: Identifier, version: GivenText? = nil, options: OptionList? = nil) {
        self.name = name
        self.version = version
        self.options = options
    }
}

/// `SHOW [FULL] MODELS [LIKE .. | WHERE ..]`.
public struct ShowModels: Equatable, Sendable {
    /// `FULL`.
    public var isFull: Bool = false
    /// What narrows the list.
    public var filter: ShowFilter? = nil

    /// Makes one from its parts.
    public init(isFull: Bool = false, filter: ShowFilter? = nil) {
        self.isFull = isFull
        self.filter = filter
    }
}

/// `SHOW MODEL name [VERSION version]`.
public struct ShowModel: Equatable, Sendable {
    /// The model.
    public var name: Identifier
    /// The version; nil for the default one.
    public var version: GivenText? = nil

    /// Makes one from its parts.
    public init(name: Identifier, version: GivenText? = nil) {
        self.name = name
        self.version = version
    }
}

/// `SHOW VERSIONS {FOR | FROM | IN} MODEL name`.
public struct ShowVersions: Equatable, Sendable {
    /// The model.
    public var name: Identifier

    /// Makes one from its parts.
    public init(name: Identifier) {
        self.name = name
    }
}

/// `SHOW CATEGORIES {FOR | FROM | IN} MODEL name [VERSION version], column
/// [LIKE .. | WHERE ..]`.
public struct ShowCategories: Equatable, Sendable {
    /// The model.
    public var name: Identifier
    /// The version; nil for the default one.
    public var version: GivenText? = nil
    /// The feature.
    public var column: Identifier
    /// What narrows the list.
    public var filter: ShowFilter? = nil

    /// Makes one from its parts.
    public init(
        name: Identifier,
        version: GivenText? = nil,
        column: Identifier,
        filter: ShowFilter? = nil
    ) {
        self.name = name
        self.version = version
        self.column = column
        self.filter = filter
    }
}

/// `VERIFY MODEL name [VERSION version]`.
public struct VerifyModel: Equatable, Sendable {
    /// The model.
    public var name: Identifier
    /// The version; nil for the default one.
    public var version: GivenText? = nil

    /// Makes one from its parts.
    public init(name: Identifier, version: GivenText? = nil) {
        self.name = name
        self.version = version
    }
}

/// `EXPORT MODEL name [VERSION version] TO 'file' [FORMAT 'format']`.
public struct ExportModel: Equatable, Sendable {
    /// The model.
    public var name: Identifier
    /// The version; nil for the default one.
    public var version: GivenText? = nil
    /// What the file is called.
    public var file: String
    /// What is written; nil for what the file's ending says.
    public var format: String?

    /// Makes one from its parts.
    public init(name: Identifier, version: GivenText? = nil, file: String, format: String? = nil) {
        self.name = name
        self.version = version
        self.file = file
        self.format = format
    }
}

/// `{DESCRIBE | DESC} MODEL [EXTENDED] name [VERSION version]`.
public struct DescribeModel: Equatable, Sendable {
    /// `EXTENDED`.
    public var isExtended: Bool = false
    /// The model.
    public var name: Identifier
    /// The version; nil for the default one.
    public var version: GivenText? = nil

    /// Makes one from its parts.
    public init(isExtended: Bool = false, name: Identifier, version: GivenText? = nil) {
        self.isExtended = isExtended
        self.name = name
        self.version = version
    }
}

/// `DROP MODEL [IF EXISTS] name`.
public struct DropModel: Equatable, Sendable {
    /// `IF EXISTS`.
    public var ifExists: Bool = false
    /// The model.
    public var name: Identifier

    /// Makes one from its parts.
    public init(ifExists: Bool = false, name: Identifier) {
        self.ifExists = ifExists
        self.name = name
    }
}

/// `SELECT items FROM EVALUATE(MODEL name [VERSION version], query) WITH (options)`.
public struct SelectFromEvaluate: Equatable, Sendable {
    /// The select list.
    public var items: [SelectItem]
    /// The model.
    public var name: Identifier
    /// The version; nil for the default one.
    public var version: GivenText? = nil
    /// The rows with their labels.
    public var query: InnerQuery
    /// `x_cols`, `y_cols`, `metrics`, `s_cols`.
    public var options: OptionList

    /// Makes one from its parts.
    public init(
        items: [SelectItem],
        name: Identifier,
        version: GivenText? = nil,
        query: InnerQuery,
        options: OptionList
    ) {
        self.items = items
        self.name = name
        self.version = version
        self.query = query
        self.options = options
    }
}

/// `SELECT items FROM PREDICT(MODEL name [VERSION version], query) WITH (options)
/// [INTO [[source.]database.]table]`.
public struct SelectFromPredict: Equatable, Sendable {
    /// The select list.
    public var items: [SelectItem]
    /// The model; a built-in one has a name with `_polar4ai` in front.
    public var name: Identifier
    /// The version; nil for the default one.
    public var version: GivenText? = nil
    /// The rows.
    public var query: InnerQuery
    /// `x_cols`, `mode`, `s_cols`, ...
    public var options: OptionList
    /// `INTO`: one to three names of a table, which is one of the database `polar4ai` when it is
    /// named alone; empty for none.
    public var into: [Identifier] = []

    /// Makes one from its parts.
    public init(
        items: [SelectItem],
        name: Identifier,
        version: GivenText? = nil,
        query: InnerQuery,
        options: OptionList,
        into: [Identifier] = []
    ) {
        self.items = items
        self.name = name
        self.version = version
        self.query = query
        self.options = options
        self.into = into
    }
}

/// `SELECT items FROM EXPLAIN(MODEL name [VERSION version], query) WITH (options)`.
public struct SelectFromExplain: Equatable, Sendable {
    /// The select list.
    public var items: [SelectItem]
    /// The model.
    public var name: Identifier
    /// The version; nil for the default one.
    public var version: GivenText? = nil
    /// The rows.
    public var query: InnerQuery
    /// `x_cols`, `method`, `mode`, ...
    public var options: OptionList

    /// Makes one from its parts.
    public init(
        items: [SelectItem],
        name: Identifier,
        version: GivenText? = nil,
        query: InnerQuery,
        options: OptionList
    ) {
        self.items = items
        self.name = name
        self.version = version
        self.query = query
        self.options = options
    }
}

/// `EXPLAIN MODEL name [VERSION version] [USING (query) [WITH (options)]]`.
public struct ExplainModel: Equatable, Sendable {
    /// The model.
    public var name: Identifier
    /// The version; nil for the default one.
    public var version: GivenText? = nil
    /// Rows whose contributions are averaged.
    public var query: InnerQuery? = nil
    /// `x_cols`; nil without `WITH`.
    public var options: OptionList? = nil

    /// Makes one from its parts.
    public init(
        name: Identifier,
        version: GivenText? = nil,
        query: InnerQuery? = nil,
        options: OptionList? = nil
    ) {
        self.name = name
        self.version = version
        self.query = query
        self.options = options
    }
}

/// `SHOW TASKS [LIKE .. | WHERE ..]`.
public struct ShowTasks: Equatable, Sendable {
    /// What narrows the list.
    public var filter: ShowFilter? = nil

    /// Makes one from its parts.
    public init(filter: ShowFilter? = nil) {
        self.filter = filter
    }
}

/// `SHOW TASK id`.
public struct ShowTask: Equatable, Sendable {
    /// The task.
    public var id: TaskID

    /// Makes one from its parts.
    public init(id: TaskID) {
        self.id = id
    }
}

/// `DROP TASK id`.
public struct DropTask: Equatable, Sendable {
    /// The task.
    public var id: TaskID

    /// Makes one from its parts.
    public init(id: TaskID) {
        self.id = id
    }
}
