import BorealBase

/// What CatBoost writes about training: objects of JSON, in its JSON format and as texts in others.
extension CatBoostModel {
    /// Takes the loss out of `params`.
    mutating func readParameters<Source: PullReader>(_ source: inout Source) throws(FormatError) {
        try source.beginObject()
        while let key = try source.nextKey() {
            guard key == "loss_function", source.isAtObject() else {
                try source.skip()
                continue
            }
            var parameters: [String] = []
            try source.beginObject()
            while let member = try source.nextKey() {
                if member == "type" {
                    loss = try source.string()
                } else if member == "params", source.isAtObject() {
                    let texts = try source.texts()
                    // One of them tells the order that they were given in.
                    let names = texts.keys.filter { !$0.hasPrefix("__") }.sorted()
                    parameters = names.map { "\($0)=\(texts[$0] ?? "")" }
                } else {
                    try source.skip()
                }
            }
            objective = loss + (parameters.isEmpty ? "" : ":" + parameters.joined(separator: ";"))
        }
    }

    /// Takes the classes out of `class_params`, or out of the older `multiclass_params`.
    mutating func readClasses<Source: PullReader>(_ source: inout Source) throws(FormatError) {
        var names: [String] = []
        var labels: [String] = []
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "class_label_type": classType = try source.scalarText()
            case "class_names": names = try Self.scalars(&source)
            case "class_to_label": labels = try Self.scalars(&source)
            default: try source.skip()
            }
        }
        // `class_to_label` tells which of the names each score is for, in the new form; which
        // label, in the old one, where names may be missing.
        if names.isEmpty {
            classes = labels.map { $0.hasSuffix(".0") ? String($0.dropLast(2)) : $0 }
        } else {
            classes = names
        }
    }

    private static func scalars<Source: PullReader>(
        _ source: inout Source
    ) throws(FormatError) -> [String] {
        var values: [String] = []
        try source.beginArray()
        while try source.hasElement() {
            guard values.count < Limits.classesMax else {
                throw .tooLarge(source.format, what: "classes", limit: Limits.classesMax)
            }
            values.append(try source.scalarText())
        }
        return values
    }

    /// The same out of the texts of the binary format.
    mutating func readInfo(_ name: String, _ text: [UInt8]) throws(FormatError) {
        guard ["params", "class_params", "multiclass_params"].contains(name), !text.isEmpty else {
            return
        }
        var result = self
        try text.withRawBytes { bytes throws(FormatError) in
            var reader = JSONPullReader(bytes, format: format)
            if name == "params" {
                try result.readParameters(&reader)
            } else {
                try result.readClasses(&reader)
            }
        }
        self = result
    }
}
