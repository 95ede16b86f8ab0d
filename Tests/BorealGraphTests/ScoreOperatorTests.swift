import BorealBoost
import Foundation
import Testing

@testable import BorealGraph

@Suite struct ScoreOperatorTests {
    private func apply(_ function: ScoreFunction, _ scores: [Float]) -> [Float] {
        var scores = scores
        scores.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { function.apply(base, buffer.count) }
        }
        return scores
    }

    @Test("scores without a function stay what they are")
    func none() { #expect(apply(.none, [1, -2]) == [1, -2]) }

    @Test("the logistic function is symmetric and never overflows")
    func logistic() {
        #expect(apply(.logistic, [0, 1_000, -1_000]) == [0.5, 1, 0])
        #expect(abs(ScoreFunction.logistic(1) + ScoreFunction.logistic(-1) - 1) < 1e-7)
    }

    @Test("the probit of a half is nothing, and of what is no probability NaN")
    func probit() {
        #expect(abs(ScoreFunction.probit(0.5)) < 1e-6)
        #expect(abs(ScoreFunction.probit(0.7) - 0.5244459) < 1e-6)
        #expect(ScoreFunction.probit(1.5).isNaN)
    }

    @Test("softmax over zeros that stay zero leaves them out of the sum")
    func softmaxZero() {
        #expect(apply(.softmaxZero, [0, 0.3, 0]) == [0, 1, 0])
        let plain = apply(.softmax, [0, 0.3])
        #expect(abs(plain[0] + plain[1] - 1) < 1e-6 && plain[1] > plain[0])
    }

    private func pairOf(
        _ score: Double,
        _ function: ScoreFunction,
        _ pair: ScoreFunctionOperator.Pair
    ) throws -> [Double] {
        try OperatorBench.rows([[score]], as: .float) { input, output in
            ScoreFunctionOperator(function, input: input, output: output, width: 1, pair: pair)
        }[0]
    }

    @Test("one score stands for two classes")
    func pairs() throws {
        #expect(try pairOf(0.25, .none, .complement) == [0.75, 0.25])
        #expect(try pairOf(0.25, .none, .negative) == [-0.25, 0.25])
        #expect(try pairOf(0.25, .softmax, .complement) == [0.75, 0.25])
        let logistic = try pairOf(0, .logistic, .complement)
        #expect(logistic == [0.5, 0.5])
        #expect(try pairOf(0.25, .logistic, .none) == [0.25])
    }

    @Test("several scores are no pair")
    func pairOfMany() {
        let step = ScoreFunctionOperator(
            .none,
            input: .features,
            output: TensorID(1),
            width: 2,
            pair: .negative
        )
        #expect(throws: GraphError.self) { try step.outputTypes(for: [TensorType(.float, [2])]) }
    }

    // MARK: - Ensembles

    private func ensemble(
        _ rule: EnsembleScoreOperator.Rule,
        _ sums: [Double],
        output: Int = 0
    ) throws -> [Double] {
        try OperatorBench.rows([sums], output: output) { input, first in
            EnsembleScoreOperator(
                rule,
                sums: input,
                presence: nil,
                scores: first,
                label: rule.isClassifier ? TensorID(first.index + 1) : nil,
                answers: TensorConstant((0..<Int64(sums.count)).map { 100 + $0 } + [1, 0])
            )
        }[0]
    }

    private func rule(
        _ width: Int,
        isClassifier: Bool,
        _ change: (inout EnsembleScoreOperator.Rule) -> Void = { _ in }
    ) -> EnsembleScoreOperator.Rule {
        var rule = EnsembleScoreOperator.Rule(width: width)
        rule.isClassifier = isClassifier
        rule.isPresent = Array(repeating: true, count: width)
        change(&rule)
        return rule
    }

    @Test("targets are divided first and get their base value then")
    func averages() throws {
        let averaged = rule(2, isClassifier: false) {
            $0.divisor = 4
            $0.baseValues = [0.5, -1]
        }
        #expect(try ensemble(averaged, [2, 6]) == [1, 0.5])
    }

    @Test("of all functions a single target knows the probit alone")
    func singleTarget() throws {
        #expect(try ensemble(rule(1, isClassifier: false) { $0.function = .logistic }, [3]) == [3])
        let probit = try ensemble(rule(1, isClassifier: false) { $0.function = .probit }, [0.7])
        #expect(abs(probit[0] - 0.5244459) < 1e-6)
    }

    @Test("a target that no leaf speaks of does not get its base value")
    func silentTarget() throws {
        let silent = rule(2, isClassifier: false) {
            $0.baseValues = [0.5, 0.5]
            $0.isPresent = [true, false]
        }
        #expect(try ensemble(silent, [1, 0]) == [1.5, 0])
    }

    @Test("the class of most is the first greatest of those with a score")
    func manyClasses() throws {
        let most = rule(3, isClassifier: true)
        #expect(try ensemble(most, [1, 4, 4], output: 1) == [101])
        let silent = rule(3, isClassifier: true) { $0.isPresent = [false, true, true] }
        #expect(try ensemble(silent, [0, -2, -1], output: 1) == [102])
        let based = rule(3, isClassifier: true) { $0.baseValues = [5, 0, 0] }
        #expect(try ensemble(based, [0, 1, 2], output: 1) == [100])
    }

    @Test("leaves that score one of two classes decide at a half or at zero")
    func oneOfTwoClasses() throws {
        func one(_ isPositive: Bool) -> EnsembleScoreOperator.Rule {
            rule(2, isClassifier: true) {
                $0.isPresent = [true, false]
                $0.scoresOneClass = true
                $0.isPositive = isPositive
            }
        }
        #expect(try ensemble(one(true), [0.75, 0]) == [0.25, 0.75])
        #expect(try ensemble(one(true), [0.25, 0], output: 1) == [100])
        #expect(try ensemble(one(true), [0.75, 0], output: 1) == [101])
        #expect(try ensemble(one(false), [0.25, 0]) == [-0.25, 0.25])
        #expect(try ensemble(one(false), [0.25, 0], output: 1) == [101])
    }

    @Test("two scored classes answer 1 and 0 by the sign of the second, whatever their labels")
    func twoClasses() throws {
        let both = rule(2, isClassifier: true)
        #expect(try ensemble(both, [5, 0.25], output: 1) == [1])
        #expect(try ensemble(both, [5, -0.25], output: 1) == [0])
        let based = rule(2, isClassifier: true) { $0.baseValues = [9, 0.5] }
        #expect(try ensemble(based, [0.25, 7]) == [-0.75, 0.75])
    }

    @Test("base values that fit no class are refused")
    func wrongBases() {
        let wrong = rule(3, isClassifier: false) { $0.baseValues = [1, 2] }
        let step = EnsembleScoreOperator(
            wrong,
            sums: .features,
            presence: nil,
            scores: TensorID(1),
            label: nil,
            answers: TensorConstant([Int64]())
        )
        #expect(throws: GraphError.self) { try step.outputTypes(for: [TensorType(.double, [3])]) }
    }

    @Test("features are followed by the answers to questions about them")
    func membership() throws {
        let rows = try OperatorBench.rows([[-1.5, 2], [3, .nan]]) { input, output in
            MembershipOperator(
                input: input,
                output: output,
                width: 2,
                questions: [
                    .init(feature: 0, numbers: [-1, 3]),
                    .init(feature: 0, numbers: [-1, 3], truncates: true),
                    .init(feature: 1, numbers: [2]),
                ]
            )
        }
        #expect(rows[0] == [-1.5, 2, 0, 1, 1])
        #expect(Array(rows[1][..<1]) == [3] && Array(rows[1][2..<4]) == [1, 1])
        #expect(rows[1][4].isNaN)
    }

    @Test("a question about a feature that is not there is refused")
    func membershipOutside() {
        let step = MembershipOperator(
            input: .features,
            output: TensorID(1),
            width: 1,
            questions: [.init(feature: 1, numbers: [])]
        )
        #expect(throws: GraphError.self) { try step.outputTypes(for: [TensorType(.double, [1])]) }
    }

    private func stump(_ left: [Double], _ right: [Double]) -> Tree {
        var tree = Tree()
        tree.splitFeature = [0]
        tree.threshold = [0]
        tree.decisionType = [8]
        tree.leftChild = [-1]
        tree.rightChild = [-2]
        tree.leafValue = left + right
        return tree
    }

    @Test("the least and the greatest of trees leave out leaves that say nothing")
    func extremes() throws {
        var trees = TreeEnsemble(trees: [], scoresPerRow: 2, leafWidth: 2, featureCount: 1)
        trees.trees = [
            stump([1, .nan], [5, .nan]), stump([3, .nan], [.nan, 2]), stump([2, .nan], [4, 7]),
        ]
        for (isGreatest, answers) in [(false, [[1.0, 0], [4, 2]]), (true, [[3, 0], [5, 7]])] {
            let rows = try OperatorBench.rows([[-1], [1]]) { input, output in
                try TreeExtremeOperator(
                    trees,
                    input: input,
                    output: output,
                    isGreatest: isGreatest
                )
            }
            #expect(rows == answers)
        }
    }

    @Test("extremes want a number for each target in every leaf")
    func extremesOfScalars() {
        let trees = TreeEnsemble(
            trees: [stump([1], [2]), stump([1], [2])],
            scoresPerRow: 2,
            featureCount: 1
        )
        #expect(throws: GraphError.self) {
            try TreeExtremeOperator(
                trees,
                input: .features,
                output: TensorID(1),
                isGreatest: true
            )
        }
    }

    // MARK: - Support vectors

    @Test(
        "rows are compared with vectors",
        arguments: [
            (KernelFunction.linear, [1.0, 5]),
            (.polynomial(gamma: 2, shift: 1, degree: 3), [27, 1_331]),
            (.polynomial(gamma: 1, shift: 0, degree: 2), [1, 25]),
            (.polynomial(gamma: 1, shift: 0, degree: 4), [1, 625]),
            (.radial(gamma: 0.5), [exp(-2.0), 1]),
            (.sigmoid(gamma: 0.5, shift: -1), [tanh(-0.5), tanh(1.5)]),
        ]
    )
    func kernels(function: KernelFunction, answers: [Double]) throws {
        let rows = try OperatorBench.rows([[1, 2]]) { input, output in
            VectorKernelOperator(
                function,
                input: input,
                output: output,
                vectors: TensorConstant([1.0, 0, 1, 2]),
                depth: 2
            )
        }
        for (a, b) in zip(rows[0], answers) { #expect(abs(a - b) < 1e-9) }
    }

    @Test("vectors of another length than rows are refused")
    func kernelRefused() {
        let step = VectorKernelOperator(
            .linear,
            input: .features,
            output: TensorID(1),
            vectors: TensorConstant([1.0, 2, 3]),
            depth: 2
        )
        #expect(throws: GraphError.self) { try step.outputTypes(for: [TensorType(.double, [2])]) }
    }

    private func machine(_ row: [Double], output: Int) throws -> [Double] {
        try OperatorBench.rows([row], as: .float, output: output) { input, first in
            PairMachineOperator(
                kernels: input,
                decisions: first,
                winner: TensorID(first.index + 1),
                coefficients: [1, -1, 0, 0, 1, -1],
                shifts: [0.5, 0, -0.5],
                vectorCounts: [1, 1, 1]
            )
        }[0]
    }

    @Test("each pair of classes decides, and the class with most votes wins")
    func votes() throws {
        // (0, 1): k0 - k1 + 0.5; (0, 2): 0 + 0; (1, 2): k1 - k2 - 0.5
        #expect(try machine([1, 2, 4], output: 0) == [-0.5, 0, -2.5])
        #expect(try machine([1, 2, 4], output: 1) == [2])
        #expect(try machine([1, 5, 4], output: 1) == [1])
    }

    @Test("too few coefficients are refused")
    func votesRefused() {
        let step = PairMachineOperator(
            kernels: .features,
            decisions: TensorID(1),
            winner: TensorID(2),
            coefficients: [1],
            shifts: [0],
            vectorCounts: [1, 1]
        )
        #expect(throws: GraphError.self) { try step.outputTypes(for: [TensorType(.float, [2])]) }
    }

    @Test("probabilities of pairs become probabilities that add up to one")
    func coupling() throws {
        let rows = try OperatorBench.rows([[2, 2, 0], [-3, 0, 3]], as: .float) { input, output in
            PairCouplingOperator(
                input: input,
                output: output,
                slopes: [-1, -1, -1],
                shifts: [0, 0, 0],
                classCount: 3
            )
        }
        for row in rows { #expect(abs(row.reduce(0, +) - 1) < 1e-5) }
        #expect(rows[0][0] > 0.7 && abs(rows[0][1] - rows[0][2]) < 0.05)
        #expect(rows[1][1] > rows[1][0] && rows[1][1] > rows[1][2])
    }

    @Test("coupling wants a slope and a shift for each pair")
    func couplingRefused() {
        let step = PairCouplingOperator(
            input: .features,
            output: TensorID(1),
            slopes: [-1],
            shifts: [0],
            classCount: 3
        )
        #expect(throws: GraphError.self) { try step.outputTypes(for: [TensorType(.float, [3])]) }
    }
}
