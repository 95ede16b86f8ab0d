import Glibc

/// A number with the C library's functions of its own precision.
protocol TranscendentalNumber: GraphNumber {
    /// e to the power of `x`.
    static func exponential(_ x: Self) -> Self
    /// The natural logarithm.
    static func logarithm(_ x: Self) -> Self
    /// `x` to the power of `exponent`.
    static func power(_ x: Self, _ exponent: Self) -> Self
    /// The hyperbolic tangent.
    static func tangentHyperbolic(_ x: Self) -> Self
}

extension Double: TranscendentalNumber {
    static func exponential(_ x: Double) -> Double { Glibc.exp(x) }
    static func logarithm(_ x: Double) -> Double { Glibc.log(x) }
    static func power(_ x: Double, _ exponent: Double) -> Double { Glibc.pow(x, exponent) }
    static func tangentHyperbolic(_ x: Double) -> Double { Glibc.tanh(x) }
}

extension Float: TranscendentalNumber {
    static func exponential(_ x: Float) -> Float { Glibc.expf(x) }
    static func logarithm(_ x: Float) -> Float { Glibc.logf(x) }
    static func power(_ x: Float, _ exponent: Float) -> Float { Glibc.powf(x, exponent) }
    static func tangentHyperbolic(_ x: Float) -> Float { Glibc.tanhf(x) }
}
