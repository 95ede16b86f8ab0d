/// The rows of a chunk without those that need no call: one map of indices, made before anything is
/// packed, through which every answer finds its way back.
struct DistinctRows: Sendable {
    /// What has to be asked, each once, in the order of first appearance but those that can share a
    /// request side by side.
    let inputs: [RemoteInput]
    /// `[row count]`: the place in `inputs`, or nil for a row whose answer is NULL.
    let places: [Int?]

    init(_ rows: [RemoteInput?]) {
        if rows.count == 1 {
            let asked = rows.compactMap { $0 }.filter { !$0.isBlank }
            (inputs, places) = (asked, [asked.isEmpty ? nil : 0])
            return
        }
        var known: [RemoteInput: Int] = [:]
        var found: [RemoteInput] = []
        places = rows.map { row in
            guard let row, !row.isBlank else { return nil }
            if let place = known[row] { return place }
            known[row] = found.count
            found.append(row)
            return found.count - 1
        }
        inputs = found
    }

    /// Places in the order in which they should be asked: pairs with one query together, so that
    /// rows which alternate between queries need no request each.
    var askingOrder: [Int] {
        if inputs.count < 2 { return Array(inputs.indices) }
        var known: [String: Int] = [:]
        let ranks = inputs.map { input -> Int in
            guard case .pair(let query, _) = input else { return 0 }
            if let rank = known[query] { return rank }
            known[query] = known.count
            return known.count - 1
        }
        return inputs.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
    }
}

extension RemoteInput {
    /// Nothing to embed or to score: services refuse such an input and the whole request with it.
    /// An empty prompt is a prompt.
    var isBlank: Bool {
        switch self {
        case .prompt, .pictured, .written: false
        case .text(let text), .pair(_, let text): text.utf8.allSatisfy { $0 <= 0x20 }
        }
    }
}
