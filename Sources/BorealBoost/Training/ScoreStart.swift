import BorealBase

/// Gives the rows of a table the raw scores of a model that training goes on from.
struct ScoreStart {
    private let kernel: EnsembleKernel
    private let threads: Int
    private let cancellation: CancellationFlag

    /// Rows that are laid out for the kernel at a time.
    private static let portionRows = 16_384

    init(_ ensemble: TreeEnsemble, threads: Int, _ cancellation: CancellationFlag) {
        kernel = EnsembleKernel(ensemble)
        self.threads = threads
        self.cancellation = cancellation
    }

    /// The table with the model's scores as its first ones.
    ///
    /// - Throws: `cancelled`.
    func applied(to data: TrainingData) throws(TrainingError) -> TrainingData {
        let (count, width, features) = (data.rowCount, kernel.scoresPerRow, data.columns.count)
        precondition(features == kernel.featureCount, "scores of other features")
        let portion = min(Self.portionRows, count)
        let rows = AlignedBuffer<Double>(count: portion * features)
        let answers = AlignedBuffer<Double>(count: portion * width)
        var scores = [Double](repeating: 0, count: count * width)
        var start = 0
        while start < count {
            if cancellation.isCancelled { throw .cancelled }
            let size = min(portion, count - start)
            for (feature, column) in data.columns.enumerated() {
                column.write(start..<start + size, to: rows.pointer + feature, stride: features)
            }
            kernel.scoreRaw(
                rows: rows.pointer,
                count: size,
                stride: features,
                into: answers.pointer,
                threads: threads
            )
            for row in 0..<size {
                for score in 0..<width {
                    scores[score * count + start + row] = answers.pointer[row * width + score]
                }
            }
            start += size
        }
        var copy = data
        copy.initialScores = scores
        return copy
    }
}

extension FeatureColumn {
    /// Writes the numbers of some rows, `stride` apart; codes as numbers, NaN where missing.
    package func write(
        _ range: Range<Int>,
        to target: UnsafeMutablePointer<Double>,
        stride: Int
    ) {
        guard case .sparse(let numbers) = self else {
            for (place, row) in range.enumerated() { target[place * stride] = number(row) }
            return
        }
        for place in 0..<range.count { target[place * stride] = 0 }
        var place = numbers.rows.partitioningIndex { Int($0) >= range.lowerBound }
        while place < numbers.rows.count, Int(numbers.rows[place]) < range.upperBound {
            target[(Int(numbers.rows[place]) - range.lowerBound) * stride] = numbers.values[place]
            place += 1
        }
    }
}

extension Trainer {
    /// Refuses a model that these parameters cannot go on from.
    func checkContinuing(
        _ model: TreeEnsemble,
        _ data: TrainingData,
        _ validation: TrainingData?
    ) throws(TrainingError) {
        func refuse(_ other: String, _ reason: String) -> TrainingError {
            .conflict(parameter: "init_model", with: other, reason: reason)
        }
        guard model.featureCount == data.columns.count else {
            throw .lengthMismatch(
                name: "features of init_model",
                count: model.featureCount,
                expected: data.columns.count
            )
        }
        guard model.scoresPerRow == parameters.scoresPerRow else {
            throw refuse(
                "objective",
                "it has \(model.scoresPerRow) scores a row, not \(parameters.scoresPerRow)"
            )
        }
        if parameters.boosting == .gblinear {
            throw refuse("boosting", "gblinear does not go on from a model")
        }
        if parameters.boosting == .rf || model.isAveraged {
            throw refuse("boosting", "trees of a random forest are averaged, not added to")
        }
        if data.initialScores != nil || validation?.initialScores != nil {
            throw refuse("init_score", "training starts from one of the two")
        }
        let most = parameters.iterations.multipliedReportingOverflow(by: parameters.scoresPerRow)
        guard !most.overflow, most.partialValue <= Limits.treesMax - model.trees.count else {
            throw refuse("num_iterations", "together they would be over \(Limits.treesMax) trees")
        }
    }
}
