import BorealBoost
import BorealGraph

/// A graph that is a support vector machine for numbers: a weighted sum of what a kernel makes of a
/// row and each vector.
struct ExportedMachine {
    /// `[vectors][features]`
    let vectors: [[Double]]
    /// `[vectors]`: what each counts.
    let coefficients: [Double]
    /// Added last.
    let bias: Double
    let kernel: KernelOperator.Kernel
    let answer: ExportedAnswer

    /// nil for graphs that are something else.
    init?(_ graph: ModelGraph) {
        guard graph.task == .regression, graph.operators.count == 1,
            graph.inputs.allSatisfy({ $0.kind == .number }),
            let step = graph.operators.first as? KernelOperator, step.input == .features,
            step.sums.count == 1, let bias = step.bias.first, let terms = step.sums.first
        else { return nil }
        var vectors: [[Double]] = []
        var coefficients: [Double] = []
        let width = step.inputWidth
        for term in terms {
            for (offset, coefficient) in term.coefficients.enumerated() {
                let start = (term.first + offset) * width
                vectors.append(Array(step.vectors[start..<start + width]))
                coefficients.append(coefficient)
            }
        }
        guard !vectors.isEmpty else { return nil }
        self.vectors = vectors
        self.coefficients = coefficients
        self.bias = bias
        kernel = step.kernel
        answer = ExportedAnswer(graph, scores: 1, link: .identity)
    }
}

/// Writes a support vector machine as PMML 4.4.
struct PMMLMachineWriter: ModelWriter {
    let machine: ExportedMachine

    func write(to sink: ExportSink) throws(ExportError) {
        let document = PMMLDocument(answer: machine.answer)
        try document.write(to: sink) { (xml) throws(ExportError) in
            xml.open("SupportVectorMachineModel", [("functionName", "regression")])
            document.writeSchema(xml, target: true)
            writeKernel(xml)
            try writeVectors(xml)
            xml.open("SupportVectorMachine", [])
            let count = "\(machine.vectors.count)"
            xml.open("SupportVectors", [("numberOfSupportVectors", count)])
            for index in machine.vectors.indices {
                xml.empty("SupportVector", [("vectorId", "\(index)")])
            }
            xml.close("SupportVectors")
            xml.open(
                "Coefficients",
                [("numberOfCoefficients", count), ("absoluteValue", "\(machine.bias)")]
            )
            for coefficient in machine.coefficients {
                xml.empty("Coefficient", [("value", "\(coefficient)")])
            }
            xml.close("Coefficients")
            xml.close("SupportVectorMachine")
            xml.close("SupportVectorMachineModel")
        }
    }

    private func writeKernel(_ xml: XMLWriter) {
        switch machine.kernel {
        case .linear: xml.empty("LinearKernelType", [])
        case .polynomial(let gamma, let coefficient, let degree):
            xml.empty(
                "PolynomialKernelType",
                [("gamma", "\(gamma)"), ("coef0", "\(coefficient)"), ("degree", "\(degree)")]
            )
        case .radial(let gamma): xml.empty("RadialBasisKernelType", [("gamma", "\(gamma)")])
        case .sigmoid(let gamma, let coefficient):
            xml.empty("SigmoidKernelType", [("gamma", "\(gamma)"), ("coef0", "\(coefficient)")])
        }
    }

    private func writeVectors(_ xml: XMLWriter) throws(ExportError) {
        xml.open("VectorDictionary", [("numberOfVectors", "\(machine.vectors.count)")])
        xml.open("VectorFields", [("numberOfFields", "\(machine.answer.inputs.count)")])
        for input in machine.answer.inputs { xml.empty("FieldRef", [("field", input.name)]) }
        xml.close("VectorFields")
        for (index, vector) in machine.vectors.enumerated() {
            xml.open("VectorInstance", [("id", "\(index)")])
            xml.array(vector.map(\.description), type: "real")
            xml.close("VectorInstance")
            try xml.check()
        }
        xml.close("VectorDictionary")
    }
}

/// Writes a support vector machine as ONNX: one tensor `X` of DOUBLE, rows x features; `variable`
/// is the answer.
///
/// `ai.onnx.ml`'s SVMRegressor keeps 32-bit vectors, so products of `ai.onnx` do the work, in 64.
/// Distances are made of squares and products: rows x vectors numbers, not that times the features.
struct ONNXMachineWriter: ModelWriter {
    let machine: ExportedMachine

    func write(to sink: ExportSink) throws(ExportError) {
        var graph = ONNXGraph()
        let (width, count) = (machine.answer.inputs.count, machine.vectors.count)
        graph.addInput("X", type: .double, width: width)
        let columns = (0..<width).flatMap { feature in machine.vectors.map { $0[feature] } }
        let matrix = graph.constant(.doubles(columns), dimensions: [width, count])
        let values = kernel(of: graph.node("MatMul", ["X", matrix]), &graph)
        let factors = graph.constant(.doubles(machine.coefficients), dimensions: [count, 1])
        let sums = graph.node("MatMul", [values, factors])
        let answer = graph.node("Add", [sums, graph.scalar(machine.bias)])
        graph.addAnswer(machine.answer, scores: answer)
        try graph.model().write(to: sink)
    }

    /// What the kernel makes of the products of rows and vectors.
    private func kernel(of products: String, _ graph: inout ONNXGraph) -> String {
        func affine(_ gamma: Double, _ coefficient: Double) -> String {
            let scaled = graph.node("Mul", [products, graph.scalar(gamma)])
            return graph.node("Add", [scaled, graph.scalar(coefficient)])
        }
        switch machine.kernel {
        case .linear: return products
        case .polynomial(let gamma, let coefficient, let degree):
            return graph.node("Pow", [affine(gamma, coefficient), graph.scalar(Double(degree))])
        case .sigmoid(let gamma, let coefficient):
            return graph.node("Tanh", [affine(gamma, coefficient)])
        case .radial(let gamma):
            let squares = graph.constant(
                .doubles(machine.vectors.map { $0.reduce(0) { $0 + $1 * $1 } }),
                dimensions: [machine.vectors.count]
            )
            let axes = ONNXAttribute.integers("axes", [1])
            let own = graph.node("ReduceSumSquare", ["X"], [axes, .integer("keepdims", 1)])
            let crossed = graph.node(
                "Add",
                [graph.node("Mul", [products, graph.scalar(-2)]), own]
            )
            let distances = graph.node("Add", [crossed, squares])
            return graph.node("Exp", [graph.node("Mul", [distances, graph.scalar(-gamma)])])
        }
    }
}
