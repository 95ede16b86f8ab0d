import BorealBase
import BorealHTTP
import Testing

@testable import BorealRemote

@Suite("Pictures")
struct PictureTests {
    static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]
    private static let types: [([UInt8], String?)] = [
        (png, "image/png"),
        ([0xFF, 0xD8, 0xFF, 0xE0], "image/jpeg"),
        (Array("GIF87a;".utf8), "image/gif"),
        (Array("GIF89a;".utf8), "image/gif"),
        (Array("RIFF....WEBPVP8 ".utf8), "image/webp"),
        (Array("RIFF....WAVEfmt ".utf8), nil),
        (Array("BM".utf8) + [UInt8](repeating: 0, count: 24), "image/bmp"),
        (Array("BM is no picture".utf8), nil),
        (Array(png.prefix(7)), nil),
        (Array("<svg/>".utf8), nil),
        ([], nil),
    ]

    @Test("the type is what the first bytes say", arguments: types)
    func type(bytes: [UInt8], expected: String?) {
        #expect(Picture(bytes).mediaType == expected)
    }

    @Test("a picture is a part of the content of a chat")
    func request() throws {
        let input = RemoteInput.pictured(prompt: #"what "is" it"#, pictures: [Picture(Self.png)])
        let chat = try codec("openai.chat") { $0.system = "s" }
        let body = try chat.body(for: [input])
        let url = "data:image/png;base64," + Base64.encode(Self.png)
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"model":"m","messages":[{"role":"system","content":"s"},"#
                + #"{"role":"user","content":[{"type":"image_url","image_url":{"url":""# + url
                + #""}},{"type":"text","text":"what \"is\" it"}]}]}"#
        )
    }

    @Test("a template has a place for it")
    func template() throws {
        let input = RemoteInput.pictured(prompt: "p", pictures: [Picture(Self.png)])
        let own = try codec(#"{"q":"${content}","i":"${image}"}"#, output: "$.a")
        let body = try JSON.parse(own.body(for: [input]))
        #expect(body["q"]?.string == "p")
        #expect(body["i"]?.string?.hasPrefix("data:image/png;base64,") == true)
        #expect(throws: RemoteModelError.self) { try own.body(for: [.prompt("p")]) }
    }

    @Test("what is no picture, or too large a one, fails its row")
    func bad() throws {
        let chat = try codec("openai.chat")
        let large = Self.png + [UInt8](repeating: 0, count: Limits.pictureBytesMax)
        for (bytes, word) in [(Array("text".utf8), "no PNG"), (large, "are allowed")] {
            let input = RemoteInput.pictured(prompt: "p", pictures: [Picture(bytes)])
            let error = #expect(throws: RemoteModelError.self) { try chat.body(for: [input]) }
            #expect(error?.text.contains(word) == true)
        }
    }

    @Test("only a chat takes pictures, each in a request of its own")
    func services() throws {
        let input = RemoteInput.pictured(prompt: "p", pictures: [Picture(Self.png)])
        for name in ["completions", "openai.embedding", "openai.rerank"] {
            #expect(throws: RemoteModelError.self) { try codec(name).body(for: [input]) }
        }
        let packed = try codec("openai.chat") { $0.rowsPerPrompt = 4 }
        #expect(!packed.canShareRequest(input, .prompt("a")))
        #expect(!packed.canShareRequest(.prompt("a"), input))
        #expect(packed.canShareRequest(.prompt("b"), .prompt("a")))
    }

    @Test("a picture counts as a page of text, not as its bytes")
    func tokens() {
        let large = Picture([UInt8](repeating: 7, count: 1 << 20))
        let input = RemoteInput.pictured(prompt: "four", pictures: [large])
        #expect(input.byteCount == 1 << 20 + 4)
        #expect(input.tokenByteCount == Picture.tokenBytes + 4)
    }
}
