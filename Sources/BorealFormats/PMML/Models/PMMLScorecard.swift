/// The sum of partial scores, and the reasons why it is not better.
struct RowScorecard: RowKernel {
    /// A condition and the score of rows that it takes.
    struct Attribute: Sendable {
        /// The condition, among those of the program.
        let predicate: Int32
        /// NaN where the score is computed.
        let score: Double
        /// -1 where it is not.
        let scoreSlot: Int32
        /// A position among the reasons; -1 for none.
        let reason: Int
    }

    /// Attributes of which one takes a row.
    struct Characteristic: Sendable {
        /// In order; the first whose condition is true counts.
        let attributes: [Attribute]
        /// The score that reasons are measured against.
        let baseline: Double
    }

    /// All add to the score.
    let characteristics: [Characteristic]
    /// What the score begins with.
    let initial: Double
    /// Whether a reason weighs what its score lacks to the baseline, or what it has more.
    let pointsBelow: Bool
    /// Slot of the answer.
    let to: Int32
    /// Codes of the reasons, and where they go, most important first.
    let reasons: [Double]
    /// Slots for the codes of reasons, weightiest first.
    let ranking: [Int32]
    /// The first of as many points as reasons.
    let points: Int32

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        var sum = initial
        let points = slots + Int(points)
        for place in reasons.indices { points[place] = .nan }
        for characteristic in characteristics {
            let found = characteristic.attributes.first {
                predicates.value(Int($0.predicate), slots) == 1
            }
            guard let found else {
                slots[0] = 1
                slots[Int(to)] = .nan
                return
            }
            let score = found.scoreSlot >= 0 ? slots[Int(found.scoreSlot)] : found.score
            sum += score
            guard found.reason >= 0 else { continue }
            let difference =
                pointsBelow ? characteristic.baseline - score : score - characteristic.baseline
            let before = points[found.reason]
            points[found.reason] = before.isNaN ? difference : before + difference
        }
        slots[Int(to)] = sum
        for slot in ranking { slots[Int(slot)] = .nan }
        if !sum.isNaN { rank(points, slots) }
    }

    /// Reasons in descending order of their points, those below 0 left out.
    private func rank(_ points: Slots, _ slots: Slots) {
        for slot in ranking {
            var best = -1
            for place in reasons.indices where points[place] >= 0 {
                if best < 0 || points[place] > points[best] { best = place }
            }
            guard best >= 0 else { return }
            slots[Int(slot)] = reasons[best]
            points[best] = .nan
        }
    }
}

/// Rules that vote.
struct RowRules: RowKernel {
    /// How fired rules are weighed, as the standard names it.
    enum Criterion: String {
        case firstHit, weightedSum, weightedMax
    }

    /// A rule, compound ones taken apart.
    struct Rule: Sendable {
        /// Conditions that must all be true, the rule's own last.
        let predicates: [Int32]
        /// The position of its class.
        let score: Int
        /// What it counts beside the others.
        let weight: Double
        /// How sure the document is of it.
        let confidence: Double
        /// Slot of the code of what answered.
        let entity: Double
    }

    /// In the order of the document.
    let rules: [Rule]
    /// How the rules that fire are weighed.
    let criterion: Criterion
    /// Classes; 0 where a number is answered.
    let classCount: Int
    /// -1 for none.
    let standard: Int
    /// The confidence of the default class.
    let standardConfidence: Double
    /// Slot of the position of the class; NaN for none.
    let label: Int32
    /// The first of as many confidences as classes.
    let confidences: Int32
    /// Slot of the code of what answered.
    let entity: Int32

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        let values = slots + Int(confidences)
        for place in 0..<classCount { values[place] = 0 }
        slots[Int(label)] = .nan
        slots[Int(entity)] = .nan
        withUnsafeTemporaryAllocation(of: Int.self, capacity: classCount + 1) { winners in
            for place in 0..<classCount { winners[place] = -1 }
            var first = -1
            var fired = 0.0
            for (index, rule) in rules.enumerated() {
                guard rule.predicates.allSatisfy({ predicates.value(Int($0), slots) == 1 }) else {
                    continue
                }
                if first < 0 { first = index }
                fired += 1
                add(rule, index, winners, values)
            }
            guard first >= 0 else {
                guard standard >= 0 else {
                    slots[0] = 1
                    return
                }
                values[standard] = standardConfidence
                slots[Int(label)] = Double(standard)
                return
            }
            choose(first, fired, winners, values, slots)
        }
    }

    /// A rule that fires.
    private func add(
        _ rule: Rule,
        _ index: Int,
        _ winners: UnsafeMutableBufferPointer<Int>,
        _ values: Slots
    ) {
        let former = winners[rule.score]
        switch criterion {
        case .firstHit:
            guard former < 0 else { return }
            winners[rule.score] = index
            values[rule.score] = rule.confidence
        case .weightedSum:
            values[rule.score] += rule.weight
            if former < 0 || rules[former].weight < rule.weight { winners[rule.score] = index }
        case .weightedMax:
            guard former < 0 || rules[former].weight < rule.weight else { return }
            winners[rule.score] = index
            values[rule.score] = rule.confidence
        }
    }

    /// Picks the class and the rule that answers for it. As JPMML-Evaluator does, classes are
    /// compared by what stands in `values`: weights for sums, confidences for the greatest weight.
    private func choose(
        _ first: Int,
        _ fired: Double,
        _ winners: UnsafeMutableBufferPointer<Int>,
        _ values: Slots,
        _ slots: Slots
    ) {
        var best = rules[first].score
        if criterion != .firstHit {
            for place in 0..<classCount where winners[place] >= 0 && values[place] > values[best] {
                best = place
            }
        }
        if criterion == .weightedSum {
            for place in 0..<classCount { values[place] /= fired }
        }
        slots[Int(label)] = Double(best)
        slots[Int(entity)] = rules[criterion == .firstHit ? first : winners[best]].entity
    }
}

