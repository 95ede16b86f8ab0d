import BorealBase

extension PMMLCompiler {
    /// Elements that are models, known or not.
    static let modelNames: Set<String> = [
        "TreeModel", "MiningModel", "RegressionModel", "GeneralRegressionModel", "NeuralNetwork",
        "ClusteringModel", "NaiveBayesModel", "SupportVectorMachineModel", "Scorecard",
        "RuleSetModel", "NearestNeighborModel", "AnomalyDetectionModel", "AssociationModel",
        "BaselineModel", "BayesianNetworkModel", "GaussianProcessModel", "SequenceModel",
        "TextModel", "TimeSeriesModel",
    ]

    /// Compiles a model: its own fields, its steps, its targets and outputs.
    func model(
        _ element: XMLElement,
        _ parent: PMMLScope?,
        _ context: PMMLContext
    ) throws(FormatError) -> PMMLResult {
        try nested(element) { () throws(FormatError) in
            guard try element.flag("isScorable", default: true) else {
                throw element.unsupported("a model that is not to be scored")
            }
            let scope = PMMLScope(parent: parent)
            scope.isFloat = element.string("x-mathContext") == "float"
            let target = try declareFields(element, scope, context)
            var result: PMMLResult?
            let body = try collect { () throws(FormatError) in
                let inner = PMMLModelCompiler(
                    compiler: self,
                    element: element,
                    scope: scope,
                    target: target,
                    context: context
                )
                var made = try inner.compile()
                made.targetName = made.targetName ?? target?.name
                try outputs(of: element, &made, scope, target)
                result = made
            }
            for step in scope.prelude + body { try emitAgain(step) }
            guard let result else { throw element.fail("no result") }
            return result
        }
    }

    /// Steps that were counted when they were first emitted.
    private func emitAgain(_ step: RowStep) throws(FormatError) { steps.append(step) }

    /// Fills the scope of a model with its fields.
    ///
    /// - Returns: the field that the model predicts.
    private func declareFields(
        _ element: XMLElement,
        _ scope: PMMLScope,
        _ context: PMMLContext
    ) throws(FormatError) -> PMMLDataField? {
        var target = scope.parent == nil ? nil : context.target
        for field in try element.require("MiningSchema").children("MiningField") {
            let mining = try PMMLMiningField(field)
            if mining.isTarget {
                target = dataFields[mining.name] ?? target
                if target == nil { throw field.fail("unknown field '\(mining.name)'") }
            } else if scope.parent != nil, mining.isActive {
                scope.miningFields[mining.name] = mining
            }
        }
        if scope.parent == nil {
            try declareInputs(element, scope)
            try declareDerived(root.child("TransformationDictionary"), scope)
        }
        try declareDerived(element.child("LocalTransformations"), scope)
        return target
    }

    /// Notes derived fields; they are compiled when somebody asks for them.
    private func declareDerived(_ element: XMLElement?, _ scope: PMMLScope) throws(FormatError) {
        for field in element?.children("DerivedField") ?? [] {
            let name = try field.require(string: "name")
            scope.pending[name] = field
        }
    }

    /// Puts `value` where it is into a slot that several places write to.
    func assign(_ from: Int32, _ to: Int32) throws(FormatError) {
        if from != to { try emit(.copy(from, to: to)) }
    }
}

/// Compiles the one model of an element, by its kind.
struct PMMLModelCompiler {
    /// What the program is built with.
    let compiler: PMMLCompiler
    /// The element of the document that says so.
    let element: XMLElement
    /// The names that it may use.
    let scope: PMMLScope
    /// What the document says of the target.
    let target: PMMLDataField?
    /// What the model around it asks.
    let context: PMMLContext

    /// The steps of the model, and where its answer stands.
    func compile() throws(FormatError) -> PMMLResult {
        switch element.name {
        case "TreeModel": return try tree()
        case "MiningModel": return try mining()
        case "RegressionModel": return try regression()
        case "GeneralRegressionModel": return try generalRegression()
        case "NeuralNetwork": return try neuralNetwork()
        case "ClusteringModel": return try clustering()
        case "NaiveBayesModel": return try naiveBayes()
        case "SupportVectorMachineModel": return try supportVectors()
        case "Scorecard": return try scorecard()
        case "RuleSetModel": return try ruleSet()
        case "NearestNeighborModel": return try nearestNeighbors()
        case "AnomalyDetectionModel": return try anomalyDetection()
        default: throw element.unsupported("the model '\(element.name)'")
        }
    }

    /// Whether every step is rounded to 32 bits, as the model asks for.
    var isFloat: Bool { scope.isFloat }

    /// What question the model answers.
    func function() throws(FormatError) -> PMMLResult.Function {
        try element.choice("functionName")
    }

