import BorealBase

/// The dialect's own statements about models and tasks.
extension Parser {
    /// True where the first words are those of a model statement.
    func atModelStatement() throws(SyntaxError) -> Bool {
        switch token.keyword {
        case .upload, .deploy: return true
        case .create:
            let (first, _) = try peekTwo()
            if first.keyword == .or {
                var ahead = lexer
                for _ in 0..<2 { _ = try ahead.next() }
                return try ahead.next().keyword == .model
            }
            return first.keyword == .model || first.keyword == .feature
        case .alter, .verify, .export, .diff: return try peek().keyword == .model
        case .update: return try peek().keyword == .feature
        case .describe, .desc, .explain:
            let next = try peek().keyword
            return next == .model || next == .feature
        case .drop:
            let next = try peek().keyword
            return next == .model || next == .feature || next == .task
        case .show: return try atModelShow()
        default: return false
        }
    }

    private func atModelShow() throws(SyntaxError) -> Bool {
        let (first, second) = try peekTwo()
        switch first.keyword {
        case .model, .models, .task, .tasks, .feature, .features, .versions, .categories:
            return true
        case .full: return second.keyword == .models
        default: return false
        }
    }

    /// A model statement up to its last word; the text may go on with `;` only.
    mutating func parseModelStatement() throws(SyntaxError) -> ModelStatement {
        switch token.keyword {
        case .create: return try parseCreateModelOrFeature()
        case .upload:
            try advance()
            try expect(.model)
            return .uploadModel(
                UploadModel(name: try takeName(), options: try parseWithOptions(mayBeEmpty: false))
            )
        case .deploy:
            try advance()
            try expect(.model)
            var deploy = DeployModel(name: try parseModelName(), version: try parseVersion())
            if at(.with) { deploy.options = try parseWithOptions(mayBeEmpty: true) }
            return .deployModel(deploy)
        case .alter: return .alterModel(try parseAlterModel())
        case .diff: return .diffModel(try parseDiffModel())
        case .verify:
            try advance()
            try expect(.model)
            let name = try parseModelName()
            return .verifyModel(VerifyModel(name: name, version: try parseVersion()))
        case .export: return try parseExportModel()
        case .show: return try parseModelShow()
        case .describe, .desc, .explain: return try parseModelDescription()
        case .drop: return try parseModelDrop()
        case .update: return .updateFeature(try parseUpdateFeature())
        case .select: return try parseSelectFromModel()
        default: throw unexpected(.statement)
        }
    }

    /// `EXPORT MODEL name [VERSION version] TO 'file' [FORMAT 'format']`
    private mutating func parseExportModel() throws(SyntaxError) -> ModelStatement {
        try advance()
        try expect(.model)
        let name = try parseModelName()
        let version = try parseVersion()
        try expect(.to)
        let file = try parseString()
        let format = try accept(.format) ? try parseString() : nil
        return .exportModel(
            ExportModel(name: name, version: version, file: file, format: format)
        )
    }

    /// The name of a model that exists: an identifier, reserved or not, or a string, for names that
    /// came in through REST.
    mutating func parseModelName() throws(SyntaxError) -> Identifier {
        guard at(.stringLiteral) else { return try takeName() }
        let start = token.start
        let name = try parseString()
        guard !name.isEmpty, !name.utf8.contains(0) else { throw unexpected(.name) }
        return Identifier(name: name, span: span(from: start))
    }

    // MARK: - CREATE

    private mutating func parseCreateModelOrFeature() throws(SyntaxError) -> ModelStatement {
        try advance()
        let orReplace = try accept(.or, .replace)
        if !orReplace, try accept(.feature) { return .createFeature(try parseCreateFeature()) }
        try expect(.model)
        if !orReplace, try atDefinedModel() { return .defineModel(try parseDefinedModel()) }
        let name = try takeName()
        let options = try parseWithOptions(mayBeEmpty: false)
        guard at(.as) else { throw unexpected(.keyword(.as)) }
        return .createModel(
            CreateModel(
                orReplace: orReplace,
                name: name,
                options: options,
                query: try parseAsQuery()
            )
        )
    }

