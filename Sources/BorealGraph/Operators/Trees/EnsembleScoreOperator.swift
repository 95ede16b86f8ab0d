/// Turns the sums of an ONNX tree ensemble into scores and, for classifiers, the class, by the
/// rules of ONNX Runtime, of which those for two classes are many.
public struct EnsembleScoreOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "EnsembleScore"

    /// What the sums stand for.
    public struct Rule: Sendable {
        /// Sums of a row.
        public var width: Int
        /// Added to the sums at last: one a sum, or one or two for two classes; or none.
        public var baseValues: [Double] = []
        /// What sums are divided by; 1 for none.
        public var divisor = 1.0
        /// What scores become.
        public var function = ScoreFunction.none
        /// True when sums are rounded to `Float` step by step.
        public var isFloat = true
        /// True for classifiers.
        public var isClassifier = false
        /// Two classes, of which the leaves score only one.
        public var scoresOneClass = false
        /// No leaf has a negative weight.
        public var isPositive = false
        /// `[width]`: whether a sum has a score in every row; see `presence`.
        public var isPresent: [Bool] = []

        /// - Parameter width: sums of a row.
        public init(width: Int) { self.width = width }
    }

    /// Sums: Double, `[width]`.
    public let sums: TensorID
    /// Double, `[width]`: above 0 where a leaf of the row has a weight for the class; nil when that
    /// does not depend on the row.
    public let presence: TensorID?
    /// Float: `[width]`.
    public let scores: TensorID
    /// The label, of the element of `answers`; nil for regressors.
    public let label: TensorID?
    /// `[width + 2]`: the class labels, and what is answered above and below 0 where a score of two
    /// classes is no decision between them.
    public let answers: TensorConstant
    /// What the sums stand for.
    public let rule: Rule

    /// - Parameters: see the stored properties.
    public init(
        _ rule: Rule,
        sums: TensorID,
        presence: TensorID?,
        scores: TensorID,
        label: TensorID?,
        answers: TensorConstant
    ) {
        self.rule = rule
        self.sums = sums
        self.presence = presence
        self.scores = scores
        self.label = label
        self.answers = answers
    }

    /// What it reads.
    public var inputs: [TensorID] { [sums] + (presence.map { [$0] } ?? []) }
    /// What it writes.
    public var outputs: [TensorID] { [scores] + (label.map { [$0] } ?? []) }

    /// Checks the inputs and answers the types of the outputs.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        let bases = rule.baseValues.count
        let basesFit = bases == 0 || bases == rule.width || rule.isClassifier && bases <= 2
        guard inputTypes.allSatisfy({ $0.element == .double && $0.width == rule.width }),
            rule.width > 0, basesFit, rule.divisor > 0,
            rule.isPresent.count == rule.width,
            label == nil || answers.count == rule.width + 2,
            !(rule.width == 1 && rule.isClassifier && bases > 1)
        else { throw .invalidGraph(reason: "ensemble scores of \(inputTypes)") }
        let types = [TensorType(.float, [rule.width])]
        return types + (label == nil ? [] : [TensorType(answers.element, [1])])
    }

    /// Computes the outputs for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(sums, as: Double.self)
        let target = memory.elements(scores, as: Float.self)
        let present = presence.map { memory.elements($0, as: Double.self) }
        for row in 0..<rowCount {
            let (x, y) = (source + row * rule.width, target + row * rule.width)
            let flags = present.map { $0 + row * rule.width }
            guard rule.isClassifier else {
                regress(x, y, flags)
                continue
            }
            let position = rule.width == 2 ? two(x, y, flags) : many(x, y, flags)
            write(position, row, memory)
        }
    }

    /// One rounding a step, in the precision of the sums.
    @inline(__always)
    private func add(_ left: Double, _ right: Double) -> Double {
        rule.isFloat ? Double(Float(left) + Float(right)) : left + right
    }

    /// Targets: divided, then the base value, then the function, which ONNX Runtime applies to
    /// several
    /// scores or, for the probit alone, to one.
    private func regress(
        _ x: UnsafeMutablePointer<Double>,
        _ y: UnsafeMutablePointer<Float>,
        _ flags: UnsafeMutablePointer<Double>?
    ) {
        for k in 0..<rule.width {
            var sum = x[k]
            if rule.divisor != 1 {
                sum =
                    rule.isFloat
                    ? Double(Float(sum) / Float(rule.divisor)) : sum / rule.divisor
            }
            y[k] = Float(rule.baseValues.isEmpty ? sum : add(sum, rule.baseValues[k]))
            // Several targets that no leaf says anything about do not get their base value.
            if rule.width > 1, !hasScore(k, flags) { y[k] = 0 }
        }
        if rule.width > 1 {
            rule.function.apply(y, rule.width)
        } else if rule.function == .probit {
            y[0] = ScoreFunction.probit(y[0])
        }
    }

    /// Whether some leaf of the row has a weight for the class or target.
    private func hasScore(_ k: Int, _ flags: UnsafeMutablePointer<Double>?) -> Bool {
        flags.map { $0[k] > 0 } ?? rule.isPresent[k]
    }

    /// One class, or more than two: the first greatest of those that have a score.
    private func many(
        _ x: UnsafeMutablePointer<Double>,
        _ y: UnsafeMutablePointer<Float>,
        _ flags: UnsafeMutablePointer<Double>?
    ) -> Int {
        let hasBases = !rule.baseValues.isEmpty
        var best = -1
        var greatest = 0.0
        for k in 0..<rule.width {
            let has = hasScore(k, flags)
            let sum = hasBases ? add(has ? x[k] : 0, rule.baseValues[k]) : x[k]
            if has || hasBases, best < 0 || sum > greatest {
                best = k
                greatest = sum
            }
            y[k] = has || hasBases ? Float(sum) : 0
        }
        guard rule.width > 1 else {
            let isPositive = Double(y[0]) > 0
            if rule.function == .probit { y[0] = ScoreFunction.probit(y[0]) }
            return rule.width + (isPositive ? 0 : 1)
        }
        rule.function.apply(y, rule.width)
        return max(0, best)
    }

    /// Two classes. Which of the two scores decides, whether one stands for both, and what base
    /// values
    /// are added to, depends on the classes that leaves of the row speak of.
    ///
    /// - Returns: the position of the answer among `answers`.
    private func two(
        _ x: UnsafeMutablePointer<Double>,
        _ y: UnsafeMutablePointer<Float>,
        _ flags: UnsafeMutablePointer<Double>?
    ) -> Int {
        var (first, second) = (x[0], x[1])
        let (hasFirst, hasSecond) = (hasScore(0, flags), hasScore(1, flags))
        let bases = rule.baseValues
        var isAlone = !hasSecond
        if bases.count == 2 {
            isAlone = false
            if hasSecond {
                second = add(bases[1], first)
                first = -second
            } else {
                first = add(first, bases[0])
            }
        } else if let base = bases.first {
            first = add(first, base)
        }
        let decisive = hasSecond ? second : (hasFirst ? first : 0)
        let position = choose(decisive)
        let score = hasFirst ? Float(first) : 0
        guard isAlone else {
            y[0] = score
            y[1] = hasSecond ? Float(second) : 0
            rule.function.apply(y, 2)
            return position
        }
        alone(score, isComplement: rule.scoresOneClass && rule.isPositive, y)
        return position
    }

    /// The class that the deciding score means.
    private func choose(_ score: Double) -> Int {
        if rule.scoresOneClass { return score > (rule.isPositive ? 0.5 : 0) ? 1 : 0 }
        return rule.width + (score > 0 ? 0 : 1)
    }

    /// Two scores of one.
    private func alone(
        _ score: Float,
        isComplement: Bool,
        _ y: UnsafeMutablePointer<Float>
    ) {
        switch rule.function {
        case .logistic:
            y[0] = ScoreFunction.logistic(-score)
            y[1] = ScoreFunction.logistic(score)
        case .probit:
            y[0] = ScoreFunction.probit(score)
            y[1] = .nan
        default:
            y[0] = isComplement ? 1 - score : -score
            y[1] = score
        }
    }

    /// Writes the label, a whole number or the code of a text.
    private func write(_ position: Int, _ row: Int, _ memory: TensorMemory) {
        guard let label else { return }
        switch answers.element {
        case .int64:
            memory.elements(label, as: Int64.self)[row] =
                answers.memory.assumingMemoryBound(to: Int64.self)[position]
        default:
            memory.elements(label, as: Int32.self)[row] =
                answers.memory.assumingMemoryBound(to: Int32.self)[position]
        }
    }
}
