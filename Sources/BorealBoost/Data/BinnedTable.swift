public import BorealBase

/// A table in bins, and its validation rows in the same bins: what several trainings may share.
///
/// Immutable after it is made.
public final class BinnedTable: Sendable {
    let dataset: BinnedDataset
    let validation: BinnedDataset?
    /// What became of categories; nil when they are bins of their own.
    let encoding: OrderedEncoding?
    /// What binning took.
    let nanoseconds: UInt64
    private let settings: Settings

    /// The parameters that bins depend on.
    private struct Settings: Equatable {
        let maxBin: Int
        let minDataInBin: Int
        let sampleCount: Int
        let usesMissing: Bool
        let zeroIsMissing: Bool
        /// `min_data_in_leaf` where it decides which features are left out.
        let leafRows: Int?
        let seed: Int64
        let bundles: Bool
        /// What numbers that stand for categories depend on; nil without.
        let ordered: Ordered?

        struct Ordered: Equatable {
            let seed: Int64
            let smoothing: Double
            let fewCategories: Int
            let statistics: Int
        }

        init(_ parameters: TrainingParameters) {
            maxBin = parameters.maxBin
            minDataInBin = parameters.minDataInBin
            sampleCount = parameters.binSampleCount
            usesMissing = parameters.usesMissing
            zeroIsMissing = parameters.zeroIsMissing
            leafRows = parameters.filtersFeatures ? parameters.minDataInLeaf : nil
            seed = parameters.dataSeed ?? parameters.seed
            bundles = parameters.bundlesFeatures
            ordered =
                parameters.categoricalMethod == .ordered
                ? Ordered(
                    seed: parameters.seed,
                    smoothing: parameters.categorySmooth,
                    fewCategories: parameters.maxCategoryThreshold,
                    statistics: OrderedEncoding.statistics(parameters)
                ) : nil
        }
    }

    /// Finds the bins of a checked table and fills them.
    ///
    /// - Throws: `cancelled`.
    init(
        _ given: TrainingData,
        _ givenHeld: TrainingData?,
        _ parameters: TrainingParameters,
        _ pool: WorkerPool,
        _ cancellation: CancellationFlag
    ) throws(TrainingError) {
        let begin = MonotonicClock.nanoseconds
        settings = Settings(parameters)
        let encoded = try OrderedEncoding.encode(given, parameters, pool, cancellation)
        encoding = encoded?.encoding
        let table = encoded?.table ?? given
        let held = givenHeld.map { encoded?.encoding.applied(to: $0) ?? $0 }
        let finder = BinFinder(data: table, parameters: parameters)
        let mappers = try finder.mappers(pool: pool, cancellation: cancellation)
        func bundler(_ data: TrainingData) -> FeatureBundler {
            FeatureBundler(data: data, mappers: mappers, pool: pool, cancellation: cancellation)
        }
        let plan = bundler(table)
        dataset = try BinnedDataset(
            table,
            parameters.bundlesFeatures ? plan.plan() : plan.planWithoutBundles(),
            pool: pool,
            cancellation: cancellation
        )
        nanoseconds = MonotonicClock.nanoseconds - begin
        if let held {
            validation = try BinnedDataset(
                held,
                bundler(held).planWithoutBundles(),
                pool: pool,
                cancellation: cancellation
            )
        } else {
            validation = nil
        }
    }

    /// True when binning with these parameters would give the same bins.
    func serves(_ parameters: TrainingParameters) -> Bool { Settings(parameters) == settings }
}

extension Trainer {
    /// Bins a table for trainings that differ in nothing that bins depend on; give the result to
    /// each `train` together with the same data.
    ///
    /// With `feature_pre_filter` on, `min_data_in_leaf` is among what bins depend on.
    /// - Throws: as `train` does for data that does not fit; `cancelled`.
    public func bin(
        _ data: TrainingData,
        validation: TrainingData? = nil,
        cancellation: CancellationFlag = CancellationFlag()
    ) throws(TrainingError) -> BinnedTable {
        try check(data, validation)
        var result: Result<BinnedTable, TrainingError> = .failure(.cancelled)
        NicedThread.run(nice: parameters.nice) {
            result = Result { () throws(TrainingError) in
                let pool = WorkerPool(threads: threadCount, nice: parameters.nice)
                return try BinnedTable(data, validation, parameters, pool, cancellation)
            }
        }
        return try result.get()
    }
}
