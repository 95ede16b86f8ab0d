import BorealBase
import BorealBoost

/// Reads the binary format that XGBoost wrote before 3.1: structs as they lay in memory, little
/// endian.
///
///     learner      136 bytes: base score, features, classes, whether attributes and metrics
///                  follow, version, targets
///     objective    a count of 64 bits, text
///     booster      a count of 64 bits, text: gbtree, dart, gblinear
///     trees        160 bytes of parameters, the trees, 4 bytes for the score of each
///       tree       148 bytes of parameters, 20 for each node, 16 for each node's statistics
///     weights      of DART: a count of 64 bits, 4 bytes a tree
///     attributes   a count of 64 bits, pairs of texts
///
/// A linear model has 136 bytes of parameters and a counted vector of weights in place of trees.
/// Nothing tells the length of a struct but its version, and no version changed one; what stands
/// behind the attributes does not change answers and is not read.
struct XGBoostBinaryReader {
    private let bytes: UnsafeRawBufferPointer
    private var position: Int
    private var model = XGBoostModel(format: .xgboostBinary)

    /// Sizes of the format's structs.
    private enum Size {
        static let learner = 136
        static let trees = 160
        static let tree = 148
        static let node = 20
        static let statistics = 16
        static let linear = 136
    }

    /// - Throws: `FormatError.malformed`, `.tooLarge`, `.unsupportedFormat`.
    static func read(_ bytes: [UInt8]) throws(FormatError) -> XGBoostModel {
        if bytes.starts(with: Array("bs64".utf8)) {
            let binary = try base64(bytes)
            return try parse(binary, from: 0)
        }
        return try parse(bytes, from: bytes.starts(with: Array("binf".utf8)) ? 4 : 0)
    }

    private static func parse(_ bytes: [UInt8], from start: Int) throws(FormatError) -> XGBoostModel
    {
        try bytes.withRawBytes { bytes throws(FormatError) in
            var reader = Self(bytes: bytes, position: start)
            try reader.readLearner()
            return reader.model
        }
    }

    private init(bytes: UnsafeRawBufferPointer, position: Int) {
        self.bytes = bytes
        self.position = position
    }

