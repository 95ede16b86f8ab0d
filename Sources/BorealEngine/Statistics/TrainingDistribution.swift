import BorealBase
import BorealBoost
import BorealGraph
import BorealStatistics

extension TrainingSetBuilder.Output {
    /// How the training rows are spread over bins of each feature, for DRIFT: what goes into the
    /// model's `trainingDistribution`.
    ///
    /// It looks at rows at even distances, 32,768 at most and fewer of many features, so that it
    /// takes half a second at most; the same rows give the same text, as VERIFY MODEL wants.
    var distribution: JSON {
        let rows = sampledRows
        // A model of thousands of features shall not become mostly this.
        let binsMax = inputs.count > 256 ? 16 : FeatureDistribution.binsMax
        let features = zip(inputs, data.columns).map { input, column in
            switch column {
            case .doubles(let values):
                FeatureDistribution(
                    name: input.name,
                    numbers: rows.map { values[$0] },
                    binsMax: binsMax
                )
            case .floats(let values):
                FeatureDistribution(
                    name: input.name,
                    numbers: rows.map { Double(values[$0]) },
                    binsMax: binsMax
                )
            case .sparse(let values):
                FeatureDistribution(
                    name: input.name,
                    numbers: rows.map { values[$0] },
                    binsMax: binsMax
                )
            case .categories(let codes, _):
                FeatureDistribution(
                    name: input.name,
                    codes: rows.map { codes[$0] },
                    binsMax: binsMax
                )
            }
        }
        return SampleDistribution(features: features).json
    }

    /// Rows that are looked at, of few features and of many.
    private static let sampleRows = 2_048...32_768
    /// Cells that are looked at, while that leaves enough rows.
    private static let sampleCells = 4 << 20

    private var sampledRows: [Int] {
        let wanted = Self.sampleCells / max(1, inputs.count)
        let most = min(max(wanted, Self.sampleRows.lowerBound), Self.sampleRows.upperBound)
        let count = min(data.rowCount, most)
        return (0..<count).map { $0 * data.rowCount / count }
    }
}