extension PMMLModelCompiler {
    /// A <Scorecard>: characteristics, their attributes, and reason codes.
    func scorecard() throws(FormatError) -> PMMLResult {
        let usesReasons = try element.flag("useReasonCodes", default: true)
        let algorithm = element.string("reasonCodeAlgorithm") ?? "pointsBelow"
        guard algorithm == "pointsBelow" || algorithm == "pointsAbove" else {
            throw element.fail("reasonCodeAlgorithm=\"\(algorithm)\"")
        }
        let baseline = try element.number("baselineScore")
        var reasons: [String] = []
        var characteristics: [RowScorecard.Characteristic] = []
        for child in try element.require("Characteristics").children("Characteristic") {
            let own = try child.number("baselineScore") ?? baseline
            guard !usesReasons || own != nil else { throw child.fail("no baseline score") }
            var attributes: [RowScorecard.Attribute] = []
            for attribute in child.children("Attribute") {
                attributes.append(try self.attribute(attribute, child, usesReasons, &reasons))
            }
            characteristics.append(.init(attributes: attributes, baseline: own ?? 0))
        }
        guard !characteristics.isEmpty else { throw element.fail("no characteristic") }
        let to = try compiler.newSlot()
        let shown = min(reasons.count, FormatLimits.programNestingMax)
        let first = try compiler.newSlot(shown)
        let ranking = (0..<Int32(truncatingIfNeeded: shown)).map { first + $0 }
        try compiler.emit(
            kernel: RowScorecard(
                characteristics: characteristics,
                initial: try element.number("initialScore") ?? 0,
                pointsBelow: algorithm == "pointsBelow",
                to: to,
                reasons: reasons.map { compiler.strings.code($0) },
                ranking: ranking,
                points: try compiler.newSlot(reasons.count)
            )
        )
        var result = try regression(from: to)
        result.reasons = ranking
        return result
    }

    /// Reads an attribute; its reason code is the characteristic's unless it has one.
    private func attribute(
        _ element: XMLElement,
        _ characteristic: XMLElement,
        _ usesReasons: Bool,
        _ reasons: inout [String]
    ) throws(FormatError) -> RowScorecard.Attribute {
        let predicate = try compiler.predicateChild(of: element, scope)
        var slot: Int32 = -1
        if let complex = element.child("ComplexPartialScore") {
            let expression = try compiler.expressionChild(of: complex)
            let value = try compiler.expression(expression, scope)
            guard value.type != .string else { throw complex.fail("a score that is text") }
            slot = value.slot
        }
        let score = slot >= 0 ? .nan : try element.require(number: "partialScore")
        var reason = -1
        if usesReasons {
            guard let code = element.string("reasonCode") ?? characteristic.string("reasonCode")
            else { throw element.fail("no reason code") }
            reason = reasons.firstIndex(of: code) ?? reasons.count
            if reason == reasons.count { reasons.append(code) }
        }
        return .init(predicate: predicate, score: score, scoreSlot: slot, reason: reason)
    }

    /// A <RuleSetModel>, with the first selection method that it names.
    func ruleSet() throws(FormatError) -> PMMLResult {
        let set = try element.require("RuleSet")
        let method = try set.require("RuleSelectionMethod")
        let standard = set.string("defaultScore")
        let classes = self.classes(
            gather(["SimpleRule": "score"])
                + (standard.map { name in
                    gather(["SimpleRule": "score"]).contains(name) ? [] : [name]
                }
                    ?? [])
        )
        var rules: [RowRules.Rule] = []
        try addRules(of: set, [], classes, &rules)
        let label = try compiler.newSlot()
        let confidences = try compiler.newSlot(classes.count)
        let entity = try compiler.newSlot()
        let standardPlace = try standard.map { name throws(FormatError) in
            Int(try position(of: name, in: classes, at: set))
        }
        try compiler.emit(
            kernel: RowRules(
                rules: rules,
                criterion: try method.choice("criterion"),
                classCount: classes.count,
                standard: standardPlace ?? -1,
                standardConfidence: try set.number("defaultConfidence") ?? 0,
                label: label,
                confidences: confidences,
                entity: entity
            )
        )
        return PMMLResult(
            function: .classification,
            value: try classValue(classes, label),
            classes: classes,
            label: label,
            confidences: confidences,
            entity: entity
        )
    }

    /// Takes rules apart: a rule within others fires when all their conditions are true.
    private func addRules(
        of element: XMLElement,
        _ conditions: [Int32],
        _ classes: [String],
        _ rules: inout [RowRules.Rule]
    ) throws(FormatError) {
        for child in element.children {
            switch child.name {
            case "SimpleRule":
                let own = try compiler.predicateChild(of: child, scope)
                let text = try child.require(string: "score")
                let id = child.string("id") ?? String(rules.count + 1)
                rules.append(
                    .init(
                        predicates: conditions + [own],
                        score: Int(try position(of: text, in: classes, at: child)),
                        weight: try child.number("weight") ?? 1,
                        confidence: try child.number("confidence") ?? 1,
                        entity: compiler.strings.code(id)
                    )
                )
            case "CompoundRule":
                let own = try compiler.predicateChild(of: child, scope)
                try compiler.nested(child) { () throws(FormatError) in
                    try addRules(of: child, conditions + [own], classes, &rules)
                }
            default: break
            }
        }
    }
}
