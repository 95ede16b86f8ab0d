/// Counts are bounded so that they fit 32-bit numbers of the model files.
let countMax: Int64 = 1 << 31 - 1

extension ParameterTable {
    /// The table. Names and aliases are those of LightGBM's parameter page.
    static let entries: [Entry] =
        core + treeShape + constraints + sampling + dropping + categories + bins + objectives
        + stopping
        + others

    static func entry(_ name: String, _ aliases: [String], _ kind: Kind) -> Entry {
        Entry(name: name, aliases: aliases, kind: kind)
    }

    private static let core: [Entry] = [
        entry(
            "objective",
            ["objective_type", "app", "application", "loss"],
            .word { (parameters, word) throws(TrainingError) in
                parameters.objective = try objective(named: word)
            }
        ),
        entry(
            "boosting",
            ["boosting_type", "boost"],
            .word { (parameters, word) throws(TrainingError) in
                parameters.boosting = try boosting(named: word)
            }
        ),
        entry(
            "num_iterations",
            [
                "num_iteration", "n_iter", "num_tree", "num_trees", "num_round", "num_rounds",
                "nrounds",
                "num_boost_round", "n_estimators", "max_iter",
            ],
            .integer(1...100_000) { $0.iterations = $1 }
        ),
        entry(
            "learning_rate",
            ["shrinkage_rate", "eta"],
            .real(Interval(lower: 0, upper: .infinity, lowerIsOpen: true)) { $0.learningRate = $1 }
        ),
        entry(
            "num_leaves",
            ["num_leaf", "max_leaves", "max_leaf", "max_leaf_nodes"],
            .integer(2...131_072) { $0.leaves = $1 }
        ),
        entry("num_class", ["num_classes"], .integer(1...65_536) { $0.classCount = $1 }),
        entry(
            "num_threads",
            ["num_thread", "nthread", "nthreads", "n_jobs"],
            .integer(-1...1_024) { $0.threads = max(0, $1) }
        ),
        entry(
            "seed",
            ["random_seed", "random_state"],
            .integer(.min ... .max) { $0.seed = Int64($1) }
        ),
        entry(
            "bagging_seed",
            ["bagging_fraction_seed"],
            .integer(.min ... .max) { $0.baggingSeed = Int64($1) }
        ),
        entry(
            "feature_fraction_seed",
            [],
            .integer(.min ... .max) { $0.featureFractionSeed = Int64($1) }
        ),
        entry(
            "data_random_seed",
            ["data_seed"],
            .integer(.min ... .max) { $0.dataSeed = Int64($1) }
        ),
        entry("drop_seed", [], .integer(.min ... .max) { $0.dropSeed = Int64($1) }),
        entry("extra_seed", [], .integer(.min ... .max) { $0.extraSeed = Int64($1) }),
        entry("objective_seed", [], .integer(.min ... .max) { $0.objectiveSeed = Int64($1) }),
    ]

    private static let treeShape: [Entry] = [
        entry("max_depth", [], .integer(-1...1_000_000) { $0.maxDepth = $1 }),
        entry(
            "min_data_in_leaf",
            ["min_data_per_leaf", "min_data", "min_child_samples", "min_samples_leaf"],
            .integer(0...countMax) { $0.minDataInLeaf = $1 }
        ),
        entry(
            "min_sum_hessian_in_leaf",
            ["min_sum_hessian_per_leaf", "min_sum_hessian", "min_hessian", "min_child_weight"],
            .real(Interval(lower: 0, upper: .infinity)) { $0.minSumHessianInLeaf = $1 }
        ),
        entry(
            "lambda_l1",
            ["reg_alpha", "l1_regularization"],
            .real(Interval(lower: 0, upper: .infinity)) { $0.lambdaL1 = $1 }
        ),
        entry(
            "lambda_l2",
            ["reg_lambda", "lambda", "l2_regularization"],
            .real(Interval(lower: 0, upper: .infinity)) { $0.lambdaL2 = $1 }
        ),
        entry(
            "min_gain_to_split",
            ["min_split_gain"],
            .real(Interval(lower: 0, upper: .infinity)) { $0.minGainToSplit = $1 }
        ),
        entry(
            "max_delta_step",
            ["max_tree_output", "max_leaf_output"],
            .real(Interval(lower: -.infinity, upper: .infinity)) { $0.maxDeltaStep = $1 }
        ),
        entry(
            "path_smooth",
            [],
            .real(Interval(lower: 0, upper: .infinity)) { $0.pathSmooth = $1 }
        ),
    ]

    private static let share = Interval(lower: 0, upper: 1, lowerIsOpen: true)
    private static let unit = Interval(lower: 0, upper: 1)

