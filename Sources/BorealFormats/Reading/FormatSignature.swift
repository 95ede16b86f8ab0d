import BorealBase

/// Tells the format of a file by its first bytes, and by its name where those are not enough.
struct FormatSignature {
    let bytes: [UInt8]
    let fileName: String

    /// The format; nil when nothing fits.
    var format: ModelFormat? {
        byMagic ?? byText ?? byShape ?? Self.format(ofName: fileName)
    }

    private func starts(_ prefix: [UInt8], at offset: Int = 0) -> Bool {
        bytes.count >= offset + prefix.count && bytes[offset...].starts(with: prefix)
    }

    private func starts(_ text: StaticString, at offset: Int = 0) -> Bool {
        text.withUTF8Buffer { starts(Array($0), at: offset) }
    }

    /// True when the first bytes hold `text` anywhere.
    private func holds(_ text: StaticString) -> Bool {
        let needle = text.withUTF8Buffer { Array($0) }
        let head = bytes.prefix(FormatLimits.signatureBytesMax)
        guard head.count >= needle.count, let first = needle.first else { return false }
        return (0...(head.count - needle.count)).contains { offset in
            head[offset] == first && head[offset...].starts(with: needle)
        }
    }

    // MARK: - Formats that begin with a number of their own

    private var byMagic: ModelFormat? {
        if starts(BorealFile.signature) { return .boreal }
        // torch.save before 1.6: a pickle of the integer 0x1950a86a20f9469cfc6c comes first.
        if starts([
            0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
        ]) {
            return .torchLegacy
        }
        if starts([0x50, 0x4B, 0x03, 0x04]) { return zipContent }
        if starts([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) { return .kerasHDF5 }
        // A header that lies about its length looks like other things.
        if bytes.count > 9, bytes[8] == UInt8(ascii: "{"),
            Self.format(ofName: fileName) == .safetensors
        {
            return .safetensors
        }
        if starts("CBM1") { return .catboostCBM }
        if starts("binf") || starts("bs64") { return .xgboostBinary }
        if starts("ustar", at: 257) { return .tar }
        // The footer of a TensorFlow checkpoint index is a LevelDB table's.
        if bytes.count >= 48,
            bytes.suffix(8).elementsEqual([0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB])
        {
            return .tensorflowCheckpoint
        }
        if bytes.count >= 2, bytes[0] == 0x80 { return .pickle }
        return nil
    }

    /// A zip by the names of its members.
    private var zipContent: ModelFormat {
        if holds("data.pkl") || holds("constants.pkl") || holds("serialized_state_dict") {
            return .torchZip
        }
        if holds("model.weights.h5") || holds("metadata.json") { return .kerasZip }
        return .zip
    }

    // MARK: - Text formats

    private var byText: ModelFormat? {
        let start = starts([0xEF, 0xBB, 0xBF]) ? 3 : 0
        if starts("tree\n", at: start) || starts("tree\r\n", at: start) { return .lightgbmText }
        let first = bytes[start...].first { $0 > 0x20 }
        if first == UInt8(ascii: "<"), holds("<PMML") || holds(":PMML") { return .pmml }
        if first == UInt8(ascii: "["), Self.format(ofName: fileName) == .json { return .json }
        guard first == UInt8(ascii: "{") else { return nil }
        if let next = bytes[start...].drop(while: { $0 <= 0x20 }).dropFirst().first {
            return object(next)
        }
        return nil
    }

    /// JSON continues with a quote or white space, UBJSON with a type marker.
    private func object(_ next: UInt8) -> ModelFormat? {
        switch next {
        case UInt8(ascii: "L"), UInt8(ascii: "l"), UInt8(ascii: "i"), UInt8(ascii: "I"),
            UInt8(ascii: "U"),
            UInt8(ascii: "$"), UInt8(ascii: "#"), UInt8(ascii: "N"):
            return .xgboostUBJSON
        case UInt8(ascii: "\""), UInt8(ascii: "}"), 0x09, 0x0A, 0x0D, 0x20:
            if holds("oblivious_trees") || holds("features_info") { return .catboostJSON }
            return holds("\"learner\"") || holds("\"Config\"") ? .xgboostJSON : .json
        default: return nil
        }
    }

    // MARK: - Formats without a number of their own

    private var byShape: ModelFormat? {
        if isSafetensors { return .safetensors }
        let hint = Self.format(ofName: fileName)
        if hint == .onnx || hint == .xgboostBinary || hint == .tensorflowSavedModel { return hint }
        // Field 1 of a protocol buffer, a small number: the version that ONNX begins with.
        if starts([0x08]), bytes.count > 2, (1...32).contains(bytes[1]),
            [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42].contains(bytes[2])
        {
            return .onnx
        }
        return isOldPickle ? .pickle : nil
    }

    /// Eight bytes of header length, then a JSON object.
    private var isSafetensors: Bool {
        guard bytes.count > 9, bytes[8] == UInt8(ascii: "{") else { return false }
        return bytes[5..<8].allSatisfy { $0 == 0 } || Self.format(ofName: fileName) == .safetensors
    }

    /// Protocols 0 and 1 have no mark of their own: an opcode that begins an object, STOP at the
    /// end.
    private var isOldPickle: Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return last == UInt8(ascii: ".") && "c(]}lditISVX".utf8.contains(first)
    }

    /// By the name's ending, query strings taken off.
    static func format(ofName fileName: String) -> ModelFormat? {
        let path = fileName.prefix { $0 != "?" && $0 != "#" }
        guard let dot = path.lastIndex(of: ".") else { return nil }
        switch String(path[path.index(after: dot)...]).asciiLowercased {
        case "boreal": return .boreal
        case "pkl", "pickle", "sav": return .pickle
        case "joblib": return .pickle
        case "onnx": return .onnx
        case "pmml", "xml": return .pmml
        case "cbm": return .catboostCBM
        case "ubj": return .xgboostUBJSON
        case "json": return .json
        case "model", "bin", "deprecated": return .xgboostBinary
        case "safetensors": return .safetensors
        case "pt", "pth", "pt2": return .torchZip
        case "h5", "hdf5": return .kerasHDF5
        case "keras": return .kerasZip
        case "pb": return .tensorflowSavedModel
        case "index": return .tensorflowCheckpoint
        default: return nil
        }
    }
}
