extension ParameterTable {
    private static let positive = Interval(lower: 0, upper: .infinity)
    /// Column numbers; the table of a training has fewer.
    private static let columnRange: ClosedRange<Int64> = 0...Int64(Int32.max)

    /// What splits may do, beside the numbers that limit a tree's size.
    static let constraints: [Entry] = [
        entry(
            "monotone_constraints",
            ["mc", "monotone_constraint", "monotonic_cst"],
            .integers(-1...1) { $0.monotoneConstraints = $1.map { Int8(truncatingIfNeeded: $0) } }
        ),
        entry(
            "monotone_constraints_method",
            ["monotone_constraining_method", "mc_method"],
            .word { (_, word) throws(TrainingError) in try checkMonotoneMethod(word) }
        ),
        entry(
            "monotone_penalty",
            ["monotone_splits_penalty", "ms_penalty", "mc_penalty"],
            .real(positive) { $0.monotonePenalty = $1 }
        ),
        entry(
            "interaction_constraints",
            [],
            .lists(columnRange) { $0.interactionConstraints = $1 }
        ),
        entry(
            "feature_contri",
            ["feature_contrib", "fc", "fp", "feature_penalty"],
            .reals(positive) { $0.featureContribution = $1 }
        ),
        entry("extra_trees", ["extra_tree"], .boolean { $0.usesExtraTrees = $1 }),
        entry(
            "feature_fraction_bynode",
            ["sub_feature_bynode", "colsample_bynode"],
            .real(Interval(lower: 0, upper: 1, lowerIsOpen: true)) { $0.featureFractionByNode = $1 }
        ),
        entry("linear_tree", ["linear_trees"], .boolean { $0.usesLinearTrees = $1 }),
        entry("linear_lambda", [], .real(positive) { $0.linearLambda = $1 }),
        entry(
            "forcedsplits_filename",
            ["fs", "forced_splits_filename", "forced_splits_file", "forced_splits"],
            .unsupported(off: [""])
        ),
        entry("cegb_tradeoff", [], .unsupported(off: ["1", "1.0"])),
        entry("cegb_penalty_split", [], .unsupported(off: ["0", "0.0"])),
        entry("cegb_penalty_feature_lazy", [], .unsupported(off: [""])),
        entry("cegb_penalty_feature_coupled", [], .unsupported(off: [""])),
    ]

    private static func checkMonotoneMethod(_ word: String) throws(TrainingError) {
        switch word {
        case "basic": return
        case "intermediate", "advanced":
            throw .unsupported(
                parameter: "monotone_constraints_method",
                value: "\(word); only basic"
            )
        default:
            throw .unknownChoice(
                parameter: "monotone_constraints_method",
                allowed: ["basic"],
                value: word
            )
        }
    }
}
