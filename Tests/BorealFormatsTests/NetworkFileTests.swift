import BorealBase
import BorealGraph
import Testing

@testable import BorealFormats

/// Files of networks that are made here, byte by byte.
@Suite("Files of networks") struct NetworkFileTests {
    // MARK: - safetensors

    /// A safetensors file of a header and some numbers.
    private func safetensors(_ header: String, _ values: [Float]) -> [UInt8] {
        let text = Array(header.utf8)
        var bytes = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        bytes += text
        for value in values {
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
        }
        return bytes
    }

    private let linear = #"{"type":"linear","in":2,"out":1}"#

    @Test("safetensors: weights in any order, answers of a layer")
    func safetensorsModel() throws {
        let bytes = safetensors(
            #"{"fc.bias":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"#
                + #""__metadata__":{"a":"b"},"#
                + #""fc.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#,
            [2, 3, 10]
        )
        let graph = try ModelReader.read(
            bytes,
            fileName: "m.safetensors",
            architecture: NetworkArchitecture(linear)
        ).graph
        #expect(try ONNXBench.answer(graph, [1, 1, 5, 0]) == [15, 20])
        #expect(graph.outputs.first { $0.isNative }?.columnNames == ["out"])
    }

    @Test(
        "safetensors that lie are refused",
        arguments: [
            (#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,40]}}"#, "outside"),
            (#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[4,0]}}"#, "outside"),
            (#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[-4,4]}}"#, "outside"),
            (#"{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, "8 bytes"),
            (
                #"{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#,
                "0 bytes"
            ),
            (#"{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}"#, "shape"),
            (#"{"w":{"dtype":"F8","shape":[2],"data_offsets":[0,8]}}"#, "F8"),
            (#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{}}"#, "twice"),
            (#"{"w":"#, "byte"),
        ]
    )
    func safetensorsRefused(_ header: String, _ part: String) throws {
        do {
            _ = try SafetensorsReader.read(safetensors(header, [1, 2]))
            Issue.record("it was read")
        } catch { #expect(error.description.contains(part), "\(error)") }
    }

    @Test("numbers of 16 bits become 32")
    func halves() {
        let cases: [(UInt16, Float)] = [
            (0x3C00, 1), (0xC000, -2), (0x7C00, .infinity), (0x0001, 0x1p-24), (0x3555, 0.33325195),
        ]
        for (bits, value) in cases {
            let bytes = [UInt8(bits & 255), UInt8(bits >> 8)]
            #expect(NetworkNumber.float16.value(bytes, at: 0) == value)
        }
        #expect(NetworkNumber.bfloat16.value([0x80, 0x3F], at: 0) == 1)
        #expect(NetworkNumber.half(0x7E00).isNaN)
        #expect(NetworkNumber.count([2, 3]) == 6)
        #expect(NetworkNumber.count([1 << 40, 1 << 40, 0]) == nil)
        #expect(NetworkNumber.count([-1]) == nil)
    }

    // MARK: - Bundles

    @Test("weights with their description are one archive that needs no option")
    func bundle() throws {
        let weights = try Zoo.bytes("torch2150-statedict-zip/model.pt")
        let text = #"{"type":"mlp","in":28,"hidden":[16,8],"out":1,"module_prefix":"net"}"#
        let architecture = try NetworkArchitecture(text)
        let bytes = ModelBundle.tar(weights, fileName: "m.pt?x=1", architecture: architecture)
        let archive = try TarArchive(bytes)
        #expect(archive.members.map(\.name) == ["model.ptx1", "architecture.json"])
        #expect(Array(bytes[archive.members[0].range]) == weights)
        let alone = try ModelReader.read(weights, fileName: "m.pt", architecture: architecture)
        let both = try ModelReader.read(bytes, fileName: "model.tar")
        #expect(both.architecture == architecture)
        let row = [Double](repeating: 0.25, count: 28)
        #expect(try ONNXBench.answer(both.graph, row) == ONNXBench.answer(alone.graph, row))
    }

    @Test("a description beside the weights that is none is refused by its name")
    func damagedBundle() throws {
        let weights = try Zoo.bytes("torch2150-statedict-zip/model.pt")
        let zip = ZipArchiveTests.archive([
            ZipArchiveTests.File(name: "m.pt", content: weights),
            ZipArchiveTests.File(name: "architecture.json", content: Array("{}".utf8)),
        ])
        do {
            _ = try ModelReader.read(zip, fileName: "m.zip")
            Issue.record("it was read")
        } catch { #expect("\(error)".contains("architecture.json"), "\(error)") }
    }

    // MARK: - TorchScript

    /// A TorchScript archive: the cnn of the zoo with other text for its root class.
    private func script(_ forward: String) throws -> [UInt8] {
        let zip = try ZipArchive(
            try Zoo.bytes("torch2150-torchscript/model.pt"),
            format: .torchScript
        )
        let files = try zip.members.map { member in
            let isRoot = member.name == "archive/code/__torch__.py"
            return ZipArchiveTests.File(
                name: member.name,
                content: isRoot ? Array(forward.utf8) : try zip.data(of: member)
            )
        }
        return ZipArchiveTests.archive(files)
    }

    private func root(_ body: String) -> String {
        let lines = body.split(separator: "\n").map { "    \($0)\n" }.joined()
        return """
            class MLP(Module):
              scale : Final[float] = 2.
              def forward(self: __torch__.MLP,
                x: Tensor) -> Tensor:
            \(lines)
            """
    }

    private func answer(_ body: String, _ row: [Double]) throws -> [Double] {
        let graph = try ModelReader.read(try script(root(body)), fileName: "m.pt").graph
        return try ONNXBench.answer(graph, row)
    }

    @Test("straight text is followed: methods, constants, known conditions, lists, casts")
    func followed() throws {
        let row = (0..<28).map { Double($0) / 28 }
        let plain = try answer("net = self.net\nreturn (net).forward(x, )", row)
        let same = [
            "y = (self.net).forward(x)\nreturn torch.mul(y, torch.div(self.scale, 2))",
            "if torch.eq(torch.len([1, 2]), 2):\n  y = (self.net).forward(x)\n"
                + "else:\n  raise\nreturn y",
            "y = (self.net).forward(x)\nn = torch.size(y, 0)\nreturn torch.view(y, [n, -1])",
            "a, b, = (x, annotate(List[int], [1, -1]))\ny = (self.net).forward(a)\n"
                + "return torch.reshape(y, [b[1], b[0]])",
            "y = unchecked_cast(Tensor, (getattr(self, \"net\")).forward(x))\n"
                + "return y if torch.__is__(None, None) else x",
        ]
        for body in same { #expect(try answer(body, row) == plain, "\(body)") }
    }

    @Test(
        "what cannot be followed is refused, and how to write ONNX is said",
        arguments: [
            ("for i in range(3):\n  x = x\nreturn x", "loop"),
            ("while True:\n  x = x\nreturn x", "loop"),
            ("y = (self.net).forward(x)\nif bool(y):\n  return y\nreturn x", "neither true"),
            ("return (self).forward(x)", "without end"),
            ("y = (self.net).forward(x)\nreturn torch.fft(y)", "fft"),
            ("return os.system(\"id\")", "os.system"),
            ("return (self.gone).forward(x)", "gone"), ("return z", "'z'"),
            ("return torch.relu(x)", "what a row is"), ("return x @ x", "expression"),
        ]
    )
    func notFollowed(_ body: String, _ part: String) throws {
        do {
            _ = try ModelReader.read(try script(root(body)), fileName: "m.pt")
            Issue.record("\(body) was read")
        } catch {
            #expect("\(error)".contains(part), "\(error)")
            #expect("\(error)".contains("torch.onnx.export"), "\(error)")
        }
    }

    @Test("brackets within brackets and endless text end early")
    func deepText() throws {
        let deep = String(repeating: "(", count: 5_000) + "x" + String(repeating: ")", count: 5_000)
        #expect(throws: FormatError.self) {
            try ModelReader.read(try script(root("return \(deep)")), fileName: "m.pt")
        }
        #expect(throws: FormatError.self) {
            try ModelReader.read(try script("class MLP(Module:\n"), fileName: "m.pt")
        }
    }

    // MARK: - Pickles of PyTorch

    @Test("a whole pickled module is refused with what to do")
    func wholeModule() {
        // c torch.nn.modules.linear Linear, an empty tuple, NEWOBJ, STOP.
        let pickle = [0x80, 2] + Array("ctorch.nn.modules.linear\nLinear\n)".utf8) + [0x81, 0x2E]
        let zip = ZipArchiveTests.archive([
            ZipArchiveTests.File(name: "archive/data.pkl", content: pickle),
            ZipArchiveTests.File(name: "archive/version", content: [0x33]),
        ])
        do {
            _ = try ModelReader.read(zip, fileName: "m.pt")
            Issue.record("it was read")
        } catch {
            #expect("\(error)".contains("torch.nn.modules.linear.Linear"), "\(error)")
            #expect("\(error)".contains("torch.onnx.export"), "\(error)")
        }
    }

    @Test("persistent ids belong to PyTorch alone")
    func persistentIDs() {
        #expect(throws: FormatError.self) {
            try ModelReader.read([0x80, 2, 0x4B, 1, 0x51, 0x2E], fileName: "m.pkl")
        }
    }
}
