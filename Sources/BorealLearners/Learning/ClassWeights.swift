import BorealBoost
import BorealGraph

/// `class_weight`: what the rows of each class count.
enum ClassWeights: Equatable {
    /// 1 for all.
    case equal
    /// All classes count the same: rows over classes times rows of the class.
    case balanced
    /// As given, by label; 1 for the others.
    case given([Entry])

    /// What one class counts.
    struct Entry: Equatable {
        var label: String
        var weight: Double
    }

    /// Reads `balanced`, or labels and weights as `'a: 2, b: 0.5'`, in braces and quotes or not.
    ///
    /// - Throws: `TrainingError.wrongType`, `.outOfRange`.
    init(_ written: String, _ value: ParameterValue) throws(TrainingError) {
        guard case .text(let text) = value else { throw .wrongType(written, "text", value) }
        if text.lowercased() == "balanced" {
            self = .balanced
            return
        }
        let body = text.drop { " {".contains($0) }
        let end = body.lastIndex { !" }".contains($0) }
        var entries: [Entry] = []
        for part in body[..<(end.map(body.index(after:)) ?? body.startIndex)].split(separator: ",")
        {
            guard let colon = part.lastIndex(of: ":") else {
                throw .wrongType(written, "list", value)
            }
            let label = Self.bare(part[..<colon])
            let number = Self.bare(part[part.index(after: colon)...])
            guard let weight = Double(number) else { throw .wrongType(written, "list", value) }
            guard weight >= 0, weight <= 1e100 else {
                throw .outOfRange(parameter: written, allowed: "[0, 1e+100]", value: number)
            }
            entries.append(Entry(label: label, weight: weight))
        }
        guard !entries.isEmpty else { throw .wrongType(written, "list", value) }
        self = .given(entries)
    }

    /// Text without blanks and quotes around it.
    private static func bare(_ text: Substring) -> String {
        let isOuter: (Character) -> Bool = { " '\"".contains($0) }
        return String(text.drop(while: isOuter).reversed().drop(while: isOuter).reversed())
    }

    /// The weight of each class.
    ///
    /// - Parameters:
    ///   - counts: rows of each class.
    ///   - labels: the classes' names; nil for their numbers.
    /// - Throws: `TrainingError.unknownChoice` for a label that no row has.
    func weights(counts: [Int], labels: Labels?) throws(TrainingError) -> [Double] {
        switch self {
        case .equal: return counts.map { _ in 1 }
        case .balanced:
            let rows = Double(counts.reduce(0, +))
            return counts.map { $0 > 0 ? rows / (Double(counts.count) * Double($0)) : 1 }
        case .given(let entries):
            let names = labels ?? .integer(counts.indices.map { Int64($0) })
            var weights = counts.map { _ in 1.0 }
            for entry in entries {
                guard let place = names.index(ofText: entry.label) else {
                    throw .unknownChoice(
                        parameter: "class_weight",
                        allowed: (0..<names.count).map { names.text(at: $0) },
                        value: entry.label
                    )
                }
                weights[place] = entry.weight
            }
            return weights
        }
    }
}
