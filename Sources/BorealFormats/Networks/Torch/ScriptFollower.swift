import BorealBase

/// Follows the text of a TorchScript model from `forward` on and writes down which operations the
/// rows would take: a description that is read, not a program that is run. What would depend on the
/// rows' values, loops and recursion are refused.
struct ScriptFollower {
    /// The modules and their weights.
    private let tensors: TorchTensors
    /// Tensors that the text names `CONSTANTS.c0`, ...
    private let constants: [TorchValue]
    /// The text.
    private var library: ScriptLibrary
    /// What was made so far.
    private var compiler: TorchCompiler
    /// Lines that may still be followed, whatever calls whatever.
    private var linesLeft = FormatLimits.scriptLinesMax
    /// Calls that are open.
    private var depth = 0

    /// Calls within calls.
    private static let depthMax = 50

    /// The names of one call, and where it is.
    private struct Frame {
        var names: [String: TorchValue] = [:]
        /// What errors call the place: the path of modules.
        var title: String
        var answer: TorchValue?
    }

    /// - Parameter hint: extents of a row, where the caller told them.
    init(_ archive: TorchArchive, hint: [Int]?) throws(FormatError) {
        tensors = try archive.tensors("data.pkl", .torchScript)
        library = ScriptLibrary(archive)
        compiler = TorchCompiler(
            NetworkGraph.Origin(
                format: .torchScript,
                library: "PyTorch",
                formatVersion: "1",
                estimator: tensors.document.object(tensors.document.root)?.className ?? ""
            ),
            hint: hint
        )
        guard archive.zip[archive.root + "constants.pkl"] != nil else {
            constants = []
            return
        }
        let others = try archive.tensors("constants.pkl", .torchScript)
        var values: [TorchValue] = []
        for element in others.document.elements(others.document.root) ?? [] {
            values.append(.constant(try others.tensor(element)))
        }
        constants = values
    }

    /// The model.
    ///
    /// - Throws: `FormatError.unsupportedFormat` that names what cannot be followed.
    mutating func model() throws(FormatError) -> ImportedModel {
        let root = tensors.document.root
        guard tensors.document.object(root)?.type == .scripted else {
            throw .notAModel(.torchScript, found: tensors.document.kind(root))
        }
        let answer = try call(root, "forward", [.input], [:], title: "")
        try compiler.finish(answer)
        return try compiler.network.imported()
    }

    /// The text asks for what is not here.
    private func unsupported(_ title: String, _ detail: String) -> FormatError {
        .unsupportedFormat(
            .torchScript,
            detail: "'\(title)': \(detail); \(NetworkAdvice.torch)"
        )
    }

    // MARK: - Calls

    /// A method of a module.
    private mutating func call(
        _ module: PickleRef,
        _ method: String,
        _ positional: [TorchValue],
        _ named: [String: TorchValue],
        title: String
    ) throws(FormatError) -> TorchValue {
        let name = tensors.document.object(module)?.scriptedName ?? ""
        guard let function = try library.type(name)?.methods[method] else {
            throw unsupported(title, "no method '\(method)' of \(name)")
        }
        return try call(function, [.module(module)] + positional, named, title: title)
    }

    private mutating func call(
        _ function: ScriptFunction,
        _ positional: [TorchValue],
        _ named: [String: TorchValue],
        title: String
    ) throws(FormatError) -> TorchValue {
        guard depth < Self.depthMax else { throw unsupported(title, "calls of calls without end") }
        depth += 1
        defer { depth -= 1 }
        var frame = Frame(title: title)
        for (place, parameter) in function.parameters.enumerated() {
            if positional.indices.contains(place) {
                frame.names[parameter.name] = positional[place]
            } else if let value = named[parameter.name] {
                frame.names[parameter.name] = value
            } else if let fallback = parameter.fallback {
                var empty = Frame(title: title)
                frame.names[parameter.name] = try value(fallback[...], &empty)
            } else {
                throw unsupported(title, "the argument '\(parameter.name)' is missing")
            }
        }
        guard positional.count <= function.parameters.count else {
            throw unsupported(title, "\(positional.count) arguments")
        }
        try follow(function.body[...], &frame)
        return frame.answer ?? .none
    }

    // MARK: - Lines

