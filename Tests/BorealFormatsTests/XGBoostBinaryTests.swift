import BorealGraph
import Testing

@testable import BorealFormats

@Suite struct XGBoostBinaryTests {
    private static let name = "xgb121-binary-logistic"

    /// The model without the mark `binf` before it.
    private var bytes: [UInt8] {
        get throws { Array(try Zoo.bytes("\(Self.name)/model.model").dropFirst(4)) }
    }

    private func raw(_ bytes: [UInt8]) throws -> [Double] {
        let graph = try ModelReader.read(bytes, fileName: "m.model").graph
        let batch = try GraphBatch(
            values: (0..<graph.inputs.count).map { Double($0) / 10 },
            featureCount: graph.inputs.count
        )
        return try graph.run(batch, roles: [.raw]).doubles(0)
    }

    /// Base64 with line feeds, as mail has it.
    private func base64(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = Array(bytes[start..<min(start + 3, bytes.count)])
            let bits =
                part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - part.count))
            for index in 0..<4 {
                let digit = digits[Int(bits >> UInt32(18 - 6 * index)) & 63]
                text.append(index <= part.count ? digit : UInt8(ascii: "="))
            }
            if start % 57 == 0 { text.append(0x0A) }
        }
        return text
    }

    @Test("the marks of old versions before the model change nothing")
    func marks() throws {
        let plain = try raw(try bytes)
        #expect(try raw(Array("binf".utf8) + bytes) == plain)
        #expect(try raw(Array("bs64\t".utf8) + base64(try bytes)) == plain)
        #expect(throws: FormatError.self) { try raw(Array("bs64\t*".utf8)) }
    }

    @Test("a base score is a raw score in files before 1.0, and a probability since")
    func versions() throws {
        var old = try bytes
        let now = try raw(old)[0]
        for offset in 20..<28 { old[offset] = 0 }
        let before = try raw(old)[0]
        // The file's base score is 0.3, whose logit is -0.847.
        #expect(abs((before - now) - (0.3 + 0.8472979)) < 1e-5)
    }

    @Test(
        "counts that the bytes cannot hold are refused at their place",
        arguments: [(136, "an objective"), (152, "a booster's name"), (176, "trees")]
    )
    func counts(offset: Int, what: String) throws {
        var damaged = try bytes
        let place = what == "trees" ? try #require(treesOffset(damaged)) : offset
        let start = what == "a booster's name" ? 136 + 8 + Int(damaged[136]) : place
        for index in 0..<4 { damaged[start + index] = index == 3 ? 0x7F : 0xFF }
        let error = #expect(throws: FormatError.self) { try raw(damaged) }
        #expect(error?.description.contains(what) == true, "\(error?.description ?? "")")
    }

    /// Behind objective and booster.
    private func treesOffset(_ bytes: [UInt8]) -> Int? {
        let objective = Int(bytes[136])
        let name = 136 + 8 + objective
        return name + 8 + Int(bytes[name])
    }

    @Test("a file cut anywhere is refused")
    func cuts() throws {
        let whole = try bytes
        for cut in stride(from: 1, to: whole.count - 1, by: 997) {
            let part = Array(whole.prefix(cut))
            #expect(throws: FormatError.self) {
                try ModelReader.read(part, fileName: "m.model")
            }
        }
    }

    @Test("other boosters are refused by name")
    func booster() throws {
        var other = try bytes
        let name = 136 + 8 + Int(other[136]) + 8
        other.replaceSubrange(name..<name + 6, with: Array("gbtwig".utf8))
        let error = #expect(throws: FormatError.self) { try raw(other) }
        #expect(error?.description.contains("booster 'gbtwig'") == true)
    }

    @Test("inspection tells version, booster and objective")
    func inspection() throws {
        let inspection = try Zoo.model(Self.name).inspection
        #expect(inspection.format == .xgboostBinary && inspection.library == "XGBoost")
        #expect(inspection.formatVersion == "1.2" && inspection.estimator == "Booster")
        #expect(inspection.objective == "binary:logistic" && inspection.treeCount == 15)
        let wrapper = try Zoo.model("xgb305-clf-pkl5").inspection
        #expect(wrapper.format == .pickle && wrapper.formatVersion == "3.0.5")
        #expect(wrapper.estimator == "xgboost.sklearn.XGBClassifier")
        #expect(wrapper.classes == ["0", "1"])
    }

    @Test("a booster that pickled its configuration behind the binary format is read")
    func configuration() throws {
        var writer = PickleWriter()
        let mark = Array("CONFIG-offset:".utf8) + [0, 0, 0, 0, 0, 0, 0, 0]
        let content = try mark + bytes + Array("{}".utf8)
        writer.object(module: "xgboost.core", name: "Booster") { writer in
            writer.text("handle")
            writer.text(content)
        }
        let model = try ModelReader.read(writer.finish(), fileName: "m.pkl")
        #expect(model.inspection.treeCount == 15 && model.inspection.format == .pickle)
    }

    @Test("a pickled booster without bytes, and a wrapper that was not fitted, are no models")
    func empty() {
        for (module, name) in [("xgboost.core", "Booster"), ("xgboost.sklearn", "XGBRegressor")] {
            var writer = PickleWriter()
            writer.object(module: module, name: name) { writer in
                writer.text("objective")
                writer.integer(1)
            }
            let bytes = writer.finish()
            let error = #expect(throws: FormatError.self) {
                try ModelReader.read(bytes, fileName: "m.pkl")
            }
            guard case .notAModel = error else {
                Issue.record("\(error?.description ?? "")")
                continue
            }
        }
    }
}
