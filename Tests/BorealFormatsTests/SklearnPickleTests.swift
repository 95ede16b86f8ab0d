import BorealBase
import BorealGraph
import Testing

@testable import BorealFormats

/// What the pickle machine makes of the names that models of scikit-learn use.
@Suite struct SklearnPickleTests {
    private static func read(_ bytes: [UInt8]) throws(FormatError) -> ImportedModel {
        try ModelReader.read(bytes, fileName: "x.pkl")
    }

    private static func short(_ text: String) -> [UInt8] {
        [UInt8(ascii: "U"), UInt8(text.utf8.count)] + Array(text.utf8)
    }

    /// An object of `module.name` whose attributes `state` writes; put into `slot` of the memo.
    private static func object(
        _ module: String,
        _ name: String,
        slot: UInt8,
        _ state: [UInt8]
    ) -> [UInt8] {
        Array("c\(module)\n\(name)\n)".utf8) + [0x81, UInt8(ascii: "q"), slot]
            + Array("}(".utf8) + state + Array("ub".utf8)
    }

    /// `(name, estimator in a memo slot)`
    private static func step(_ slot: UInt8) -> [UInt8] {
        short("a") + [UInt8(ascii: "h"), slot, 0x86]
    }

    private static let width = short("n_features_in_") + [UInt8(ascii: "K"), 2]

    @Test(
        "opcodes that would need code are refused by their names",
        arguments: [
            ("(isklearn.pipeline\nPipeline\n.", "would call 'sklearn.pipeline.Pipeline'"),
            ("(ios\nsystem\n.", "os.system"),
            ("(cos\nsystem\no.", "os.system"), ("Pabc\n.", "PERSID"), ("NQ.", "BINPERSID"),
            ("cbuiltins\nlist\n)}\u{92}.", "NEWOBJ_EX"), ("(cbuiltins\nlist\no.", "OBJ"),
            ("\u{82}a.", "EXT1"), ("\u{97}.", "NEXT_BUFFER"), ("\u{98}.", "READONLY_BUFFER"),
        ]
    )
    func opcodes(text: String, word: String) {
        let body = text.unicodeScalars.map { UInt8($0.value) }
        do throws(FormatError) {
            _ = try Self.read([0x80, 2] + body)
            Issue.record("read")
        } catch {
            let shown = error.description + " \(error)"
            #expect(shown.contains(word), "\(shown)")
        }
    }

    @Test("getattr is refused, but for methods of a search's distributions")
    func getattr() {
        let other = Array("cbuiltins\ngetattr\n(cbuiltins\ndict\nVget\ntR.".utf8)
        #expect(throws: FormatError.classRefused(module: "builtins", name: "getattr")) {
            try Self.read([0x80, 2] + other)
        }
        let method =
            Array("cbuiltins\ngetattr\n(cscipy.stats._discrete_distns\nrandint_gen\n)".utf8)
            + [0x81] + Array("V_pmf\ntR.".utf8)
        var machine = PickleMachine(source: [0x80, 2] + method)
        #expect(throws: Never.self) { try machine.run() }
    }

    @Test("an estimator that is not read is named")
    func unsupported() {
        let pickle = Array("csklearn.gaussian_process._gpr\nGaussianProcessRegressor\n)".utf8)
        let detail = "scikit-learn (sklearn.gaussian_process._gpr.GaussianProcessRegressor)"
        #expect(throws: FormatError.unsupportedFormat(.pickle, detail: detail)) {
            try Self.read([0x80, 2] + pickle + [0x81, 0x2E])
        }
    }

    @Test("a missing attribute is named with its class")
    func missingAttribute() {
        let module = "sklearn.linear_model._base"
        let model = Self.object(module, "LinearRegression", slot: 0, Self.width)
        #expect(
            throws: FormatError.malformed(
                .pickle,
                offset: 0,
                reason: "sklearn.linear_model._base.LinearRegression: no numbers 'coef_'"
            )
        ) {
            try Self.read([0x80, 2] + model + [0x2E])
        }
    }

    @Test("a pipeline within itself is refused")
    func circle() {
        let steps = Self.short("steps") + Array("](".utf8) + Self.step(0) + Array("e".utf8)
        let bytes = Self.object("sklearn.pipeline", "Pipeline", slot: 0, Self.width + steps)
        #expect(throws: FormatError.self) { try Self.read([0x80, 2] + bytes + [0x2E]) }
    }

    @Test("a model that names each of its parts twice is refused before it is as large as it says")
    func doubling() {
        var bytes: [UInt8] = [0x80, 2]
        bytes += Self.object("sklearn.preprocessing._data", "Normalizer", slot: 0, Self.width)
        for level in UInt8(1)...20 {
            let list = Self.step(level - 1) + Self.step(level - 1)
            let parts = Self.short("transformer_list") + Array("](".utf8) + list + Array("e".utf8)
            let state = Self.width + parts
            bytes += Self.object("sklearn.pipeline", "FeatureUnion", slot: level, state)
            bytes += [UInt8(ascii: "h"), level]
        }
        let start = MonotonicClock.milliseconds
        #expect(throws: FormatError.self) { try Self.read(bytes + [0x2E]) }
        // All that was pushed on the way is one list.
        let whole = [0x80, 2, UInt8(ascii: "(")] + bytes.dropFirst(2) + [UInt8(ascii: "1")]
        let last: [UInt8] = [UInt8(ascii: "h"), 20, 0x2E]
        #expect(throws: FormatError.self) { try Self.read(whole + last) }
        #expect(MonotonicClock.milliseconds - start < 30_000)
    }

    @Test("a part that does not lie within its record is refused")
    func records() {
        let type = "cnumpy\ndtype\n(VV8\nI0\nI1\ntR"
        let part = "cnumpy\ndtype\n(Vf8\nI0\nI1\ntR"
        let state = "(I3\nV|\nN(Va\nt(dVa\n(\(part)I4\ntsI8\nI1\nI16\ntb."
        var machine = PickleMachine(source: Array((type + state).utf8))
        #expect(throws: FormatError.self) { try machine.run() }
    }
}
