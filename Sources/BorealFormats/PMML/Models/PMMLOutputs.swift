/// One of a run of slots, by a position that another slot holds.
struct RowPick: RowKernel {
    /// The first of a run of slots.
    let first: Int32
    /// How many slots the run has.
    let count: Int
    /// Slot of the position in the run.
    let position: Int32
    /// Slot of the answer.
    let to: Int32

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        let place = slots[Int(position)]
        let isThere = place >= 0 && place < Double(count)
        slots[Int(to)] = isThere ? slots[Int(first) + Int(place)] : .nan
    }
}

extension PMMLCompiler {
    /// Features that need the true value, several rows or association rules.
    private static let refused: Set<String> = [
        "residual", "standardError", "standardDeviation", "ruleValue", "antecedent", "consequent",
        "rule", "ruleId", "support", "lift", "leverage", "warning", "report",
        "confidenceIntervalLower", "confidenceIntervalUpper", "predictionIntervalLower",
        "predictionIntervalUpper",
    ]

    /// Compiles the declared outputs of a model, in order; each may use those before it.
    func outputs(
        of element: XMLElement,
        _ result: inout PMMLResult,
        _ scope: PMMLScope,
        _ target: PMMLDataField?
    ) throws(FormatError) {
        guard let declared = element.child("Output") else { return }
        let inner = PMMLScope(parent: scope)
        inner.chained = scope.chained
        for (name, value) in scope.chained { inner.fields[name] = value }
        if let name = result.targetName { inner.fields[name] = result.value }
        for field in declared.children("OutputField") {
            let name = try field.require(string: "name")
            guard result.outputs.count < FormatLimits.programOutputsMax else {
                throw .tooLarge(.pmml, what: "outputs", limit: FormatLimits.programOutputsMax)
            }
            let made = try collect { () throws(FormatError) in
                var value = try output(field, result, inner, target)
                if field.string("dataType") != nil {
                    value = try cast(value, to: try field.type(), at: field)
                }
                inner.fields[name] = value
                let isFinal = try field.flag("isFinalResult", default: true)
                result.outputs.append(PMMLOutput(name: name, value: value, isFinal: isFinal))
            }
            steps += inner.prelude + made
            inner.prelude = []
        }
    }

    /// The value of one declared output, before the type that it is given out as.
    private func output(
        _ field: XMLElement,
        _ whole: PMMLResult,
        _ scope: PMMLScope,
        _ target: PMMLDataField?
    ) throws(FormatError) -> PMMLValue {
        var result = whole
        let feature = field.string("feature") ?? "predictedValue"
        if let id = field.string("segmentId") {
            guard let segment = whole.segments[id] else {
                return try constantValue(.nan, .double)
            }
            result = segment
            if feature == "transformedValue" || feature == "decision" {
                let name = try field.require(string: "value")
                guard let found = segment.outputs.first(where: { $0.name == name }) else {
                    throw field.fail("the segment '\(id)' has no output '\(name)'")
                }
                return found.value
            }
        }
        switch feature {
        case "predictedValue": return result.value
        case "predictedDisplayValue": return try displayValue(result, field, target)
        case "transformedValue", "decision":
            return try expression(try expressionChild(of: field), scope)
        case "probability": return try probability(result, result.probabilities, field)
        case "confidence":
            return try probability(result, result.confidences ?? result.probabilities, field)
        case "affinity", "entityAffinity", "clusterAffinity": return try affinity(result, field)
        case "entityId", "clusterId": return try entity(result, field)
        case "reasonCode":
            let rank = try field.integer("rank") ?? 1
            guard rank >= 1 else { throw field.fail("rank=\"\(rank)\"") }
            guard rank <= result.reasons.count else { return try constantValue(.nan, .string) }
            return try text(result.reasons[rank - 1])
        default:
            guard Self.refused.contains(feature) else { throw field.fail("feature=\"\(feature)\"") }
            throw field.unsupported("the output feature '\(feature)'")
        }
    }

    /// A slot of codes that may be any string of the document, such as an entity.
    private func text(_ slot: Int32) throws(FormatError) -> PMMLValue {
        try charge(strings.texts.count)
        let all = strings.texts.indices.map { Double($0) }
        return PMMLValue(slot: slot, type: .string, domain: PMMLDomain(all, isOpen: false))
    }

