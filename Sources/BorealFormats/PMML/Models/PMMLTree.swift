/// A tree that asks its conditions one by one: every kind of condition, every strategy for missing
/// values.
struct RowTree: RowKernel {
    /// What becomes of a row when a condition is unknown, as the standard names it.
    enum Strategy: String {
        case none, lastPrediction, nullPrediction, defaultChild, weightedConfidence, aggregateNodes
    }

    /// A node of the tree, with where it stands and what it answers.
    struct Node: Sendable {
        /// The condition, among those of the program.
        var predicate: Int32
        /// The first child; -1 for a leaf.
        var firstChild: Int32 = -1
        /// The next child of the same parent.
        var next: Int32 = -1
        /// Where rows go whose question has no answer; -1 for nowhere.
        var defaultChild: Int32 = -1
        /// The predicted number, or the position of the class; NaN for none.
        var score = Double.nan
        /// Training records in the node; NaN when the document does not tell.
        var recordCount = Double.nan
        /// Where its probabilities begin in `distributions`; -1 for none.
        var distribution: Int32 = -1
        /// Slot of the code of what answered.
        var entity = Double.nan
    }

    /// In document order; the first is the root.
    var nodes: [Node] = []
    /// Probabilities of classes, by node.
    var distributions: [Double] = []
    /// As long as `distributions`: confidences of classes, before any penalty.
    var confidences: [Double] = []
    /// As long as `distributions`: records of classes.
    var counts: [Double] = []
    /// Classes; 0 where a number is answered.
    var classCount = 0
    /// What becomes of unknown conditions.
    var strategy = Strategy.none
    /// Whether a row that no child takes gets the answer of the last node it was in.
    var returnsLast = false
    /// What confidences are multiplied with for every unknown condition on the way.
    var penalty = 1.0
    /// Where the number goes, or the position of the class.
    var score: Int32 = 0
    /// The first of as many probabilities as classes.
    var probabilities: Int32 = 0
    /// The first of as many confidences as classes.
    var confidence: Int32 = 0
    /// Slot of the code of what answered.
    var entity: Int32 = 0

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        assert(distributions.count == confidences.count, "a class without a confidence")
        clear(slots)
        guard let root = nodes.first, predicates.value(Int(root.predicate), slots) == 1 else {
            return
        }
        switch strategy {
        case .weightedConfidence where classCount > 0: weigh(slots, predicates)
        case .aggregateNodes: aggregate(slots, predicates)
        default: walk(slots, predicates)
        }
    }

    /// Forgets the answer of the row before.
    private func clear(_ slots: Slots) {
        slots[Int(score)] = .nan
        slots[Int(entity)] = .nan
        for place in 0..<classCount {
            slots[Int(probabilities) + place] = .nan
            slots[Int(confidence) + place] = .nan
        }
    }

    /// Follows one way from the root to a leaf.
    private func walk(_ slots: Slots, _ predicates: RowPredicates) {
        var node = 0
        var missing = 0
        search: while nodes[node].firstChild >= 0 {
            var child = nodes[node].firstChild
            var isTaken = false
            while child >= 0 {
                let answer = predicates.value(Int(nodes[Int(child)].predicate), slots)
                if predicates.usesSurrogate(Int(nodes[Int(child)].predicate), slots) {
                    missing += 1
                }
                if answer == 1 {
                    isTaken = true
                    break
                }
                if answer.isNaN {
                    switch strategy {
                    case .nullPrediction: return
                    case .lastPrediction: break search
                    case .defaultChild:
                        child = nodes[node].defaultChild
                        guard child >= 0 else {
                            slots[0] = 1
                            return
                        }
                        missing += 1
                        isTaken = true
                    default: break
                    }
                    if isTaken { break }
                }
                child = nodes[Int(child)].next
            }
            guard isTaken else {
                guard returnsLast, !nodes[node].score.isNaN || nodes[node].distribution >= 0
                else { return }
                break
            }
            node = Int(child)
        }
        answer(node, missing: missing, slots)
    }

    /// Writes down what a node says.
    private func answer(_ index: Int, missing: Int, _ slots: Slots) {
        let node = nodes[index]
        slots[Int(entity)] = node.entity
        slots[Int(score)] = node.score
        guard classCount > 0 else { return }
        guard node.distribution >= 0 else {
            guard !node.score.isNaN else { return }
            for place in 0..<classCount {
                let value = Double(place) == node.score ? 1.0 : 0
                slots[Int(probabilities) + place] = value
                slots[Int(confidence) + place] = value
            }
            return
        }
        var factor = 1.0
        for _ in 0..<missing { factor *= penalty }
        var best = 0
        for place in 0..<classCount {
            let from = Int(node.distribution) + place
            slots[Int(probabilities) + place] = distributions[from]
            slots[Int(confidence) + place] = confidences[from] * factor
            if distributions[from] > distributions[Int(node.distribution) + best] { best = place }
        }
        if node.score.isNaN { slots[Int(score)] = Double(best) }
    }

    // MARK: - Several leaves for one row

    /// Confidences of all children that are not false, weighed by their records.
    private func weigh(_ slots: Slots, _ predicates: RowPredicates) {
        var total = [Double](repeating: 0, count: classCount)
        let isDefinite = add(0, 1, to: &total, slots, predicates)
        guard isDefinite || total.contains(where: { $0 > 0 }) else { return }
        var best = 0
        for place in 0..<classCount {
            slots[Int(probabilities) + place] = total[place]
            slots[Int(confidence) + place] = total[place]
            if total[place] > total[best] { best = place }
        }
        slots[Int(score)] = Double(best)
    }

    /// Adds what the subtree of a node says, times a weight.
    private func add(
        _ index: Int,
        _ weight: Double,
        to total: inout [Double],
        _ slots: Slots,
        _ predicates: RowPredicates
    ) -> Bool {
        var children: [Int] = []
        var child = nodes[index].firstChild
        while child >= 0 {
            let answer = predicates.value(Int(nodes[Int(child)].predicate), slots)
            if answer == 1, children.isEmpty {
                return add(Int(child), weight, to: &total, slots, predicates)
            }
            if answer != 0 { children.append(Int(child)) }
            child = nodes[Int(child)].next
        }
        if children.isEmpty {
            let from = Int(nodes[index].distribution)
            guard from >= 0, nodes[index].firstChild < 0 || returnsLast else { return false }
            for place in 0..<classCount { total[place] += weight * confidences[from + place] }
            return true
        }
        let records = children.reduce(0) { $0 + nodes[$1].recordCount }
        for child in children {
            let share = nodes[child].recordCount / records
            _ = add(child, weight * share, to: &total, slots, predicates)
        }
        return true
    }

    /// The records of all leaves that a row may be in.
    private func aggregate(_ slots: Slots, _ predicates: RowPredicates) {
        var total = [Double](repeating: 0, count: max(1, classCount))
        var records = 0.0
        collect(0, into: &total, &records, slots, predicates)
        guard records > 0 else { return }
        guard classCount > 0 else {
            slots[Int(score)] = total[0] / records
            return
        }
        var best = 0
        for place in 0..<classCount {
            slots[Int(probabilities) + place] = total[place] / records
            slots[Int(confidence) + place] = total[place] / records
            if total[place] > total[best] { best = place }
        }
        slots[Int(score)] = Double(best)
    }

    /// Adds the records of all leaves below a node that a row may be in: below children whose
    /// conditions are true or unknown, up to the first that is true.
    private func collect(
        _ index: Int,
        into total: inout [Double],
        _ records: inout Double,
        _ slots: Slots,
        _ predicates: RowPredicates
    ) {
        var child = nodes[index].firstChild
        guard child >= 0 else {
            let node = nodes[index]
            if classCount == 0 {
                guard !node.score.isNaN, !node.recordCount.isNaN else { return }
                total[0] += node.score * node.recordCount
                records += node.recordCount
            } else if node.distribution >= 0 {
                for place in 0..<classCount {
                    total[place] += counts[Int(node.distribution) + place]
                    records += counts[Int(node.distribution) + place]
                }
            }
            return
        }
        while child >= 0 {
            let answer = predicates.value(Int(nodes[Int(child)].predicate), slots)
            if answer != 0 { collect(Int(child), into: &total, &records, slots, predicates) }
            if answer == 1 { return }
            child = nodes[Int(child)].next
        }
    }
}

