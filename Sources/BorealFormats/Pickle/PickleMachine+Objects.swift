extension PickleMachine {
    /// Opcodes that name, make or fill objects; false for others.
    ///
    /// PERSID, BINPERSID, EXT1, EXT2, EXT4 and the out-of-band buffers mean something to the
    /// program that wrote them only; they are no opcodes here.
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
        case 0x92:  // NEWOBJ_EX
            _ = try pop()
            let arguments = try pop()
            try newObject(try pop(), arguments)
        case UInt8(ascii: "i"):  // INST
            let module = try lineText()
            let type = try listed(module, try lineText())
            let arguments = try makeContainer(try popMark()) { .tuple($0) }
            try newObject(try make(.global(type)), arguments)
        case UInt8(ascii: "o"):  // OBJ
            let values = try popMark()
            guard let type = values.first else { throw malformed("OBJ without a class") }
            let arguments = try makeContainer(Array(values.dropFirst())) { .tuple($0) }
            try newObject(type, arguments)
        case UInt8(ascii: "b"):  // BUILD
            let state = try pop()
            try build(try top(), state)
        default: return false
        }
        return true
    }

    private func listed(_ module: String, _ name: String) throws(FormatError) -> PickleClass {
        if let type = PickleClass(module: module, name: name) { return type }
        // Models of libraries that are known but not read get an answer that says so.
        let package = module.prefix { $0 != "." }
        if let library = Self.otherLibraries[String(package)] {
            throw .unsupportedFormat(.pickle, detail: "\(library) (\(module).\(name))")
        }
        throw .classRefused(module: module, name: name)
    }

    /// Packages whose pickles hold models of other kinds.
    private static let otherLibraries = [
        "sklearn": "scikit-learn", "xgboost": "XGBoost", "catboost": "CatBoost", "torch": "PyTorch",
        "tensorflow": "TensorFlow", "keras": "Keras", "statsmodels": "statsmodels",
    ]

    private mutating func pushGlobal(_ module: String, _ name: String) throws(FormatError) {
        try push(.global(try listed(module, name)))
    }

    private func listed(_ ref: PickleRef) throws(FormatError) -> PickleClass {
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
        let type = try listed(callee)
        guard document.elements(arguments) != nil else { throw malformed("arguments are no tuple") }
        switch type {
        case .orderedDictionary, .defaultDictionary, .dictionary:
            try push(try makeContainer([]) { .dictionary($0) })
        case _ where type.isRecord: try pushRecord(type, arguments)
        default: throw refused(type)
        }
    }

    mutating func pushRecord(_ type: PickleClass, _ arguments: PickleRef) throws(FormatError) {
        try charge(MemoryLayout<PickleObject>.stride)
        document.objects.append(PickleObject(type: type, arguments: arguments))
        let depth = try depth(above: [arguments][...])
        try push(try make(.object(document.objects.count - 1), depth: depth))
    }

    // MARK: - REDUCE

    /// What a call of a listed function would have made, as data.
    private mutating func reduce(
        _ callee: PickleRef,
        _ arguments: PickleRef
    ) throws(FormatError) {
        let type = try listed(callee)
        guard let values = document.elements(arguments) else {
            throw malformed("arguments are no tuple")
        }
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
        case .dtype: try pushType(values)
        case .scalar: try pushScalar(values)
        case .arrayReconstruct: try pushPendingArray(values)
        case .arrayFromBuffer: try pushArray(values)
        default: throw refused(type)
        }
    }

    /// `copyreg._reconstructor(cls, object, None)`.
    private mutating func reconstruct(_ values: [PickleRef]) throws(FormatError) {
        guard values.count == 3, case .global(.object) = document[values[1]] else {
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
        else {
            throw malformed("arguments of bytes")
        }
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
        default: throw malformed("BUILD on \(document.kind(target))")
        }
    }
}
