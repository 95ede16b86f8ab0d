/// Puts the parts of an answer to the rows that they belong to.
enum Placing {
    /// The place in the answer for each row.
    ///
    /// - Parameter indices: for each part the row it names, from 0; when no part names one, the
    ///   order of the answer is that of the rows.
    /// - Throws: BAD_RESPONSE for another count than that of the rows, a row named twice or none
    ///   such, parts with and without a name: then no part can be trusted to be its row's.
    static func place(_ indices: [Int?], count: Int) throws(RemoteModelError) -> [Int] {
        guard indices.count == count else { throw wrongCount(indices.count, count) }
        guard indices.contains(where: { $0 != nil }) else { return Array(0..<count) }
        var places = [Int](repeating: -1, count: count)
        for (place, index) in indices.enumerated() {
            guard let index, places.indices.contains(index), places[index] < 0 else {
                let text = index.map { "names row \($0) of \(count) wrongly" } ?? "names some rows"
                throw RemoteModelError(.badResponse, "the answer \(text)")
            }
            places[index] = place
        }
        return places
    }

    /// BAD_RESPONSE for too many or too few parts.
    static func wrongCount(_ found: Int, _ expected: Int) -> RemoteModelError {
        let text = found > expected ? "more than \(expected) parts" : "\(found) parts"
        return RemoteModelError(.badResponse, "the answer has \(text) for \(expected) rows")
    }
}
