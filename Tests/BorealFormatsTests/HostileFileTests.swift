import BorealBase
import BorealGraph
import Foundation
import Testing

@testable import BorealFormats

@Suite struct HostileFileTests {
    /// Files of the manifest that are in the folder.
    static let files: [String] = {
        let all =
            (try? FileManager.default.contentsOfDirectory(atPath: Zoo.root + "/hostile")) ?? []
        return all.filter { $0 != "manifest.json" }.sorted()
    }()

    static let marker = "/tmp/boreal-hostile-marker"

    @Test("the folder is there") func folder() { #expect(Self.files.count >= 130) }

    @Test("a hostile file is refused in time and nothing in it runs", arguments: files)
    func refused(file: String) throws {
        let manifest = try JSON.parse(try Zoo.bytes("hostile/manifest.json"))
        let entry = manifest["files"]?.array?.first { $0["file"]?.string == file }
        let must = try #require(entry?["must"]?.string)
        let bytes = try Zoo.bytes("hostile/\(file)")
        let start = MonotonicClock.milliseconds
        var answer: ImportedModel?
        do throws(FormatError) { answer = try ModelReader.read(bytes, fileName: file) } catch {
            #expect(!error.description.isEmpty)
        }
        #expect(MonotonicClock.milliseconds - start < 30_000)
        if must == "reject" { #expect(answer == nil) }
        #expect(!FileManager.default.fileExists(atPath: Self.marker))
    }

    @Test(
        "a pickle that names a class beyond the list is refused by that name",
        arguments: [
            ("pkl-os-system-p0.pkl", "os", "system"),
            ("pkl-posix-system-p2.pkl", "posix", "system"),
            ("pkl-eval-p4.pkl", "builtins", "eval"), ("pkl-exec-py2.pkl", "__builtin__", "exec"),
            ("pkl-subprocess-p3.pkl", "subprocess", "Popen"),
            ("pkl-lgb-with-trailing-exec.pkl", "os", "system"),
        ]
    )
    func refusedByName(file: String, module: String, name: String) throws {
        let bytes = try Zoo.bytes("hostile/\(file)")
        #expect(throws: FormatError.classRefused(module: module, name: name)) {
            try ModelReader.read(bytes, fileName: file)
        }
    }

    @Test(
        "a network that is refused is refused by the name of what is wrong in it",
        arguments: [
            ("onnx-external-data.onnx", "'W'"), ("onnx-huge-dims.onnx", "'W'"),
            ("onnx-graph-cycle.onnx", "node 1 (Relu)"),
            ("onnx-unknown-op.onnx", "evil.LaunchMissiles"),
            ("onnx-constantofshape-huge.onnx", "(ConstantOfShape)"),
            ("onnx-tree-targets-huge.onnx", "(ai.onnx.ml.TreeEnsembleRegressor)"),
            ("torch-missing-storage.pt", "storage '7'"),
            ("safetensors-huge-header.safetensors", "a header of 1152921504606846976 bytes"),
            ("tf-index-truncated.index", "a block of 0 bytes"),
        ]
    )
    func namesThePart(file: String, part: String) throws {
        let bytes = try Zoo.bytes("hostile/\(file)")
        do throws(FormatError) {
            _ = try ModelReader.read(bytes, fileName: file)
            Issue.record("it was read")
        } catch { #expect(error.description.contains(part), "\(error)") }
    }

    // MARK: - Recipes for what is too large to keep

    private static func recipe(_ name: String) -> [UInt8] {
        let header: [UInt8] = [0x80, 2]
        switch name {
        case "deep lists":
            return header + [UInt8](repeating: 0x5D, count: 200_000)
                + [UInt8](repeating: 0x61, count: 199_999) + [0x2E]
        case "deep tuples":
            return header + [0x29] + [UInt8](repeating: 0x85, count: 300_000) + [0x2E]
        case "many marks": return header + [UInt8](repeating: 0x28, count: 500_000) + [0x2E]
        case "endless line":
            return Array("tree\nversion=v3\nfeature_names=".utf8)
                + (0..<400_000).flatMap { _ in Array("a ".utf8) }
        case "many values": return header + [UInt8](repeating: 0x4E, count: 2_000_000) + [0x2E]
        case "memo": return header + [0x4E] + [UInt8](repeating: 0x94, count: 1_000_000) + [0x2E]
        default: return zlibBomb(bytes: 90 << 20)
        }
    }

    /// Deflate by hand: a fixed-Huffman block of one zero and then matches of 258 bytes at distance
    /// 1, 13 bits each.
    private static func zlibBomb(bytes: Int) -> [UInt8] {
        var packed: [UInt8] = [0x78, 0x01]
        var pending: UInt32 = 0
        var count: UInt32 = 0
        func put(_ bits: [UInt32]) {
            for bit in bits {
                pending |= bit << count
                count += 1
                if count == 8 {
                    packed.append(UInt8(pending))
                    pending = 0
                    count = 0
                }
            }
        }
        put([1, 1, 0])
        put([0, 0, 1, 1, 0, 0, 0, 0])
        for _ in 0..<(bytes / 258) { put([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]) }
        return packed
    }

    @Test("a stream that unpacks to far more than it holds is given up early")
    func ratio() {
        let bomb = Self.zlibBomb(bytes: 80 << 20)
        let limit = FormatLimits.ratioFreeBytes
        #expect(throws: FormatError.tooLarge(.joblib, what: "unpacked bytes", limit: limit)) {
            try ModelReader.read(bomb, fileName: "x.joblib")
        }
    }

    @Test(
        "what is deep, long or explodes is refused in time",
        arguments: [
            "deep lists", "deep tuples", "many marks", "endless line", "many values", "memo",
            "bomb",
        ]
    )
    func recipes(name: String) throws {
        let bytes = Self.recipe(name)
        let start = MonotonicClock.milliseconds
        #expect(throws: FormatError.self) { try ModelReader.read(bytes, fileName: "x.pkl") }
        #expect(MonotonicClock.milliseconds - start < 30_000)
    }

    // MARK: - Damage

    @Test("a file cut anywhere is refused, never read as a smaller model", arguments: Zoo.names)
    func truncation(name: String) throws {
        let file = try Zoo.modelFile(name)
        let bytes = try Zoo.bytes("\(name)/\(file)")
        var generator = SeededGenerator(state: 7)
        var cuts = (0..<24).map { _ in Int.random(in: 0..<bytes.count, using: &generator) }
        cuts += [0, 1, 2, bytes.count - 1]
        for cut in cuts {
            let part = Array(bytes[..<cut])
            let model = try? ModelReader.read(part, fileName: file)
            guard model != nil else { continue }
            let text = String(decoding: part, as: UTF8.self)
            #expect(file.hasSuffix(".txt") && text.contains("end of trees"), "cut at \(cut)")
        }
    }

    @Test(
        "flipped bytes never crash a reader, and what still loads still answers",
        arguments: [
            "lgb333-txt-binary-cat", "lgb460-clf-strings-pkl5", "lgb333-clf-multi-pkl2",
            "lgb460-txt-linear-tree", "lgb333-reg-quantile-joblib-zlib", "seed000-lgb-pkl",
        ]
    )
    func flips(name: String) throws {
        let file = try Zoo.modelFile(name)
        let bytes = try Zoo.bytes("\(name)/\(file)")
        var generator = SeededGenerator(state: 11)
        for _ in 0..<60 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let index = Int.random(in: 0..<damaged.count, using: &generator)
                damaged[index] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let model = try? ModelReader.read(damaged, fileName: file) else { continue }
            let features = [Double](repeating: 0.5, count: model.graph.inputs.count)
            let batch = try GraphBatch(values: features, featureCount: features.count)
            _ = try model.graph.run(batch, roles: [.raw, .prediction, .leaf])
        }
        #expect(!FileManager.default.fileExists(atPath: Self.marker))
    }

    @Test("random opcodes never crash the pickle machine")
    func randomOpcodes() {
        let opcodes =
            Array("(.012FIJKLMNQRSTUVXBCabcdeghijlopqrstu]})G".utf8)
            + (0x80...0x98).map { UInt8($0) }
        var generator = SeededGenerator(state: 3)
        var refused = 0
        for _ in 0..<4_000 {
            let bytes = (0..<Int.random(in: 1...60, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? opcodes.randomElement(using: &generator) ?? 0
                    : UInt8.random(in: 0...12, using: &generator)
            }
            var machine = PickleMachine(source: bytes + [0x2E])
            if (try? machine.run()) == nil { refused += 1 }
        }
        #expect(refused > 3_000)
    }
}