    /// Lines one after the other, until one answers.
    private mutating func follow(
        _ lines: ArraySlice<ScriptLine>,
        _ frame: inout Frame
    ) throws(FormatError) {
        let all = Array(lines)
        var place = 0
        while place < all.count, frame.answer == nil {
            guard linesLeft > 0 else {
                throw .tooLarge(
                    .torchScript,
                    what: "lines to follow",
                    limit: FormatLimits.scriptLinesMax
                )
            }
            linesLeft -= 1
            let line = all[place]
            let end = ScriptLibrary.end(of: place, all)
            if line.begins("if") {
                place = try branch(all, place, &frame)
                continue
            }
            for word in ["for", "while"] where line.begins(word) {
                throw unsupported(frame.title, "the loop in line \(line.number)")
            }
            try statement(line, &frame)
            place = end
        }
    }

    /// `if` and its `else`: the condition must be known before rows come.
    ///
    /// - Returns: the line behind both.
    private mutating func branch(
        _ lines: [ScriptLine],
        _ place: Int,
        _ frame: inout Frame
    ) throws(FormatError) -> Int {
        let line = lines[place]
        let end = ScriptLibrary.end(of: place, lines)
        let condition = try value(line.tokens.dropFirst().dropLast(), &frame)
        guard case .flag(let holds) = condition else {
            throw unsupported(frame.title, "the condition in line \(line.number) depends on rows")
        }
        if holds { try follow(lines[place + 1..<end], &frame) }
        guard end < lines.count, lines[end].begins("else"), lines[end].indent == line.indent else {
            return end
        }
        let last = ScriptLibrary.end(of: end, lines)
        if !holds { try follow(lines[end + 1..<last], &frame) }
        return last
    }

    /// `name = value`, `a, b, = value`, `name : type = value`, `return value`, or a value alone.
    private mutating func statement(
        _ line: ScriptLine,
        _ frame: inout Frame
    ) throws(FormatError) {
        if line.begins("return") {
            frame.answer = try value(line.tokens.dropFirst(), &frame)
            return
        }
        if line.begins("pass") { return }
        if line.begins("raise") || line.begins("assert") {
            throw unsupported(frame.title, "line \(line.number) ends the program")
        }
        guard let equals = Self.equals(line.tokens) else {
            _ = try value(line.tokens[...], &frame)
            return
        }
        let made = try value(line.tokens[(equals + 1)...], &frame)
        let targets = ScriptLibrary.split(line.tokens[..<equals])
        let isList = line.tokens[..<equals].contains(.mark(","))
        guard isList else {
            guard case .name(let name)? = targets.first?.first else {
                throw unsupported(frame.title, "the assignment in line \(line.number)")
            }
            frame.names[name] = made
            return
        }
        guard case .list(let values) = made, values.count == targets.count else {
            throw unsupported(frame.title, "the assignment in line \(line.number)")
        }
        for (target, value) in zip(targets, values) {
            guard case .name(let name)? = target.first else { continue }
            frame.names[name] = value
        }
    }

    /// The place of the `=` that stands in no bracket.
    private static func equals(_ tokens: [ScriptToken]) -> Int? {
        var depth = 0
        for (place, token) in tokens.enumerated() {
            guard case .mark(let mark) = token else { continue }
            if "([{".contains(mark) { depth += 1 }
            if ")]}".contains(mark) { depth -= 1 }
            if mark == "=", depth == 0 { return place }
        }
        return nil
    }

    // MARK: - Values

    /// What an expression stands for.
    private mutating func value(
        _ tokens: ArraySlice<ScriptToken>,
        _ frame: inout Frame
    ) throws(FormatError) -> TorchValue {
        var reader = ScriptExpressionReader(tokens)
        let expression = try reader.whole(frame.title)
        return try value(expression, frame)
    }

    private mutating func value(
        _ expression: ScriptExpression,
        _ frame: Frame
    ) throws(FormatError) -> TorchValue {
        switch expression {
        case .literal(let value): return value
        case .list(let parts):
            var values: [TorchValue] = []
            for part in parts { values.append(try value(part, frame)) }
            return .list(values)
        case .name(let name):
            guard let value = frame.names[name] else {
                throw unsupported(frame.title, "the name '\(name)'")
            }
            return value
        case .attribute(let owner, let name):
            if case .name("CONSTANTS") = owner { return try constant(name, frame) }
            return try attribute(name, of: try value(owner, frame), frame)
        case .call(let target, let positional, let named):
            return try call(target, positional, named, frame)
        case .choice(let condition, let yes, let no):
            guard case .flag(let holds) = try value(condition, frame) else {
                throw unsupported(frame.title, "a condition that depends on rows")
            }
            return try value(holds ? yes : no, frame)
        case .element(let owner, let place):
            return try operation(
                "__getitem__",
                [try value(owner, frame), try value(place, frame)],
                [:],
                frame
            )
        }
    }

