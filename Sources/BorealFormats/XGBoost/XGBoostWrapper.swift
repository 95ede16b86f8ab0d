import BorealGraph

/// What a scikit-learn wrapper adds to a booster.
struct XGBoostWrapper {
    enum Kind {
        case classifier
        case regressor
        case ranker
    }

    var kind: Kind
    /// The class as it is spelt.
    var name: String
    /// Classes in class order, when the wrapper keeps them.
    var labels: Labels?
    /// The round that early stopping chose, counted from 0.
    var bestIteration: Int?
    /// The same as a number of trees for each score, in old versions.
    var bestTreeLimit: Int?
    /// The number that stands for missing ones; NaN for none but NaN.
    var missing = Double.nan

    init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// The wrapper that left its mark in a booster's attributes when it saved the model.
    init?(attributes: [String: String], _ format: ModelFormat) throws(FormatError) {
        guard var text = attributes["scikit_learn"] else { return nil }
        self.init(kind: .regressor, name: "")
        let failure = text.withUTF8 { bytes -> FormatError? in
            var reader = JSONPullReader(UnsafeRawBufferPointer(bytes), format: format)
            do throws(FormatError) { try read(&reader) } catch { return error }
            return nil
        }
        if let failure { throw failure }
    }

    private mutating func read(_ reader: inout JSONPullReader) throws(FormatError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "type", "_estimator_type":
                let type = try reader.scalarText()
                if name.isEmpty || key == "type" { setType(type) }
            case "missing": missing = Double(try reader.scalarText()) ?? .nan
            case "classes_": labels = try Self.labels(&reader)
            case "_le":
                try reader.beginObject()
                while let member = try reader.nextKey() {
                    if member == "classes_" {
                        labels = try Self.labels(&reader)
                    } else {
                        try reader.skip()
                    }
                }
            default: try reader.skip()
            }
        }
    }

    private mutating func setType(_ type: String) {
        switch type {
        case "classifier": (kind, name) = (.classifier, "XGBClassifier")
        case "ranker": (kind, name) = (.ranker, "XGBRanker")
        case "regressor": (kind, name) = (.regressor, "XGBRegressor")
        default:
            name = type
            if type.hasSuffix("Classifier") { kind = .classifier }
            if type.hasSuffix("Ranker") { kind = .ranker }
        }
    }

    /// A list of labels of one type; nil for anything else.
    private static func labels(_ reader: inout JSONPullReader) throws(FormatError) -> Labels? {
        var texts: [String] = []
        var areTexts = true
        try reader.beginArray()
        while try reader.hasElement() {
            areTexts = areTexts && reader.isAtString()
            texts.append(try reader.scalarText())
        }
        if areTexts { return texts.isEmpty ? nil : .text(texts) }
        let integers = texts.compactMap { Int64($0) }
        if integers.count == texts.count { return .integer(integers) }
        let numbers = texts.compactMap { Double($0) }
        return numbers.count == texts.count ? .double(numbers) : nil
    }
}
