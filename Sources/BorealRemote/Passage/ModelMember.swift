import BorealBase

/// The member `model` of a JSON object in a request or an answer of a model service, found and
/// replaced without touching another byte.
package enum ModelMember {
    /// The same bytes with another name, in every member of that name: a service may read the first
    /// or the last. Without one they stay as they are.
    ///
    /// - Throws: `RemoteModelError` BAD_RESPONSE for bytes that are no JSON object.
    package static func replaced(
        in object: [UInt8],
        with name: String
    ) throws(RemoteModelError) -> [UInt8] {
        let places = try places(in: object)
        guard !places.isEmpty else { return object }
        let text = Array(JSON.string(name).description.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(object.count + text.count)
        var end = 0
        for place in places {
            result.append(contentsOf: object[end..<place.lowerBound])
            result.append(contentsOf: text)
            end = place.upperBound
        }
        result.append(contentsOf: object[end...])
        return result
    }

    /// Where the values of members called `model` stand.
    private static func places(in object: [UInt8]) throws(RemoteModelError) -> [Range<Int>] {
        try AnswerScanner.whole(object) { (scanner) throws(RemoteModelError) in
            var places: [Range<Int>] = []
            try scanner.members { (name, scanner) throws(RemoteModelError) in
                let place = try scanner.span()
                if name == "model" { places.append(place) }
            }
            return places
        }
    }
}
