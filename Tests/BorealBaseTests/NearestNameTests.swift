import BorealBase
import Testing

@Suite struct NearestNameTests {
    private static let names = ["max_batch", "rpm", "tpm", "retries"]
    private static let cases: [(String, [String], String?)] = [
        ("maxbatch", names, "max_batch"), ("RPM", names, "rpm"), ("xpm", names, "rpm"),
        ("retry", names, "retries"), ("", ["ab", "c"], "c"), ("x", [], nil),
        (String(repeating: "x", count: 100_000), ["a", "xx"], "xx"),
    ]

    @Test("the fewest changes win, the first of equals", arguments: cases)
    func finds(name: String, names: [String], expected: String?) {
        #expect(NearestName.find(name, among: names) == expected)
    }
}
