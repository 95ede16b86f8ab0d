/// One number for each of a few quadrature nodes. The trees are walked by generic code that is
/// compiled once for each width, because a loop over lanes inside costs more than the arithmetic.
protocol QuadratureVector: BitwiseCopyable, Sendable {
    /// Lanes.
    static var width: Int { get }
    init(repeating value: Double)
    /// - Parameter values: `[width]`
    init(_ values: UnsafePointer<Double>)
    static func + (left: Self, right: Self) -> Self
    static func - (left: Self, right: Self) -> Self
    static func * (left: Self, right: Self) -> Self
    static func / (left: Self, right: Self) -> Self
    /// The sum over the lanes, pairwise: the standard library adds lane after lane, each waiting
    /// for the last.
    var total: Double { get }
}

extension SIMD2: QuadratureVector where Scalar == Double {
    static var width: Int { 2 }
    @inline(__always)
    init(_ values: UnsafePointer<Double>) { self.init(values[0], values[1]) }
    @inline(__always) var total: Double { x + y }
}

extension SIMD4: QuadratureVector where Scalar == Double {
    static var width: Int { 4 }
    @inline(__always)
    init(_ values: UnsafePointer<Double>) {
        self.init(values[0], values[1], values[2], values[3])
    }
    @inline(__always) var total: Double { (lowHalf + highHalf).total }
}

extension SIMD8: QuadratureVector where Scalar == Double {
    static var width: Int { 8 }
    @inline(__always)
    init(_ values: UnsafePointer<Double>) {
        self.init(lowHalf: SIMD4(values), highHalf: SIMD4(values + 4))
    }
    @inline(__always) var total: Double { (lowHalf + highHalf).total }
}

/// Six lanes: trees of 255 leaves mostly have 9 to 12 features on their longest path, and a quarter
/// of eight lanes would be idle.
struct SixLanes: QuadratureVector {
    private var a: SIMD2<Double>
    private var b: SIMD2<Double>
    private var c: SIMD2<Double>

    static var width: Int { 6 }

    @inline(__always)
    private init(_ a: SIMD2<Double>, _ b: SIMD2<Double>, _ c: SIMD2<Double>) {
        (self.a, self.b, self.c) = (a, b, c)
    }
    @inline(__always)
    init(repeating value: Double) {
        let pair = SIMD2(repeating: value)
        self.init(pair, pair, pair)
    }
    @inline(__always)
    init(_ values: UnsafePointer<Double>) {
        self.init(SIMD2(values), SIMD2(values + 2), SIMD2(values + 4))
    }
    @inline(__always)
    static func + (left: SixLanes, right: SixLanes) -> SixLanes {
        SixLanes(left.a + right.a, left.b + right.b, left.c + right.c)
    }
    @inline(__always)
    static func - (left: SixLanes, right: SixLanes) -> SixLanes {
        SixLanes(left.a - right.a, left.b - right.b, left.c - right.c)
    }
    @inline(__always)
    static func * (left: SixLanes, right: SixLanes) -> SixLanes {
        SixLanes(left.a * right.a, left.b * right.b, left.c * right.c)
    }
    @inline(__always)
    static func / (left: SixLanes, right: SixLanes) -> SixLanes {
        SixLanes(left.a / right.a, left.b / right.b, left.c / right.c)
    }
    @inline(__always) var total: Double { (a + b + c).total }
}
