import BorealBoost

/// Puts the answers of segments together.
struct RowCombination: RowKernel {
    /// How segments answer together, as the standard names it.
    enum Method: String {
        case majorityVote, weightedMajorityVote, average, weightedAverage, median, weightedMedian
        case max, sum, weightedSum
        case selectFirst, selectAll, modelChain
        case multiModelChain = "x-multiModelChain"

        var isWeighted: Bool {
            switch self {
            case .weightedMajorityVote, .weightedAverage, .weightedMedian, .weightedSum: true
            default: false
            }
        }
    }

    /// What a segment without an answer means for the whole.
    enum Missing: String {
        case continues = "continue"
        case skipSegment, returnMissing
    }

    /// A segment, by the slots where its answer stands.
    struct Part: Sendable {
        /// The number, or the position of the class.
        let value: Int32
        /// The first probability; -1 for numbers.
        let probabilities: Int32
        /// 1 where the segment ran; -1 when it always does.
        let ran: Int32
        /// A slot, since weights may be fields.
        let weight: Int32
    }

    /// The segments, in order.
    let parts: [Part]
    /// How they are put together.
    let method: Method
    /// The answer for a missing value; NaN for none.
    let missing: Missing
    /// The bound that the document sets.
    let threshold: Double
    /// Whether every step is rounded to 32 bits, as the model asks for.
    let isFloat: Bool
    /// Classes; 0 where a number is answered.
    let classCount: Int
    /// The number, or the position of the class.
    let to: Int32
    /// The first probability.
    let probabilities: Int32

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        assert(!parts.isEmpty, "no segment")
        slots[Int(to)] = .nan
        for place in 0..<classCount { slots[Int(probabilities) + place] = .nan }
        withUnsafeTemporaryAllocation(of: Int.self, capacity: parts.count + 1) { memory in
            var count = 0
            var lost = 0.0
            var whole = 0.0
            var votesForMissing = 0.0
            for (place, part) in parts.enumerated() {
                if part.ran >= 0, slots[Int(part.ran)] != 1 { continue }
                let weight = slots[Int(part.weight)]
                whole += weight
                guard slots[Int(part.value)].isNaN else {
                    memory[count] = place
                    count += 1
                    continue
                }
                if missing == .returnMissing || missing == .continues && !isVote { return }
                lost += weight
                votesForMissing += method.isWeighted ? weight : 1
            }
            if lost > 0, lost / whole > threshold { return }
            let used = UnsafeMutableBufferPointer(rebasing: memory[..<count])
            guard count > 0 else { return }
            if classCount == 0 {
                slots[Int(to)] = number(used, slots)
            } else if isVote {
                vote(used, missing == .continues ? votesForMissing : 0, slots)
            } else {
                combine(used, slots)
            }
        }
    }

    /// Whether classes are counted instead of numbers added.
    private var isVote: Bool { method == .majorityVote || method == .weightedMajorityVote }

    /// A number in the precision of the model.
    private func rounded(_ x: Double) -> Double { isFloat ? Double(Float(x)) : x }

    // MARK: - Numbers

    /// Adds the answers of segments that ran, in their order, or picks one of them.
    private func number(_ used: UnsafeMutableBufferPointer<Int>, _ slots: Slots) -> Double {
        if method == .median || method == .weightedMedian || method == .max {
            return ordered(used, slots)
        }
        var sum = 0.0
        var weights = 0.0
        for place in used {
            let part = parts[place]
            let value = slots[Int(part.value)]
            guard method.isWeighted else {
                sum = rounded(sum + value)
                continue
            }
            let weight = slots[Int(part.weight)]
            sum = rounded(sum + rounded(weight * value))
            weights = rounded(weights + weight)
        }
        switch method {
        case .average: return rounded(sum / Double(used.count))
        case .weightedAverage: return weights == 0 ? .nan : rounded(sum / weights)
        default: return sum
        }
    }

    /// What needs the answers in ascending order.
    private func ordered(_ places: UnsafeMutableBufferPointer<Int>, _ slots: Slots) -> Double {
        var used = places
        used.sort { slots[Int(parts[$0].value)] < slots[Int(parts[$1].value)] }
        func value(_ place: Int) -> Double { slots[Int(parts[used[place]].value)] }
        switch method {
        case .max: return value(used.count - 1)
        case .median:
            let middle = used.count / 2
            return used.count % 2 == 1
                ? value(middle) : rounded((value(middle - 1) + value(middle)) / 2)
        default:
            // The first whose weight, added to those before it, reaches half of all.
            let whole = used.reduce(0.0) { $0 + slots[Int(parts[$1].weight)] }
            var sum = 0.0
            for place in used.indices {
                sum += slots[Int(parts[used[place]].weight)]
                if sum >= whole / 2 { return value(place) }
            }
            return value(used.count - 1)
        }
    }

    // MARK: - Classes

    /// Counts classes. A missing answer that gets more votes than any class is the answer.
    private func vote(
        _ used: UnsafeMutableBufferPointer<Int>,
        _ missingVotes: Double,
        _ slots: Slots
    ) {
        let votes = slots + Int(probabilities)
        for place in 0..<classCount { votes[place] = 0 }
        var sum = 0.0
        for place in used {
            let part = parts[place]
            let weight = method.isWeighted ? slots[Int(part.weight)] : 1
            let label = slots[Int(part.value)]
            guard label >= 0, label < Double(classCount) else { continue }
            votes[Int(label)] = rounded(votes[Int(label)] + weight)
            sum = rounded(sum + weight)
        }
        var best = 0
        for place in 0..<classCount where votes[place] > votes[best] { best = place }
        guard sum > 0, missingVotes <= votes[best] else {
            for place in 0..<classCount { votes[place] = .nan }
            return
        }
        for place in 0..<classCount { votes[place] = rounded(votes[place] / sum) }
        slots[Int(to)] = Double(best)
    }

    /// Puts the probabilities of segments together and picks the greatest.
    private func combine(_ used: UnsafeMutableBufferPointer<Int>, _ slots: Slots) {
        switch method {
        case .max, .median: chooseClosest(used, slots)
        default: average(used, weighted: method.isWeighted, slots)
        }
        var best = 0
        for place in 0..<classCount {
            let value = slots[Int(probabilities) + place]
            if value.isNaN { return }
            if value > slots[Int(probabilities) + best] { best = place }
        }
        slots[Int(to)] = Double(best)
    }

    /// The mean of the probabilities of some segments.
    private func average(
        _ used: UnsafeMutableBufferPointer<Int>,
        weighted: Bool,
        _ slots: Slots
    ) {
        let target = slots + Int(probabilities)
        for place in 0..<classCount { target[place] = 0 }
        var weights = 0.0
        for index in used {
            let part = parts[index]
            let weight = weighted ? slots[Int(part.weight)] : 1
            weights = rounded(weights + weight)
            for place in 0..<classCount {
                let value = slots[Int(part.probabilities) + place]
                target[place] = rounded(
                    target[place] + (weighted ? rounded(weight * value) : value)
                )
            }
        }
        guard method != .sum, method != .weightedSum else { return }
        for place in 0..<classCount { target[place] = rounded(target[place] / weights) }
    }

    /// The mean of the segments that say most of the class that is said most of; or, for the
    /// median, of those closest to the median of the class whose median is greatest.
    private func chooseClosest(_ used: UnsafeMutableBufferPointer<Int>, _ slots: Slots) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: used.count) { values in
            var winner = 0
            var greatest = -Double.infinity
            for place in 0..<classCount {
                for (index, part) in used.enumerated() {
                    values[index] = slots[Int(parts[part].probabilities) + place]
                }
                let value =
                    method == .median ? RowAggregation.median(values) : values.max() ?? .nan
                if value > greatest {
                    greatest = value
                    winner = place
                }
            }
            var least = Double.infinity
            for part in used {
                let value = slots[Int(parts[part].probabilities) + winner]
                least = min(least, abs(value - greatest))
            }
            var count = 0
            for part in used {
                let value = slots[Int(parts[part].probabilities) + winner]
                guard abs(value - greatest) <= least else { continue }
                used[count] = part
                count += 1
            }
            average(UnsafeMutableBufferPointer(rebasing: used[..<count]), weighted: false, slots)
        }
    }
}