    /// `CONSTANTS.c0`
    private func constant(_ name: String, _ frame: Frame) throws(FormatError) -> TorchValue {
        guard let place = Int(name.dropFirst()), constants.indices.contains(place) else {
            throw unsupported(frame.title, "the constant '\(name)'")
        }
        return constants[place]
    }

    /// A module's parameter, inner module or constant.
    private mutating func attribute(
        _ name: String,
        of owner: TorchValue,
        _ frame: Frame
    ) throws(FormatError) -> TorchValue {
        guard case .module(let module) = owner, let object = tensors.document.object(module) else {
            throw unsupported(frame.title, "'\(name)' of \(owner.kind)")
        }
        if let ref = tensors.document.attribute(object, name) { return try plain(ref, frame) }
        let type = try library.type(object.scriptedName ?? "")
        guard let tokens = type?.constants[name] else {
            throw unsupported(frame.title, "there is no '\(name)'")
        }
        var empty = Frame(title: frame.title)
        return try value(tokens[...], &empty)
    }

    /// A value of the pickle.
    private func plain(_ ref: PickleRef, _ frame: Frame) throws(FormatError) -> TorchValue {
        let document = tensors.document
        if tensors.isTensor(ref) { return .constant(try tensors.tensor(ref)) }
        switch document[ref] {
        case .none: return .none
        case .bool(let value): return .flag(value)
        case .integer(let value): return .integer(Int(value))
        case .float(let value): return .number(value)
        case .text, .ownText: return .text(document.string(ref) ?? "")
        case .list, .tuple:
            var values: [TorchValue] = []
            for element in document.elements(ref) ?? [] { values.append(try plain(element, frame)) }
            return .list(values)
        case .object(let index):
            let object = document.objects[index]
            if object.type == .scripted { return .module(ref) }
            // build_intlist([1, 2]) and the like
            if object.member?.fullName.hasPrefix("torch.jit._pickle.") == true,
                let list = object.arguments.flatMap({ document.elements($0)?.first })
            {
                return try plain(list, frame)
            }
        default: break
        }
        throw unsupported(frame.title, "\(document.kind(ref)) in a module")
    }

    /// A call of an operation, of a method or of a function of the text.
    private mutating func call(
        _ target: ScriptExpression,
        _ positional: [ScriptExpression],
        _ named: [(name: String, value: ScriptExpression)],
        _ frame: Frame
    ) throws(FormatError) -> TorchValue {
        var values: [TorchValue] = []
        for expression in positional { values.append(try value(expression, frame)) }
        var names: [String: TorchValue] = [:]
        for entry in named { names[entry.name] = try value(entry.value, frame) }
        if let path = target.path, frame.names[path[0]] == nil {
            let name = path.joined(separator: ".")
            if path[0] == "__torch__" {
                guard let function = try library.function(name) else {
                    throw unsupported(frame.title, "no function '\(name)'")
                }
                return try call(function, values, names, title: frame.title)
            }
            if name == "getattr", values.count == 2, case .text(let text) = values[1] {
                return try attribute(text, of: values[0], frame)
            }
            return try operation(name, values, names, frame)
        }
        guard case .attribute(let owner, let method) = target,
            case .module(let module) = try value(owner, frame)
        else { throw unsupported(frame.title, "a call of something else than a module") }
        let part = owner.path?.last ?? ""
        let title = part == "self" || part.isEmpty ? frame.title : "\(frame.title).\(part)"
        return try call(module, method, values, names, title: String(title.drop { $0 == "." }))
    }

    /// An operation of PyTorch's own.
    private mutating func operation(
        _ name: String,
        _ positional: [TorchValue],
        _ named: [String: TorchValue],
        _ frame: Frame
    ) throws(FormatError) -> TorchValue {
        try compiler.call(
            TorchArguments(
                operation: name,
                positional: positional,
                named: named,
                format: .torchScript,
                title: frame.title.isEmpty ? name : frame.title
            )
        )
    }
}
