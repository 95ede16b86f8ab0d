import BorealBase

extension ShapTree {
    /// Quadrature nodes that make the integrals of its leaves exact.
    var nodeCount: Int { (pathFeatures + 1) / 2 }
}

/// Quadrature nodes in portions of as many as a vector has lanes, the last filled up with nodes
/// without weight.
struct QuadratureRule: Sendable {
    /// Lanes: 2, 4, 6 or 8.
    let width: Int
    let nodes: [Double]
    let weights: [Double]

    init(count: Int) {
        let width = count <= 6 ? max(2, (count + 1) / 2 * 2) : 8
        let rule = GaussLegendre(count: max(1, count))
        let padding = (width - rule.nodes.count % width) % width
        self.width = width
        nodes = rule.nodes + [Double](repeating: 0.5, count: padding)
        weights = rule.weights + [Double](repeating: 0, count: padding)
    }
}

/// A tree and a block of rows: picks the code for the rule's width.
struct ShapJob {
    let tree: ShapTree
    let block: ShapBlock
    let scratch: UnsafeMutableRawPointer
    let levels: Int
    let cancellation: CancellationFlag?

    func addContributions(
        _ rule: QuadratureRule,
        to target: UnsafeMutablePointer<Double>,
        stride: Int
    ) -> Bool {
        switch rule.width {
        case 2: walk(rule, SIMD2<Double>.self) { $0.addContributions(to: target, stride: stride) }
        case 4: walk(rule, SIMD4<Double>.self) { $0.addContributions(to: target, stride: stride) }
        case 6: walk(rule, SixLanes.self) { $0.addContributions(to: target, stride: stride) }
        default: walk(rule, SIMD8<Double>.self) { $0.addContributions(to: target, stride: stride) }
        }
    }

    func addInteractions(
        _ rule: QuadratureRule,
        to target: UnsafeMutablePointer<Double>,
        width: Int,
        stride: Int
    ) -> Bool {
        switch rule.width {
        case 2:
            walk(rule, SIMD2<Double>.self) {
                $0.addInteractions(to: target, width: width, stride: stride)
            }
        case 4:
            walk(rule, SIMD4<Double>.self) {
                $0.addInteractions(to: target, width: width, stride: stride)
            }
        case 6:
            walk(rule, SixLanes.self) {
                $0.addInteractions(to: target, width: width, stride: stride)
            }
        default:
            walk(rule, SIMD8<Double>.self) {
                $0.addInteractions(to: target, width: width, stride: stride)
            }
        }
    }

    /// One walk for each portion of nodes.
    @inline(__always)
    func walk<Vector: QuadratureVector>(
        _ rule: QuadratureRule,
        _ type: Vector.Type,
        _ body: (ShapWalk<Vector>) -> Bool
    ) -> Bool {
        rule.nodes.withUnsafeBufferPointer { nodes in
            rule.weights.withUnsafeBufferPointer { weights in
                guard let nodes = nodes.baseAddress, let weights = weights.baseAddress else {
                    return true
                }
                let memory = ShapMemory<Vector>(scratch, levels: levels, rows: block.capacity)
                for start in stride(from: 0, to: rule.nodes.count, by: Vector.width) {
                    let walk = ShapWalk(
                        tree: tree,
                        block: block,
                        memory: memory,
                        nodes: nodes + start,
                        weights: weights + start,
                        cancellation: cancellation
                    )
                    guard body(walk) else { return false }
                }
                return true
            }
        }
    }
}
