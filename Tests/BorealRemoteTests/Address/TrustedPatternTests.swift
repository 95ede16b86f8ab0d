import Testing

@testable import BorealRemote

@Suite("Expressions of the trusted list")
struct TrustedPatternTests {
    /// Expression, texts that it covers, texts that it does not.
    static let matches: [(String, [String], [String])] = [
        ("", [""], ["a"]), ("abc", ["abc"], ["ab", "abcd", "xabc", "ABC"]),
        ("a.c", ["abc", "a.c"], ["ac"]),
        ("a\\.c", ["a.c"], ["abc"]), ("^abc$", ["abc"], ["abcx"]),
        ("a*", ["", "aaa"], ["b", "ab"]),
        ("a+b?", ["a", "aab"], ["", "abb"]), ("(ab|cd)+", ["ab", "cdab"], ["", "abc"]),
        ("(?:a|b|)c", ["ac", "bc", "c"], ["abc"]), ("[a-c]+", ["abc"], ["d", ""]),
        ("[^a-c]", ["d", "-"], ["a", ""]), ("[a\\-z]+", ["a-z"], ["b"]), ("[a-]+", ["a-"], ["b"]),
        ("[-a]+", ["a-"], ["b"]), ("[]a]+", ["]a"], ["b"]), ("[\\d.]+", ["1.2"], ["a"]),
        ("[\\]]", ["]"], ["\\"]), ("[\\w-]+", ["a_1-"], ["."]), ("[^\\s]+", ["ab"], ["a b"]),
        ("\\d\\D\\w\\W\\s\\S", ["1a_- x"], ["aa_- x"]), ("a{3}", ["aaa"], ["aa", "aaaa"]),
        ("a{2,3}", ["aa", "aaa"], ["a", "aaaa"]), ("a{2,}", ["aa", "aaaaaa"], ["a"]),
        ("a{0}b", ["b"], ["ab"]), ("(a{2}){2}", ["aaaa"], ["aaa", "aaaaa"]),
        ("a*?b+?", ["aab"], ["a"]),
        ("a|b|c", ["a", "b", "c"], ["ab", ""]), ("(^a|b$)", ["a", "b"], ["ab"]),
        ("a^b", [], ["ab", "a"]),
        ("a$b", [], ["ab"]), ("()*", [""], ["a"]), ("(a*)*b", ["aab", "b"], ["a"]),
        ("a}b]", ["a}b]"], []),
        (
            "^https://.*\\.aliyuncs\\.com(:443)?/.*$",
            ["https://x.aliyuncs.com:443/a", "https://x.aliyuncs.com/"],
            ["http://x.aliyuncs.com/a", "https://x.aliyuncs.com.evil/a", "https://xaliyuncs.com/"]
        ),
        ("https?:\\/\\/a", ["http://a", "https://a"], ["httpss://a"]),
    ]