    /// The class as the data dictionary would have it shown, else as it is.
    private func displayValue(
        _ result: PMMLResult,
        _ field: XMLElement,
        _ target: PMMLDataField?
    ) throws(FormatError) -> PMMLValue {
        guard result.function == .classification else { return result.value }
        var table = RowTable(values: [], unknown: .nan)
        for name in result.classes {
            let shown = target?.validValues.first { $0.text == name }?.display ?? name
            table.values.append(strings.code(shown))
        }
        let to = try newSlot()
        try emit(.table(try add(table), result.label, to: to))
        let domain = PMMLDomain(Array(Set(table.values)).sorted(), isOpen: false)
        return PMMLValue(slot: to, type: .string, domain: domain)
    }

    /// A probability or confidence: of the class that is named, of a rank, or of the predicted
    /// class when neither is named.
    private func probability(
        _ result: PMMLResult,
        _ first: Int32?,
        _ field: XMLElement
    ) throws(FormatError) -> PMMLValue {
        guard let first else { throw field.unsupported("probabilities of a model without them") }
        if let name = field.string("value") {
            guard let place = result.classes.firstIndex(where: { Self.isSame($0, name) }) else {
                throw field.fail("no class '\(name.prefix(40))'")
            }
            return PMMLValue(slot: first + Int32(truncatingIfNeeded: place), type: .double)
        }
        if let rank = try field.integer("rank"), rank > 1 {
            guard rank <= result.classes.count else { return try constantValue(.nan, .double) }
            let slots = result.classes.indices.map { first + Int32(truncatingIfNeeded: $0) }
            return try ranked(slots, result.classes, rank, isAscending: false).value
        }
        let to = try newSlot()
        try emit(
            kernel: RowPick(
                first: first,
                count: result.classes.count,
                position: result.label,
                to: to
            )
        )
        return PMMLValue(slot: to, type: .double)
    }

    /// Names of classes are the same when they are, or when they spell the same number.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        if left == right { return true }
        guard let a = Double(left), let b = Double(right) else { return false }
        return a == b
    }

    /// Who has a rank, and with what number.
    private func ranked(
        _ slots: [Int32],
        _ owners: [String],
        _ rank: Int,
        isAscending: Bool
    ) throws(FormatError) -> (owner: PMMLValue, value: PMMLValue) {
        guard rank <= FormatLimits.programNestingMax else {
            throw .tooLarge(.pmml, what: "ranks", limit: FormatLimits.programNestingMax)
        }
        let first = try newSlot(2 * rank)
        let places = (0..<Int32(truncatingIfNeeded: rank)).map { first + $0 }
        let values = places.map { $0 + Int32(truncatingIfNeeded: rank) }
        let codes = owners.map { strings.code($0) }
        try emit(
            kernel: RowRanking(
                sources: slots,
                owners: codes,
                owner: places,
                value: values,
                isAscending: isAscending
            )
        )
        let domain = PMMLDomain(Array(Set(codes)).sorted(), isOpen: false)
        return (
            PMMLValue(slot: places[rank - 1], type: .string, domain: domain),
            PMMLValue(slot: values[rank - 1], type: .double)
        )
    }

    /// The distance or similarity of what is named, of a rank, or of the winner.
    private func affinity(
        _ result: PMMLResult,
        _ field: XMLElement
    ) throws(FormatError) -> PMMLValue {
        if let name = field.string("value") {
            guard let slot = result.affinities[name] else {
                throw field.fail("nothing called '\(name.prefix(40))'")
            }
            return PMMLValue(slot: slot, type: .double)
        }
        let rank = try field.integer("rank") ?? 1
        guard rank >= 1 else { throw field.fail("rank=\"\(rank)\"") }
        if rank <= result.rankedAffinities.count {
            return PMMLValue(slot: result.rankedAffinities[rank - 1], type: .double)
        }
        guard rank == 1, let slot = result.winnerAffinity else {
            throw field.unsupported("affinities of a model without them")
        }
        return PMMLValue(slot: slot, type: .double)
    }

    /// What answered: a node, a cluster, a segment, a rule or a training row; of a rank where there
    /// are several.
    private func entity(
        _ result: PMMLResult,
        _ field: XMLElement
    ) throws(FormatError) -> PMMLValue {
        let rank = try field.integer("rank") ?? 1
        if rank >= 1, rank <= result.ranking.count { return try text(result.ranking[rank - 1]) }
        guard rank == 1, let slot = result.entity else {
            throw field.unsupported("entities of a model without them")
        }
        return try text(slot)
    }
}
