import BorealBase
import BorealGraph

/// What Boreal writes about its own models into the `boreal_meta` line of their LightGBM text.
struct BorealMeta {
    /// Version of the line's content; a greater one is refused.
    static let formatVersion: Int64 = 1

    /// A feature's kind as the line spells it.
    static func word(_ kind: FeatureKind) -> String {
        switch kind.name {
        case .number: "number"
        case .integerCategory: "integer"
        case .textCategory: "text"
        case .numberCategory: "numeric"
        case .hashedCategory: "hashed"
        case .sequence: "sequence"
        case .numberList: "numbers"
        }
    }

    /// The line's content for a model.
    static func json(_ graph: ModelGraph) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("format", .integer(formatVersion)), ("task", .string(graph.task.rawValue)),
            ("answers_label", .bool(graph.answersLabel)),
            (
                "features",
                .array(
                    graph.inputs.map {
                        .object([("name", .string($0.name)), ("kind", .string(word($0.kind)))])
                    }
                )
            ),
            ("x_cols", .array(graph.metadata.featureColumns.map { .string($0) })),
            ("y_cols", .array(graph.metadata.labelColumns.map { .string($0) })),
        ]
        if let labels = graph.labels { members.append(("labels", json(labels))) }
        if let parameters = graph.metadata.trainingParameters {
            members.append(("parameters", parameters))
        }
        if let distribution = graph.metadata.trainingDistribution {
            members.append(("distribution", distribution))
        }
        return .object(members)
    }

    /// Classes with their type.
    static func json(_ labels: Labels) -> JSON {
        let (type, values): (String, [JSON]) =
            switch labels {
            case .integer(let values): ("integer", values.map { .integer($0) })
            case .double(let values): ("double", values.map { .number($0) })
            case .decimal(let values): ("decimal", values.map { .string($0) })
            case .text(let values): ("text", values.map { .string($0) })
            }
        return .object([("type", .string(type)), ("values", .array(values))])
    }

    let json: JSON

    private func malformed(_ reason: String) -> FormatError {
        .malformed(.lightgbmText, offset: 0, reason: "'boreal_meta': \(reason)")
    }

    /// Refuses content of a version to come.
    init(_ json: JSON) throws(FormatError) {
        self.json = json
        guard let version = json["format"]?.integer else { throw malformed("no format") }
        guard version == Self.formatVersion else {
            throw .unsupportedVersion(.lightgbmText, version: "boreal_meta \(version)")
        }
    }

    /// Features with their real names; categories come from `lists`, one for each categorical
    /// feature with a dictionary.
    func inputs(lists: [JSON], count: Int) throws(FormatError) -> [GraphInput] {
        guard let features = json["features"]?.array, features.count == count else {
            throw malformed("the features are not \(count)")
        }
        var inputs: [GraphInput] = []
        var rest = lists[...]
        for feature in features {
            guard let name = feature["name"]?.string, let kind = feature["kind"]?.string else {
                throw malformed("a feature without name or kind")
            }
            let isListed = kind == "text" || kind == "numeric"
            let list = isListed ? rest.popFirst().map { [$0] } ?? [] : []
            guard let read = try Self.kind(kind, list) else {
                throw malformed("feature '\(name.prefix(64))' of kind '\(kind.prefix(32))'")
            }
            inputs.append(GraphInput(name: name, kind: read))
        }
        guard rest.isEmpty else { throw malformed("more lists of categories than features") }
        return inputs
    }

    /// A feature's kind as a file spells it.
    ///
    /// - Parameter lists: its categories, when it has some.
    /// - Returns: nil for an unknown word, and for categories that are missing or of another kind.
    /// - Throws: `FormatError.invalidModel` for too many categories.
    static func kind(_ word: String, _ lists: [JSON]) throws(FormatError) -> FeatureKind? {
        let categories: CategoryDictionary.Categories
        switch word {
        case "number": return .number
        case "integer": return .integerCategory
        case "hashed": return .hashedCategory
        case "text":
            guard let list = lists.first?.array else { return nil }
            let texts = list.compactMap(\.string)
            guard texts.count == list.count else { return nil }
            categories = .text(texts)
        case "numeric":
            guard let list = lists.first?.array else { return nil }
            let numbers = list.compactMap(\.double)
            guard numbers.count == list.count else { return nil }
            categories = .number(numbers)
        default: return nil
        }
        do throws(GraphError) { return .category(try CategoryDictionary(categories)) } catch {
            throw .invalidModel(error)
        }
    }

    var task: GraphTask? { json["task"]?.string.flatMap(GraphTask.init(rawValue:)) }

    var answersLabel: Bool { json["answers_label"]?.bool ?? false }

    /// The classes, when there are some.
    func labels() throws(FormatError) -> Labels? {
        guard let labels = json["labels"] else { return nil }
        guard let found = Self.labels(labels) else { throw malformed("labels") }
        return found
    }

    /// Classes with their type; nil for what is none.
    static func labels(_ json: JSON) -> Labels? {
        guard let type = json["type"]?.string, let values = json["values"]?.array,
            values.count <= Limits.classesMax
        else { return nil }
        let found: Labels? =
            switch type {
            case "integer": .integer(values.compactMap(\.integer))
            case "double": .double(values.compactMap(\.double))
            case "decimal": .decimal(values.compactMap(\.string))
            case "text": .text(values.compactMap(\.string))
            default: nil
            }
        return found?.count == values.count ? found : nil
    }

    /// Columns, parameters and distribution.
    func fill(_ metadata: inout ModelMetadata) {
        metadata.featureColumns = json["x_cols"]?.array?.compactMap(\.string) ?? []
        metadata.labelColumns = json["y_cols"]?.array?.compactMap(\.string) ?? []
        metadata.trainingParameters = json["parameters"]
        metadata.trainingDistribution = json["distribution"]
    }
}