extension PMMLModelCompiler {
    /// A <MiningModel> with segments, by the method that puts them together.
    func mining() throws(FormatError) -> PMMLResult {
        guard let segmentation = element.child("Segmentation") else {
            throw element.unsupported("a mining model without segments")
        }
        let method: RowCombination.Method = try segmentation.choice("multipleModelMethod")
        let segments = segmentation.children("Segment")
        guard !segments.isEmpty else { throw segmentation.fail("no segment") }
        switch method {
        case .selectAll: throw segmentation.unsupported("selectAll")
        case .multiModelChain: throw segmentation.unsupported("x-multiModelChain")
        case .modelChain: return try chain(segments)
        case .selectFirst: return try first(of: segments)
        default:
            if let fast = try ensemble(segments, method, segmentation) { return fast }
            return try combination(segments, method, segmentation)
        }
    }

    /// The model of a segment.
    private func modelChild(_ segment: XMLElement) throws(FormatError) -> XMLElement {
        for child in segment.children where PMMLCompiler.modelNames.contains(child.name) {
            return child
        }
        throw segment.fail("no model")
    }

    /// The condition of a segment, which may ask outputs of segments before it.
    private func test(_ segment: XMLElement) throws(FormatError) -> PMMLTest {
        try compiler.testChild(of: segment, PMMLScope(parent: scope))
    }

