import Glibc

/// The C library's functions of real numbers, under one roof so that names do not clash.
enum RealFunction {
    /// e to the power of x.
    static func exp(_ x: Double) -> Double { Glibc.exp(x) }
    /// The natural logarithm.
    static func log(_ x: Double) -> Double { Glibc.log(x) }
    static func log2(_ x: Double) -> Double { Glibc.log2(x) }
    static func log10(_ x: Double) -> Double { Glibc.log10(x) }
    /// x to the power of y.
    static func pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
    static func sin(_ x: Double) -> Double { Glibc.sin(x) }
    static func cos(_ x: Double) -> Double { Glibc.cos(x) }
    static func tan(_ x: Double) -> Double { Glibc.tan(x) }
    static func asin(_ x: Double) -> Double { Glibc.asin(x) }
    static func acos(_ x: Double) -> Double { Glibc.acos(x) }
    static func atan(_ x: Double) -> Double { Glibc.atan(x) }
    /// The angle of the point (x, y), in radians.
    static func atan2(_ y: Double, _ x: Double) -> Double { Glibc.atan2(y, x) }
}