    /// `AS (query)`.
    private mutating func parseAsQuery() throws(SyntaxError) -> InnerQuery {
        try expect(.as)
        try expect(.leftParenthesis)
        let query = try takeInnerQuery()
        try expect(.rightParenthesis)
        return query
    }

    private mutating func parseCreateFeature() throws(SyntaxError) -> CreateFeature {
        let name = try takeName()
        var feature = CreateFeature(name: name, options: try parseWithOptions(mayBeEmpty: false))
        feature.source = try parseFeatureSource()
        return feature
    }

    private mutating func parseFeatureSource() throws(SyntaxError) -> FeatureSource? {
        if at(.as) { return .query(try parseAsQuery()) }
        guard try accept(.using) else { return nil }
        try expect(.feature)
        return .feature(try takeName())
    }

    private mutating func parseUpdateFeature() throws(SyntaxError) -> UpdateFeature {
        try advance()
        try expect(.feature)
        var update = UpdateFeature(name: try takeName())
        if at(.with) {
            update.options = try parseWithOptions(mayBeEmpty: true)
        } else if try accept(.set) {
            let start = token.start
            let options = try parseOptions()
            update.options = OptionList(options: options, span: span(from: start))
        }
        update.source = try parseFeatureSource()
        return update
    }

    // MARK: - SHOW, DESCRIBE, DROP

    private mutating func parseModelShow() throws(SyntaxError) -> ModelStatement {
        try advance()
        let isFull = try accept(.full)
        let keyword = token.keyword
        if isFull, keyword != .models { throw unexpected(.keyword(.models)) }
        try advance()
        switch keyword {
        case .models: return .showModels(ShowModels(isFull: isFull, filter: try parseShowFilter()))
        case .tasks: return .showTasks(ShowTasks(filter: try parseShowFilter()))
        case .features: return .showFeatures(ShowFeatures(filter: try parseShowFilter()))
        case .model:
            let name = try parseModelName()
            return .showModel(ShowModel(name: name, version: try parseVersion()))
        case .task: return .showTask(ShowTask(id: try parseTaskID()))
        case .feature: return .showFeature(ShowFeature(name: try takeName()))
        default:
            if !at(.for), !at(.from), !at(.in) { throw unexpected(.keyword(.for), .keyword(.from)) }
            try advance()
            try expect(.model)
            let name = try parseModelName()
            guard keyword == .categories else { return .showVersions(ShowVersions(name: name)) }
            let version = try parseVersion()
            guard at(.comma) else { throw unexpected(.sign(.comma)) }
            try advance()
            var show = ShowCategories(name: name, version: version, column: try takeName())
            show.filter = try parseShowFilter()
            return .showCategories(show)
        }
    }

    private mutating func parseModelDescription() throws(SyntaxError) -> ModelStatement {
        let isExplain = at(.explain)
        try advance()
        if at(.select) {
            let place = token.span
            guard case .predict(let node) = try parseSelectFromModel() else {
                throw .unsupported("EXPLAIN of a background task", place)
            }
            return .explainPredict(node)
        }
        if try accept(.feature) { return .describeFeature(DescribeFeature(name: try takeName())) }
        try expect(.model)
        var isExtended = false
        if at(.extended) {
            let next = try peek().kind
            isExtended = next == .word || next == .quotedName || next == .stringLiteral
        }
        if isExplain, !isExtended { return .explainModel(try parseExplainModel()) }
        if isExtended { try advance() }
        let name = try parseModelName()
        return .describeModel(
            DescribeModel(isExtended: isExtended, name: name, version: try parseVersion())
        )
    }

    private mutating func parseExplainModel() throws(SyntaxError) -> ExplainModel {
        var explain = ExplainModel(name: try parseModelName(), version: try parseVersion())
        guard try accept(.using) else { return explain }
        try expect(.leftParenthesis)
        explain.query = try takeInnerQuery()
        try expect(.rightParenthesis)
        if at(.with) { explain.options = try parseWithOptions(mayBeEmpty: true) }
        return explain
    }