/// A tree as its document has it, conditions found, in document order.
struct PMMLTree {
    /// A node of the tree, with where it stands and what it answers.
    struct Node {
        /// The element of the document that says so.
        var element: XMLElement
        /// Its condition.
        var test: PMMLTest
        /// The first child; -1 for a leaf.
        var firstChild = -1
        /// The last child that was read; -1 for none.
        var lastChild = -1
        /// The next child of the same parent; -1 for none.
        var next = -1
        /// Where rows go whose question has no answer; -1 for nowhere.
        var defaultChild = -1
        /// What it answers, as it is written.
        var score: String?
    }

    /// In document order; the first is the root.
    var nodes: [Node] = []
    /// What becomes of unknown conditions.
    var strategy: RowTree.Strategy
    /// Whether a row that no child takes gets the answer of the last node it was in.
    var returnsLast: Bool
    /// What confidences are multiplied with for every unknown condition on the way.
    var penalty: Double

    /// Reads a <TreeModel>, without recursion.
    init(
        _ element: XMLElement,
        _ scope: PMMLScope,
        _ compiler: PMMLCompiler
    ) throws(FormatError) {
        strategy = try element.choice("missingValueStrategy", default: .none)
        let noTrue = element.string("noTrueChildStrategy") ?? "returnNullPrediction"
        guard noTrue == "returnNullPrediction" || noTrue == "returnLastPrediction" else {
            throw element.fail("noTrueChildStrategy=\"\(noTrue)\"")
        }
        returnsLast = noTrue == "returnLastPrediction"
        penalty = try element.number("missingValuePenalty") ?? 1
        var pending = [(element: try element.require("Node"), parent: -1)]
        while let (node, parent) = pending.popLast() {
            let index = nodes.count
            guard index < FormatLimits.programStepsMax else {
                throw .tooLarge(.pmml, what: "nodes", limit: FormatLimits.programStepsMax)
            }
            let test = try compiler.testChild(of: node, scope)
            nodes.append(Node(element: node, test: test, score: node.string("score")))
            if parent >= 0 {
                if nodes[parent].firstChild < 0 {
                    nodes[parent].firstChild = index
                } else {
                    nodes[nodes[parent].lastChild].next = index
                }
                nodes[parent].lastChild = index
            }
            var children: [XMLElement] = []
            for child in node.children {
                switch child.name {
                case "Node": children.append(child)
                case "Regression", "DecisionTree": throw child.unsupported("a model within a node")
                default: break
                }
            }
            // They come off the stack in document order.
            for child in children.reversed() { pending.append((child, index)) }
        }
        guard strategy == .defaultChild else { return }
        try findDefaults()
    }