    // MARK: - Classes

    /// The classes of the target: as declared, or as the model around knows them, else as
    /// `gathered` finds them.
    func classes(_ gathered: @autoclosure () -> [String]) -> [String] {
        if let known = context.classes { return known }
        let declared = target?.validValues.map(\.text) ?? []
        return declared.isEmpty ? gathered() : declared
    }

    /// The values of an attribute of all descendants of some name, each once.
    func gather(_ names: [String: String]) -> [String] {
        var found: [String] = []
        var seen = Set<String>()
        var index = element.index
        // Descendants follow their ancestor in document order, up to what begins behind it.
        let end = PMMLModelCompiler.end(of: element)
        while index < end {
            let inner = XMLElement(document: element.document, index: index, format: .pmml)
            if let attribute = names[inner.name], let text = inner.string(attribute),
                seen.insert(text).inserted
            {
                found.append(text)
            }
            index += 1
        }
        return found
    }

    /// The position behind the last descendant of an element.
    static func end(of element: XMLElement) -> Int {
        let nodes = element.document.nodes
        var last = element.index
        while nodes[last].firstChild >= 0 {
            var child = Int(nodes[last].firstChild)
            while nodes[child].next >= 0 { child = Int(nodes[child].next) }
            last = child
        }
        return last + 1
    }

    /// The type of a class as a value.
    var classType: PMMLType { target?.type ?? .string }

    /// A result for classes whose numbers stand from `first` on.
    func classification(
        _ classes: [String],
        first: Int32,
        label: Int32
    ) throws(FormatError) -> PMMLResult {
        try addPriors(classes, first, label)
        return PMMLResult(
            function: .classification,
            value: try classValue(classes, label),
            classes: classes,
            label: label,
            probabilities: first
        )
    }

    /// The class at a position, as a value of the target.
    func classValue(_ classes: [String], _ label: Int32) throws(FormatError) -> PMMLValue {
        let to = try compiler.newSlot()
        var table = RowTable(values: [], unknown: .nan)
        var type = classType
        if type != .string {
            // What is no value of the type is only looked for here.
            let areNumbers = classes.allSatisfy {
                (try? compiler.literal($0, type, at: element)) != nil
            }
            // A class that is no value of the target's type is shown as it is written.
            if !areNumbers { type = .string }
        }
        for name in classes { table.values.append(try compiler.literal(name, type, at: element)) }
        let domain = PMMLDomain(Array(Set(table.values)).sorted(), isOpen: false)
        try compiler.emit(.table(try compiler.add(table), label, to: to))
        return PMMLValue(slot: to, type: type, domain: domain)
    }

    /// Lets the prior probabilities of the target stand in for a missing answer.
    private func addPriors(
        _ classes: [String],
        _ first: Int32,
        _ label: Int32
    ) throws(FormatError) {
        guard let target = try targetElement(), target.values.contains(where: { $0.prior != nil })
        else { return }
        var priors = [Double](repeating: 0, count: classes.count)
        for value in target.values {
            guard let place = classes.firstIndex(where: { $0 == value.text }) else { continue }
            priors[place] = value.prior ?? 0
        }
        let sum = priors.reduce(0, +)
        guard sum > 0 else { return }
        if sum != 1 { priors = priors.map { $0 / sum } }
        try compiler.emit(kernel: RowPrior(first: first, label: label, priors: priors))
    }

    // MARK: - Numbers

    /// The <Target> of this model's field.
    func targetElement() throws(FormatError) -> PMMLTarget? {
        for child in element.child("Targets")?.children("Target") ?? [] {
            let found = try PMMLTarget(child)
            if found.field == nil || target == nil || found.field == target?.name { return found }
        }
        return nil
    }

    /// A result of one number in a slot, after what the targets do to it.
    func regression(from slot: Int32) throws(FormatError) -> PMMLResult {
        let found = try targetElement()
        if let found {
            let standard = found.values.count == 1 ? found.values[0].standard ?? .nan : .nan
            try compiler.emit(
                kernel: RowTarget(slot: slot, target: found, isFloat: isFloat, standard: standard)
            )
        }
        if target?.type == .float { try compiler.emit(.unary(.toFloat, slot, to: slot)) }
        let type = target?.type ?? .double
        return PMMLResult(
            function: .regression,
            value: PMMLValue(slot: slot, type: type == .string || type == .boolean ? .double : type)
        )
    }

    /// The slot of a numeric field.
    func number(_ name: String, at place: XMLElement) throws(FormatError) -> Int32 {
        try compiler.number(name, scope, at: place)
    }

    /// A field by name.
    func field(_ name: String, at place: XMLElement) throws(FormatError) -> PMMLValue {
        try compiler.resolve(name, scope, at: place)
    }
}
