import BorealBase
import BorealBoost
import Testing

@testable import BorealLearners

@Suite("Dense algebra of the learners")
struct AlgebraTests {
    private let pool = WorkerPool(threads: 2, nice: 0)
    private let flag = CancellationFlag()

    private func random(_ count: Int, _ stream: UInt64 = 1) -> [Double] {
        var numbers = RandomNumbers(seed: 1, stream: stream)
        return (0..<count).map { _ in numbers.nextUnit() - 0.5 }
    }

    @Test(
        "Sums of products are those of the definition",
        arguments: [(1, 1), (2, 3), (5, 13), (257, 121), (257, 217), (1_000, 29), (3_000, 4)]
    )
    func crossProducts(_ rows: Int, _ width: Int) throws {
        let columns = (0..<width).map { FixedNumbers(random(rows, UInt64($0))) }
        let scales = FixedNumbers(random(rows, 99))
        let shifts = random(width, 100)
        let sums = try CrossProducts(
            columns: columns,
            shifts: shifts,
            rowCount: rows,
            scales: scales
        ).sums(pool, flag)
        for i in 0..<width {
            for j in 0..<width {
                var expected = 0.0
                for row in 0..<rows {
                    let left = columns[i].values[row] - shifts[i]
                    let right = columns[j].values[row] - shifts[j]
                    expected += left * right * scales.values[row] * scales.values[row]
                }
                #expect(abs(sums[i, j] - expected) < 1e-11, "\(i), \(j)")
            }
        }
    }

    @Test("Every n-th block of rows counts when asked for")
    func blockSteps() throws {
        let column = FixedNumbers([Double](repeating: 1, count: 1_000))
        var products = CrossProducts(columns: [column], shifts: [0], rowCount: 1_000)
        products.blockStep = 3
        // Rows 0 to 255 and 768 to 999.
        #expect(products.countedRows == 488)
        #expect(try products.sums(pool, flag)[0, 0] == 488)
    }

    /// A positive definite matrix.
    private func positive(_ side: Int) throws -> SymmetricMatrix {
        let columns = (0..<side).map { FixedNumbers(random(side + 5, UInt64($0))) }
        let products = CrossProducts(
            columns: columns,
            shifts: [Double](repeating: 0, count: side),
            rowCount: side + 5
        )
        return try products.sums(pool, flag)
    }

    @Test("A Cholesky factor solves its system", arguments: [1, 7, 64, 65, 200])
    func cholesky(_ side: Int) throws {
        var matrix = try positive(side)
        for index in 0..<side { matrix[index, index] += 1 }
        let x = random(side, 500)
        let factor = try #require(try Cholesky(matrix, pool, flag))
        let found = factor.solve(matrix.times(x))
        #expect(zip(found, x).allSatisfy { abs($0 - $1) < 1e-10 })
    }

    @Test("A matrix that is not positive definite has no factor")
    func indefinite() throws {
        var matrix = SymmetricMatrix(side: 3)
        matrix.values = [1, 2, 0, 2, 1, 0, 0, 0, 1]
        #expect(try Cholesky(matrix, pool, flag) == nil)
        matrix.values = [1, 1, 0, 1, 1, 0, 0, 0, 1]
        #expect(try Cholesky(matrix, pool, flag) == nil)
        matrix.values = [.nan, 0, 0, 0, 1, 0, 0, 0, 1]
        #expect(try Cholesky(matrix, pool, flag) == nil)
    }

    @Test(
        "The triangle of a tall matrix has the matrix's products, whatever its rows and threads",
        arguments: [(1, 3), (2, 2), (300, 5), (3_000, 20)]
    )
    func triangle(_ rows: Int, _ width: Int) throws {
        let columns = (0..<width).map { FixedNumbers(random(rows, UInt64($0))) }
        let zeros = [Double](repeating: 0, count: width)
        let factors = [Double](repeating: 1, count: width)
        func factor(_ pool: WorkerPool) throws -> TriangularFactor {
            try TriangularFactor(
                columns,
                shifts: zeros,
                factors: factors,
                rowCount: rows,
                scales: nil,
                pool,
                flag
            )
        }
        let found = try factor(pool)
        let products = try CrossProducts(
            columns: columns,
            shifts: zeros,
            rowCount: rows
        ).sums(pool, flag)
        for i in 0..<width {
            for j in 0..<width {
                let sum = (0..<width).reduce(0.0) {
                    $0 + found.values[$1 * width + i] * found.values[$1 * width + j]
                }
                #expect(abs(sum - products[i, j]) < 1e-10)
                if j < i { #expect(found.values[i * width + j] == 0) }
            }
        }
        #expect(try factor(WorkerPool(threads: 1, nice: 0)).values == found.values)
    }

    @Test("The rank does not depend on the units of the columns")
    func units() throws {
        let first = random(50, 1), second = random(50, 2), label = random(50, 3)
        let columns = [
            first.map { $0 * 1e-9 }, second.map { $0 * 1e6 },
            zip(first, second).map { $0 + $1 }, label,
        ].map { FixedNumbers($0) }
        let factor = try TriangularFactor(
            columns,
            shifts: [0, 0, 0, 0],
            factors: [1, 1, 1, 1],
            rowCount: 50,
            scales: nil,
            pool,
            flag
        )
        let (solution, rank) = try TriangularProblem(factor).leastNorm(tolerance: 1e-12, flag)
        #expect(rank == 2)
        // The first column in its own unit would take a coefficient of 1e9 times the size.
        #expect(abs(solution[0]) < 1e-6)
    }

    @Test("One walk over the rows scores them and adds the gradient up")
    func fusedPass() throws {
        let (rows, width) = (777, 6)
        let columns = (0..<width).map { FixedNumbers(random(rows, UInt64($0))) }
        let factors = random(2 * width, 50)
        let pass = FusedPass(columns: columns, rowCount: rows, scoreCount: 2)
        let answer = try pass.run(factors: factors, terms: [1, -1], pool, flag) {
            range,
            scores,
            stride in
            var sum = 0.0
            for place in 0..<range.count { sum += scores[place] - scores[stride + place] }
            return sum
        }
        func score(_ row: Int, _ score: Int) -> Double {
            (0..<width).reduce(score == 0 ? 1 : -1) {
                $0 + columns[$1].values[row] * factors[score * width + $1]
            }
        }
        let loss = (0..<rows).reduce(0.0) { $0 + score($1, 0) - score($1, 1) }
        #expect(abs(answer.loss - loss) < 1e-9)
        for index in 0..<2 {
            let slope = (0..<rows).reduce(0.0) { $0 + score($1, index) }
            #expect(abs(answer.slopes[index] - slope) < 1e-9)
            for column in 0..<width {
                let sum = (0..<rows).reduce(0.0) {
                    $0 + score($1, index) * columns[column].values[$1]
                }
                #expect(abs(answer.gradient[index * width + column] - sum) < 1e-9)
            }
        }
    }
}
