import BorealBoost
import BorealGraph

/// What is made of the sums of an ensemble.
struct RowEnsembleResult: RowKernel {
    /// The first of a run of slots.
    let first: Int32
    /// How many slots the run has.
    let count: Int
    /// What sums are divided by; 0 for not at all.
    let divisor: Double
    /// Divides by the sum of all instead.
    let isShare: Bool
    /// Whether every step is rounded to 32 bits, as the model asks for.
    let isFloat: Bool

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        var by = divisor
        if isShare {
            by = 0
            for place in 0..<count { by = rounded(by + slots[Int(first) + place]) }
        }
        guard by != 0 else { return }
        for place in 0..<count {
            slots[Int(first) + place] = rounded(slots[Int(first) + place] / by)
        }
    }

    /// A number in the precision of the model.
    private func rounded(_ x: Double) -> Double { isFloat ? Double(Float(x)) : x }
}

extension PMMLModelCompiler {
    /// Segments that are all plain trees, as an ensemble for the fast kernel; nil when they are
    /// not, or say things of missing values that sums cannot.
    func ensemble(
        _ segments: [XMLElement],
        _ method: RowCombination.Method,
        _ segmentation: XMLElement
    ) throws(FormatError) -> PMMLResult? {
        let isVote = method == .majorityVote || method == .weightedMajorityVote
        let isClassifier = try function() == .classification
        switch method {
        case .sum, .weightedSum: guard !isClassifier else { return nil }
        case .average, .weightedAverage: break
        case .majorityVote, .weightedMajorityVote: guard isClassifier else { return nil }
        default: return nil
        }
        let missing: RowCombination.Missing = try segmentation.choice(
            "missingPredictionTreatment",
            default: .continues
        )
        guard missing == .returnMissing || missing == .continues && !isVote else { return nil }
        guard let models = try plainTrees(segments) else { return nil }
        let found =
            isClassifier ? classes(gather(["Node": "score", "ScoreDistribution": "value"])) : []
        var builder = EnsembleBuilder(
            compiler: self,
            classes: found,
            isVote: isVote,
            isFloat: isFloat
        )
        for (segment, model) in models {
            let weight = method.isWeighted ? try segment.number("weight") ?? 1 : 1
            guard try builder.add(model, weight: weight) else { return nil }
        }
        guard builder.asksSomething else { return nil }
        let width = max(1, found.count)
        let first = try compiler.newSlot(width)
        try builder.emit(to: first)
        let weights = builder.weights
        try compiler.emit(
            kernel: RowEnsembleResult(
                first: first,
                count: width,
                divisor: method == .average
                    ? Double(models.count) : (method == .weightedAverage ? weights : 0),
                isShare: isVote,
                isFloat: isFloat
            )
        )
        guard isClassifier else { return try regression(from: first) }
        let label = try compiler.newSlot()
        try compiler.emit(kernel: RowWinner(first: first, count: width, label: label))
        return try classification(found, first: first, label: label)
    }

    /// The trees of segments without conditions, transformations, targets or outputs.
    private func plainTrees(
        _ segments: [XMLElement]
    ) throws(FormatError) -> [(segment: XMLElement, model: XMLElement)]? {
        var models: [(segment: XMLElement, model: XMLElement)] = []
        for segment in segments {
            guard segment.child("True") != nil, let model = segment.child("TreeModel"),
                model.child("Output") == nil, model.child("Targets") == nil,
                model.child("LocalTransformations") == nil,
                model.string("functionName") == element.string("functionName"),
                (model.string("x-mathContext") == "float") == isFloat
            else { return nil }
            if let weight = segment.string("weight"), Double(weight) == nil { return nil }
            models.append((segment, model))
        }
        return models
    }
}

/// Collects the trees of an ensemble.
private struct EnsembleBuilder {
    /// What the program is built with.
    let compiler: PMMLModelCompiler
    /// Names of the classes, in order.
    let classes: [String]
    /// True when every tree has one vote instead of a number.
    let isVote: Bool
    /// Whether every step is rounded to 32 bits, as the model asks for.
    let isFloat: Bool
    /// As the kernel wants them, in the order of the segments.
    var trees: [Tree] = []
    /// The sum of the weights of the segments.
    var weights = 0.0
    /// The slots that the trees ask for.
    private let features = FeatureList()

