/// What a text that may be another server's shows at a glance: enough to tell which statements
/// could be this server's own, without reading the grammar of either.
///
/// Strings and comments are passed over; words are looked up by their first bytes, a nanosecond or
/// two a byte, because every statement that is passed on is looked at.
public struct SourceMarks: Equatable, Sendable {
    /// Words that matter.
    enum Word: UInt8, CaseIterable, Sendable {
        case none
        case ourDatabase, local
        case model, models, task, tasks, feature, features, versions, categories, token, tokens
        case predict, evaluate, iv, psi, pearson, spearman, ks, drift
        case upload, deploy, verify, export, diff
        case source, sources
        case or, replace
        case create, alter, drop, show, kill, shutdown, use, set, warnings, errors
        case from, join, into, update, table
        case modelCall

        /// True for a word that a statement about models has somewhere.
        var isAboutModels: Bool {
            switch self {
            case .model, .models, .task, .tasks, .feature, .features, .versions, .categories,
                .token, .tokens, .predict, .evaluate, .iv, .psi, .pearson, .spearman, .ks, .drift,
                .source, .sources:
                true
            default: false
            }
        }
    }

    /// The hint stands in front.
    public private(set) var isHinted = false
    /// A database of this server's is named.
    public private(set) var namesOurs = false
    /// A word stands there that every statement about models has.
    public private(set) var mayBeModel = false
    /// A function that asks a model is called.
    public private(set) var callsModel = false
    /// A word stands there that brings tables.
    public private(set) var readsTables = false
    /// A `;` stands before the last word.
    public private(set) var isSeveral = false
    /// The first four words.
    private(set) var first: [Word] = []
    private let escapes: Bool
    private var wordCount = 0
    private var hasSemicolon = false

    /// True for `CREATE MODEL` and its like, which are nothing in MySQL, whatever follows.
    public var beginsWithModel: Bool {
        switch first.first {
        case .create, .alter, .drop, .upload, .deploy, .verify, .export, .diff:
            first.dropFirst().first == .model
        default: false
        }
    }

    /// True for `CREATE SOURCE` and `ALTER SOURCE`, whatever follows: they hold a password, which
    /// no other server is to see.
    public var definesSource: Bool {
        guard first.first == .create || first.first == .alter else { return false }
        let between = Array(first.dropFirst().prefix { $0 != .source })
        let isReached = between.count + 1 < first.count
        return isReached && (between.isEmpty || between == [.or, .replace])
    }

    /// True when a part of the text could be this server's.
    public var mayBeOurs: Bool {
        isHinted || namesOurs || mayBeModel || callsModel || isKill || isShutdown
            || beginsWithModel || definesSource
    }

    /// `SET ...`.
    public var isSet: Bool { first.first == .set }
    /// `KILL ...`.
    public var isKill: Bool { first.first == .kill }
    /// `SHUTDOWN`.
    public var isShutdown: Bool { first.first == .shutdown }
    /// `USE` of a database of this server's.
    public var usesOurs: Bool { first.first == .use && namesOurs }
    /// `SHOW WARNINGS`, `SHOW ERRORS`.
    public var showsWarnings: Bool {
        first.first == .show
            && first.dropFirst().first.map { $0 == .warnings || $0 == .errors }
                ?? false
    }

    /// Looks through a text.
    ///
    /// - Parameter escapes: whether a backslash in a string takes the next byte's meaning.
    public init(_ text: [UInt8], escapes: Bool = true) {
        self.escapes = escapes
        text.withUnsafeBufferPointer { bytes in
            // An error says that there is no hint either.
            isHinted =
                text.first { $0 > 0x20 } == UInt8(ascii: "/")
                && (try? Lexer(bytes, mode: []).startsWithHint()) == true
            scan(bytes)
        }
    }

    // MARK: - Scanning

