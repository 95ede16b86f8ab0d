import BorealBase
import BorealGraph

/// Finds the LightGBM model in a pickle: a `Booster`, or a scikit-learn wrapper around one.
struct LightGBMPickleReader {
    let document: PickleDocument
    let format: ModelFormat

    /// - Throws: `FormatError.notAModel`, and what reading the text inside throws.
    func read() throws(FormatError) -> ImportedModel {
        guard let root = document.object(document.root) else {
            throw .notAModel(format, found: document.kind(document.root))
        }
        switch root.type {
        case .booster: return try read(booster: root, wrapper: nil)
        case .lgbmClassifier, .lgbmRegressor, .lgbmRanker, .lgbmModel:
            guard
                let booster = document.attribute(root, "_Booster").flatMap({ document.object($0) }),
                booster.type == .booster
            else { throw .notAModel(format, found: "\(root.type.rawValue) that was not fitted") }
            return try read(booster: booster, wrapper: root)
        default: throw .notAModel(format, found: document.kind(document.root))
        }
    }

    private func read(
        booster: PickleObject,
        wrapper: PickleObject?
    ) throws(FormatError) -> ImportedModel {
        let handle = document.attribute(booster, "_handle") ?? document.attribute(booster, "handle")
        guard let handle, let bytes = document.bytes(handle) else {
            throw .notAModel(format, found: "a Booster without a model text")
        }
        var importer = LightGBMImporter(text: try LightGBMTextReader.read(bytes))
        if let best = document.integer(document.attribute(booster, "best_iteration")) {
            importer.keepIterations(Int(clamping: best))
        }
        if importer.text.pandasCategorical == nil {
            importer.text.pandasCategorical = categories(
                document.attribute(booster, "pandas_categorical")
            )
        }
        importer.namedFeatures = namedFeatures(booster, importer.text.featureNames)
        if let wrapper, wrapper.type == .lgbmClassifier {
            importer.labels = try labels(wrapper)
            importer.answersLabel = true
        }
        let graph = try importer.graph()
        let estimator = (wrapper ?? booster).type.rawValue
        return ImportedModel(
            graph: graph,
            inspection: importer.inspection(graph, format: format, estimator: estimator)
        )
    }

    /// The classes of a classifier, in the order of its scores.
    private func labels(_ wrapper: PickleObject) throws(FormatError) -> Labels {
        let encoder = document.attribute(wrapper, "_le").flatMap { document.object($0) }
        let classes =
            encoder.flatMap { document.attribute($0, "classes_") }
            ?? document.attribute(wrapper, "_classes")
        guard let values = document.plainValues(classes), !values.isEmpty else {
            throw .notAModel(format, found: "a classifier without classes")
        }
        let integers = values.compactMap { value -> Int64? in
            switch value {
            case .integer(let number): number
            case .bool(let flag): flag ? 1 : 0
            default: nil
            }
        }
        if integers.count == values.count { return .integer(integers) }
        let texts = values.compactMap { if case .text(let text) = $0 { text } else { nil } }
        if texts.count == values.count { return .text(texts) }
        let doubles = values.compactMap { value -> Double? in
            switch value {
            case .float(let number): number
            case .integer(let number): Double(number)
            default: nil
            }
        }
        guard doubles.count == values.count else {
            throw .unsupportedFormat(format, detail: "classes of mixed types")
        }
        return .double(doubles)
    }

    /// The lists that a Booster's state keeps, in the form its text has them.
    private func categories(_ ref: PickleRef?) -> JSON? {
        guard let ref, let lists = document.elements(ref) else { return nil }
        var found: [JSON] = []
        for list in lists {
            guard let values = document.plainValues(list) else { return nil }
            found.append(.array(values.map(json)))
        }
        return .array(found)
    }

    private func json(_ value: PlainValue) -> JSON {
        switch value {
        case .none: .null
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .float(let number): .number(number)
        case .text(let text): .string(text)
        }
    }

    /// `categorical_column` or `categorical_feature` of the Booster's parameters, as positions.
    private func namedFeatures(_ booster: PickleObject, _ names: [String]) -> [Int] {
        let parameters = document.attribute(booster, "params")
        let value =
            document.member(parameters, "categorical_column")
            ?? document.member(parameters, "categorical_feature")
        return (document.plainValues(value) ?? []).compactMap { value in
            switch value {
            case .integer(let index): Int(exactly: index)
            case .text(let name): names.firstIndex(of: name)
            default: nil
            }
        }
    }
}
