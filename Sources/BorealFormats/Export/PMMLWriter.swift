import BorealBase
import BorealBoost
import BorealGraph

/// Writes a tree ensemble as PMML 4.4: a MiningModel that sums TreeModels, and where the answer is
/// more than the sum a chain that ends in a RegressionModel.
struct PMMLWriter {
    private let trees: ExportedTrees
    /// How the last model of the chain normalises; nil for sums.
    private let normalization: String?
    private let targetName: String

    /// - Throws: `FormatError.notExportable`.
    init(_ graph: ModelGraph) throws(FormatError) {
        trees = try ExportedTrees(graph, format: .pmml)
        if trees.ensemble.trees.contains(where: { $0.linear != nil }) {
            throw .notExportable(.pmml, reason: "it has linear models in its leaves")
        }
        switch trees.link {
        case .identity where trees.scores == 1 && !trees.isClassifier: normalization = nil
        case .sigmoid where trees.scores == 1: normalization = "logit"
        case .softmax where trees.isClassifier: normalization = "softmax"
        case .exponential where trees.scores == 1: normalization = "exp"
        default:
            throw .notExportable(.pmml, reason: "it has no normalization for \(trees.link)")
        }
        var name = graph.metadata.labelColumns.first ?? "prediction"
        while graph.inputs.contains(where: { $0.name == name }) { name += "_" }
        targetName = name
    }

    func write() throws(FormatError) -> [UInt8] {
        var xml = XMLWriter()
        xml.open(
            "PMML",
            [("xmlns", "http://www.dmg.org/PMML-4_4"), ("version", "4.4")]
        )
        xml.open("Header", [])
        xml.empty("Application", [("name", "Boreal"), ("version", ProductVersion.text)])
        xml.close("Header")
        writeDictionary(&xml)
        if normalization == nil {
            try writeSum(&xml, score: 0, target: true, output: nil)
        } else {
            try writeChain(&xml)
        }
        xml.close("PMML")
        return xml.bytes
    }

    // MARK: - Fields

    private func writeDictionary(_ xml: inout XMLWriter) {
        xml.open("DataDictionary", [("numberOfFields", "\(trees.inputs.count + 1)")])
        for input in trees.inputs {
            switch input.kind {
            case .number:
                xml.empty("DataField", Self.field(input.name, "continuous", "double"))
            case .integerCategory, .hashedCategory:
                xml.empty("DataField", Self.field(input.name, "categorical", "integer"))
            case .category(let dictionary):
                let type = dictionary.isText ? "string" : "double"
                xml.open("DataField", Self.field(input.name, "categorical", type))
                for code in 0..<dictionary.count {
                    xml.empty("Value", [("value", input.text(ofCategory: code) ?? "")])
                }
                xml.close("DataField")
            }
        }
        if trees.isClassifier {
            let type: String =
                switch trees.labels {
                case .integer?, nil: "integer"
                case .double?: "double"
                default: "string"
                }
            xml.open("DataField", Self.field(targetName, "categorical", type))
            for index in 0..<trees.classCount {
                xml.empty("Value", [("value", trees.className(index))])
            }
            xml.close("DataField")
        } else {
            xml.empty("DataField", Self.field(targetName, "continuous", "double"))
        }
        xml.close("DataDictionary")
    }

    private static func field(
        _ name: String,
        _ kind: String,
        _ type: String
    ) -> [(String, String)] {
        [("name", name), ("optype", kind), ("dataType", type)]
    }

    /// Every category that no tree knows takes the way of those that are in no set.
    private func writeSchema(_ xml: inout XMLWriter, target: Bool, fields: [String]? = nil) {
        xml.open("MiningSchema", [])
        if target { xml.empty("MiningField", [("name", targetName), ("usageType", "target")]) }
        for name in fields ?? trees.inputs.map(\.name) {
            xml.empty("MiningField", [("name", name), ("invalidValueTreatment", "asIs")])
        }
        xml.close("MiningSchema")
    }

    // MARK: - Models