    /// The id of a segment: its own, or its number.
    private func id(_ segment: XMLElement, _ place: Int) -> String {
        segment.string("id") ?? String(place + 1)
    }

    /// Compiles the model of a segment behind its condition.
    private func run(
        _ segment: XMLElement,
        _ context: PMMLContext,
        then body: (PMMLResult) throws(FormatError) -> [RowStep]
    ) throws(FormatError) -> PMMLResult {
        let test = try self.test(segment)
        var result: PMMLResult?
        var made = try compiler.collect { () throws(FormatError) in
            let inner = try compiler.model(try modelChild(segment), scope, context)
            result = inner
            compiler.steps += try body(inner)
        }
        if case .no = test { made = [] }
        if case .yes = test {
        } else {
            let count = Int32(truncatingIfNeeded: made.count)
            try compiler.emit(.skipUnless(predicate: try compiler.predicate(test), count: count))
        }
        compiler.steps += made
        guard let result else { throw segment.fail("no model") }
        return result
    }

    // MARK: - One of several

    /// Every segment sees what those before it declare as outputs; the last that ran answers.
    private func chain(_ segments: [XMLElement]) throws(FormatError) -> PMMLResult {
        var merged: PMMLResult?
        var outputs: [PMMLOutput] = []
        var byID: [String: PMMLResult] = [:]
        let wanted = try function()
        for (place, segment) in segments.enumerated() {
            let isAlways =
                if case .yes = try test(segment) { true } else { false }
            var common: PMMLResult?
            let model = try modelChild(segment)
            let answers = try model.choice("functionName", default: wanted) == wanted
            let result = try run(segment, PMMLContext(classes: context.classes, target: target)) {
                inner throws(FormatError) in
                guard !isAlways || merged == nil, answers else { return [] }
                let shared: PMMLResult
                if let merged { shared = merged } else { shared = try emptyResult(like: inner) }
                common = shared
                return isAlways && place == segments.count - 1 ? [] : try copies(inner, shared)
            }
            let declared = model.child("Output")?.children("OutputField") ?? []
            for field in declared {
                let name = field.string("name") ?? ""
                if let output = result.outputs.first(where: { $0.name == name }) {
                    scope.chained[name] = output.value
                }
            }
            outputs.removeAll { former in result.outputs.contains { $0.name == former.name } }
            outputs += result.outputs
            byID[id(segment, place)] = result
            // A segment that always runs hides those before it.
            if answers { merged = isAlways ? result : common }
        }
        guard var result = merged else { throw element.fail("no segment answers") }
        result.outputs = outputs
        result.segments = byID
        return result
    }

    /// The first segment whose condition is true answers for all.
    private func first(of segments: [XMLElement]) throws(FormatError) -> PMMLResult {
        let end = try compiler.newSlot()
        let entity = try compiler.newSlot()
        try compiler.emit(.set(0, to: end))
        try compiler.emit(.set(.nan, to: entity))
        let isOpen = try compiler.predicate(.simple(slot: end, kind: .equal, value: 0))
        var shared: PMMLResult?
        var byID: [String: PMMLResult] = [:]
        var merged: [PMMLOutput] = []
        let known = try function() == .classification ? segmentClasses(segments) : nil
        for (place, segment) in segments.enumerated() {
            let made = try compiler.collect { () throws(FormatError) in
                let inner = PMMLContext(classes: known ?? context.classes, target: target)
                byID[id(segment, place)] = try run(segment, inner) { result throws(FormatError) in
                    let common: PMMLResult
                    if let shared {
                        common = shared
                    } else {
                        common = try emptyResult(like: result)
                    }
                    shared = common
                    return try compiler.collect { () throws(FormatError) in
                        compiler.steps += try copies(result, common)
                        let code = compiler.strings.code(id(segment, place))
                        try compiler.emit(.set(code, to: entity))
                        try compiler.emit(.set(1, to: end))
                        for output in result.outputs {
                            let common: PMMLOutput
                            if let found = merged.first(where: { $0.name == output.name }) {
                                common = found
                            } else {
                                var value = output.value
                                value.slot = try compiler.newSlot()
                                value.constant = nil
                                common = PMMLOutput(
                                    name: output.name,
                                    value: value,
                                    isFinal: output.isFinal
                                )
                                merged.append(common)
                            }
                            try compiler.assign(output.value.slot, common.value.slot)
                        }
                    }
                }
            }
            let count = Int32(truncatingIfNeeded: made.count)
            try compiler.emit(.skipUnless(predicate: isOpen, count: count))
            compiler.steps += made
        }
        guard var result = shared else { throw element.fail("no segment") }
        result.entity = entity
        result.segments = byID
        result.outputs = merged
        return result
    }

