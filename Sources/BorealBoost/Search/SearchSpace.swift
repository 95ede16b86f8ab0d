/// What a search tries: values of some parameters.
public struct SearchSpace: Sendable {
    /// The values of one parameter.
    public struct Axis: Sendable {
        /// Its name, as errors and trials print it.
        public var name: String
        /// What is tried.
        public var values: [ParameterValue]

        /// - Parameters: see the stored properties.
        public init(name: String, values: [ParameterValue]) {
            self.name = name
            self.values = values
        }
    }

    /// The parameters that vary.
    public let axes: [Axis]

    /// - Parameter axes: the parameters that vary.
    public init(_ axes: [Axis]) {
        precondition(axes.allSatisfy { !$0.values.isEmpty }, "a parameter without values")
        self.axes = axes
    }

    /// What is tried when nobody says what: the parameters that matter most, at values that suit
    /// tables of all sizes.
    ///
    /// - Parameter fixed: names of parameters, as LightGBM calls them, that shall stay as they are.
    public static func standard(fixed: Set<String>) -> SearchSpace {
        let axes = [
            Axis(name: "learning_rate", values: [0.03, 0.06, 0.1, 0.2].map { .real($0) }),
            Axis(name: "num_leaves", values: [15, 31, 63, 127].map { .integer($0) }),
            Axis(name: "min_data_in_leaf", values: [5, 20, 60].map { .integer($0) }),
            Axis(name: "feature_fraction", values: [0.6, 0.8, 1].map { .real($0) }),
            Axis(name: "lambda_l1", values: [0, 1].map { .real($0) }),
            Axis(name: "lambda_l2", values: [0, 1, 10].map { .real($0) }),
        ]
        return SearchSpace(axes.filter { !fixed.contains($0.name) })
    }

    /// Combinations there are; `Int.max` for more than a number can say.
    public var count: Int {
        axes.reduce(1) { product, axis in
            let (value, overflow) = product.multipliedReportingOverflow(by: axis.values.count)
            return overflow ? Int.max : value
        }
    }

    /// All combinations, the last axis changing fastest.
    ///
    /// - Parameter apply: sets one parameter.
    /// - Throws: what `apply` throws, a value that the parameter does not take.
    public func grid<E: Error>(
        around base: TrainingParameters,
        _ apply: (inout TrainingParameters, Axis, ParameterValue) throws(E) -> Void
    ) throws(E) -> [ParameterSearch.Candidate] {
        var candidates: [ParameterSearch.Candidate] = []
        for number in 0..<count {
            var rest = number
            var places = [Int](repeating: 0, count: axes.count)
            for index in axes.indices.reversed() {
                places[index] = rest % axes[index].values.count
                rest /= axes[index].values.count
            }
            candidates.append(try candidate(places, base, apply))
        }
        return candidates
    }

    /// The base itself and combinations drawn by its seed, none twice.
    public func sample(
        _ wanted: Int,
        around base: TrainingParameters
    ) throws(TrainingError) -> [ParameterSearch.Candidate] {
        precondition(wanted > 0)
        var candidates = [ParameterSearch.Candidate(parameters: base, text: "as given")]
        var random = RandomNumbers(seed: base.seed, stream: RandomStream.search)
        var seen: Set<[Int]> = []
        let most = min(wanted, count + 1)
        // Nearly all combinations of a small space have been seen long before that.
        for _ in 0..<64 * wanted where candidates.count < most {
            let places = axes.map { random.next(below: $0.values.count) }
            guard seen.insert(places).inserted else { continue }
            candidates.append(
                try candidate(places, base) { (parameters, axis, value) throws(TrainingError) in
                    try parameters.set(axis.name, to: value)
                }
            )
        }
        return candidates
    }

    private func candidate<E: Error>(
        _ places: [Int],
        _ base: TrainingParameters,
        _ apply: (inout TrainingParameters, Axis, ParameterValue) throws(E) -> Void
    ) throws(E) -> ParameterSearch.Candidate {
        var parameters = base
        var words: [String] = []
        for (axis, place) in zip(axes, places) {
            try apply(&parameters, axis, axis.values[place])
            words.append("\(axis.name)=\(axis.values[place])")
        }
        return ParameterSearch.Candidate(
            parameters: parameters,
            text: words.joined(separator: ", ")
        )
    }
}
