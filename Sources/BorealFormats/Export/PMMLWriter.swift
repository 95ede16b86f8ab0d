import BorealBoost
import BorealGraph

/// Writes a tree ensemble as PMML 4.4: a MiningModel that sums TreeModels, and where the answer is
/// more than the sum a chain that ends in a RegressionModel.
struct PMMLWriter: ModelWriter {
    private let trees: ExportedTrees
    private let document: PMMLDocument
    /// How the last model of the chain normalises; nil for sums.
    private let normalization: String?

    /// - Throws: `FormatError.notExportable`.
    init(_ graph: ModelGraph) throws(FormatError) {
        trees = try ExportedTrees(graph, format: .pmml)
        try trees.requireSimpleNodes(.pmml)
        document = PMMLDocument(answer: trees.answer)
        normalization = try PMMLDocument.normalization(
            trees.answer,
            areShares: trees.areShares
        )
    }

    func write(to sink: ExportSink) throws(ExportError) {
        try document.write(to: sink) { (xml) throws(ExportError) in
            if normalization == nil {
                try writeSum(xml, score: 0, target: true, output: nil)
            } else {
                try writeChain(xml)
            }
        }
    }

    // MARK: - Models

    private func writeChain(_ xml: XMLWriter) throws(ExportError) {
        xml.open("MiningModel", [("functionName", document.function)])
        document.writeSchema(xml, target: true)
        document.writeProbabilities(xml)
        xml.open("Segmentation", [("multipleModelMethod", "modelChain")])
        for score in 0..<trees.scores {
            xml.open("Segment", [("id", "\(score + 1)")])
            xml.empty("True", [])
            try writeSum(xml, score: score, target: false, output: "raw_\(score)")
            xml.close("Segment")
        }
        xml.open("Segment", [("id", "\(trees.scores + 1)")])
        xml.empty("True", [])
        writeRegression(xml)
        xml.close("Segment")
        xml.close("Segmentation")
        xml.close("MiningModel")
    }

    private func writeRegression(_ xml: XMLWriter) {
        xml.open(
            "RegressionModel",
            [
                ("functionName", document.function),
                ("normalizationMethod", normalization ?? "none"),
            ]
        )
        let fields = (0..<trees.scores).map { "raw_\($0)" }
        document.writeSchema(xml, target: true, fields: fields)
        document.writeTables(
            xml,
            term: { _ in 0 },
            factors: { [(field: fields[$0], factor: 1)] }
        )
        xml.close("RegressionModel")
    }

    /// The sum, or the average, of the trees of one score.
    private func writeSum(
        _ xml: XMLWriter,
        score: Int,
        target: Bool,
        output: String?
    ) throws(ExportError) {
        xml.open("MiningModel", [("functionName", "regression")])
        document.writeSchema(xml, target: target)
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
            writeTree(xml, trees.ensemble.trees[number])
            xml.close("Segment")
            try xml.check()
        }
        xml.close("Segmentation")
        xml.close("MiningModel")
    }

    private func writeTree(_ xml: XMLWriter, _ tree: Tree) {
        xml.open(
            "TreeModel",
            [
                ("functionName", "regression"), ("missingValueStrategy", "defaultChild"),
                ("splitCharacteristic", "binarySplit"),
            ]
        )
        document.writeSchema(xml, target: false)
        PMMLTreeWriter(tree: tree, inputs: trees.inputs).write(into: xml)
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

    func write(into xml: XMLWriter) {
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
                let missingGoesLeft = MissingRule(tree, node)?.goesLeft == true
                let usual = missingGoesLeft ? tree.leftChild[node] : tree.rightChild[node]
                attributes.append(("defaultChild", id(usual)))
            }
            xml.open("Node", attributes)
            writePredicate(parent, isLeft, xml)
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

    private func writePredicate(_ parent: Int, _ isLeft: Bool, _ xml: XMLWriter) {
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
