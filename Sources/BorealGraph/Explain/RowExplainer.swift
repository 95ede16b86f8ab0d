public import BorealBase
public import BorealBoost

/// An operator whose output is a sum of what the features contribute to it.
public protocol AdditiveOperator: GraphOperator {
    /// Makes what explains its output. Takes as long as a few rows do: keep it for all batches of
    /// a statement.
    ///
    /// - Throws: `GraphError.notExplainable`, `.invalidGraph`, `.cancelled`.
    func rowExplainer(cancellation: CancellationFlag?) throws(GraphError) -> any RowExplainer
}

/// Splits raw scores of rows into what each feature contributes.
///
/// Immutable; any number of threads may use one. Rows are `[count * featureCount]`, one behind the
/// other; answers do not depend on the number of threads.
public protocol RowExplainer: Sendable {
    /// Raw scores a row gets.
    var scoresPerRow: Int { get }
    /// Numbers a row must have.
    var featureCount: Int { get }

    /// Fills `[count * scoresPerRow * (featureCount + 1)]`, the bias last.
    ///
    /// - Throws: `GraphError.tooLarge`, `.cancelled`.
    func contributions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError)

    /// Fills `[count * scoresPerRow * (featureCount + 1) * (featureCount + 1)]`: symmetric
    /// matrices whose lines add up to the contributions.
    ///
    /// - Throws: `GraphError.tooLarge`, `.cancelled`.
    func interactions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError)

    /// `[scoresPerRow * featureCount]`: the mean of the contributions' absolute values.
    ///
    /// - Throws: `GraphError.tooLarge`, `.cancelled`.
    func meanAbsoluteContributions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) -> [Double]
}

extension TreeEnsembleOperator: AdditiveOperator {
    /// Exact path-dependent TreeSHAP of the sums, or of linear models their terms. Like the sums,
    /// contributions of averaged forests are not divided; LightGBM's are not either.
    public func rowExplainer(
        cancellation: CancellationFlag?
    ) throws(GraphError) -> any RowExplainer {
        var sums = ensemble
        sums.isAveraged = false
        if let linear = LinearTreesExplainer(sums) { return linear }
        do throws(ExplanationError) {
            return TreeRowExplainer(trees: try TreeExplainer(sums, cancellation: cancellation))
        } catch { throw GraphError(error) }
    }
}

/// TreeSHAP in the graph's words.
private struct TreeRowExplainer: RowExplainer {
    let trees: TreeExplainer

    var scoresPerRow: Int { trees.scoresPerRow }
    var featureCount: Int { trees.featureCount }

    func contributions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) {
        do throws(ExplanationError) {
            try trees.contributions(
                rows: rows,
                count: count,
                stride: featureCount,
                into: target,
                threads: threads,
                cancellation: cancellation
            )
        } catch { throw GraphError(error) }
    }

    func interactions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) {
        do throws(ExplanationError) {
            try trees.interactions(
                rows: rows,
                count: count,
                stride: featureCount,
                into: target,
                threads: threads,
                cancellation: cancellation
            )
        } catch { throw GraphError(error) }
    }

    func meanAbsoluteContributions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) -> [Double] {
        do throws(ExplanationError) {
            return try trees.meanAbsoluteContributions(
                rows: rows,
                count: count,
                stride: featureCount,
                threads: threads,
                cancellation: cancellation
            )
        } catch { throw GraphError(error) }
    }
}

extension GraphError {
    /// Why an explanation fails, as the graph says it.
    public init(_ error: ExplanationError) {
        self =
            switch error {
            case .linearLeaves(let tree):
                .notExplainable(reason: "tree \(tree) has linear models in its leaves")
            case .coverMissing(let tree):
                .notExplainable(reason: "tree \(tree) does not say how many rows its nodes saw")
            case .tooDeep(let tree, let limit):
                .notExplainable(reason: "tree \(tree) has paths of more than \(limit) splits")
            case .tooManyFeaturesOnPath(let tree, let limit):
                .notExplainable(reason: "tree \(tree) asks more than \(limit) features on a path")
            case .coverInvalid(let tree, let node):
                .invalidGraph(reason: "tree \(tree), node \(node): the number of rows is none")
            case .tooLarge(_, let limit): .tooLarge(what: "numbers of an explanation", limit: limit)
            case .lengthMismatch(let name, let count, let expected):
                .invalidGraph(reason: "\(count) \(name) where \(expected) belong")
            case .outOfRange(let name, let value, let allowed):
                .invalidGraph(reason: "\(name) \(value) is outside of \(allowed)")
            case .cancelled: .cancelled
            }
    }
}
