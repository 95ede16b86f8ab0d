import BorealBase
import BorealGraph

/// The layout of a `.boreal` file: any graph whose operators can be stored.
///
///     bytes 0-7    "BOREAL" 0x0D 0x0A
///     bytes 8-11   version of the format, 32-bit little endian
///     bytes 12-15  zero
///     bytes 16-23  bytes of the head, 64-bit little endian
///     bytes 24-    the head: a JSON object, with blanks behind it up to a multiple of eight
///     then         the arrays, each at a multiple of eight from the start of the file
///
/// Small attributes stand in the head, arrays behind it as they lie in memory, little endian. The
/// bytes hold no name, time, host or number of threads: equal models are equal files.
enum BorealFile {
    static let signature: [UInt8] = Array("BOREAL".utf8) + [0x0D, 0x0A]
    /// A greater one is refused.
    static let version: UInt32 = 1
    static let headStart = 24

    /// What the elements of an array are.
    enum Element: String, CaseIterable {
        case float64 = "f64"
        case float32 = "f32"
        case int32 = "i32"
        case int64 = "i64"
        case byte = "u8"

        var byteCount: Int {
            switch self {
            case .float64, .int64: 8
            case .float32, .int32: 4
            case .byte: 1
            }
        }
    }

    static func padded(_ count: Int) -> Int { (count + 7) & ~7 }
}
