extension ModelStatement: CustomStringConvertible {
    /// The statement in normal form, without the hint and without `;`.
    public var description: String {
        var printer = Printer()
        printer.write(self)
        return printer.text
    }
}

extension OptionList: CustomStringConvertible {
    /// The options in parentheses.
    public var description: String {
        var printer = Printer()
        printer.write(self)
        return printer.text
    }
}

extension Printer {
    mutating func write(_ statement: ModelStatement) {
        switch statement {
        case .createModel(let create): write(create)
        case .defineModel(let define):
            let verb = define.ifNotExists ? "CREATE MODEL IF NOT EXISTS" : "CREATE MODEL"
            writeVerb(verb, define.name)
            write(" WITH")
            write(define.version)
        case .uploadModel(let upload):
            writeVerb("UPLOAD MODEL", upload.name)
            writeWith(upload.options)
        case .deployModel(let deploy):
            writeVerb("DEPLOY MODEL", deploy.name, deploy.version)
            if let options = deploy.options { writeWith(options) }
        case .alterModel(let alter): write(alter)
        case .diffModel(let diff): write(diff)
        case .dropModel(let drop):
            writeVerb(drop.ifExists ? "DROP MODEL IF EXISTS" : "DROP MODEL", drop.name)
        case .evaluate(let evaluate):
            writeCall("EVALUATE", evaluate.items, evaluate.name, evaluate.version, evaluate.query)
            writeWith(evaluate.options)
        case .predict(let predict): write(predict)
        case .explainPredict(let predict):
            write("EXPLAIN ")
            write(predict)
        case .explainRows(let explain):
            writeCall("EXPLAIN", explain.items, explain.name, explain.version, explain.query)
            writeWith(explain.options)
        case .statistic(let statistic): write(statistic)
        case .explainModel(let explain):
            writeVerb("EXPLAIN MODEL", explain.name, explain.version)
            if let query = explain.query { write(" USING (\(query.text))") }
            if let options = explain.options { writeWith(options) }
        case .verifyModel(let verify): writeVerb("VERIFY MODEL", verify.name, verify.version)
        case .exportModel(let export):
            writeVerb("EXPORT MODEL", export.name, export.version)
            write(" TO ")
            writeString(export.file)
            if let format = export.format {
                write(" FORMAT ")
                writeString(format)
            }
        case .dropTask(let drop):
            write("DROP TASK ")
            write(drop.id)
        default: writeShowOrFeature(statement)
        }
    }

    private mutating func writeShowOrFeature(_ statement: ModelStatement) {
        switch statement {
        case .showModels(let show):
            write(show.isFull ? "SHOW FULL MODELS" : "SHOW MODELS")
            write(show.filter)
        case .showModel(let show): writeVerb("SHOW MODEL", show.name, show.version)
        case .showVersions(let show): writeVerb("SHOW VERSIONS FOR MODEL", show.name)
        case .showCategories(let show):
            writeVerb("SHOW CATEGORIES FOR MODEL", show.name, show.version)
            writeVerb(",", show.column)
            write(show.filter)
        case .describeModel(let describe):
            let verb = describe.isExtended ? "DESCRIBE MODEL EXTENDED" : "DESCRIBE MODEL"
            writeVerb(verb, describe.name, describe.version)
        case .showTasks(let show):
            write("SHOW TASKS")
            write(show.filter)
        case .showTask(let show):
            write("SHOW TASK ")
            write(show.id)
        default: writeFeature(statement)
        }
    }

    private mutating func writeFeature(_ statement: ModelStatement) {
        switch statement {
        case .createFeature(let create):
            writeVerb("CREATE FEATURE", create.name)
            writeWith(create.options)
            write(create.source)
        case .updateFeature(let update):
            writeVerb("UPDATE FEATURE", update.name)
            if let options = update.options { writeWith(options) }
            write(update.source)
        case .showFeatures(let show):
            write("SHOW FEATURES")
            write(show.filter)
        case .showFeature(let show): writeVerb("SHOW FEATURE", show.name)
        case .describeFeature(let describe): writeVerb("DESCRIBE FEATURE", describe.name)
        case .dropFeature(let drop):
            writeVerb(drop.ifExists ? "DROP FEATURE IF EXISTS" : "DROP FEATURE", drop.name)
        default: assertionFailure("a model statement that is not printed")
        }
    }

    // MARK: - Parts

    private mutating func writeVerb(
        _ words: String,
        _ name: Identifier,
        _ version: GivenText? = nil
    ) {
        write(words + " ")
        writeName(name.name)
        guard let version else { return }
        write(" VERSION ")
        writeVersion(version)
    }

    private mutating func writeVersion(_ version: GivenText) {
        switch version {
        case .text(let name): writeName(name)
        case .placeholder: write("?")
        }
    }

