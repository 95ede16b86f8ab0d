import BorealBase
import BorealGraph

/// Finds the XGBoost model in a pickle: a `Booster`, or a scikit-learn wrapper around one.
struct XGBoostPickleReader {
    let document: PickleDocument
    let format: ModelFormat

    /// - Throws: `FormatError.notAModel`, and what reading the model inside throws.
    func read() throws(FormatError) -> ImportedModel {
        guard let root = document.object(document.root) else {
            throw .notAModel(format, found: document.kind(document.root))
        }
        if root.type == .xgbBooster { return try importer(root, nil).imported(container: format) }
        guard
            let booster = document.attribute(root, "_Booster").flatMap({ document.object($0) }),
            booster.type == .xgbBooster
        else { throw .notAModel(format, found: "\(root.type.rawValue) that was not fitted") }
        return try importer(booster, wrapper(root, booster)).imported(container: format)
    }

    private func importer(
        _ booster: PickleObject,
        _ wrapper: XGBoostWrapper?
    ) throws(FormatError) -> XGBoostImporter {
        guard let handle = document.attribute(booster, "handle"),
            let bytes = document.bytes(handle)
        else { throw .notAModel(format, found: "a Booster without a model") }
        var model = try Self.model(Array(bytes))
        // A bare booster answers as one, whatever its attributes say.
        if wrapper == nil { model.attributes["scikit_learn"] = nil }
        if model.featureNames.isEmpty, let names = names(booster), names.count == model.featureCount
        {
            model.featureNames = names
        }
        return try XGBoostImporter(model, wrapper: wrapper)
    }

    /// The names that old boosters kept beside their bytes.
    private func names(_ booster: PickleObject) -> [String]? {
        guard let values = document.plainValues(document.attribute(booster, "feature_names")) else {
            return nil
        }
        let names = values.compactMap { if case .text(let text) = $0 { text } else { nil } }
        return names.count == values.count ? names : nil
    }

    /// The bytes that a booster serialises itself to: since 1.6 UBJSON, before it JSON, before that
    /// the binary format with the configuration behind it, and in the beginning that format alone.
    private static func model(_ bytes: [UInt8]) throws(FormatError) -> XGBoostModel {
        let mark = Array("CONFIG-offset:".utf8)
        if bytes.starts(with: mark) {
            return try XGBoostModel(
                reading: Array(bytes.dropFirst(mark.count + 8)),
                format: .xgboostBinary
            )
        }
        guard bytes.first == UInt8(ascii: "{"), bytes.count > 1 else {
            return try XGBoostModel(reading: bytes, format: .xgboostBinary)
        }
        let isText = bytes[1] == UInt8(ascii: "\"") || bytes[1] <= 0x20
        return try XGBoostModel(reading: bytes, format: isText ? .xgboostJSON : .xgboostUBJSON)
    }

    private func wrapper(_ object: PickleObject, _ booster: PickleObject) -> XGBoostWrapper {
        let kind: XGBoostWrapper.Kind =
            switch object.type {
            case .xgbClassifier, .xgbRFClassifier: .classifier
            case .xgbRanker: .ranker
            default: .regressor
            }
        var wrapper = XGBoostWrapper(kind: kind, name: object.type.rawValue)
        func integer(_ name: String) -> Int? {
            let value =
                document.integer(document.attribute(object, name))
                ?? document.integer(document.attribute(booster, name))
            return value.map { Int(clamping: $0) }
        }
        wrapper.bestIteration = integer("best_iteration")
        wrapper.bestTreeLimit = integer("best_ntree_limit")
        if let missing = document.attribute(object, "missing").flatMap({ document.plainValue($0) })
        {
            switch missing {
            case .float(let value): wrapper.missing = value
            case .integer(let value): wrapper.missing = Double(value)
            default: break
            }
        }
        let encoder = document.attribute(object, "_le").flatMap { document.object($0) }
        let classes =
            encoder.flatMap { document.attribute($0, "classes_") }
            ?? document.attribute(object, "classes_")
        wrapper.labels = document.plainValues(classes).flatMap { Labels($0) }
        return wrapper
    }
}

extension Labels {
    /// Labels of one type; nil for none and for mixed ones.
    init?(_ values: [PlainValue]) {
        guard !values.isEmpty else { return nil }
        let integers = values.compactMap { value -> Int64? in
            switch value {
            case .integer(let number): number
            case .bool(let flag): flag ? 1 : 0
            default: nil
            }
        }
        let texts = values.compactMap { if case .text(let text) = $0 { text } else { nil } }
        let doubles = values.compactMap { value -> Double? in
            switch value {
            case .float(let number): number
            case .integer(let number): Double(number)
            default: nil
            }
        }
        if integers.count == values.count {
            self = .integer(integers)
        } else if texts.count == values.count {
            self = .text(texts)
        } else if doubles.count == values.count {
            self = .double(doubles)
        } else {
            return nil
        }
    }
}
