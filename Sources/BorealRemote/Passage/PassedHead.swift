import BorealBase

/// What a request in a service's own form says of itself, found in one walk over its bytes.
package struct PassedHead: Equatable, Sendable {
    /// The member `model`; of several the last.
    package private(set) var model: String?
    /// The answer shall come as server-sent events.
    package private(set) var isStream = false
    /// Where the values of all members `model` stand.
    private let modelPlaces: [Range<Int>]

    /// - Throws: `RemoteModelError` BAD_RESPONSE for bytes that are no JSON object, and for a
    ///   member that differs from `model` in its case only: some services would read it instead,
    ///   and call a model that nobody was asked about.
    package init(_ body: [UInt8]) throws(RemoteModelError) {
        var (model, isStream) = (String?.none, false)
        var places: [Range<Int>] = []
        try AnswerScanner.whole(body, subject: "it") { (scanner) throws(RemoteModelError) in
            try scanner.members { (name, scanner) throws(RemoteModelError) in
                let place = try scanner.span()
                switch name {
                case "model":
                    model = try JSONText.tree(body[place]).string
                    places.append(place)
                case "stream": isStream = body[place].elementsEqual("true".utf8)
                default:
                    guard !name.text.isEqualIgnoringASCIICase(to: "model") else {
                        throw RemoteModelError(
                            .badResponse,
                            "the member '\(name.text)' is written 'model'"
                        )
                    }
                }
            }
        }
        self.model = model
        self.isStream = isStream
        modelPlaces = places
    }

    /// The request as the service gets it.
    ///
    /// - Parameters:
    ///   - body: that which the head was read from.
    ///   - name: of the model at the service.
    package func body(_ body: [UInt8], for name: String) -> [UInt8] {
        ModelMember.replaced(in: body, at: modelPlaces, with: name)
    }
}