    private static let sampling: [Entry] = [
        entry(
            "bagging_fraction",
            ["sub_row", "subsample", "bagging"],
            .real(share) { $0.baggingFraction = $1 }
        ),
        entry(
            "pos_bagging_fraction",
            ["pos_sub_row", "pos_subsample", "pos_bagging"],
            .real(share) { $0.positiveBaggingFraction = $1 }
        ),
        entry(
            "neg_bagging_fraction",
            ["neg_sub_row", "neg_subsample", "neg_bagging"],
            .real(share) { $0.negativeBaggingFraction = $1 }
        ),
        entry(
            "bagging_freq",
            ["subsample_freq"],
            .integer(0...countMax) { $0.baggingFrequency = $1 }
        ),
        entry("bagging_by_query", [], .boolean { $0.drawsGroups = $1 }),
        entry(
            "feature_fraction",
            ["sub_feature", "colsample_bytree"],
            .real(share) { $0.featureFraction = $1 }
        ),
        entry("top_rate", [], .real(unit) { $0.topRate = $1 }),
        entry("other_rate", [], .real(unit) { $0.otherRate = $1 }),
    ]

    private static let dropping: [Entry] = [
        entry("drop_rate", ["rate_drop"], .real(unit) { $0.dropRate = $1 }),
        entry("max_drop", [], .integer(-1...countMax) { $0.maxDrop = $1 }),
        entry("skip_drop", [], .real(unit) { $0.skipDrop = $1 }),
        entry("uniform_drop", [], .boolean { $0.dropsUniformly = $1 }),
        entry("xgboost_dart_mode", [], .boolean { $0.usesXGBoostDart = $1 }),
    ]

    private static let categories: [Entry] = [
        entry(
            "categorical_method",
            [],
            .word { (parameters, word) throws(TrainingError) in
                guard let method = TrainingParameters.CategoricalMethod(rawValue: word) else {
                    throw .unknownChoice(
                        parameter: "categorical_method",
                        allowed: TrainingParameters.CategoricalMethod.allCases.map(\.rawValue),
                        value: word
                    )
                }
                parameters.categoricalMethod = method
            }
        ),
        entry("max_cat_to_onehot", [], .integer(1...countMax) { $0.maxCategoriesToOneHot = $1 }),
        entry("max_cat_threshold", [], .integer(1...countMax) { $0.maxCategoryThreshold = $1 }),
        entry("min_data_per_group", [], .integer(1...countMax) { $0.minDataPerGroup = $1 }),
        entry(
            "cat_l2",
            [],
            .real(Interval(lower: 0, upper: .infinity)) { $0.categoryL2 = $1 }
        ),
        entry(
            "cat_smooth",
            [],
            .real(Interval(lower: 0, upper: .infinity)) { $0.categorySmooth = $1 }
        ),
    ]

    private static let bins: [Entry] = [
        entry("max_bin", ["max_bins"], .integer(2...65_535) { $0.maxBin = $1 }),
        entry("min_data_in_bin", [], .integer(1...countMax) { $0.minDataInBin = $1 }),
        entry(
            "bin_construct_sample_cnt",
            ["subsample_for_bin"],
            .integer(1...countMax) { $0.binSampleCount = $1 }
        ),
        entry(
            "use_missing",
            [],
            .boolean { $0.usesMissing = $1 }
        ),
        entry("zero_as_missing", [], .boolean { $0.zeroIsMissing = $1 }),
        entry(
            "enable_bundle",
            ["is_enable_bundle", "bundle"],
            .boolean { $0.bundlesFeatures = $1 }
        ),
        entry("feature_pre_filter", [], .boolean { $0.filtersFeatures = $1 }),
    ]

    private static let others: [Entry] = [
        entry("verbosity", ["verbose"], .ignored),
        entry("deterministic", [], .ignored),
        entry("force_row_wise", [], .ignored),
        entry("force_col_wise", [], .ignored),
        entry("device_type", ["device"], .unsupported(off: ["cpu"])),
        entry(
            "tree_learner",
            ["tree", "tree_type", "tree_learner_type"],
            .unsupported(off: ["serial"])
        ),
        entry("data_sample_strategy", [], .unsupported(off: ["bagging"])),
        entry(
            "is_enable_sparse",
            ["is_sparse", "enable_sparse", "sparse"],
            .ignored
        ),
        entry(
            "is_provide_training_metric",
            ["training_metric", "is_training_metric", "train_metric"],
            .ignored
        ),
        entry("use_quantized_grad", [], .ignored),
        entry("num_grad_quant_bins", [], .ignored),
        entry("quant_train_renew_leaf", [], .ignored),
        entry("stochastic_rounding", [], .ignored),
        entry("max_conflict_rate", [], .ignored),
        entry("sparse_threshold", [], .ignored),
        entry("two_round", ["two_round_loading", "use_two_round_loading"], .ignored),
        entry("pre_partition", ["is_pre_partition"], .ignored),
        entry("metric_freq", ["output_freq"], .ignored),
        entry("max_bin_by_feature", [], .unsupported(off: [""])),
        entry("forcedbins_filename", [], .unsupported(off: [""])),
    ]
}