    private mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>) {
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            if Self.isWordByte(byte) {
                place = word(bytes, place)
                continue
            }
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""): place = endOfString(bytes, place)
            case UInt8(ascii: "`"): place = quoted(bytes, place)
            case UInt8(ascii: "#"): place = Self.endOfLine(bytes, place)
            case UInt8(ascii: "-") where Self.startsLineComment(bytes, place):
                place = Self.endOfLine(bytes, place)
            case UInt8(ascii: "/") where Self.byte(bytes, place + 1) == UInt8(ascii: "*"):
                place = Self.endOfComment(bytes, place)
            case UInt8(ascii: ";"):
                hasSemicolon = true
                place += 1
            default: place += 1
            }
        }
    }

    private mutating func word(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var end = start
        while end < bytes.count, Self.isWordByte(bytes[end]) { end += 1 }
        let isVariable = start > 0 && bytes[start - 1] == UInt8(ascii: "@")
        note(Self.find(bytes, start, end), bytes, end, isVariable: isVariable)
        return end
    }

    private mutating func quoted(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var end = start + 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "`") { end += 1 }
        let found = Self.find(bytes, start + 1, end)
        // A name in quotes is a name and no word of the grammar.
        let isName = found == .ourDatabase || found == .local
        note(isName ? found : .none, bytes, end + 1, isVariable: false)
        return min(end + 1, bytes.count)
    }

    private mutating func note(
        _ word: Word,
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ end: Int,
        isVariable: Bool
    ) {
        if hasSemicolon { isSeveral = true }
        wordCount += 1
        if first.count < 4 { first.append(isVariable ? .none : word) }
        guard word != .none, !isVariable else { return }
        switch word {
        case .ourDatabase: namesOurs = true
        case .local:
            let isQualifier = Self.next(bytes, end) == UInt8(ascii: ".")
            let isShown = first.first == .show || first.first == .use
            if isQualifier || isShown { namesOurs = true }
        case .modelCall where Self.next(bytes, end) == UInt8(ascii: "("): callsModel = true
        case .from, .join, .into, .update, .table: readsTables = true
        case .upload, .deploy: if wordCount == 1 { mayBeModel = true }
        default: if word.isAboutModels { mayBeModel = true }
        }
    }

    /// The byte behind blanks.
    private static func next(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt8? {
        var place = start
        while place < bytes.count, bytes[place] <= 0x20 { place += 1 }
        return byte(bytes, place)
    }

    private static func byte(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> UInt8? {
        place < bytes.count ? bytes[place] : nil
    }

    @inline(__always)
    private static func isWordByte(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
            || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "$") || byte >= 0x80
    }

    private func endOfString(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        let quote = bytes[start]
        var place = start + 1
        while place < bytes.count {
            if escapes, bytes[place] == UInt8(ascii: "\\") {
                place += 2
                continue
            }
            // A doubled quote begins the rest as if it were another string, which is all the same.
            if bytes[place] == quote { return place + 1 }
            place += 1
        }
        return bytes.count
    }

    private static func endOfLine(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var place = start
        while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { place += 1 }
        return place
    }

    private static func startsLineComment(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ start: Int
    ) -> Bool {
        guard byte(bytes, start + 1) == UInt8(ascii: "-") else { return false }
        guard let third = byte(bytes, start + 2) else { return true }
        return third <= 0x20
    }

    /// Behind a comment; what a server runs in `/*! ... */` is looked at.
    private static func endOfComment(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        let third = byte(bytes, start + 2)
        if third == UInt8(ascii: "!") { return start + 3 }
        if third == UInt8(ascii: "M"), byte(bytes, start + 3) == UInt8(ascii: "!") {
            return start + 4
        }
        var place = start + 2
        while place + 1 < bytes.count {
            if bytes[place] == UInt8(ascii: "*"), bytes[place + 1] == UInt8(ascii: "/") {
                return place + 2
            }
            place += 1
        }
        return bytes.count
    }

    // MARK: - Words

    /// A word's first seven letters in lower case and its length.
    private static func key(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> UInt64
    {
        var key = UInt64(UInt8(clamping: end - start)) << 56
        for offset in 0..<min(7, end - start) {
            let byte = bytes[start + offset]
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            key |= UInt64(isUpper ? byte | 0x20 : byte) << UInt64(8 * offset)
        }
        return key
    }

    /// True for the name of a function that asks a model.
    static func isModelCall(_ bytes: UnsafeBufferPointer<UInt8>, _ name: Range<Int>) -> Bool {
        find(bytes, name.lowerBound, name.upperBound) == .modelCall
    }

    private static func find(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ start: Int,
        _ end: Int
    ) -> Word {
        guard end - start > 1, end - start < 32 else { return .none }
        let key = key(bytes, start, end)
        if let (word, text) = words[key] {
            // The key holds all of a short word; of a long one the rest is compared.
            let isSame = (start..<end).dropFirst(7).allSatisfy {
                bytes[$0] | 0x20 == text[$0 - start] | 0x20
            }
            if isSame { return word }
        }
        // AI_GENERATE and all its like.
        return key & 0xff_ffff == aiPrefix ? .modelCall : .none
    }

    private static let aiPrefix: UInt64 = 0x5f_6961

    private static let words: [UInt64: (Word, [UInt8])] = {
        var texts: [(String, Word)] = [
            ("boreal_ai", .ourDatabase), ("polar_ai", .ourDatabase), ("polar4ai", .ourDatabase),
            ("predict_row", .modelCall), ("predict_proba", .modelCall), ("ml_predict", .modelCall),
            ("explain_row", .modelCall),
        ]
        for word in Word.allCases where word != .none && word != .ourDatabase && word != .modelCall
        {
            texts.append(("\(word)", word))
        }
        var table: [UInt64: (Word, [UInt8])] = [:]
        for (text, word) in texts {
            let bytes = Array(text.utf8)
            bytes.withUnsafeBufferPointer { table[key($0, 0, $0.count)] = (word, bytes) }
        }
        return table
    }()
}
