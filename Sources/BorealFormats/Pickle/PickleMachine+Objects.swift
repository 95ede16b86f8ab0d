extension PickleMachine {
    /// Opcodes that name, make or fill objects; false for others.
    ///
    /// NEWOBJ_EX, INST, OBJ, the extension registry and out-of-band buffers are refused by their
    /// names: no model that is read here needs them. Persistent ids are PyTorch's alone.
    mutating func objects(_ opcode: UInt8) throws(FormatError) -> Bool {
        switch opcode {
        case UInt8(ascii: "c"):  // GLOBAL
            let module = try lineText()
            try pushGlobal(module, try lineText())
        case 0x93:  // STACK_GLOBAL
            let name = try pop()
            let module = try pop()
            guard let moduleText = document.string(module), let nameText = document.string(name)
            else {
                throw malformed("a class name that is no string")
            }
            try pushGlobal(moduleText, nameText)
        case UInt8(ascii: "R"):  // REDUCE
            let arguments = try pop()
            try reduce(try pop(), arguments)
        case 0x81:  // NEWOBJ
            let arguments = try pop()
            try newObject(try pop(), arguments)
        case 0x92: throw unsupported("NEWOBJ_EX", callee: try calleeBelow(2))
        case UInt8(ascii: "i"):  // INST
            let module = try lineText()
            throw unsupported("INST", callee: try listed(module, try lineText()))
        case UInt8(ascii: "o"):  // OBJ
            let type = marks.last.flatMap { $0 < stack.count ? stack[$0] : nil }
            throw unsupported(
                "OBJ",
                callee: try type.map { value throws(FormatError) in
                    try listed(value)
                }
            )
        case UInt8(ascii: "b"):  // BUILD
            let state = try pop()
            try build(try top(), state)
        case UInt8(ascii: "Q") where dialect != .plain:  // BINPERSID
            try pushRecord(.persistent, try pop())
        default:
            if let name = Self.foreignOpcodes[opcode] { throw unsupported(name, callee: nil) }
            return false
        }
        return true
    }

    /// Opcodes whose meaning only the program knows that wrote the file.
    private static let foreignOpcodes: [UInt8: String] = [
        UInt8(ascii: "P"): "PERSID (a persistent id)",
        UInt8(ascii: "Q"): "BINPERSID (a persistent id)",
        0x82: "EXT1 (the extension registry)", 0x83: "EXT2 (the extension registry)",
        0x84: "EXT4 (the extension registry)", 0x97: "NEXT_BUFFER (an out-of-band buffer)",
        0x98: "READONLY_BUFFER (an out-of-band buffer)",
    ]

    private func unsupported(_ opcode: String, callee: PickleClass?) -> FormatError {
        let detail = callee.map { " of \($0.rawValue)" } ?? ""
        return .unsupportedFormat(.pickle, detail: "opcode \(opcode)\(detail) at \(position - 1)")
    }

    /// The class that lies `depth` values below the top; it must be a listed one.
    private func calleeBelow(_ depth: Int) throws(FormatError) -> PickleClass? {
        guard stack.count > depth else { return nil }
        return try listed(stack[stack.count - 1 - depth])
    }

    private func listed(_ module: String, _ name: String) throws(FormatError) -> PickleClass {
        if let type = PickleClass(module: module, name: name) { return type }
        if let member = PickleMember(module: module, name: name) {
            throw .callRefused(name: member.fullName, offset: position)
        }
        // Models of libraries that are known but not read get an answer that says so.
        let package = module.prefix { $0 != "." }
        if package == "torch" {
            throw .unsupportedFormat(
                .pickle,
                detail: "a whole PyTorch module (\(module).\(name)), which only its program can "
                    + "load; " + NetworkAdvice.torch
            )
        }
        if let library = Self.otherLibraries[String(package)] {
            throw .unsupportedFormat(.pickle, detail: "\(library) (\(module).\(name))")
        }
        throw .classRefused(module: module, name: name)
    }

    /// Packages whose pickles hold models of other kinds.
    private static let otherLibraries = [
        "sklearn": "scikit-learn", "xgboost": "XGBoost", "catboost": "CatBoost",
        "tensorflow": "TensorFlow", "keras": "Keras", "statsmodels": "statsmodels",
    ]

    private mutating func pushGlobal(_ module: String, _ name: String) throws(FormatError) {
        if let member = PickleMember(module: module, name: name) {
            return try push(.member(member))
        }
        if dialect == .torchScript, module == "__torch__" || module.hasPrefix("__torch__.") {
            try charge(module.utf8.count + name.utf8.count + 32)
            document.scriptedNames.append("\(module).\(name)")
            return try push(.scripted(document.scriptedNames.count - 1))
        }
        try push(.global(try listed(module, name)))
    }

    private func listed(_ ref: PickleRef) throws(FormatError) -> PickleClass {
        if case .member(let member) = document[ref] {
            throw .callRefused(name: member.fullName, offset: position)
        }
        guard case .global(let type) = document[ref] else {
            throw malformed("\(document.kind(ref)) where a class is wanted")
        }
        return type
    }

    func refused(_ type: PickleClass) -> FormatError {
        .callRefused(name: type.rawValue, offset: position)
    }

    /// `cls.__new__(cls, *arguments)`: an empty record, container or array.
    private mutating func newObject(
        _ callee: PickleRef,
        _ arguments: PickleRef
    ) throws(FormatError) {
        guard document.elements(arguments) != nil else { throw malformed("arguments are no tuple") }
        if case .member(let member) = document[callee] {
            return try pushRecord(.member, arguments, member)
        }
        if case .scripted(let index) = document[callee] {
            try pushRecord(.scripted, arguments)
            document.objects[document.objects.count - 1].scriptedName =
                document.scriptedNames[index]
            return
        }
        let type = try listed(callee)
        switch type {
        case .orderedDictionary, .defaultDictionary, .dictionary, .bunch:
            try push(try makeContainer([]) { .dictionary($0) })
        case _ where type.isRecord: try pushRecord(type, arguments)
        default: throw refused(type)
        }
    }

    mutating func pushRecord(
        _ type: PickleClass,
        _ arguments: PickleRef,
        _ member: PickleMember? = nil
    ) throws(FormatError) {
        try charge(MemoryLayout<PickleObject>.stride)
        document.objects.append(PickleObject(type: type, member: member, arguments: arguments))
        let depth = try depth(above: [arguments][...])
        try push(try make(.object(document.objects.count - 1), depth: depth))
    }

    // MARK: - REDUCE

    /// What a call of a listed function would have made, as data.
    private mutating func reduce(
        _ callee: PickleRef,
        _ arguments: PickleRef
    ) throws(FormatError) {
        guard let values = document.elements(arguments) else {
            throw malformed("arguments are no tuple")
        }
        if case .member(let member) = document[callee] {
            return try pushRecord(.member, arguments, member)
        }
        let type = try listed(callee)
        switch type {
        case .reconstructor: try reconstruct(values)
        case .orderedDictionary, .dictionary: try pushDictionary(values.first)
        case .defaultDictionary:
            try pushDictionary(values.count > 1 ? values[1] : nil)
        case .set, .frozenSet:
            let elements = values.first.flatMap { document.elements($0) } ?? []
            try push(try makeContainer(elements) { .set($0) })
        case .bytes, .byteArray: try pushBytes(values)
        case .codecsEncode: try pushEncoded(values)
        case .complex, .randomStateMaker, .bitGeneratorMaker, .generatorMaker, .mersenneTwister,
            .pcg64:
            try pushRecord(type, arguments)
        case .getAttribute:
            guard values.count == 2, document.object(values[0])?.member?.isDistribution == true
            else { throw .classRefused(module: "builtins", name: "getattr") }
            try pushRecord(type, arguments)
        case .dtype: try pushType(values)
        case .scalar: try pushScalar(values)
        case .arrayReconstruct: try pushPendingArray(values)
        case .arrayFromBuffer: try pushArray(values)
        default: throw refused(type)
        }
    }

    /// `copyreg._reconstructor(cls, object, None)`.
    private mutating func reconstruct(_ values: [PickleRef]) throws(FormatError) {
        guard values.count == 3 else { throw malformed("arguments of copyreg._reconstructor") }
        if case .global(.dictionary) = document[values[1]],
            case .global(.bunch) = document[values[0]]
        {
            return try pushDictionary(values[2])
        }
        guard case .global(.object) = document[values[1]] else {
            throw malformed("arguments of copyreg._reconstructor")
        }
        try newObject(values[0], try makeContainer([]) { .tuple($0) })
    }

    /// A dictionary out of another one, or out of a list of pairs.
    private mutating func pushDictionary(_ content: PickleRef?) throws(FormatError) {
        var items: [PickleRef] = []
        if let content, case .dictionary(let container) = document[content] {
            items = document.containers[container]
        } else if let content, !document.isNone(content) {
            for pair in document.elements(content) ?? [] {
                guard let pair = document.elements(pair), pair.count == 2 else {
                    throw malformed("a pair of a dictionary")
                }
                items.append(contentsOf: pair)
            }
        }
        try push(try makeContainer(items) { .dictionary($0) })
    }

    /// `bytes()`, `bytearray(bytes)`, `bytearray(text, 'latin-1')`.
    private mutating func pushBytes(_ values: [PickleRef]) throws(FormatError) {
        guard let first = values.first else { return try push(try makeOwnBytes([])) }
        if values.count == 2 { return try pushEncoded(values) }
        guard values.count == 1, let bytes = document.bytes(first), document.string(first) == nil
        else { throw malformed("arguments of bytes") }
        try push(try makeOwnBytes(Array(bytes)))
    }

    /// `_codecs.encode(text, 'latin1')`, which is how protocol 2 of Python 3 spells bytes.
    private mutating func pushEncoded(_ values: [PickleRef]) throws(FormatError) {
        guard values.count == 2, let text = document.string(values[0]),
            let codec = document.string(values[1]),
            ["latin1", "latin-1", "iso-8859-1"].contains(codec)
        else { throw malformed("arguments of _codecs.encode") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else {
                throw malformed("text beyond Latin-1")
            }
            bytes.append(byte)
        }
        try push(try makeOwnBytes(bytes))
    }

    // MARK: - BUILD

    /// Gives an object its state.
    private mutating func build(_ target: PickleRef, _ state: PickleRef) throws(FormatError) {
        switch document[target] {
        case .object(let index):
            document.objects[index].state = state
            let position = Int(target.index)
            depths[position] = max(depths[position], try depth(above: [state][...]))
            if document.objects[index].type == .joblibArray { try readJoblibArray(target, state) }
        case .array(let index): try setState(ofArray: index, state)
        case .dtype(let index): try setState(ofType: index, state)
        // Attributes of a dictionary with a class of its own.
        case .dictionary: break
        default: throw malformed("BUILD on \(document.kind(target))")
        }
    }
}
