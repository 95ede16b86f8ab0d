import BorealBase
import BorealSQLite
import CKernels

/// How DISTANCE compares two vectors.
enum VectorMetric: Int32 {
    /// 1 less the cosine of the angle between them; NULL when one of them is zero.
    case cosine = 0
    /// The length of their difference.
    case euclidean = 1
    /// The sum of products: of near vectors it is great.
    case dot = 2

    /// By name, in any case; nil for a word that names none.
    init?(_ name: UnsafeRawBufferPointer) {
        switch String(decoding: name.prefix(16), as: UTF8.self).lowercased() {
        case "cosine": self = .cosine
        case "euclidean", "l2": self = .euclidean
        case "dot": self = .dot
        default: return nil
        }
    }
}

/// STRING_TO_VECTOR, VECTOR_TO_STRING, VECTOR_DIM and DISTANCE.
extension FunctionRegistry {
    /// Registers them.
    func addVectors() throws(SQLiteError) {
        let context = context
        try add("b_to_vector", 1) { call in
            do throws(VectorText.Problem) {
                call.result(try VectorText.bytes(call.bytes(0)))
            } catch {
                let text = VectorText.quoted(call.bytes(0))
                let isLong = error == .tooLong
                context.fail(
                    call,
                    isLong
                        ? .valueOutOfRange(type: text + "...", expression: "to_vector")
                        : .notAVector(text)
                )
            }
        }
        try add("b_from_vector", 1) { call in
            guard let bytes = context.vector(call, 0) else { return }
            call.result(VectorText.text(bytes))
        }
        try add("b_vector_dim", 1) { call in
            guard let bytes = context.vector(call, 0) else { return }
            call.result(Int64(bytes.count / VectorText.numberBytes))
        }
        try add("b_distance", 3) { call in
            guard let metric = VectorMetric(call.bytes(2)) else {
                return context.fail(call, .unknownMetric(VectorText.quoted(call.bytes(2))))
            }
            guard let left = context.vector(call, 0), let right = context.vector(call, 1) else {
                return
            }
            let width = left.count / VectorText.numberBytes
            guard left.count == right.count else {
                let other = right.count / VectorText.numberBytes
                return context.fail(call, .vectorsDiffer(width, other))
            }
            let distance = boreal_vector_distance(
                left.baseAddress,
                right.baseAddress,
                Int32(width),
                metric.rawValue
            )
            call.result(finite: distance)
        }
    }
}

extension FunctionContext {
    /// The bytes of an argument that is a vector; nil, and the call has failed, when it is none.
    func vector(_ call: SQLiteCall, _ index: Int) -> UnsafeRawBufferPointer? {
        let bytes = call.bytes(index)
        guard VectorText.hasVectorSize(bytes) else {
            fail(call, .notAVector(VectorText.quoted(bytes)))
            return nil
        }
        return bytes
    }
}
