import BorealBase

/// The member `model` of a JSON object in a request or an answer of a model service, found and
/// replaced without touching another byte.
package enum ModelMember {
    /// The same bytes with another name, in every member of that name: a service may read the first
    /// or the last. Without one they stay as they are.
    ///
    /// - Throws: `RemoteModelError` BAD_RESPONSE for bytes that are no JSON object.
    static func replaced(
        in object: [UInt8],
        with name: String
    ) throws(RemoteModelError) -> [UInt8] {
        let places = try AnswerScanner.whole(object) { (scanner) throws(RemoteModelError) in
            var places: [Range<Int>] = []
            try scanner.members { (name, scanner) throws(RemoteModelError) in
                let place = try scanner.span()
                if name == "model" { places.append(place) }
            }
            return places
        }
        return replaced(in: object, at: places, with: name)
    }

    /// The same where it is known already.
    ///
    /// - Parameter places: where the values of members called `model` stand, in their order.
    static func replaced(
        in object: [UInt8],
        at places: [Range<Int>],
        with name: String
    ) -> [UInt8] {
        guard !places.isEmpty else { return object }
        var text: [UInt8] = []
        JSON.quote(name, into: &text)
        var result: [UInt8] = []
        result.reserveCapacity(object.count + places.count * text.count)
        var end = 0
        for place in places {
            result.append(contentsOf: object[end..<place.lowerBound])
            result.append(contentsOf: text)
            end = place.upperBound
        }
        result.append(contentsOf: object[end...])
        return result
    }
}
