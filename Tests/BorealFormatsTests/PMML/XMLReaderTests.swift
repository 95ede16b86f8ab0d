import BorealBase
import Testing

@testable import BorealFormats

@Suite struct XMLReaderTests {
    private func read(_ text: String) throws -> XMLElement {
        let document = try XMLReader.read(Array(text.utf8), format: .pmml)
        return XMLElement(document: document, index: 0, format: .pmml)
    }

    @Test("elements, attributes and texts, with references replaced")
    func document() throws {
        let root = try read(
            """
            \u{FEFF}<?xml version="1.0"?><!-- <a> --><p:r xmlns:p='u' p:k = "1 &lt; 2&#x41;&#10;">
              <p:a>x &amp; <![CDATA[<y> &amp;]]>z<!-- no -->!</p:a><b \
              n='"'/><Extension><b/></Extension>
              <c><d/>text</c><?pi ?></p:r>
            """
        )
        #expect(root.name == "r")
        #expect(root.string("k") == "1 < 2A\n")
        #expect(root.children.map(\.name) == ["a", "b", "c"])
        #expect(root.child("a")?.text == "x & <y> &amp;z!")
        #expect(root.child("b")?.string("n") == "\"")
        #expect(root.child("c")?.text == "")
        #expect(root.child("c")?.child("d") != nil)
    }

    @Test("numbers and arrays")
    func arrays() throws {
        let root = try read(
            "<r a=' 1.5e3 ' b='INF' c='abc'><n>1 -2.5\n3e-1</n><s>a \"b c\" \\\"d \"\"</s></r>"
        )
        #expect(try root.number("a") == 1500)
        #expect(try root.number("b") == .infinity)
        #expect(try root.number("z") == nil)
        #expect(throws: FormatError.self) { try root.number("c") }
        #expect(try root.child("n")?.numbers() == [1, -2.5, 0.3])
        #expect(root.child("s")?.strings() == ["a", "b c", "\"d", ""])
    }

    @Test("Latin-1 is read as what it is")
    func latin() throws {
        var bytes = Array("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><r a=\"ros".utf8)
        bytes.append(0xE9)
        bytes += Array("\"/>".utf8)
        let document = try XMLReader.read(bytes, format: .pmml)
        #expect(XMLElement(document: document, index: 0, format: .pmml).string("a") == "rosé")
    }

    @Test(
        "what is no XML, or more than XML, is refused where it stands",
        arguments: [
            "", "text", "<a>", "<a></b>", "<a/><b/>", "<a/>x", "<a b/>", "<a b=c/>", "<a b='<'/>",
            "<a b='1' b='2'/>", "<a b='1'c='2'/>", "<a>&x;</a>", "<a>&#0;</a>", "<a>&amp</a>",
            "<!-- ",
            "<a><![CDATA[</a>", "<!DOCTYPE a><a/>", "<!ELEMENT a>", "<a b='", "< a/>", "</a>", "<a",
            "<?xml version='1.0' encoding='UTF-16'?><a/>", "<a>\u{0}</a",
        ]
    )
    func refused(text: String) {
        #expect(throws: FormatError.self) { try read(text) }
    }

    @Test("text that is no UTF-8 is refused where it stops being it")
    func encoding() {
        for bytes: [UInt8] in [
            [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80],
            [0xF0, 0x8F, 0xBF, 0xBF],
        ] {
            #expect(XMLEncoding.firstInvalid([0x61] + bytes + [0x62]) == 1, "\(bytes)")
        }
        #expect(XMLEncoding.firstInvalid(Array("aé€😀 and more text".utf8)) == nil)
    }

    @Test("depth, names and attributes are bounded, and cost no stack")
    func bounds() {
        let deep = [UInt8]((0..<200_000).flatMap { _ in Array("<a>".utf8) })
        #expect(
            throws: FormatError.tooLarge(
                .pmml,
                what: "nested elements",
                limit: Limits.modelNestingMax
            )
        ) { try XMLReader.read(deep, format: .pmml) }
        let wide = "<a " + (0..<300).map { "a\($0)='' " }.joined() + "/>"
        #expect(throws: FormatError.self) { try read(wide) }
        #expect(throws: FormatError.self) { try read("<\(String(repeating: "n", count: 2_000))/>") }
    }

    @Test("whatever bytes follow each other, there is an answer")
    func noise() {
        var random = SeededGenerator(state: 9)
        let pieces = [
            "<", ">", "/", "a", "=", "'", "\"", "&", ";", "amp", "<!--", "-->", "<![CDATA[", "]]>",
            " ",
            "<?", "?>", "\u{E9}", "#x41", "<a>", "</a>",
        ]
        for _ in 0..<3_000 {
            let text = (0..<Int.random(in: 0..<24, using: &random))
                .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            _ = try? read(text)
            _ = try? read("<a>" + text + "</a>")
        }
    }
}
