import BorealBase

/// A list of Python packages as pip reads it: what a model was made with. Nothing is installed.
public struct Requirements: Equatable, Sendable {
    /// Bytes of such a list.
    public static let bytesMax = 64 << 10

    /// Versions by normalised name, of the packages that are pinned to one.
    public let pins: [String: String]

    /// Reads `name==version` lines; everything else in the text is passed over.
    public init(_ text: some Sequence<UInt8>) {
        var pins: [String: String] = [:]
        for line in text.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let stated = line.prefix { $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: ";") }
            let words = String(decoding: stated, as: UTF8.self).split(
                separator: "=",
                omittingEmptySubsequences: false
            )
            // `==` leaves an empty word between name and version; `===` two of them.
            guard words.count >= 3, words[1].isEmpty, let version = words.last else { continue }
            let name = words[0].prefix { $0 != "[" && $0 != "<" && $0 != ">" && $0 != "~" }
            let key = Self.normalised(String(name))
            let isVersion = version.utf8.contains { (0x30...0x39).contains($0) }
            if !key.isEmpty, isVersion { pins[key] = String(version.filter { $0 != " " }) }
        }
        self.pins = pins
    }

    /// Names are compared without case, with `-` for `_` and `.` (PEP 503).
    private static func normalised(_ name: String) -> String {
        String(
            name.filter { $0 != " " && $0 != "\t" }.map { "_.".contains($0) ? "-" : $0 }
        ).asciiLowercased
    }

    /// What the list says otherwise than the file: another release of the library that wrote it.
    public func warnings(for inspection: ModelInspection) -> [String] {
        guard let pin = pins[Self.normalised(inspection.library)],
            let written = Self.release(inspection.formatVersion),
            let pinned = Self.release(pin), written != pinned
        else { return [] }
        return [
            "the requirements pin \(inspection.library) \(pin), the file was written by "
                + "\(inspection.formatVersion)"
        ]
    }

    /// Major and minor number of a release; nil for the versions of formats, which have one number.
    private static func release(_ version: String) -> [Int]? {
        let numbers = version.split(separator: ".").prefix(2).map {
            Int($0.prefix { $0.isASCII && $0.isNumber })
        }
        let known = numbers.compactMap { $0 }
        return known.count == 2 ? known : nil
    }
}
