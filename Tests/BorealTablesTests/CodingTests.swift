import BorealBase
import Testing

@testable import BorealTables

@Suite struct CodingTests {
    private func number(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { InternetAddress.number(UnsafeRawBufferPointer($0)) }
    }

    private func converted(_ text: String, _ from: Int, _ to: Int) -> String? {
        var text = text
        return text.withUTF8 {
            BaseConversion.convert(UnsafeRawBufferPointer($0), from: from, to: to)
        }
    }

    @Test("addresses of version 4 are read with missing parts in the middle")
    func addresses() {
        #expect(number("10.0.5.9") == 167_773_449)
        #expect(number("127.1") == 2_130_706_433)
        #expect(number("1.2.3") == 16_908_291)
        for text in ["", "1.", "256.1.1.1", "1.2.3.x", "1.2.3.4.5.6.7.8.9", "-1"] {
            #expect(number(text) == nil, "\(text)")
        }
        #expect(InternetAddress.four("1.2.3.4") == [1, 2, 3, 4])
        for text in ["1.2.3", "1.2.3.4.5", "1.2.3.0004", "1..2.3"] {
            #expect(InternetAddress.four(text) == nil, "\(text)")
        }
    }

    @Test("addresses of version 6 survive the way through their bytes")
    func longAddresses() {
        let cases = [
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("fe80:0:0:0:0:0:0:1", "fe80::1"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
            ("::1.2.3.4", "::1.2.3.4"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("64:ff9b::1.2.3.4", "64:ff9b::102:304"), ("A::B", "a::b"),
        ]
        for (text, expected) in cases {
            #expect(InternetAddress.six(text).map { InternetAddress.text(ofSix: $0) } == expected)
        }
        for text in ["", ":", ":::", "1:2", "1::2::3", "12345::", "::1.2.3", "1:2:3:4:5:6:7:8:9"] {
            #expect(InternetAddress.six(text) == nil, "\(text)")
        }
    }

    @Test("whole numbers change their base within 64 bits")
    func bases() {
        #expect(converted("ff", 16, 10) == "255")
        #expect(converted("-1", 10, 16) == "FFFFFFFFFFFFFFFF")
        #expect(converted("-1", 10, -16) == "-1")
        #expect(converted("zz", 36, 2) == "10100001111")
        #expect(converted("99999999999999999999", 10, 16) == "FFFFFFFFFFFFFFFF")
        #expect(converted("99999999999999999999", -10, 16) == "7FFFFFFFFFFFFFFF")
        #expect(converted("-99999999999999999999", -10, -10) == "-9223372036854775808")
        #expect(converted(" 12x", 10, 8) == "14")
        for (from, to) in [(1, 10), (37, 10), (10, 0), (10, .min), (.max, 10)] {
            #expect(converted("1", from, to) == nil)
        }
    }

    @Test("identifiers rise, and are read in their three spellings")
    func identifiers() {
        let first = UniqueIdentifier.next()
        let second = UniqueIdentifier.next()
        #expect(first.bytes[6] >> 4 == 1, "version 1")
        #expect(first.swapped.lexicographicallyPrecedes(second.swapped))
        let text = first.text
        for spelling in [text, text.uppercased(), "{\(text)}", text.filter { $0 != "-" }] {
            #expect(UniqueIdentifier(spelling)?.bytes == first.bytes, "\(spelling)")
        }
        #expect(UniqueIdentifier(first.swapped, isSwapped: true).bytes == first.bytes)
        for wrong in ["", String(text.dropLast()), "{\(text)x", text.replacing("-", with: "_")] {
            #expect(UniqueIdentifier(wrong) == nil, "\(wrong)")
        }
        #expect(UniqueIdentifier.nextShort() < UniqueIdentifier.nextShort())
    }

    @Test("AES works in every mode that MySQL names")
    func ciphers() throws {
        let text = Array("a text of more than one block".utf8)
        let vector = [UInt8](0..<16)
        for bits in [128, 192, 256] {
            for mode in ["ecb", "cbc", "cfb1", "cfb8", "cfb128", "ofb"] {
                let cipher = try #require(BlockCipher("aes-\(bits)-\(mode)"))
                let key = cipher.folded(Array("a key".utf8))
                #expect(key.count == bits / 8)
                let hidden = try #require(cipher.encrypt(text, key: key, vector: vector))
                #expect(hidden != text)
                #expect(cipher.decrypt(hidden, key: key, vector: vector) == text)
                #expect(cipher.needsVector == (mode != "ecb"))
            }
        }
        for name in ["", "aes-128", "aes-64-ecb", "des-128-ecb", "aes-128-xts"] {
            #expect(BlockCipher(name) == nil, "\(name)")
        }
    }

    @Test("the mode of encryption is the session's")
    func cipherModes() throws {
        let tables = try TableHarness()
        _ = try tables.run("SET block_encryption_mode = 'aes-256-cbc'")
        #expect(tables.outcome("SELECT AES_ENCRYPT('a', 'k')") == "!1582")
        #expect(tables.outcome("SELECT AES_ENCRYPT('a', 'k', 'short')") == "!1882")
        let query =
            "SELECT AES_DECRYPT(AES_ENCRYPT('a', 'k', REPEAT('v', 16)), 'k', REPEAT('v', 16))"
        #expect(tables.outcome(query) == "a")
    }

    @Test("texts in other character sets have other bytes")
    func characterSets() {
        #expect(CharacterSetCode.encode("ä€П", "latin1") == [0xE4, 0x80, 0x3F])
        #expect(CharacterSetCode.encode("ä", "ascii") == [0x3F])
        #expect(CharacterSetCode.encode("a😀", "utf16") == [0, 0x61, 0xD8, 0x3D, 0xDE, 0])
        #expect(CharacterSetCode.encode("a", "utf16le") == [0x61, 0])
        #expect(CharacterSetCode.encode("a", "utf32") == [0, 0, 0, 0x61])
        #expect(CharacterSetCode.encode("ä", "utf8mb4") == [0xC3, 0xA4])
    }

    @Test("what COMPRESS did not make is NULL with a warning")
    func compression() throws {
        let tables = try TableHarness()
        #expect(tables.outcome("SELECT UNCOMPRESS(X'0300000061626364')") == "NULL")
        #expect(tables.session.warnings.map(\.code) == [.compressedDataCorrupt])
        #expect(tables.outcome("SELECT UNCOMPRESS(X'FFFFFF3F789C')") == "NULL")
        #expect(tables.session.warnings.map(\.code) == [.uncompressedTooLarge])
    }
}