    private mutating func write(_ alter: AlterModel) {
        writeVerb("ALTER MODEL", alter.name, alter.version)
        switch alter.action {
        case .retrain: write(" RETRAIN")
        case .setDefaultVersion(let version):
            write(" SET DEFAULT_VERSION = ")
            writeVersion(version)
        case .dropVersion(let version):
            write(" DROP VERSION ")
            writeVersion(version)
        case .addVersion(let version):
            write(" ADD")
            write(version)
        case .setComment(let comment):
            write(" SET COMMENT = ")
            writeText(comment)
        }
    }

    /// `VERSION v INPUT (..) WITH OPTIONS (..) COMMENT '..'`: a form that both statements take.
    private mutating func write(_ version: DefinedVersion) {
        write(" VERSION ")
        writeVersion(version.name)
        if let inputs = version.inputs {
            write(" INPUT (")
            writeList(inputs) { printer, input in
                printer.writeName(input.name.name)
                printer.write(" \(input.kind.rawValue)")
            }
            write(")")
        }
        write(" WITH OPTIONS ")
        write(version.options)
        guard let comment = version.comment else { return }
        write(" COMMENT ")
        writeText(comment)
    }

    private mutating func writeText(_ text: GivenText) {
        switch text {
        case .text(let text): writeString(text)
        case .placeholder: write("?")
        }
    }

    private mutating func write(_ diff: DiffModel) {
        writeVerb("DIFF MODEL", diff.name, diff.from)
        write(", ")
        writeVersion(diff.to)
        write(" ON (\(diff.query.text))")
        if let options = diff.options { writeWith(options) }
    }

    private mutating func writeWith(_ options: OptionList) {
        write(" WITH ")
        write(options)
    }

    private mutating func write(_ create: CreateModel) {
        writeVerb(create.orReplace ? "CREATE OR REPLACE MODEL" : "CREATE MODEL", create.name)
        writeWith(create.options)
        write(" AS (\(create.query.text))")
    }

    private mutating func write(_ predict: SelectFromPredict) {
        writeCall("PREDICT", predict.items, predict.name, predict.version, predict.query)
        writeWith(predict.options)
        for (place, name) in predict.into.enumerated() {
            write(place == 0 ? " INTO " : ".")
            writeName(name.name)
        }
    }

    private mutating func writeCall(
        _ function: String,
        _ items: [SelectItem],
        _ model: Identifier,
        _ version: GivenText?,
        _ query: InnerQuery
    ) {
        write("SELECT ")
        writeItems(items)
        writeVerb(" FROM \(function)(MODEL", model, version)
        write(", \(query.text))")
    }

    private mutating func write(_ statistic: SelectFromStatistic) {
        write("SELECT ")
        writeItems(statistic.items)
        write(" FROM \(statistic.function.rawValue)(")
        if let model = statistic.model {
            writeVerb("MODEL", model, statistic.version)
            write(", ")
        }
        write(statistic.queries.map(\.text).joined(separator: ", "))
        write(")")
        if let options = statistic.options { writeWith(options) }
    }

    private mutating func write(_ filter: ShowFilter?) {
        switch filter {
        case nil: break
        case .like(let pattern):
            write(" LIKE ")
            writeString(pattern)
        case .condition(let condition):
            write(" WHERE ")
            write(condition)
        }
    }

    private mutating func write(_ source: FeatureSource?) {
        switch source {
        case nil: break
        case .query(let query): write(" AS (\(query.text))")
        case .feature(let name): writeVerb(" USING FEATURE", name)
        }
    }

    private mutating func write(_ id: TaskID) {
        switch id {
        case .id(let text): write("`" + text.replacing("`", with: "``") + "`")
        case .placeholder: write("?")
        }
    }

    // MARK: - Options

    mutating func write(_ list: OptionList) {
        write("(")
        writeList(list.options) { printer, option in
            printer.writeName(option.name.name)
            printer.write(" = ")
            printer.write(option.value)
        }
        write(")")
    }

    private mutating func write(_ value: OptionValue) {
        switch value.kind {
        case .string(let text): writeString(text)
        case .integer(let number): write(String(number))
        case .decimal(let digits): write(digits)
        case .boolean(let flag): write(flag ? "True" : "False")
        case .none: write("None")
        case .word(let word): writeWord(word)
        case .list(let list): write(list)
        case .query(let query): write("(\(query.text))")
        case .placeholder: write("?")
        }
    }

    /// A word; back-quoted where it would read as a constant.
    private mutating func writeWord(_ word: String) {
        switch keyword(of: word) {
        case .true, .false, .none, .null: write("`\(word)`")
        default: writeName(word)
        }
    }
}