    /// Finds the default children by their ids.
    private mutating func findDefaults() throws(FormatError) {
        for index in nodes.indices where nodes[index].firstChild >= 0 {
            guard let id = nodes[index].element.string("defaultChild") else { continue }
            var child = nodes[index].firstChild
            while child >= 0 {
                if nodes[child].element.string("id") == id { nodes[index].defaultChild = child }
                child = nodes[child].next
            }
            guard nodes[index].defaultChild >= 0 else {
                throw nodes[index].element.fail("no child '\(id)'")
            }
        }
    }
}

extension PMMLModelCompiler {
    /// A tree of any kind, asked condition by condition.
    func tree() throws(FormatError) -> PMMLResult {
        let tree = try PMMLTree(element, scope, compiler)
        let isClassifier = try function() == .classification
        let classes =
            isClassifier
            ? self.classes(gather(["Node": "score", "ScoreDistribution": "value"])) : []
        var row = RowTree()
        row.strategy = tree.strategy
        row.returnsLast = tree.returnsLast
        row.penalty = tree.penalty
        row.classCount = classes.count
        row.score = try compiler.newSlot()
        row.entity = try compiler.newSlot()
        row.probabilities = try compiler.newSlot(classes.count)
        row.confidence = try compiler.newSlot(classes.count)
        for (index, node) in tree.nodes.enumerated() {
            var made = RowTree.Node(predicate: try compiler.predicate(node.test))
            made.firstChild = Int32(truncatingIfNeeded: node.firstChild)
            made.next = Int32(truncatingIfNeeded: node.next)
            made.defaultChild = Int32(truncatingIfNeeded: node.defaultChild)
            made.recordCount = try node.element.number("recordCount") ?? .nan
            made.entity = compiler.strings.code(node.element.string("id") ?? String(index + 1))
            if let text = node.score {
                made.score =
                    isClassifier
                    ? try position(of: text, in: classes, at: node.element)
                    : try compiler.literal(text, .double, at: node.element)
                if isFloat, !isClassifier { made.score = Double(Float(made.score)) }
            }
            if isClassifier {
                made.distribution = try addDistribution(node.element, classes, &row)
            }
            row.nodes.append(made)
        }
        try compiler.emit(kernel: row)
        guard isClassifier else {
            var result = try regression(from: row.score)
            result.entity = row.entity
            return result
        }
        var result = try classification(classes, first: row.probabilities, label: row.score)
        result.confidences = row.confidence
        result.entity = row.entity
        return result
    }

