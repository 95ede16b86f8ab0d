import BorealBase
import BorealBoost

/// Trains the machines of a classifier: one for each two classes, and for probabilities five more
/// for each, which judge rows they have not seen.
struct PairTrainer {
    let table: MachineTable
    let parameters: MachineParameters
    /// `[count]`: what a row may count at most.
    let costs: [Double]
    /// `[classes]`: the rows of each class.
    let members: [[Int]]
    let seed: Int64
    let wantsProbabilities: Bool
    let run: LearningRun

    /// The machine of two classes.
    struct Machine {
        var rows: [Int]
        var solution: SequentialOptimizer.Solution
        /// Nil unless probabilities are wanted.
        var scaling: PlattScaling?
    }

    private static let folds = 5

    /// Classes two by two: (0, 1), (0, 2), ..., (1, 2), ...
    var pairs: [(first: Int, second: Int)] {
        members.indices.flatMap { first in
            (first + 1..<max(first + 1, members.count)).map { (first, $0) }
        }
    }

    /// Optimisations that run: each pair, and each pair without a fifth of its rows.
    var taskCount: Int { pairs.count * (wantsProbabilities ? 1 + Self.folds : 1) }

    /// Trains all pairs. Many are trained side by side, few one after the other on all threads; a
    /// machine is the same either way.
    ///
    /// - Throws: `TrainingError.cancelled`.
    func train() throws(TrainingError) -> [Machine] {
        let pairs = pairs
        let taskCount = taskCount
        let isParallel = run.threads > 1 && taskCount >= 2 * run.threads
        let pool = WorkerPool(threads: run.threads, nice: 10)
        var results = [Part?](repeating: nil, count: taskCount)
        let perPair = taskCount / pairs.count
        results.withUnsafeMutableBufferPointer { results in
            guard let target = results.baseAddress else { return }
            let work = { (task: Int) in
                let pair = pairs[task / perPair]
                let fold = task % perPair - 1
                // Only cancellation ends one early, which is looked at below.
                target[task] = try? solve(
                    pair,
                    fold: fold < 0 ? nil : fold,
                    pool: isParallel ? nil : pool
                )
                if !isParallel { report(task + 1) }
            }
            if isParallel {
                pool.run(taskCount, work)
            } else {
                for task in 0..<taskCount { work(task) }
            }
        }
        try run.checkCancellation()
        return pairs.indices.compactMap { pair in
            machine(results[pair * perPair..<(pair + 1) * perPair].compactMap(\.self))
        }
    }

    private func report(_ done: Int) {
        run.report(LearningProgress(unit: "machine", done: done, total: taskCount))
    }

    /// What one optimisation leaves: its solution, and decisions about the rows left out.
    private struct Part {
        var rows: [Int]
        var solution: SequentialOptimizer.Solution
        var decisions: [(row: Int, value: Double, isPositive: Bool)] = []
    }

    private func machine(_ results: [Part]) -> Machine? {
        guard let whole = results.first else { return nil }
        var scaling: PlattScaling?
        if wantsProbabilities {
            let decisions = results.dropFirst().flatMap(\.decisions).sorted { $0.row < $1.row }
            scaling = PlattScaling(
                decisions.map(\.value),
                isPositive: decisions.map(\.isPositive)
            )
        }
        return Machine(rows: whole.rows, solution: whole.solution, scaling: scaling)
    }

    /// Trains one pair on all of its rows, or on those that are not in a fold.
    private func solve(
        _ pair: (first: Int, second: Int),
        fold: Int?,
        pool: WorkerPool?
    ) throws(TrainingError) -> Part {
        let all = members[pair.first] + members[pair.second]
        let positives = members[pair.first].count
        var isHeldOut = [Bool](repeating: false, count: all.count)
        if let fold {
            let shuffled = shuffled(all.count, pair)
            let range = fold * all.count / Self.folds..<(fold + 1) * all.count / Self.folds
            for index in range { isHeldOut[shuffled[index]] = true }
        }
        let kept = all.indices.filter { !isHeldOut[$0] }
        let optimizer = SequentialOptimizer(
            table,
            problem(kept.map { (row: all[$0], isPositive: $0 < positives) }),
            parameters,
            cacheBytes: cacheBytes(kept.count, isAlone: pool != nil),
            pool: pool,
            run: run
        )
        let solution = try optimizer.optimize { _, _ in }
        var result = Part(rows: kept.map { all[$0] }, solution: solution)
        let left = all.indices.filter { isHeldOut[$0] }
        let decisions = decide(left.map { all[$0] }, result, pool)
        for (index, value) in zip(left, decisions) {
            result.decisions.append((all[index], value, index < positives))
        }
        return result
    }

    /// Kernel values kept: all that is allowed for one machine at a time, else a share.
    private func cacheBytes(_ rows: Int, isAlone: Bool) -> Int {
        let bytes = parameters.cacheBytes(rows: rows)
        return isAlone ? bytes : min(bytes, parameters.cacheBytes / run.threads)
    }

    private func problem(
        _ rows: [(row: Int, isPositive: Bool)]
    ) -> SequentialOptimizer.Problem {
        SequentialOptimizer.Problem(
            rows: rows.map(\.row),
            targets: rows.map { $0.isPositive ? 1 : -1 },
            low: rows.map { $0.isPositive ? 0 : -costs[$0.row] },
            high: rows.map { $0.isPositive ? costs[$0.row] : 0 },
            epsilon: 0
        )
    }

    /// The rows of a pair in an order that depends on the seed and the pair alone.
    private func shuffled(_ count: Int, _ pair: (first: Int, second: Int)) -> [Int] {
        let stream = UInt64(pair.first) << 32 | UInt64(pair.second)
        var random = RandomNumbers(seed: seed, stream: stream &+ 0x5CA1_E5)
        var order = Array(0..<count)
        for index in order.indices.dropLast() {
            order.swapAt(index, index + random.next(below: count - index))
        }
        return order
    }

    /// The decisions about rows that a machine was not trained on.
    private func decide(_ rows: [Int], _ part: Part, _ pool: WorkerPool?) -> [Double] {
        let support = part.solution.coefficients.indices.filter {
            part.solution.coefficients[$0] != 0
        }
        let factors = support.map { part.solution.coefficients[$0] }
        let vectors = KernelRows(
            table,
            support.map { part.rows[$0] },
            pool: pool,
            cancellation: run.cancellation
        )
        let bias = part.solution.bias
        return table.values.withUnsafeBufferPointer { numbers in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: vectors.paddedCount + 8) {
                room in
                guard let numbers = numbers.baseAddress, let values = room.baseAddress else {
                    return []
                }
                return rows.map { row in
                    vectors.fill(values, 0..<support.count, of: numbers + row * table.width)
                    var sum = 0.0
                    for (index, factor) in factors.enumerated() {
                        sum += factor * Double(values[index])
                    }
                    return sum + bias
                }
            }
        }
    }
}