    @Test("an expression covers whole texts", arguments: matches)
    func covers(pattern: String, covered: [String], others: [String]) throws {
        let pattern = try TrustedPattern(pattern)
        for text in covered { #expect(pattern.matches(text), "\(text)") }
        for text in others { #expect(!pattern.matches(text), "\(text)") }
    }

    static let refused: [(String, String)] = [
        ("a**", "a quantifier repeats a quantifier"),
        ("^http://ep-***.x", "a quantifier repeats a quantifier"),
        ("*a", "'*' repeats nothing"), ("+", "'+' repeats nothing"), ("a|?", "'?' repeats nothing"),
        ("{2}", "'{' repeats nothing"), ("a++", "possessive quantifiers are not supported"),
        ("(a", "')' is missing"), ("a)", "')' without '('"), ("[a", "']' is missing"),
        ("[]", "']' is missing"),
        ("[^", "']' is missing"), ("[z-a]", "a range runs backwards"),
        ("[a-\\d]", "a range ends in a class"),
        ("[a&&b]", "classes in classes are not supported"),
        ("[[:alpha:]]", "classes in classes are not supported"),
        ("a{", "a count is a number up to 256"), ("a{x}", "a count is a number up to 256"),
        ("a{257}", "a count is a number up to 256"), ("a{2", "'}' is missing"),
        ("a{3,2}", "a range runs backwards"),
        ("(?=a)", "of '(?' only '(?:' is supported"),
        ("(?<n>a)", "of '(?' only '(?:' is supported"),
        ("(?i)a", "of '(?' only '(?:' is supported"),
        ("(a)\\1", "back-references are not supported"),
        ("\\b", "'\\b' is not supported"), ("\\p{L}", "'\\p' is not supported"),
        ("a\\", "'\\' stands at the end"),
        ("\u{e9}", "only printable ASCII is supported"),
        ("a\nb", "only printable ASCII is supported"),
        ("((a{256}){256}){256}", "too many repetitions"),
        ("(a?){256}{2}", "a quantifier repeats a quantifier"),
        (String(repeating: "(", count: 100), "too many groups in groups"),
    ]

    @Test("what is not understood is named", arguments: refused)
    func refuses(pattern: String, expected: String) {
        let error = #expect(throws: RemoteModelError.self) { try TrustedPattern(pattern) }
        #expect(error?.code == .config)
        #expect(error?.text.hasPrefix("Invalid regex pattern: ") == true)
        #expect(error?.text.hasSuffix(" (\(expected))") == true)
    }

    @Test("256 characters are allowed, one more is not")
    func length() throws {
        let longest = String(repeating: "a", count: 256)
        #expect(try TrustedPattern(longest).matches(longest))
        let error = #expect(throws: RemoteModelError.self) { try TrustedPattern(longest + "a") }
        #expect(error?.text.hasPrefix("Regex pattern too long (max 256 chars): ") == true)
    }

    static let traps = [
        "(a+)+", "(a*)*", "(a|aa)+", "(a|a?)+", "(.*a){20}", "(a?){200}a{200}", "((a*)*)*",
        "(.*)(.*)(.*)(.*)b",
        "((((){256}){256}){256}){256}a*",
    ]

    @Test("expressions that make others hang take no time", arguments: traps)
    func pathological(pattern: String) throws {
        let pattern = try TrustedPattern(pattern)
        let text = String(repeating: "a", count: RemoteAddress.bytesMax - 1) + "!"
        let clock = ContinuousClock()
        let time = clock.measure { #expect(!pattern.matches(text)) }
        // Milliseconds in a release build; a machine at work in a debug build gets a second or two.
        #expect(time < .seconds(20))
    }

    static let nested: [(String, Bool)] = [
        ("(a+)+", true), ("(a*b)*", true), ("((a{2})b)?", true), ("a+b+", false), ("(ab)+", false),
        ("(a|b)*c+", false), (".*", false),
    ]

    @Test("repetitions in repetitions are told", arguments: nested)
    func nestedQuantifiers(pattern: String, expected: Bool) throws {
        #expect(try TrustedPattern(pattern).hasNestedQuantifier == expected)
    }

    /// Expressions, URL, whether it may be called.
    static let lists: [([String], String, Bool)] = [
        ([], "https://a/", false), (["https://a/.*"], "https://a/x", true),
        (["https://a:443/.*"], "https://a/x", true), (["https://a/.*"], "https://a:443/x", true),
        (["https://a/.*"], "https://a:444/x", false), (["https://a/.*"], "HTTPS://A./x/../y", true),
        (["https://a/v1/.*"], "https://a/v1/../secret", false),
        (["https://a/v1/.*"], "https://a/v1/%2e%2e/x", false),
        (["https://a/v1/.*"], "https://a/v1/..%2fx", true),
        (["x", "https://b/", "y"], "https://b", true),
        (["https://a"], "https://a/", false), (["http://.*"], "https://a/", false),
    ]

    @Test("an address must be covered whole by one expression", arguments: lists)
    func list(patterns: [String], url: String, isAllowed: Bool) throws {
        let list = try TrustedList(patterns)
        let address = try RemoteAddress(url)
        if isAllowed {
            try list.check(address)
        } else {
            let error = #expect(throws: RemoteModelError.self) { try list.check(address) }
            #expect(error?.code == .policy)
        }
    }

    @Test("random expressions end in a matcher or a typed error")
    func fuzz() {
        let marks = Array("ab.*+?{1,2}()[]^$|\\d-w:/".unicodeScalars)
        var generator = SplitMix(seed: 5)
        for _ in 0..<3_000 {
            var text = ""
            for _ in 0..<generator.next() % 16 {
                text.unicodeScalars.append(marks[Int(generator.next() % UInt64(marks.count))])
            }
            // A refusal is a good end.
            guard let pattern = try? TrustedPattern(text) else { continue }
            _ = pattern.matches("ab/ab:2")
        }
    }
}