    private func writeChain(_ xml: inout XMLWriter) throws(FormatError) {
        let function = trees.isClassifier ? "classification" : "regression"
        xml.open("MiningModel", [("functionName", function)])
        writeSchema(&xml, target: true)
        if trees.isClassifier {
            xml.open("Output", [])
            for index in 0..<trees.classCount {
                let name = trees.className(index)
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
        xml.open("Segmentation", [("multipleModelMethod", "modelChain")])
        for score in 0..<trees.scores {
            xml.open("Segment", [("id", "\(score + 1)")])
            xml.empty("True", [])
            try writeSum(&xml, score: score, target: false, output: "raw_\(score)")
            xml.close("Segment")
        }
        xml.open("Segment", [("id", "\(trees.scores + 1)")])
        xml.empty("True", [])
        writeRegression(&xml, function)
        xml.close("Segment")
        xml.close("Segmentation")
        xml.close("MiningModel")
    }

    private func writeRegression(_ xml: inout XMLWriter, _ function: String) {
        xml.open(
            "RegressionModel",
            [("functionName", function), ("normalizationMethod", normalization ?? "none")]
        )
        writeSchema(&xml, target: true, fields: (0..<trees.scores).map { "raw_\($0)" })
        let scale: Double = if case .sigmoid(let scale) = trees.link { scale } else { 1 }
        func table(_ category: Int?, _ score: Int?) {
            var attributes = [("intercept", "0.0")]
            if let category { attributes.append(("targetCategory", trees.className(category))) }
            guard let score else {
                xml.empty("RegressionTable", attributes)
                return
            }
            xml.open("RegressionTable", attributes)
            xml.empty(
                "NumericPredictor",
                [("name", "raw_\(score)"), ("coefficient", "\(scale)")]
            )
            xml.close("RegressionTable")
        }
        if !trees.isClassifier {
            table(nil, 0)
        } else if trees.scores == 1 {
            table(1, 0)
            table(0, nil)
        } else {
            for score in 0..<trees.scores { table(score, score) }
        }
        xml.close("RegressionModel")
    }

    /// The sum, or the average, of the trees of one score.
    private func writeSum(
        _ xml: inout XMLWriter,
        score: Int,
        target: Bool,
        output: String?
    ) throws(FormatError) {
        xml.open("MiningModel", [("functionName", "regression")])
        writeSchema(&xml, target: target)
        if let output {
            xml.open("Output", [])
            xml.empty(
                "OutputField",
                [
                    ("name", output), ("optype", "continuous"), ("dataType", "double"),
                    ("feature", "predictedValue"), ("isFinalResult", "false"),
                ]
            )
            xml.close("Output")
        }
        let method = trees.ensemble.isAveraged ? "average" : "sum"
        xml.open("Segmentation", [("multipleModelMethod", method)])
        let own = stride(from: score, to: trees.ensemble.trees.count, by: trees.scores)
        for (index, number) in own.enumerated() {
            xml.open("Segment", [("id", "\(index + 1)")])
            xml.empty("True", [])
            try writeTree(&xml, trees.ensemble.trees[number])
            xml.close("Segment")
        }
        xml.close("Segmentation")
        xml.close("MiningModel")
    }

    private func writeTree(_ xml: inout XMLWriter, _ tree: Tree) throws(FormatError) {
        xml.open(
            "TreeModel",
            [
                ("functionName", "regression"), ("missingValueStrategy", "defaultChild"),
                ("splitCharacteristic", "binarySplit"),
            ]
        )
        writeSchema(&xml, target: false)
        try PMMLTreeWriter(tree: tree, inputs: trees.inputs).write(into: &xml)
        xml.close("TreeModel")
    }
}

/// Writes the nodes of a tree, children within their parents, without recursion.
private struct PMMLTreeWriter {
    let tree: Tree
    let inputs: [GraphInput]

    private enum Step {
        case open(child: Int32, parent: Int, isLeft: Bool)
        case close
    }

    func write(into xml: inout XMLWriter) throws(FormatError) {
        let root: Int32 = tree.innerCount > 0 ? 0 : ~0
        var steps: [Step] = [.open(child: root, parent: -1, isLeft: true)]
        while let step = steps.popLast() {
            guard case .open(let child, let parent, let isLeft) = step else {
                xml.close("Node")
                continue
            }
            var attributes = [("id", id(child))]
            if child < 0 {
                attributes.append(("score", tree.leafValue[Int(~child)].description))
            } else {
                let node = Int(child)
                guard let missing = MissingRule(tree, node) else {
                    throw .notExportable(.pmml, reason: "zero counts as missing in its trees")
                }
                let usual = missing.goesLeft ? tree.leftChild[node] : tree.rightChild[node]
                attributes.append(("defaultChild", id(usual)))
            }
            xml.open("Node", attributes)
            writePredicate(parent, isLeft, &xml)
            steps.append(.close)
            if child >= 0 {
                let node = Int(child)
                steps.append(.open(child: tree.rightChild[node], parent: node, isLeft: false))
                steps.append(.open(child: tree.leftChild[node], parent: node, isLeft: true))
            }
        }
    }

    private func id(_ child: Int32) -> String { child < 0 ? "l\(~child)" : "n\(child)" }

    /// Evaluators do not agree on a word for infinity; no number lies above the greatest one.
    private static func number(_ value: Double) -> String {
        let greatest = Double.greatestFiniteMagnitude
        return max(-greatest, min(greatest, value)).description
    }

    private func writePredicate(_ parent: Int, _ isLeft: Bool, _ xml: inout XMLWriter) {
        guard parent >= 0 else {
            xml.empty("True", [])
            return
        }
        let input = inputs[Int(tree.splitFeature[parent])]
        guard tree.decisionType[parent] & 1 == 1 else {
            xml.empty(
                "SimplePredicate",
                [
                    ("field", input.name), ("operator", isLeft ? "lessOrEqual" : "greaterThan"),
                    ("value", Self.number(tree.threshold[parent])),
                ]
            )
            return
        }
        let members = tree.categories(of: parent).compactMap { code in
            input.kind == .integerCategory ? String(code) : input.text(ofCategory: Int(code))
        }
        xml.open(
            "SimpleSetPredicate",
            [("field", input.name), ("booleanOperator", isLeft ? "isIn" : "isNotIn")]
        )
        let type = input.kind.name == .textCategory ? "string" : "real"
        xml.array(members, type: input.kind == .integerCategory ? "int" : type)
        xml.close("SimpleSetPredicate")
    }
}
