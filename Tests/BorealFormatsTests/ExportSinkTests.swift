import BorealBase
import BorealBoost
import BorealGraph
import Glibc
import Testing

@testable import BorealFormats

/// Files are written in pieces, and end with the first thing that goes wrong.
@Suite struct ExportSinkTests {
    private struct Refusal: Error, Equatable {
        let code: Int32
    }

    /// Where pieces go in these tests.
    private final class Shelf {
        var pieces: [[UInt8]] = []
        var bytes: [UInt8] { pieces.flatMap { $0 } }
    }

    @Test("pieces come in order, none much longer than the rest")
    func pieces() throws {
        let shelf = Shelf()
        let sink = ExportSink { shelf.pieces.append(Array($0)) }
        var wanted: [UInt8] = []
        for number in 0..<200_000 {
            sink.append("\(number),")
            wanted += Array("\(number),".utf8)
        }
        let numbers = (0..<100_000).map(Double.init)
        sink.append(memoryOf: numbers)
        numbers.withUnsafeBytes { wanted += $0 }
        try sink.finish()
        #expect(shelf.bytes == wanted)
        #expect(sink.bytes == wanted.count)
        #expect(shelf.pieces.count > 10)
        #expect(shelf.pieces.allSatisfy { $0.count <= 2 * ExportSink.pieceBytes })
    }

    @Test("a file of exactly as many bytes as it may have is whole; one byte more ends it")
    func limit() throws {
        let shelf = Shelf()
        let sink = ExportSink(bytesMax: 5) { shelf.pieces.append(Array($0)) }
        sink.append("12345")
        try sink.check()
        try sink.finish()
        #expect(shelf.bytes == Array("12345".utf8))
        sink.append("6")
        let error = #expect(throws: ExportError.self) { try sink.check() }
        guard case .tooLarge(limit: 5)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        // What comes afterwards is dropped.
        sink.append("")
        #expect(throws: ExportError.self) { try sink.finish() }
        #expect(shelf.bytes.count == 5 && sink.bytes == 5)
    }

    @Test("a full disk ends the file with the system's own error")
    func fullDisk() throws {
        let descriptor = open("/dev/full", O_WRONLY)
        #expect(descriptor >= 0)
        defer { close(descriptor) }
        var calls = 0
        let sink = ExportSink { piece in
            calls += 1
            guard write(descriptor, piece.baseAddress, piece.count) == piece.count else {
                throw Refusal(code: errno)
            }
        }
        let error = #expect(throws: ExportError.self) {
            try ExportFormat.json.write(try Self.forest(trees: 40), to: sink)
        }
        guard case .target(let reason)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason as? Refusal == Refusal(code: ENOSPC))
        #expect(calls == 1)
    }

    /// Trees of 255 nodes in a row, of numbers that take many digits.
    private static func forest(trees count: Int) throws -> ModelGraph {
        var trees: [Tree] = []
        for number in 0..<count {
            var tree = Tree()
            for node in Int32(0)..<255 {
                tree.splitFeature.append(node % 3)
                tree.threshold.append(1.0 / Double(Int(node) + number + 3))
                tree.decisionType.append(2 | 8)
                tree.leftChild.append(~node)
                tree.rightChild.append(node == 254 ? ~255 : node + 1)
            }
            tree.leafValue = (0..<256).map { Double($0 + number) / 7 }
            trees.append(tree)
        }
        return try ModelGraph(
            BoostedModel(
                ensemble: TreeEnsemble(trees: trees, scoresPerRow: 1, featureCount: 3),
                inputs: ["a", "b", "c"].map { GraphInput(name: $0) },
                link: .identity,
                task: .regression
            )
        )
    }

    @Test("cancellation is seen within a piece, in every format", arguments: ExportFormat.allCases)
    func cancellation(format: ExportFormat) throws {
        let graph = try Self.forest(trees: 60)
        let flag = CancellationFlag()
        let shelf = Shelf()
        let sink = ExportSink(cancellation: flag) { piece in
            shelf.pieces.append(Array(piece))
            flag.cancel()
        }
        let error = #expect(throws: ExportError.self) { try format.write(graph, to: sink) }
        guard case .cancelled? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(shelf.pieces.count == 1)
        // Before the first byte it is seen as well.
        let other = ExportSink(cancellation: flag) { shelf.pieces.append(Array($0)) }
        #expect(throws: ExportError.self) { try format.write(graph, to: other) }
        #expect(shelf.pieces.count == 1)
    }

    @Test("a file in pieces is the file in memory", arguments: ExportFormat.allCases)
    func samePieces(format: ExportFormat) throws {
        let graph = try Self.forest(trees: 60)
        let shelf = Shelf()
        try format.write(graph, to: ExportSink { shelf.pieces.append(Array($0)) })
        #expect(shelf.pieces.count > 1)
        #expect(shelf.bytes == (try format.write(graph)))
        guard format != .sql, format != .json else { return }
        let again = try ModelReader.read(shelf.bytes, fileName: "m." + format.fileExtension).graph
        let rows = try GraphBatch(values: [0.3, 0.01, .nan, -1, 0.2, 5], featureCount: 3)
        let first = try graph.run(rows, roles: [.value]).doubles(0)
        let second = try again.run(rows, roles: [.value]).doubles(0)
        for (a, b) in zip(first, second) { #expect(abs(a - b) <= 1e-6 * abs(a)) }
    }

    @Test(
        "what a format cannot say is said before the first byte",
        arguments: [ExportFormat.xgboost, .onnx, .pmml]
    )
    func refusedAtOnce(format: ExportFormat) throws {
        let graph = try Zoo.model("lgb460-txt-zero-as-missing").graph
        let sink = ExportSink { _ in Issue.record("a piece of a refused file") }
        let error = #expect(throws: ExportError.self) { try format.write(graph, to: sink) }
        #expect(sink.bytes == 0)
        guard case .format(let reason)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.description.contains("zero counts as missing"))
    }
}