    /// Nothing yet.
    init(compiler: PMMLModelCompiler, classes: [String], isVote: Bool, isFloat: Bool) {
        self.compiler = compiler
        self.classes = classes
        self.isVote = isVote
        self.isFloat = isFloat
    }

    /// The slots that the trees ask for, in the order they are met.
    private final class FeatureList {
        /// By feature.
        var slots: [Int32] = []
        /// The feature of a slot.
        var places: [Int32: Int32] = [:]
        /// Slots whose fields hold whole numbers or codes only.
        var whole: Set<Int32> = []

        func place(_ slot: Int32) -> Int32 {
            if let place = places[slot] { return place }
            let place = Int32(truncatingIfNeeded: slots.count)
            slots.append(slot)
            places[slot] = place
            return place
        }
    }

    /// False when all trees are leaves.
    var asksSomething: Bool { !features.slots.isEmpty }

    /// - Returns: false when the tree is none for the kernel.
    mutating func add(_ model: XMLElement, weight: Double) throws(FormatError) -> Bool {
        let scope = PMMLScope(parent: compiler.scope)
        for field in try model.require("MiningSchema").children("MiningField") {
            let mining = try PMMLMiningField(field)
            if mining.isActive { scope.miningFields[mining.name] = mining }
        }
        let tree = try PMMLTree(model, scope, compiler.compiler)
        compiler.compiler.steps += scope.prelude
        for name in scope.miningFields.keys {
            let value = try compiler.compiler.resolve(name, scope, at: model)
            if value.type == .string || value.type == .boolean || value.type == .integer {
                features.whole.insert(value.slot)
            }
        }
        let owner = compiler
        let (classes, isVote, isFloat) = (classes, isVote, isFloat)
        let list = features
        var builder = PMMLTreeBuilder(
            tree,
            width: max(1, classes.count),
            feature: { list.place($0) },
            leaf: { node throws(FormatError) in
                try Self.leaf(node, owner, classes, isVote, isFloat, weight)
            }
        )
        builder.isWhole = { list.whole.contains($0) }
        guard let made = try builder.build() else { return false }
        trees.append(made)
        weights += weight
        return true
    }

    /// What a node adds to the sums.
    private static func leaf(
        _ node: PMMLTree.Node,
        _ owner: PMMLModelCompiler,
        _ classes: [String],
        _ isVote: Bool,
        _ isFloat: Bool,
        _ weight: Double
    ) throws(FormatError) -> [Double]? {
        func rounded(_ x: Double) -> Double { isFloat ? Double(Float(x)) : x }
        guard !classes.isEmpty else {
            guard let text = node.score else { return nil }
            let score = rounded(try owner.compiler.literal(text, .double, at: node.element))
            return [weight == 1 ? score : rounded(weight * score)]
        }
        let found = try owner.distribution(node.element, classes)
        if let found, !isVote {
            return found.probabilities.map { weight == 1 ? rounded($0) : rounded(weight * $0) }
        }
        try owner.compiler.charge(classes.count)
        var values = [Double](repeating: 0, count: classes.count)
        if let text = node.score {
            values[Int(try owner.position(of: text, in: classes, at: node.element))] = weight
            return values
        }
        guard let found, let greatest = found.probabilities.max(),
            let place = found.probabilities.firstIndex(of: greatest)
        else { return nil }
        values[place] = weight
        return values
    }

    /// Puts the trees into the program.
    func emit(to first: Int32) throws(FormatError) {
        let width = max(1, classes.count)
        var ensemble = TreeEnsemble(
            trees: trees,
            scoresPerRow: width,
            leafWidth: width,
            featureCount: features.slots.count
        )
        ensemble.arithmetic = isFloat ? .float : .double
        do throws(EnsembleDefect) { try ensemble.validate() } catch {
            throw .invalidModel(.damagedEnsemble(error))
        }
        let program = compiler.compiler
        try program.emit(.ensemble(Int32(truncatingIfNeeded: program.program.ensembles.count)))
        program.program.ensembles.append(
            RowEnsemble(
                ensemble: ensemble,
                features: features.slots,
                to: first
            )
        )
    }
}