    /// The position of a class.
    func position(
        of text: String,
        in classes: [String],
        at place: XMLElement
    ) throws(FormatError) -> Double {
        if let found = compiler.place(of: text, in: classes) { return Double(found) }
        let number = Double(text)
        let found = classes.firstIndex { Double($0) == number && number != nil }
        guard let found else { throw place.fail("no class '\(text.prefix(40))'") }
        return Double(found)
    }

    /// Appends the probabilities, confidences and records of a node.
    ///
    /// - Returns: where they begin; -1 when the node has none.
    private func addDistribution(
        _ node: XMLElement,
        _ classes: [String],
        _ row: inout RowTree
    ) throws(FormatError) -> Int32 {
        guard let found = try distribution(node, classes) else { return -1 }
        let first = Int32(truncatingIfNeeded: row.distributions.count)
        row.distributions += found.probabilities
        row.confidences += found.confidences
        row.counts += found.counts
        return first
    }

    /// What the <ScoreDistribution>s of a node say of each class; nil when there are none.
    func distribution(
        _ node: XMLElement,
        _ classes: [String]
    ) throws(FormatError) -> (probabilities: [Double], confidences: [Double], counts: [Double])? {
        guard node.child("ScoreDistribution") != nil else { return nil }
        try compiler.charge(3 * classes.count)
        var values = [Double](repeating: 0, count: classes.count)
        var counts = values
        var confidences = [Double](repeating: .nan, count: classes.count)
        var sum = 0.0
        var isEmpty = true
        for child in node.children where child.name == "ScoreDistribution" {
            let text = try child.require(string: "value")
            let place = Int(try position(of: text, in: classes, at: child))
            let probability = try child.number("probability")
            let count = try child.number("recordCount") ?? probability ?? .nan
            let value = probability ?? count
            guard value >= 0 else { throw child.fail("no record count, or a negative one") }
            values[place] = value
            counts[place] = count
            confidences[place] = try child.number("confidence") ?? .nan
            sum += value
            isEmpty = false
        }
        guard !isEmpty else { return nil }
        if sum != 1, sum > 0 { for place in values.indices { values[place] /= sum } }
        for place in values.indices where confidences[place].isNaN {
            confidences[place] = values[place]
        }
        return (values, confidences, counts)
    }
}
