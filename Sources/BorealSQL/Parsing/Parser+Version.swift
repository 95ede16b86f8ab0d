import BorealBase

/// Versions of models: which one a statement is about, and statements on them.
extension Parser {
    /// `[VERSION version]`
    mutating func parseVersion() throws(SyntaxError) -> GivenText? {
        try accept(.version) ? try parseVersionName() : nil
    }

    /// A name, a string, or `?`.
    private mutating func parseVersionName() throws(SyntaxError) -> GivenText {
        if at(.placeholder) { return .placeholder(try takePlaceholder()) }
        return .text(try parseModelName().name)
    }

    // MARK: - Versions that are described

    /// Behind `CREATE MODEL`: true for `IF` and for `name WITH VERSION`.
    func atDefinedModel() throws(SyntaxError) -> Bool {
        let (first, second) = try peekTwo()
        if at(.if), first.keyword == .not { return true }
        return first.keyword == .with && second.keyword == .version
    }

    /// `[IF NOT EXISTS] name WITH VERSION version [INPUT (..)] OPTIONS (..) [COMMENT 'text']`
    mutating func parseDefinedModel() throws(SyntaxError) -> DefineModel {
        let ifNotExists = try acceptIfNotExists()
        let name = try takeName()
        try expect(.with)
        try expect(.version)
        return DefineModel(ifNotExists: ifNotExists, name: name, version: try parseDefinedVersion())
    }

    /// `version [INPUT (column type, ...)] [WITH] OPTIONS (..) [COMMENT [=] 'text']`
    private mutating func parseDefinedVersion() throws(SyntaxError) -> DefinedVersion {
        let name = try parseVersionName()
        var inputs: [ModelInput]?
        if try accept(.input) {
            try expect(.leftParenthesis)
            inputs = try parseList { (parser) throws(SyntaxError) in try parser.parseInput() }
            try expect(.rightParenthesis)
        }
        if inputs == nil, !at(.with), !at(.options) {
            throw unexpected(.keyword(.input), .keyword(.options))
        }
        _ = try accept(.with)
        try expect(.options)
        var version = DefinedVersion(name: name, inputs: inputs, options: try parseOptionList())
        if at(.comment) { version.comment = try parseComment() }
        return version
    }

    private mutating func parseInput() throws(SyntaxError) -> ModelInput {
        optionCount += 1
        if optionCount > Limits.optionsMax { throw .tooManyOptions(token.span) }
        return ModelInput(name: try takeName(), kind: try parseInputKind())
    }

    /// A type of MySQL, its length and sign without meaning.
    private mutating func parseInputKind() throws(SyntaxError) -> ModelInput.Kind {
        guard at(.word) else { throw unexpected(.dataType) }
        let word = lexer.text(token).lowercased()
        let kind: ModelInput.Kind
        switch word {
        case "bigint", "int", "integer", "smallint", "tinyint", "mediumint": kind = .bigint
        case "double", "float", "real", "decimal", "numeric": kind = .double
        case "string", "varchar", "char", "text", "tinytext", "mediumtext", "longtext":
            kind = .string
        case "binary", "varbinary", "blob", "tinyblob", "mediumblob", "longblob": kind = .binary
        default: throw unexpected(.dataType)
        }
        try advance()
        if word == "double" { _ = try accept(.precision) }
        if at(.leftParenthesis) {
            repeat {
                try advance()
                guard at(.integerLiteral) else { throw unexpected(.dataType) }
                try advance()
            } while at(.comma)
            try expect(.rightParenthesis)
        }
        if kind == .bigint || kind == .double { _ = try accept(.unsigned) }
        return kind
    }

    // MARK: - ALTER MODEL

    /// `ALTER MODEL name [VERSION version]
    /// {RETRAIN | SET .. | ADD VERSION .. | DROP VERSION version}`
    mutating func parseAlterModel() throws(SyntaxError) -> AlterModel {
        try advance()
        try expect(.model)
        let name = try parseModelName()
        if let version = try parseVersion() {
            try expect(.set)
            guard at(.comment) else { throw unexpected(.keyword(.comment)) }
            let comment = try parseComment()
            return AlterModel(name: name, version: version, action: .setComment(comment))
        }
        if try accept(.retrain) { return AlterModel(name: name, action: .retrain) }
        if try accept(.drop) {
            try expect(.version)
            return AlterModel(name: name, action: .dropVersion(try parseVersionName()))
        }
        if try accept(.add) {
            try expect(.version)
            return AlterModel(name: name, action: .addVersion(try parseDefinedVersion()))
        }
        guard try accept(.set) else {
            throw unexpected(.keyword(.retrain), .keyword(.set), .keyword(.add), .keyword(.drop))
        }
        if at(.comment) { return AlterModel(name: name, action: .setComment(try parseComment())) }
        try expect(.defaultVersion)
        _ = try accept(.equal)
        return AlterModel(name: name, action: .setDefaultVersion(try parseVersionName()))
    }

    /// `COMMENT [=] 'text'`
    private mutating func parseComment() throws(SyntaxError) -> GivenText {
        try advance()
        _ = try accept(.equal)
        return at(.placeholder) ? .placeholder(try takePlaceholder()) : .text(try parseString())
    }

    /// `DIFF MODEL name VERSION from, to ON (query) [WITH (options)]`
    mutating func parseDiffModel() throws(SyntaxError) -> DiffModel {
        try advance()
        try expect(.model)
        let name = try parseModelName()
        try expect(.version)
        let from = try parseVersionName()
        try expect(.comma)
        let to = try parseVersionName()
        try expect(.on)
        try expect(.leftParenthesis)
        let query = try takeInnerQuery()
        try expect(.rightParenthesis)
        var diff = DiffModel(name: name, from: from, to: to, query: query)
        if at(.with) { diff.options = try parseWithOptions(mayBeEmpty: true) }
        return diff
    }
}
