import Foundation

/// Files under `Fixtures/` at the root of the repository.
enum Fixture {
    /// The folder of that name, found by walking up from this file.
    static func folder(_ name: String) -> URL {
        var here = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        while here.path != "/" {
            here.deleteLastPathComponent()
            let candidate = here.appendingPathComponent("Fixtures").appendingPathComponent(name)
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
        }
        return here
    }

    /// The bytes of a file.
    static func bytes(_ folder: String, _ file: String) throws -> [UInt8] {
        Array(try Data(contentsOf: self.folder(folder).appendingPathComponent(file)))
    }
}

/// Hexadecimal digits, blanks ignored.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    precondition(digits.count % 2 == 0, "half a byte in \(text)")
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// Hexadecimal digits of bytes.
func hexText(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

/// A generator whose numbers are the same in each run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
