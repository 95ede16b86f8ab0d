import BorealBase
import BorealBoost

/// Reads the text that LightGBM's `save_model` and `model_to_string` write, versions 2 to 4.
///
/// Every number is checked against what the text itself holds: counts in the header promise
/// nothing, and `tree_sizes` is not used to find anything. A text that is cut is refused, even
/// between two trees.
struct LightGBMTextReader {
    private var cursor: TextCursor
    private var model = LightGBMText()
    /// Number of trees the header promises; 0 when it does not.
    private var treesPromised = 0

    private init(_ bytes: UnsafeRawBufferPointer) { cursor = TextCursor(bytes) }

    /// The model in `bytes`.
    ///
    /// - Throws: `FormatError.malformed`, `.unsupportedVersion`, `.tooLarge`.
    static func read(_ bytes: ArraySlice<UInt8>) throws(FormatError) -> LightGBMText {
        var outcome: Swift.Result<LightGBMText, FormatError>?
        bytes.withUnsafeBytes { raw in
            var reader = LightGBMTextReader(raw)
            do throws(FormatError) { outcome = .success(try reader.read()) } catch {
                outcome = .failure(error)
            }
        }
        guard let outcome else { throw .empty }
        return try outcome.get()
    }

    private mutating func read() throws(FormatError) -> LightGBMText {
        try readHeader()
        try readTrees()
        try readTail()
        return model
    }

    private func malformed(_ reason: String) -> FormatError {
        .malformed(.lightgbmText, offset: min(cursor.position, cursor.bytes.count), reason: reason)
    }

    // MARK: - Header

    private mutating func readHeader() throws(FormatError) {
        guard let first = cursor.line(), cursor.equals(first, "tree") else {
            throw malformed("the first line is not 'tree'")
        }
        var header: [String: Range<Int>] = [:]
        while let line = cursor.peek() {
            if cursor.starts(line, "Tree=") || cursor.equals(line, "end of trees") { break }
            _ = cursor.line()
            if line.isEmpty { continue }
            guard header.count < FormatLimits.headerLinesMax else {
                throw .tooLarge(
                    .lightgbmText,
                    what: "header lines",
                    limit: FormatLimits.headerLinesMax
                )
            }
            let (key, value) = cursor.pair(line) ?? (line, line.upperBound..<line.upperBound)
            guard key.count < 256, let name = cursor.text(key) else {
                throw malformed("a header line that is no text")
            }
            if header[name] == nil { header[name] = value }
        }
        guard !cursor.isAtEnd else { throw malformed("the text ends in the header") }
        try takeCounts(header)
        try takeFeatures(header)
        try takeRest(header)
    }

    private func integer(_ header: [String: Range<Int>], _ key: String) throws(FormatError) -> Int?
    {
        guard let range = header[key] else { return nil }
        var rest = range
        guard let word = cursor.word(&rest), let value = cursor.integer(word),
            let number = Int(exactly: value)
        else { throw malformed("'\(key)' is no integer") }
        return number
    }

    private mutating func takeCounts(_ header: [String: Range<Int>]) throws(FormatError) {
        model.version = header["version"].flatMap { cursor.text($0) } ?? ""
        guard ["v2", "v3", "v4"].contains(model.version) else {
            throw .unsupportedVersion(.lightgbmText, version: String(model.version.prefix(32)))
        }
        guard let classes = try integer(header, "num_class"), classes >= 1 else {
            throw malformed("'num_class' is missing or below 1")
        }
        guard classes <= Limits.classesMax else {
            throw .tooLarge(.lightgbmText, what: "classes", limit: Limits.classesMax)
        }
        guard try integer(header, "num_tree_per_iteration") ?? classes == classes else {
            throw malformed("'num_tree_per_iteration' differs from 'num_class'")
        }
        model.classCount = classes
        guard let last = try integer(header, "max_feature_idx"), last >= 0 else {
            throw malformed("'max_feature_idx' is missing or negative")
        }
        guard last < Limits.modelFeaturesMax else {
            throw .tooLarge(.lightgbmText, what: "features", limit: Limits.modelFeaturesMax)
        }
        model.featureCount = last + 1
    }

    private mutating func takeFeatures(_ header: [String: Range<Int>]) throws(FormatError) {
        guard let names = header["feature_names"], let text = cursor.text(names) else {
            throw malformed("'feature_names' is missing or no UTF-8")
        }
        model.featureNames = text.utf8.split(separator: 0x20).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard model.featureNames.count == model.featureCount else {
            throw malformed(
                "\(model.featureNames.count) feature names for \(model.featureCount) features"
            )
        }
        if let infos = header["feature_infos"], let text = cursor.text(infos) {
            model.featureInfos = text.split(separator: " ")
        }
        if model.featureInfos.count != model.featureCount { model.featureInfos = [] }
    }