    /// What stands behind `bs64` and white space.
    private static func base64(_ bytes: [UInt8]) throws(FormatError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count / 4 * 3)
        var pending: UInt32 = 0
        var bits = 0
        for (offset, byte) in bytes.enumerated().dropFirst(4) {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte + 4
            case UInt8(ascii: "+"): digit = 62
            case UInt8(ascii: "/"): digit = 63
            case UInt8(ascii: "="), 0, 0x09, 0x0A, 0x0D, 0x20: continue
            default:
                throw .malformed(.xgboostBinary, offset: offset, reason: "no base64 digit")
            }
            pending = pending << 6 | UInt32(digit)
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            result.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
        }
        return result
    }

    // MARK: - Bytes

    private func malformed(_ reason: String) -> FormatError {
        .malformed(.xgboostBinary, offset: position, reason: reason)
    }

    /// Moves behind `count` bytes; where they begin.
    private mutating func take(_ count: Int, _ what: String) throws(FormatError) -> Int {
        guard count >= 0, count <= bytes.count - position else {
            throw malformed("\(what) of \(count) bytes, \(bytes.count - position) are left")
        }
        defer { position += count }
        return position
    }

    private func int32(_ offset: Int) -> Int32 {
        Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    private func float(_ offset: Int) -> Float {
        Float(
            bitPattern: UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            )
        )
    }

    /// A count of 64 bits in front of a vector of elements of so many bytes.
    private mutating func count(_ width: Int, _ what: String) throws(FormatError) -> Int {
        let at = try take(8, what)
        let value = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        guard let count = Int(exactly: value), count <= (bytes.count - position) / width else {
            position = at
            throw malformed("\(value) \(what)")
        }
        return count
    }

    private mutating func string(_ what: String) throws(FormatError) -> String {
        let count = try count(1, what)
        let start = try take(count, what)
        let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw malformed("\(what) that are no UTF-8")
        }
        return text
    }

    private mutating func floats(_ what: String) throws(FormatError) -> [Float] {
        let count = try count(4, what)
        let start = try take(4 * count, what)
        return (0..<count).map { float(start + 4 * $0) }
    }

    // MARK: - Model

    /// base_score, num_feature, num_class, extra attributes, metrics, version, targets.
    private mutating func readLearner() throws(FormatError) {
        let start = try take(Size.learner, "a learner")
        model.baseScores = [float(start)]
        let features = UInt32(bitPattern: int32(start + 4))
        let major = int32(start + 20)
        let minor = int32(start + 24)
        guard features <= Limits.modelFeaturesMax else {
            throw .tooLarge(.xgboostBinary, what: "features", limit: Limits.modelFeaturesMax)
        }
        let classes = int32(start + 8)
        guard (0...Int32(Limits.classesMax)).contains(classes) else {
            throw malformed("\(classes) classes")
        }
        guard (0...10).contains(major), (0...1_000).contains(minor) else {
            throw malformed("version \(major).\(minor)")
        }
        model.featureCount = Int(features)
        model.classCount = Int(classes)
        model.targetCount = max(1, min(Int(int32(start + 28)), Limits.classesMax))
        model.version = major == 0 ? [] : [Int(major), Int(minor)]
        model.baseScoreIsRaw = major == 0
        model.objective = try string("bytes of an objective")
        model.booster = try string("bytes of a booster's name")
        switch model.booster {
        case "gbtree": try readTrees()
        case "dart":
            try readTrees()
            if !model.trees.isEmpty { model.treeWeights = try floats("weights of trees") }
        case "gblinear":
            _ = try take(Size.linear, "parameters")
            model.linearWeights = try floats("weights")
        default: throw malformed("booster '\(model.booster.prefix(40))'")
        }
        if int32(start + 12) != 0 { try readAttributes() }
    }

    private mutating func readAttributes() throws(FormatError) {
        let count = try count(16, "attributes")
        for _ in 0..<count {
            let name = try string("bytes of an attribute")
            model.attributes[name] = try string("bytes of an attribute")
        }
    }

    private mutating func readTrees() throws(FormatError) {
        let start = try take(Size.trees, "parameters")
        let count = Int(int32(start))
        // Old versions kept the number of roots there, which is 1 as well.
        model.parallelTrees = max(1, Int(int32(start + 4)))
        guard count >= 0, count <= (bytes.count - position) / Size.tree, count <= Limits.treesMax
        else { throw malformed("\(count) trees") }
        model.trees.reserveCapacity(count)
        for number in 0..<count {
            let offset = position
            let nodes = try readNodes()
            do throws(XGBoostNodes.Defect) { model.trees.append(try nodes.tree()) } catch {
                throw .malformed(
                    .xgboostBinary,
                    offset: offset,
                    reason: "tree \(number): \(error.reason)"
                )
            }
        }
        let groups = try take(4 * count, "groups of trees")
        model.treeGroups = (0..<count).map { int32(groups + 4 * $0) }
    }

    /// A tree's parameters, then nodes (parent, children, feature, value), then their statistics
    /// (gain, hessian, weight, leaf children).
    private mutating func readNodes() throws(FormatError) -> XGBoostNodes {
        let start = try take(Size.tree, "a tree")
        let roots = int32(start)
        let count = Int(int32(start + 4))
        let leafVector = int32(start + 20)
        guard count > 0, count <= (bytes.count - position) / (Size.node + Size.statistics) else {
            throw malformed("a tree of \(count) nodes")
        }
        guard leafVector <= 1, model.baseScoreIsRaw ? roots <= 1 : true else {
            throw .unsupportedFormat(
                .xgboostBinary,
                detail: "trees of \(roots) roots and \(leafVector) numbers in a leaf"
            )
        }
        let first = try take(count * Size.node, "nodes")
        let statistics = try take(count * Size.statistics, "statistics")
        var nodes = XGBoostNodes()
        nodes.leftChildren = (0..<count).map { int32(first + $0 * Size.node + 4) }
        nodes.rightChildren = (0..<count).map { int32(first + $0 * Size.node + 8) }
        let indices = (0..<count).map { int32(first + $0 * Size.node + 12) }
        // The sign bit tells where missing values go.
        nodes.splitIndices = indices.map { $0 & .max }
        nodes.defaultLeft = indices.map { $0 < 0 ? 1 : 0 }
        nodes.splitConditions = (0..<count).map { float(first + $0 * Size.node + 16) }
        nodes.lossChanges = (0..<count).map { float(statistics + $0 * Size.statistics) }
        nodes.sumHessian = (0..<count).map { float(statistics + $0 * Size.statistics + 4) }
        return nodes
    }
}