    /// The classes of all segments, when the target does not list them.
    private func segmentClasses(_ segments: [XMLElement]) -> [String] {
        classes(
            gather([
                "Node": "score", "ScoreDistribution": "value", "RegressionTable": "targetCategory",
                "SimpleRule": "score", "TargetValueCount": "value", "PCell": "targetCategory",
                "SupportVectorMachine": "targetCategory",
            ])
        )
    }

    /// A result of the same form in slots of its own, which hold nothing yet.
    private func emptyResult(like other: PMMLResult) throws(FormatError) -> PMMLResult {
        var result = other
        result.value.slot = try compiler.newSlot()
        result.value.constant = nil
        result.outputs = []
        result.entity = try other.entity.map { _ throws(FormatError) in try compiler.newSlot() }
        result.reasons = []
        result.ranking = []
        result.rankedAffinities = []
        guard other.function != .regression else { return result }
        result.label = try compiler.newSlot()
        if other.probabilities != nil {
            result.probabilities = try compiler.newSlot(other.classes.count)
        }
        if other.confidences != nil {
            result.confidences = try compiler.newSlot(other.classes.count)
        }
        return result
    }

    /// Steps that put one result where another of the same form is.
    private func copies(
        _ from: PMMLResult,
        _ to: PMMLResult
    ) throws(FormatError) -> [RowStep] {
        guard from.function == to.function, from.classes == to.classes else {
            throw element.unsupported("segments that answer different questions")
        }
        return try compiler.collect { () throws(FormatError) in
            try compiler.assign(from.value.slot, to.value.slot)
            if let a = from.entity, let b = to.entity { try compiler.assign(a, b) }
            guard from.function != .regression else { return }
            try compiler.assign(from.label, to.label)
            for place in from.classes.indices {
                let offset = Int32(truncatingIfNeeded: place)
                if let a = from.probabilities, let b = to.probabilities {
                    try compiler.assign(a + offset, b + offset)
                }
                if let a = from.confidences, let b = to.confidences {
                    try compiler.assign(a + offset, b + offset)
                }
            }
        }
    }

    // MARK: - All together

    /// Segments that all answer, and what is made of their answers.
    private func combination(
        _ segments: [XMLElement],
        _ method: RowCombination.Method,
        _ segmentation: XMLElement
    ) throws(FormatError) -> PMMLResult {
        let function = try function()
        let classes = function == .regression ? [] : segmentClasses(segments)
        let votes = method == .majorityVote || method == .weightedMajorityVote
        guard function == .classification || !votes else {
            throw segmentation.unsupported("a vote of numbers")
        }
        var parts: [RowCombination.Part] = []
        var byID: [String: PMMLResult] = [:]
        for (place, segment) in segments.enumerated() {
            let ran = try compiler.newSlot()
            let test = try self.test(segment)
            let isAlways = if case .yes = test { true } else { false }
            let inner = PMMLContext(classes: classes.isEmpty ? nil : classes, target: target)
            let result = try run(segment, inner) { _ throws(FormatError) in [.set(1, to: ran)] }
            guard result.function == function, result.classes == classes,
                classes.isEmpty || votes || result.probabilities != nil
            else { throw segment.unsupported("a segment that answers another question") }
            parts.append(
                .init(
                    value: function == .regression ? result.value.slot : result.label,
                    probabilities: result.probabilities ?? -1,
                    ran: isAlways ? -1 : ran,
                    weight: try weight(segment)
                )
            )
            byID[id(segment, place)] = result
        }
        let to = try compiler.newSlot()
        let probabilities = try compiler.newSlot(classes.count)
        try compiler.emit(
            kernel: RowCombination(
                parts: parts,
                method: method,
                missing: try segmentation.choice("missingPredictionTreatment", default: .continues),
                threshold: try segmentation.number("missingThreshold") ?? 1,
                isFloat: isFloat,
                classCount: classes.count,
                to: to,
                probabilities: probabilities
            )
        )
        var result =
            function == .regression
            ? try regression(from: to)
            : try classification(classes, first: probabilities, label: to)
        result.segments = byID
        return result
    }

    /// The slot of a segment's weight.
    private func weight(_ segment: XMLElement) throws(FormatError) -> Int32 {
        if let text = segment.string("weight"), Double(text) == nil {
            return try number(text, at: segment)
        }
        return try compiler.constant(try segment.number("weight") ?? 1)
    }
}
