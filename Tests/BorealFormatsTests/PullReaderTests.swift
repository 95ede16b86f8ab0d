import Testing

@testable import BorealFormats

@Suite struct PullReaderTests {
    private func read<Value>(
        _ text: String,
        _ body: (inout JSONPullReader) throws(FormatError) -> Value
    ) throws(FormatError) -> Value {
        try Array(text.utf8).withRawBytes { bytes throws(FormatError) in
            var reader = JSONPullReader(bytes, format: .xgboostJSON)
            return try body(&reader)
        }
    }

    private func readUBJ<Value>(
        _ bytes: [UInt8],
        _ body: (inout UBJSONPullReader) throws(FormatError) -> Value
    ) throws(FormatError) -> Value {
        try bytes.withRawBytes { bytes throws(FormatError) in
            var reader = UBJSONPullReader(bytes, format: .xgboostUBJSON)
            return try body(&reader)
        }
    }

    @Test("numbers become the nearest Float, halfway cases too")
    func floats() throws {
        var texts = ["0", "-0.0", "1E-45", "3.4028235E38", "7.378657E-5", "16777217", "1e400"]
        // Halfway between two Floats, and a little more and less.
        texts += ["1.000000059604644775390625", "1.00000005960464477539062500001"]
        texts += ["1.00000005960464477539062499999", "8388608.5", "8388609.5", "1.17549421e-38"]
        var generator = SeededGenerator(state: 1)
        for _ in 0..<3_000 {
            let value = Float(bitPattern: .random(in: 0...(.max), using: &generator))
            if value.isFinite { texts += ["\(value)", "\(Double(value) * 1.0000001)"] }
        }
        let values = try read("[" + texts.joined(separator: " ,\n") + "]") {
            reader throws(FormatError) in
            try reader.floats()
        }
        #expect(values.map(\.bitPattern) == texts.map { (Float($0) ?? .infinity).bitPattern })
    }

    @Test("whole numbers keep to 32 bits, and words stand for numbers")
    func integers() throws {
        let values = try read("[1,-2, 4294967295,3E1 ]") { reader throws(FormatError) in
            try reader.integers()
        }
        #expect(values == [1, -2, -1, 30])
        #expect(
            try read("[true,false,1,255]") { reader throws(FormatError) in try reader.flags() } == [
                1, 0, 1, 255,
            ]
        )
        let words = try read("[NaN,-Infinity]") { reader throws(FormatError) in try reader.doubles()
        }
        #expect(words[0].isNaN && words[1] == -.infinity)
        for text in ["[1,2", "[1 2]", "[,1]", "[1.]", "[2147483648]", "[-]", "{", "[\"a\"]"] {
            #expect(throws: FormatError.self) {
                try read(text) { reader throws(FormatError) in try reader.integers() }
            }
        }
    }

    @Test("what is not asked for is skipped, brackets and escapes in texts too")
    func skipping() throws {
        let text = #"{"a": {"b":[1,{"c":"]}\""}],"d":null}, "e\u0041": "x\n", "f": 2}"#
        let found = try read(text) { reader throws(FormatError) in
            var found: [String] = []
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if key == "a" {
                    try reader.skip()
                } else {
                    found.append("\(key)=\(try reader.scalarText())")
                }
            }
            try reader.finish()
            return found
        }
        #expect(found == ["eA=x\n", "f=2"])
    }

    @Test("deep documents are refused, not walked by recursion")
    func depth() {
        let open = String(repeating: "[", count: 100_000)
        #expect(throws: FormatError.tooLarge(.xgboostJSON, what: "nested containers", limit: 500)) {
            try read(open) { reader throws(FormatError) in try reader.skip() }
        }
        let bytes = (0..<100_000).flatMap { _ in Array("{i\u{1}a".utf8) }
        #expect(throws: FormatError.tooLarge(.xgboostUBJSON, what: "nested containers", limit: 500))
        {
            try readUBJ(bytes) { reader throws(FormatError) in try reader.skip() }
        }
    }

    @Test("typed arrays of UBJSON are big-endian, untyped ones have markers")
    func typedArrays() throws {
        let typed: [UInt8] = Array("[$d#U".utf8) + [2, 0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0]
        #expect(
            try readUBJ(typed) { reader throws(FormatError) in try reader.floats() } == [1, -2]
        )
        let untyped: [UInt8] = Array("[".utf8) + [0x69, 0xFF, 0x49, 1, 0] + Array("]".utf8)
        #expect(
            try readUBJ(untyped) { reader throws(FormatError) in try reader.integers() } == [
                -1, 256,
            ]
        )
        let counted: [UInt8] = Array("[#i".utf8) + [2] + Array("TF".utf8)
        #expect(
            try readUBJ(counted) { reader throws(FormatError) in try reader.flags() } == [1, 0]
        )
    }

    @Test("counts beyond the bytes are refused before memory is taken")
    func counts() {
        let huge: [UInt8] = Array("[$d#L".utf8) + [0x10, 0, 0, 0, 0, 0, 0, 0]
        #expect(throws: FormatError.self) {
            try readUBJ(huge) { reader throws(FormatError) in try reader.floats() }
        }
        for type in ["N", "Z", "T", "{", "S"] {
            let bytes = Array("[$\(type)#L".utf8) + [0, 0, 1, 0, 0, 0, 0, 0]
            #expect(throws: FormatError.self) {
                try readUBJ(bytes) { reader throws(FormatError) in try reader.skip() }
            }
        }
    }
}
