/// An operator whose columns are each made of one or several features: what is explained of a
/// column is shared by them alike.
public protocol EncodingOperator: GraphOperator {
    /// For each column of the output the columns of the input that it is made of.
    var origins: [[Int]] { get }
}

/// The columns that CatBoost's trees ask, made of the features: numbers rounded to 32 bits,
/// equality with a category, and statistics of the target by category, in the library's arithmetic.
///
/// Categories are the library's hashes of 32 bits. A combination's hash begins with 0 and takes in
/// one number after the other, `hash = m * (hash + m * number)` modulo 2^64: hashes of categories
/// as signed numbers, then 1 or 0 for each condition. Rows with the same hash are the same to the
/// model, as they are to the library.
public struct TargetStatisticsOperator: EncodingOperator {
    /// The name in listings.
    public static let kind = "TargetStatistics"

    /// A yes or no that takes part in a combination of categories.
    public enum Condition: Equatable, Sendable {
        /// Whether a number is above a border; `nanIsAbove` is the answer for NaN.
        case above(feature: Int, border: Float, nanIsAbove: Bool)
        /// Whether a category is this one.
        case equals(feature: Int, hash: UInt32)

        fileprivate var feature: Int {
            switch self {
            case .above(let feature, _, _), .equals(let feature, _): feature
            }
        }
    }

    /// Categories and conditions whose values together are looked up.
    public struct Combination: Equatable, Sendable {
        /// Features with categories, in the order that they are hashed in.
        public var categories: [Int]
        /// Hashed behind them.
        public var conditions: [Condition]

        /// - Parameters: see the stored properties.
        public init(categories: [Int], conditions: [Condition]) {
            self.categories = categories
            self.conditions = conditions
        }

        fileprivate var features: [Int] { categories + conditions.map(\.feature) }
    }

    /// Statistics of one combination.
    public struct Table: Equatable, Sendable {
        /// Position of a combination's hash in the values of each column.
        public var index: [UInt64: Int32]
        /// Which combination is hashed.
        public var combination: Int

        /// - Parameters: see the stored properties.
        public init(index: [UInt64: Int32], combination: Int) {
            self.index = index
            self.combination = combination
        }
    }

    /// One column of the output.
    public enum Column: Equatable, Sendable {
        /// A number, rounded.
        case number(feature: Int)
        /// 1 when the category is this one, else 0.
        case equals(feature: Int, hash: UInt32)
        /// The value of a table's row, or the one for combinations it does not have.
        case statistic(table: Int, values: [Float], unseen: Float)
    }

    /// Double, a row of features; hashes of categories as numbers, NaN where missing.
    public let input: TensorID
    /// Double, `[columns.count]`.
    public let output: TensorID
    /// What is made.
    public let columns: [Column]
    /// What is hashed.
    public let combinations: [Combination]
    /// Where it is looked up.
    public let tables: [Table]
    /// What a missing category counts as.
    public let missing: UInt32
    private let width: Int
    /// Whether the columns are the features, each a number.
    private let isCopy: Bool

    /// - Parameters:
    ///   - width: features of a row.
    /// - Throws: `GraphError.invalidGraph` when a column, table or combination names what is not
    ///   there.
    public init(
        input: TensorID,
        output: TensorID,
        width: Int,
        columns: [Column],
        combinations: [Combination],
        tables: [Table],
        missing: UInt32
    ) throws(GraphError) {
        self.input = input
        self.output = output
        self.width = width
        self.columns = columns
        self.combinations = combinations
        self.tables = tables
        self.missing = missing
        isCopy =
            columns.count == width
            && columns.enumerated().allSatisfy { $1 == .number(feature: $0) }
        let features = combinations.flatMap(\.features) + columns.compactMap(\.feature)
        let rows = tables.map { Int($0.index.values.max() ?? -1) }
        let isWhole = columns.allSatisfy {
            guard case .statistic(let table, let values, _) = $0 else { return true }
            return tables.indices.contains(table) && rows[table] < values.count
        }
        guard features.allSatisfy({ $0 >= 0 && $0 < width }), isWhole,
            tables.allSatisfy({ table in
                combinations.indices.contains(table.combination)
                    && table.index.values.allSatisfy { $0 >= 0 }
            })
        else { throw .invalidGraph(reason: "statistics of features that are not there") }
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// For each column the features that it is made of.
    public var origins: [[Int]] {
        columns.map { column in
            if let feature = column.feature { return [feature] }
            guard case .statistic(let table, _, _) = column else { return [] }
            // The library gives conditions no share.
            let combination = combinations[tables[table].combination]
            let features =
                combination.categories.isEmpty ? combination.features : combination.categories
            return Array(Set(features)).sorted()
        }
    }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double, type.width == width else {
            throw .invalidGraph(reason: "statistics over \(inputTypes)")
        }
        return [TensorType(.double, [columns.count])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Double.self)
        if isCopy {
            for place in 0..<rowCount * width { target[place] = Double(Float(source[place])) }
            return
        }
        // Scratch for each row: the hash of every combination, then the row of every table.
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: combinations.count + 1) { hashes in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: tables.count + 1) { found in
                for row in 0..<rowCount {
                    fill(source + row * width, target + row * columns.count, hashes, found)
                }
            }
        }
    }

    private func fill(
        _ features: UnsafeMutablePointer<Double>,
        _ target: UnsafeMutablePointer<Double>,
        _ hashes: UnsafeMutableBufferPointer<UInt64>,
        _ found: UnsafeMutableBufferPointer<Int32>
    ) {
        assert(hashes.count >= combinations.count && found.count >= tables.count, "no scratch")
        for (number, combination) in combinations.enumerated() {
            hashes[number] = hash(combination, features)
        }
        for (number, table) in tables.enumerated() {
            found[number] = table.index[hashes[table.combination]] ?? -1
        }
        for (place, column) in columns.enumerated() {
            switch column {
            case .number(let feature): target[place] = Double(Float(features[feature]))
            case .equals(let feature, let hash):
                target[place] = category(features[feature]) == hash ? 1 : 0
            case .statistic(let table, let values, let unseen):
                let row = Int(found[table])
                target[place] = Double(row < 0 ? unseen : values[row])
            }
        }
    }

    /// The hash that a number of the input stands for.
    private func category(_ value: Double) -> UInt32 { UInt32(exactly: value) ?? missing }

    private func hash(_ combination: Combination, _ row: UnsafeMutablePointer<Double>) -> UInt64 {
        var hash: UInt64 = 0
        for feature in combination.categories {
            // The library takes hashes for signed numbers.
            let signed = Int64(Int32(bitPattern: category(row[feature])))
            hash = Self.combined(hash, UInt64(bitPattern: signed))
        }
        for condition in combination.conditions {
            let answer: Bool
            switch condition {
            case .above(let feature, let border, let nanIsAbove):
                let value = Float(row[feature])
                answer = value.isNaN ? nanIsAbove : value > border
            case .equals(let feature, let hash): answer = category(row[feature]) == hash
            }
            hash = Self.combined(hash, answer ? 1 : 0)
        }
        return hash
    }

    /// CatBoost's hash of a hash and one more number.
    static func combined(_ hash: UInt64, _ value: UInt64) -> UInt64 {
        let factor: UInt64 = 0x4906_BA49_4954_CB65
        return factor &* (hash &+ factor &* value)
    }
}

extension TargetStatisticsOperator.Column {
    /// The one feature it is made of, when it is no statistic.
    fileprivate var feature: Int? {
        switch self {
        case .number(let feature), .equals(let feature, _): feature
        case .statistic: nil
        }
    }
}
