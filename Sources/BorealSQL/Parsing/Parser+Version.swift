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

    /// `ALTER MODEL name [VERSION version] {RETRAIN | SET .. | DROP VERSION version}`
    mutating func parseAlterModel() throws(SyntaxError) -> AlterModel {
        try advance()
        try expect(.model)
        let name = try parseModelName()
        if let version = try parseVersion() {
            try expect(.set)
            guard at(.comment) else { throw unexpected(.keyword(.comment)) }
            return AlterModel(name: name, version: version, action: try parseComment())
        }
        if try accept(.retrain) { return AlterModel(name: name, action: .retrain) }
        if try accept(.drop) {
            try expect(.version)
            return AlterModel(name: name, action: .dropVersion(try parseVersionName()))
        }
        guard try accept(.set) else {
            throw unexpected(.keyword(.retrain), .keyword(.set), .keyword(.drop))
        }
        if at(.comment) { return AlterModel(name: name, action: try parseComment()) }
        try expect(.defaultVersion)
        _ = try accept(.equal)
        return AlterModel(name: name, action: .setDefaultVersion(try parseVersionName()))
    }

    /// `COMMENT [=] 'text'`
    private mutating func parseComment() throws(SyntaxError) -> AlterModel.Action {
        try advance()
        _ = try accept(.equal)
        if at(.placeholder) { return .setComment(.placeholder(try takePlaceholder())) }
        return .setComment(.text(try parseString()))
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
