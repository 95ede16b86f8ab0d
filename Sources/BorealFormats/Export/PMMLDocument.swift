import BorealBase
import BorealBoost
import BorealGraph

/// What every PMML document of ours is made of: header, fields, schemas, and how scores become
/// answers.
struct PMMLDocument {
    let answer: ExportedAnswer
    /// True when a missing value counts as zero.
    var missingIsZero = false

    /// Header, dictionary, `body`, end.
    func write(
        to sink: ExportSink,
        _ body: (XMLWriter) throws(ExportError) -> Void
    ) throws(ExportError) {
        let xml = XMLWriter(sink)
        xml.open(
            "PMML",
            [("xmlns", "http://www.dmg.org/PMML-4_4"), ("version", "4.4")]
        )
        xml.open("Header", [])
        xml.empty("Application", [("name", "Boreal"), ("version", ProductVersion.text)])
        xml.close("Header")
        writeDictionary(xml)
        try body(xml)
        xml.close("PMML")
        try sink.check()
    }

    /// How a RegressionModel makes the answer of the scores; nil when it is the score itself.
    ///
    /// - Parameter areShares: the scores are probabilities already.
    /// - Throws: `FormatError.notExportable`.
    static func normalization(
        _ answer: ExportedAnswer,
        areShares: Bool = false
    ) throws(FormatError) -> String? {
        switch answer.link {
        case .identity where answer.isClassifier && areShares:
            return answer.scores == 1 ? "none" : "simplemax"
        case .identity where answer.scores == 1 && !answer.isClassifier: return nil
        case .sigmoid where answer.scores == 1: return "logit"
        case .sigmoid:
            throw .notExportable(.pmml, reason: "its probabilities do not add up to 1")
        case .softmax where answer.isClassifier: return "softmax"
        case .exponential where answer.scores == 1: return "exp"
        default:
            throw .notExportable(.pmml, reason: "it has no normalization for \(answer.link)")
        }
    }

    var function: String { answer.isClassifier ? "classification" : "regression" }

    // MARK: - Fields

    private func writeDictionary(_ xml: XMLWriter) {
        let hasTarget = answer.task != .clustering
        let count = answer.inputs.count + (hasTarget ? 1 : 0)
        xml.open("DataDictionary", [("numberOfFields", "\(count)")])
        for input in answer.inputs { writeField(xml, input) }
        if hasTarget { writeTarget(xml) }
        xml.close("DataDictionary")
    }

    private func writeField(_ xml: XMLWriter, _ input: GraphInput) {
        switch input.kind {
        case .number:
            xml.empty("DataField", Self.field(input.name, "continuous", "double"))
        case .integerCategory, .hashedCategory:
            xml.empty("DataField", Self.field(input.name, "categorical", "integer"))
        // No model over lists is written; their cells are texts.
        case .list: xml.empty("DataField", Self.field(input.name, "categorical", "string"))
        case .category(let dictionary):
            let type = dictionary.isText ? "string" : "double"
            xml.open("DataField", Self.field(input.name, "categorical", type))
            for code in 0..<dictionary.count {
                xml.empty("Value", [("value", input.text(ofCategory: code) ?? "")])
            }
            xml.close("DataField")
        }
    }

    private func writeTarget(_ xml: XMLWriter) {
        guard answer.isClassifier else {
            xml.empty("DataField", Self.field(answer.targetName, "continuous", "double"))
            return
        }
        let type: String =
            switch answer.labels {
            case .integer?, nil: "integer"
            case .double?: "double"
            default: "string"
            }
        xml.open("DataField", Self.field(answer.targetName, "categorical", type))
        for index in 0..<answer.classCount {
            xml.empty("Value", [("value", answer.className(index))])
        }
        xml.close("DataField")
    }

    private static func field(
        _ name: String,
        _ kind: String,
        _ type: String
    ) -> [(String, String)] {
        [("name", name), ("optype", kind), ("dataType", type)]
    }

    /// Every category that no tree knows takes the way of those that are in no set.
    func writeSchema(_ xml: XMLWriter, target: Bool, fields: [String]? = nil) {
        xml.open("MiningSchema", [])
        if target {
            xml.empty("MiningField", [("name", answer.targetName), ("usageType", "target")])
        }
        let zero = missingIsZero ? [("missingValueReplacement", "0")] : []
        for name in fields ?? answer.inputs.map(\.name) {
            xml.empty("MiningField", [("name", name), ("invalidValueTreatment", "asIs")] + zero)
        }
        xml.close("MiningSchema")
    }

    /// The probabilities of the classes, for classifiers.
    func writeProbabilities(_ xml: XMLWriter) {
        guard answer.isClassifier else { return }
        xml.open("Output", [])
        for index in 0..<answer.classCount {
            let name = answer.className(index)
            xml.empty(
                "OutputField",
                [
                    ("name", "probability(\(name))"), ("optype", "continuous"),
                    ("dataType", "double"), ("feature", "probability"), ("value", name),
                ]
            )
        }
        xml.close("Output")
    }

    // MARK: - Regression

    /// A term of a regression: a field and its factor.
    typealias Factor = (field: String, factor: Double)

    /// The tables of all classes, or the one of a number, in the order that evaluators take.
    ///
    /// - Parameters:
    ///   - term: the number of a score.
    ///   - factors: the fields of a score.
    func writeTables(
        _ xml: XMLWriter,
        term: (Int) -> Double,
        factors: (Int) -> [Factor]
    ) {
        let scale: Double = if case .sigmoid(let scale) = answer.link { scale } else { 1 }
        func table(_ category: Int?, _ score: Int?) {
            let intercept = score.map { term($0) * scale } ?? 0
            var attributes = [("intercept", "\(intercept)")]
            if let category { attributes.append(("targetCategory", answer.className(category))) }
            guard let score else {
                xml.empty("RegressionTable", attributes)
                return
            }
            xml.open("RegressionTable", attributes)
            for (field, factor) in factors(score) {
                xml.empty(
                    "NumericPredictor",
                    [("name", field), ("coefficient", "\(factor * scale)")]
                )
            }
            xml.close("RegressionTable")
        }
        if !answer.isClassifier {
            table(nil, 0)
        } else if answer.scores == 1 {
            // Evaluators give the last table what the first one leaves.
            table(1, 0)
            table(0, nil)
        } else {
            for score in 0..<answer.scores { table(score, score) }
        }
    }
}

/// Writes a linear model as PMML 4.4: one RegressionModel.
struct PMMLLinearWriter: ModelWriter {
    private let linear: ExportedLinear
    private let normalization: String?

    /// - Throws: `FormatError.notExportable`.
    init(_ linear: ExportedLinear) throws(FormatError) {
        self.linear = linear
        normalization = try PMMLDocument.normalization(linear.answer)
    }

    func write(to sink: ExportSink) throws(ExportError) {
        let document = PMMLDocument(answer: linear.answer, missingIsZero: linear.skipsMissing)
        let names = linear.answer.inputs.map(\.name)
        try document.write(to: sink) { xml in
            xml.open(
                "RegressionModel",
                [
                    ("functionName", document.function),
                    ("normalizationMethod", normalization ?? "none"),
                ]
            )
            document.writeSchema(xml, target: true)
            document.writeProbabilities(xml)
            document.writeTables(
                xml,
                term: { linear.terms[$0] },
                factors: { score in
                    zip(names, linear.factors[score]).map { (field: $0, factor: $1) }
                }
            )
            xml.close("RegressionModel")
        }
    }
}
