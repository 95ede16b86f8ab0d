import BorealBoost

/// What `svr` and `svc` have in common.
struct MachineParameters {
    let kernel: KernelFunction.Name
    /// The most that a row may count in the sums.
    let cost: Double
    /// Half the width of the tube without loss; 0 for classes.
    let epsilon: Double
    /// Steps at most; nil for the limit of the optimiser.
    let steps: Int?
    let gamma: KernelFunction.Gamma
    let degree: Int
    let coefficient: Double
    let tolerance: Double
    let isShrinking: Bool
    /// Bytes of kernel values kept.
    let cacheBytes: Int

    /// Reads them in the documented order.
    ///
    /// - Parameter hasEpsilon: whether the class has a tube.
    /// - Throws: as `ParameterReader`.
    init(_ reader: inout ParameterReader, hasEpsilon: Bool) throws(TrainingError) {
        kernel = try reader.word("kernel", default: .rbf)
        cost = try reader.real("c", default: 1, from: 0, to: 1e100, excludesLower: true)
        epsilon =
            hasEpsilon ? try reader.real("epsilon", default: 0.1, from: 0, to: 1e100) : 0
        steps = try reader.value("max_iter", default: .integer(-1), Self.steps) ?? nil
        gamma = try reader.value("gamma", default: .text("scale"), Self.gamma) ?? .scale
        degree = try reader.integer("degree", default: 3, in: 0...1_000)
        coefficient = try reader.real("coef0", default: 0, from: -1e100, to: 1e100)
        tolerance = try reader.real("tol", default: 1e-3, from: 0, to: 1e100, excludesLower: true)
        isShrinking = try reader.flag("shrinking", default: true)
        let megabytes = try reader.real(
            "cache_size",
            default: 200,
            from: 0,
            to: 1_048_576,
            excludesLower: true
        )
        cacheBytes = Int(megabytes * 1_048_576)
    }

    private static func steps(
        _ written: String,
        _ value: ParameterValue
    ) throws(TrainingError) -> Int? {
        guard let whole = value.asInteger else { throw .wrongType(written, "integer", value) }
        guard whole == -1 || whole > 0 else {
            throw .outOfRange(
                parameter: written,
                allowed: "-1 or [1, \(Int64.max)]",
                value: value.description
            )
        }
        return whole == -1 ? nil : Int(whole)
    }

    private static func gamma(
        _ written: String,
        _ value: ParameterValue
    ) throws(TrainingError) -> KernelFunction.Gamma {
        if case .text(let text) = value {
            switch text.lowercased() {
            case "scale": return .scale
            case "auto": return .auto
            default: break
            }
        }
        guard let number = value.asReal else {
            throw .unknownChoice(
                parameter: written,
                allowed: ["scale", "auto", "a number"],
                value: value.description
            )
        }
        guard number >= 0, number <= 1e100 else {
            throw .outOfRange(
                parameter: written,
                allowed: "[0, 1e+100]",
                value: value.description
            )
        }
        return .number(number)
    }

    /// Bytes of cached kernel values of one optimiser.
    func cacheBytes(rows: Int) -> Int {
        let (all, overflow) = (rows + 8).multipliedReportingOverflow(by: (rows + 8) * 4)
        return overflow ? cacheBytes : min(cacheBytes, all)
    }
}
