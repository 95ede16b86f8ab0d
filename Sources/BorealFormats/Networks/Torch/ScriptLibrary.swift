import BorealBase

/// A function of TorchScript's text.
struct ScriptFunction {
    /// Names in order; the first of a method is the module itself.
    var parameters: [(name: String, fallback: [ScriptToken]?)]
    /// The lines below its head.
    var body: [ScriptLine]
}

/// The functions and classes in the text of a TorchScript archive, each file read when it is
/// wanted.
struct ScriptLibrary {
    /// A class: its methods, and constants that are no part of the pickle.
    struct Class {
        var methods: [String: ScriptFunction] = [:]
        var constants: [String: [ScriptToken]] = [:]
    }

    /// Where the text lies.
    private let archive: TorchArchive
    /// By their full names.
    private var classes: [String: Class] = [:]
    /// By their full names.
    private var functions: [String: ScriptFunction] = [:]
    /// Modules whose file was looked for.
    private var filesRead: Set<String> = []

    /// A library that has read nothing yet.
    init(_ archive: TorchArchive) { self.archive = archive }

    /// The class of that full name: `__torch__.torch.nn.modules.linear.Linear`.
    ///
    /// - Throws: `FormatError`.
    mutating func type(_ name: String) throws(FormatError) -> Class? {
        try readFile(of: name)
        return classes[name]
    }

    /// The function of that full name.
    ///
    /// - Throws: `FormatError`.
    mutating func function(_ name: String) throws(FormatError) -> ScriptFunction? {
        try readFile(of: name)
        return functions[name]
    }

    /// Reads the file that defines a name: its module's path below `code/`.
    private mutating func readFile(of name: String) throws(FormatError) {
        var parts = name.split(separator: ".").map(String.init)
        guard parts.count > 1 else { return }
        parts.removeLast()
        let module = parts.joined(separator: ".")
        guard filesRead.insert(module).inserted else { return }
        let path = "code/" + parts.joined(separator: "/") + ".py"
        guard let member = archive.zip[archive.root + path] else { return }
        var lexer = try ScriptLexer(try archive.zip.data(of: member), fileName: path)
        try read(try lexer.lines(), module)
    }

    /// Notes the classes and functions of a file.
    private mutating func read(_ lines: [ScriptLine], _ module: String) throws(FormatError) {
        var place = 0
        while place < lines.count {
            let line = lines[place]
            if line.indent == 0, line.begins("class"),
                case .name(let name)? = line.tokens.dropFirst().first
            {
                let end = Self.end(of: place, lines)
                classes["\(module).\(name)"] = try Self.type(Array(lines[place + 1..<end]))
                place = end
            } else if line.indent == 0, line.begins("def") {
                let end = Self.end(of: place, lines)
                let (name, function) = try Self.function(Array(lines[place..<end]))
                functions["\(module).\(name)"] = function
                place = end
            } else {
                place += 1
            }
        }
    }

    /// The line behind all that stand deeper than line `place`.
    static func end(of place: Int, _ lines: [ScriptLine]) -> Int {
        var end = place + 1
        while end < lines.count, lines[end].indent > lines[place].indent { end += 1 }
        return end
    }

    /// The methods and constants of a class.
    private static func type(_ lines: [ScriptLine]) throws(FormatError) -> Class {
        var type = Class()
        var place = 0
        while place < lines.count {
            let line = lines[place]
            let end = end(of: place, lines)
            if line.begins("def") {
                let (name, function) = try Self.function(Array(lines[place..<end]))
                type.methods[name] = function
            } else if case .name(let name)? = line.tokens.first,
                let equals = line.tokens.firstIndex(of: .mark("="))
            {
                // padding : Final[str] = "zeros"
                type.constants[name] = Array(line.tokens[(equals + 1)...])
            }
            place = end
        }
        return type
    }

    /// `def name(self: T, x: Tensor, flag: bool=False) -> Tensor:` and what stands below.
    private static func function(
        _ lines: [ScriptLine]
    ) throws(FormatError) -> (String, ScriptFunction) {
        let tokens = lines[0].tokens
        guard tokens.count > 3, case .name(let name) = tokens[1], tokens[2] == .mark("("),
            let arrow = tokens.firstIndex(of: .mark("->")) ?? tokens.lastIndex(of: .mark(":")),
            arrow > 3
        else {
            throw .malformed(
                .torchScript,
                offset: 0,
                reason: "line \(lines[0].number): no function"
            )
        }
        var parameters: [(name: String, fallback: [ScriptToken]?)] = []
        for part in split(tokens[3..<arrow].dropLast()) {
            guard case .name(let name)? = part.first else { continue }
            let equals = part.firstIndex(of: .mark("="))
            parameters.append((name, equals.map { Array(part[($0 + 1)...]) }))
        }
        return (name, ScriptFunction(parameters: parameters, body: Array(lines.dropFirst())))
    }

    /// Parts between commas that stand in no bracket.
    static func split(_ tokens: ArraySlice<ScriptToken>) -> [ArraySlice<ScriptToken>] {
        var parts: [ArraySlice<ScriptToken>] = []
        var start = tokens.startIndex
        var depth = 0
        for place in tokens.indices {
            guard case .mark(let mark) = tokens[place] else { continue }
            if "([{".contains(mark) { depth += 1 }
            if ")]}".contains(mark) { depth -= 1 }
            if mark == ",", depth == 0 {
                if start < place { parts.append(tokens[start..<place]) }
                start = place + 1
            }
        }
        if start < tokens.endIndex { parts.append(tokens[start...]) }
        return parts
    }
}