    private mutating func parseModelDrop() throws(SyntaxError) -> ModelStatement {
        try advance()
        if try accept(.task) { return .dropTask(DropTask(id: try parseTaskID())) }
        let isFeature = try accept(.feature)
        if !isFeature { try expect(.model) }
        let ifExists = try acceptIfExists()
        let name = try parseModelName()
        return isFeature
            ? .dropFeature(DropFeature(ifExists: ifExists, name: name))
            : .dropModel(DropModel(ifExists: ifExists, name: name))
    }

    // MARK: - PREDICT and EVALUATE

    private mutating func parseSelectFromModel() throws(SyntaxError) -> ModelStatement {
        try advance()
        let items = try parseList { (parser) throws(SyntaxError) in try parser.parseSelectItem() }
        try expect(.from)
        if try atStatistic() { return .statistic(try parseStatistic(items)) }
        let isPredict = try accept(.predict)
        var isExplain = false
        if !isPredict { isExplain = try accept(.explain) }
        if !isPredict, !isExplain { try expect(.evaluate) }
        try expect(.leftParenthesis)
        try expect(.model)
        let name = try parseModelName()
        let version = try parseVersion()
        guard at(.comma) else { throw unexpected(.sign(.comma)) }
        try advance()
        let query = try takeInnerQuery()
        try expect(.rightParenthesis)
        let options = try parseWithOptions(mayBeEmpty: true)
        if isExplain {
            return .explainRows(
                SelectFromExplain(
                    items: items,
                    name: name,
                    version: version,
                    query: query,
                    options: options
                )
            )
        }
        guard isPredict else {
            return .evaluate(
                SelectFromEvaluate(
                    items: items,
                    name: name,
                    version: version,
                    query: query,
                    options: options
                )
            )
        }
        let into = try accept(.into) ? try takeTarget() : []
        return .predict(
            SelectFromPredict(
                items: items,
                name: name,
                version: version,
                query: query,
                options: options,
                into: into
            )
        )
    }

    /// `table`, `database.table` or `source.database.table`.
    private mutating func takeTarget() throws(SyntaxError) -> [Identifier] {
        var names = [try takeName()]
        while names.count < 3, try accept(.dot) { names.append(try takeName()) }
        return names
    }

    /// A query up to the parenthesis that closes around it, found by counting parentheses outside
    /// strings, comments and quoted names; the token is then that parenthesis.
    ///
    /// - Parameter endsAtComma: ends also at a comma with another query behind it.
    mutating func takeInnerQuery(
        endsAtComma: Bool = false
    ) throws(SyntaxError) -> InnerQuery {
        // Inside `/*! ... */` the words alone would be half a comment: then all up to the signs
        // counts.
        var place = SourceSpan(start: lexer.isInVersionComment ? previousEnd : token.start, end: 0)
        var isInside = false
        let firstPlaceholder = placeholderCount
        guard atQueryStart() || at(.leftParenthesis) else { throw unexpected(.query) }
        var open = 0
        let isParenthesised = at(.leftParenthesis)
        while open > 0 || !at(.rightParenthesis) {
            if endsAtComma, open == 0, try atCommaBeforeQuery(inParentheses: isParenthesised) {
                break
            }
            isInside = lexer.isInVersionComment
            switch token.kind {
            case .leftParenthesis:
                open += 1
                if open > Limits.nestingMax { throw .tooDeep(token.span) }
            case .rightParenthesis: open -= 1
            case .placeholder:
                _ = try takePlaceholder()
                continue
            case .endOfText, .semicolon: throw unexpected(.sign(.rightParenthesis))
            default: break
            }
            try advance()
        }
        place.end = isInside ? token.start : previousEnd
        while isBlank(lexer.byte(Int(place.start))) { place.start += 1 }
        while isBlank(lexer.byte(Int(place.end) - 1)) { place.end -= 1 }
        return InnerQuery(
            text: String(decoding: lexer.bytes[place.range], as: UTF8.self),
            placeholders: firstPlaceholder..<placeholderCount,
            span: place
        )
    }
}
