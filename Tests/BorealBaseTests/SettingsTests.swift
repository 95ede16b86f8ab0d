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

    @Test("later sources win, and give way when they are forgotten")
    func sources() throws {
        let settings = Settings()
        let name = "task_concurrency"
        let rows: [(Settings.Source, String?, String)] = [
            (.durable, "4", "4"), (.configuration, "3", "4"), (.transient, "5", "5"),
            (.durable, "6", "5"), (.transient, nil, "6"), (.durable, nil, "3"),
            (.configuration, nil, "2"),
        ]
        for (source, value, expected) in rows {
            if let value {
                try settings.set(name, to: value, source: source)
            } else {
                settings.reset(name, source: source)
            }
            #expect(settings.text(name) == expected)
            #expect(settings.text(name, source: source) == value)
        }
        try settings.set(name, to: "7", isRunning: true)
        #expect(settings.text(name, source: .durable) == "7")
        #expect(throws: SettingError.startupOnly(name: "host")) {
            try Settings.normalised("host", "x", isRunning: true)
        }
    }
}
