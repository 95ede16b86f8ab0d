import BorealBase
import BorealRemote
import Testing

@Suite("Failures of remote models")
struct RemoteModelErrorTests {
    @Test(
        "Each code word has its number",
        arguments: [
            ("NO_MODEL", 9053), ("NOT_DEPLOYED", 9054), ("CONFIG", 9055), ("ACCESS", 1142),
            ("POLICY", 1227), ("BUDGET", 9063), ("BUSY", 9063), ("RATE_LIMIT", 9063),
            ("TIMEOUT", 3024), ("CANCELLED", 1317), ("CONNECT", 9064), ("BREAKER_OPEN", 9064),
            ("UPSTREAM_4xx", 9064), ("UPSTREAM_5xx", 9064), ("BAD_RESPONSE", 9064),
            ("FILTERED", 9064),
        ]
    )
    func numbers(_ word: String, _ number: Int) throws {
        let code = try #require(RemoteModelError.Code(rawValue: word))
        #expect(Int(code.number.rawValue) == number)
    }
}
