import Glibc

/// Makes skewed columns look normal: Yeo-Johnson or Box-Cox with an exponent for each column.
public struct PowerTransformOperator: RowOperator {
    /// The name in listings.
    public static let kind = "PowerTransform"
    /// `[exponents.count]`
    public let input: TensorID
    /// Same.
    public let output: TensorID
    /// One for each column.
    public let exponents: [Double]
    /// True for Box-Cox, which takes positive numbers only.
    public let isBoxCox: Bool

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, exponents: [Double], isBoxCox: Bool) {
        self.input = input
        self.output = output
        self.exponents = exponents
        self.isBoxCox = isBoxCox
    }

    /// Columns.
    public var inputWidth: Int { exponents.count }
    /// Columns.
    public var outputWidth: Int { exponents.count }

    /// Answers one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        for column in exponents.indices {
            let x = row[column]
            let exponent = exponents[column]
            answer[column] = isBoxCox ? Self.boxCox(x, exponent) : Self.yeoJohnson(x, exponent)
        }
    }

    private static func boxCox(_ x: Double, _ exponent: Double) -> Double {
        if abs(exponent) < 1e-19 { return Glibc.log(x) }
        return Glibc.expm1(exponent * Glibc.log(x)) / exponent
    }

    /// The form of older versions; newer ones compute the same with `expm1`.
    private static func yeoJohnson(_ x: Double, _ exponent: Double) -> Double {
        let epsilon = 2.220446049250313e-16
        if x >= 0 {
            if abs(exponent) < epsilon { return Glibc.log1p(x) }
            return (Glibc.pow(x + 1, exponent) - 1) / exponent
        }
        if x.isNaN { return x }
        if abs(exponent - 2) > epsilon {
            return -(Glibc.pow(-x + 1, 2 - exponent) - 1) / (2 - exponent)
        }
        return -Glibc.log1p(-x)
    }
}
