import BorealBase
import Testing

@testable import BorealWire

@Suite("Character sets of one byte") struct SingleByteSetTests {
    /// Set, bytes, and the text that they are; `?` for bytes that are none.
    static let samples: [(String, [UInt8], String)] = [
        ("latin1", [0x61, 0x80, 0xE9, 0xFF], "a€éÿ"),
        ("latin1", [0x81, 0x8D, 0x8F, 0x90, 0x9D], "\u{81}\u{8D}\u{8F}\u{90}\u{9D}"),
        ("ascii", [0x41, 0xE9], "A?"), ("cp1250", [0xB9, 0x8A, 0x81], "ąŠ?"),
        ("cp1251", [0xCF, 0xF0, 0xB8, 0x98], "Прё?"), ("cp1256", [0xC7, 0x8A], "ا?"),
        ("cp1257", [0xE0, 0xA1], "ą?"), ("cp850", [0x82, 0xD5], "éı"),
        ("cp852", [0xA5, 0x9F], "ąč"), ("cp866", [0x8F, 0xFC, 0xFD], "Пⁿ²"),
        ("greek", [0xE1, 0xA1, 0xA4], "αʽ?"), ("hebrew", [0xE0, 0xAF, 0xFB], "א‾?"),
        ("koi8r", [0xF0, 0xC1, 0x95], "Па∙"), ("koi8u", [0xA4, 0xAD, 0x95], "єґ•"),
        ("latin2", [0xB1, 0xA9], "ąŠ"), ("latin5", [0xFD, 0xDE], "ıŞ"),
        ("latin7", [0xE0, 0xB4], "ą“"), ("macroman", [0x8E, 0xDB, 0xF0], "é€\u{F8FF}"),
    ]

    @Test("bytes are the characters that MySQL has for them", arguments: samples)
    func decoded(name: String, bytes: [UInt8], text: String) throws {
        let set = try #require(SingleByteSet.named(name))
        #expect(String(decoding: set.decoded(bytes), as: UTF8.self) == text)
        let back = zip(set.encoded(text), bytes).allSatisfy { $0 == $1 || $0 == 0x3F }
        #expect(back && set.encoded(text).count == bytes.count)
    }

    @Test("every byte that is a character comes back", arguments: SingleByteSet.names.sorted())
    func roundTrip(name: String) throws {
        let set = try #require(SingleByteSet.named(name))
        for byte in UInt8.min...UInt8.max {
            let text = String(decoding: set.decoded([byte]), as: UTF8.self)
            if text != "?" { #expect(set.encoded(text) == [byte], "\(byte)") }
        }
    }

    @Test("what a set does not have becomes a question mark, in sentences its number")
    func unmapped() throws {
        let rows: [(String, String, String, String)] = [
            ("latin1", "é П 😀", "\u{E9} ? ?", "\u{E9} \\041F \\+01F600"),
            ("ascii", "é €", "? ?", "\\00E9 \\20AC"), ("cp1251", "Ы", "\u{DB}", "\u{DB}"),
        ]
        for (name, text, cell, sentence) in rows {
            let conversion = TextConversion.singleByte(try #require(SingleByteSet.named(name)))
            let bytes = Array(text.utf8)
            #expect(
                bytes.withUnsafeBytes { conversion.converted($0) }
                    == cell.unicodeScalars.map { UInt8($0.value) }
            )
            #expect(
                conversion.converted(message: text)
                    == sentence.unicodeScalars.map { UInt8($0.value) }
            )
        }
    }

    @Test("utf8mb3 has no characters above U+FFFF")
    func basicPlane() {
        let texts = [("é€", nil), ("a😀b", "a?b")]
        for (text, expected) in texts {
            let converted = Array(text.utf8).withUnsafeBytes {
                TextConversion.basicPlane.converted($0)
            }
            #expect(converted == expected.map { Array($0.utf8) })
        }
        #expect(TextConversion.basicPlane.converted(message: "é😀") == Array("é\\+01F600".utf8))
    }

    /// `character_set_client`, `character_set_results`, `collation_connection`; then the set of
    /// the client, the collation that columns announce, and whether texts are converted.
    static let variables: [(String, String?, String, String?, UInt16?, Bool)] = [
        ("utf8mb4", "utf8mb4", "utf8mb4_general_ci", nil, 45, false),
        ("utf8mb4", "utf8mb4", "latin1_swedish_ci", nil, 255, false),
        ("latin1", "latin1", "latin1_bin", "latin1", 47, true),
        ("latin1", "cp1251", "latin1_bin", "latin1", 51, true),
        ("utf8mb4", nil, "utf8mb4_general_ci", nil, nil, false),
        ("binary", "binary", "binary", nil, 63, false),
        ("utf8mb3", "utf8mb3", "utf8mb3_general_ci", nil, 33, true),
    ]

    @Test("the variables of a session say how its texts travel", arguments: variables)
    func direction(
        client: String,
        results: String?,
        collation: String,
        set: String?,
        announced: UInt16?,
        isConverted: Bool
    ) {
        let texts = ClientTexts(client: client, results: results, collation: collation)
        #expect(texts.client?.name == set)
        #expect(texts.results.collation?.id == announced)
        #expect((texts.results.conversion != nil) == isConverted)
    }
}