    private mutating func takeRest(_ header: [String: Range<Int>]) throws(FormatError) {
        if let range = header["objective"] {
            guard let text = cursor.text(range) else { throw malformed("'objective' is no text") }
            model.objective = text
        }
        model.isAveraged = header["average_output"] != nil
        if let sizes = header["tree_sizes"] {
            var rest = sizes
            while cursor.word(&rest) != nil { treesPromised += 1 }
        }
        if let hex = header["boreal_meta"] { model.meta = try meta(hex) }
    }

    private func meta(_ range: Range<Int>) throws(FormatError) -> JSON {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count / 2)
        var index = range.lowerBound
        while index + 2 <= range.upperBound {
            guard let high = Self.digit(cursor.bytes[index]),
                let low = Self.digit(cursor.bytes[index + 1])
            else { throw malformed("'boreal_meta' is not hexadecimal") }
            bytes.append(high << 4 | low)
            index += 2
        }
        do throws(JSONError) { return try JSON.parse(bytes) } catch {
            throw malformed("'boreal_meta': \(error.reason)")
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x61 + 10
        case 0x41...0x46: byte - 0x41 + 10
        default: nil
        }
    }

    // MARK: - Trees

    private mutating func readTrees() throws(FormatError) {
        var isEnded = false
        while let line = cursor.peek() {
            if line.isEmpty {
                _ = cursor.line()
                continue
            }
            if cursor.starts(line, "Tree=") {
                guard model.trees.count < Limits.treesMax else {
                    throw .tooLarge(.lightgbmText, what: "trees", limit: Limits.treesMax)
                }
                _ = cursor.line()
                let reader = LightGBMTreeReader(cursor: cursor, fields: try fields())
                do throws(TreeTextError) { model.trees.append(try reader.read()) } catch {
                    throw malformed("tree \(model.trees.count): \(error.reason)")
                }
                continue
            }
            isEnded = cursor.equals(line, "end of trees")
            break
        }
        // Version 2 may lack the closing line; then the header's count tells whether the text is
        // whole.
        let isWhole = isEnded || (model.version == "v2" && treesPromised == model.trees.count)
        guard isWhole else { throw malformed("the text ends before 'end of trees'") }
        guard model.trees.count % model.classCount == 0 else {
            throw malformed("\(model.trees.count) trees for \(model.classCount) classes")
        }
    }

    /// The `key=value` lines of one tree.
    private mutating func fields() throws(FormatError) -> [String: Range<Int>] {
        var fields: [String: Range<Int>] = [:]
        while let line = cursor.peek(), !cursor.starts(line, "Tree="),
            !cursor.equals(line, "end of trees")
        {
            if let (key, value) = cursor.pair(line) {
                guard key.count <= 32, fields.count < 64, let name = cursor.text(key) else {
                    throw malformed("an unknown line in tree \(model.trees.count)")
                }
                if fields[name] == nil { fields[name] = value }
            } else if !line.isEmpty {
                // Version 2 ends its trees with a section of importances.
                break
            }
            _ = cursor.line()
        }
        return fields
    }

    // MARK: - Behind the trees

    /// Importances are counted anew; the parameters and the categories are kept.
    private mutating func readTail() throws(FormatError) {
        while let line = cursor.line() {
            if cursor.starts(line, "pandas_categorical:") {
                try readCategories(line.dropFirst("pandas_categorical:".utf8.count))
            } else if line.count > 2, line.count < 1 << 20, cursor.starts(line, "[") {
                takeParameter(line)
            }
        }
    }

    private mutating func readCategories(_ range: Range<Int>) throws(FormatError) {
        let bytes = UnsafeRawBufferPointer(rebasing: cursor.bytes[range])
        do throws(JSONError) { model.pandasCategorical = try JSON.parse(bytes) } catch {
            throw malformed("'pandas_categorical': \(error.reason)")
        }
    }

    /// `[name: value]`
    private mutating func takeParameter(_ line: Range<Int>) {
        guard let text = cursor.text(line.lowerBound + 1..<line.upperBound - 1),
            let colon = text.firstIndex(of: ":"),
            model.parameters.count < FormatLimits.headerLinesMax
        else { return }
        let value = text[text.index(after: colon)...].drop { $0 == " " }
        model.parameters.append((String(text[..<colon]), String(value)))
    }
}
