import Testing

@testable import BorealBase

@Suite("Settings")
struct SettingsTests {
    @Test(
        "a setting that maps names takes an object of strings alone",
        arguments: [
            ("", "{}"), ("{}", "{}"), (#"{"*":"m"}"#, #"{"*": "m"}"#),
            (#" { "b" : "x", "a" : "y" } "#, #"{"b": "x", "a": "y"}"#),
            ("m", nil), ("[]", nil), (#"["m"]"#, nil), (#"{"a":1}"#, nil), (#"{"a":null}"#, nil),
            (#"{"a":{}}"#, nil), (#"{"a":"m""#, nil),
        ] as [(String, String?)]
    )
    func maps(_ text: String, _ normal: String?) throws {
        let settings = Settings()
        guard let normal else {
            let error = #expect(throws: SettingError.self) {
                try settings.set("polar4ai_route", to: text)
            }
            #expect(
                error
                    == .badValue(
                        name: "polar4ai_route",
                        value: text,
                        expected: "a JSON object of strings"
                    )
            )
            #expect(settings.text("polar4ai_route") == "{}")
            return
        }
        #expect(try settings.set("polar4ai_route", to: text, isRunning: true) == normal)
        #expect(settings.text("polar4ai_route") == normal)
    }

    @Test("the members of such a setting keep their order")
    func members() throws {
        let settings = Settings()
        try settings.set("polar4ai_route", to: #"{"b":"x","a":"y"}"#)
        let members = settings.map("polar4ai_route").map { [$0.key, $0.value] }
        #expect(members == [["b", "x"], ["a", "y"]])
    }
}
