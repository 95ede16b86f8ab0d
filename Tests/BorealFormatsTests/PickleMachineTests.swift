import BorealBase
import BorealBoost
import BorealGraph
import Testing

@testable import BorealFormats

@Suite struct PickleMachineTests {
    private func read(_ bytes: [UInt8]) throws -> PickleDocument {
        var machine = PickleMachine(source: bytes)
        return try machine.run()
    }

    private func read(_ text: String) throws -> PickleDocument { try read(Array(text.utf8)) }

    @Test(
        "protocol 0 spells numbers, truth values and text in lines",
        arguments: [
            ("I-42\n.", PlainValue.integer(-42)), ("I01\n.", .bool(true)), ("L7L\n.", .integer(7)),
            ("F-1.5\n.", .float(-1.5)), ("S'a\\x41\\n'\n.", .text("aA\n")),
            ("V\\u00e9\n.", .text("é")), ("N.", .none),
        ]
    )
    func protocol0(text: String, value: PlainValue) throws {
        let document = try read(text)
        #expect(document.plainValue(document.root) == value)
    }

    @Test(
        "long integers of up to eight bytes keep their sign",
        arguments: [
            ([0x8A, 0, 0x2E], 0), ([0x8A, 1, 0xFF, 0x2E], -1), ([0x8A, 2, 0, 1, 0x2E], 256),
            ([0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x2E], Int64.min),
        ] as [([UInt8], Int64)]
    )
    func longs(bytes: [UInt8], value: Int64) throws {
        let document = try read(bytes)
        #expect(document.integer(document.root) == value)
    }

    @Test("what is used twice is held once")
    func sharing() throws {
        // A list of twice the same list.
        let document = try read([0x80, 4, 0x5D, 0x28, 0x5D, 0x94, 0x68, 0, 0x65, 0x2E])
        let elements = try #require(document.elements(document.root))
        #expect(elements.count == 2)
        #expect(elements[0] == elements[1])
    }

    @Test("a list that holds itself is read and never followed")
    func circle() throws {
        let document = try read([0x80, 2, 0x5D, 0x71, 0, 0x68, 0, 0x61, 0x2E])
        #expect(document.elements(document.root) == [document.root])
    }

    @Test("what the writer writes, the machine reads")
    func writer() throws {
        var writer = PickleWriter()
        writer.dictionary { items in
            items.text("a")
            items.list { elements in
                elements.integer(-5)
                elements.float(0.1)
                elements.bool(true)
                elements.none()
            }
            items.text(String(repeating: "x", count: 300))
            items.integer(.max)
        }
        let document = try read(writer.finish())
        let list = document.member(document.root, "a")
        #expect(document.plainValues(list) == [.integer(-5), .float(0.1), .bool(true), .none])
        #expect(
            document.integer(document.member(document.root, String(repeating: "x", count: 300)))
                == .max
        )
        #expect(document.member(document.root, "b") == nil)
    }

    @Test(
        "a dtype reads its elements in either byte order",
        arguments: [
            ("<f8", [0, 0, 0, 0, 0, 0, 0xF0, 0x3F], PlainValue.float(1)),
            (">i2", [0xFF, 0xFE], .integer(-2)),
            ("<u2", [0xFE, 0xFF], .integer(65_534)), ("|b1", [1], .bool(true)),
            ("<f2", [0, 0x3C], .float(1)),
            ("<f2", [1, 0], .float(0x1p-24)), ("<f4", [0, 0, 0x80, 0x3F], .float(1)),
            ("<U2", [0xE9, 0, 0, 0, 0, 0, 0, 0], .text("é")), (">U1", [0, 1, 0xF6, 0], .text("😀")),
            ("S3", [0x61, 0x62, 0], .text("ab")),
        ] as [(String, [UInt8], PlainValue)]
    )
    func elements(type: String, bytes: [UInt8], value: PlainValue) throws {
        let dtype = try #require(NumpyType(type))
        #expect(dtype.itemBytes == bytes.count)
        #expect(dtype.value(bytes[...]) == value)
    }

    @Test("a Booster predicts with its best iteration only")
    func bestIteration() throws {
        let name = "lgb460-txt-goss"
        let text = try Zoo.bytes("\(name)/model.txt")
        func model(best: Int64) throws -> ImportedModel {
            var writer = PickleWriter()
            writer.object(module: "lightgbm.basic", name: "Booster") { state in
                state.text("handle")
                state.text(text)
                state.text("best_iteration")
                state.integer(best)
            }
            return try ModelReader.read(writer.finish(), fileName: "m.pkl")
        }
        let whole = try Zoo.model(name).graph.treeEnsemble?.ensemble.trees
        #expect(
            try model(best: 4).graph.treeEnsemble?.ensemble.trees
                == whole.map { Array($0.prefix(4)) }
        )
        #expect(try model(best: -1).inspection.treeCount == whole?.count)
        #expect(try model(best: .max).inspection.treeCount == whole?.count)
    }

    @Test("pickles of other libraries are named, not called damaged")
    func otherLibraries() {
        let pickle = Array("cstatsmodels.api\nOLS\n.".utf8)
        #expect(
            throws: FormatError.unsupportedFormat(
                .pickle,
                detail: "statsmodels (statsmodels.api.OLS)"
            )
        ) { try ModelReader.read(pickle, fileName: "m.pkl") }
    }

    @Test("a listed class cannot be called beyond what it is for")
    func calls() {
        let pickle = Array("c__builtin__\nint\n(I1\ntR.".utf8)
        #expect(throws: FormatError.self) { try read(pickle) }
    }
}
