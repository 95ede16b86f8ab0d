import BorealBase

/// Members of a request as bytes, and small parts of an answer as trees.
enum JSONText {
    /// Appends `,"name":value` where there is a value.
    static func append(member name: StaticString, _ value: JSON?, into body: inout [UInt8]) {
        guard let value else { return }
        body.append(utf8: ",\"\(name)\":")
        value.append(to: &body, .compact)
    }

    /// A tree of an answer, or of a part of it.
    ///
    /// - Throws: `RemoteModelError` BAD_RESPONSE for what is no JSON.
    static func tree(_ text: some Sequence<UInt8>) throws(RemoteModelError) -> JSON {
        do { return try JSON.parse(text, depthMax: AnswerScanner.depthMax) } catch {
            throw RemoteModelError(
                .badResponse,
                "the answer is no JSON: \(error.reason) at byte \(error.offset)"
            )
        }
    }
}
