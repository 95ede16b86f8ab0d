extension PickleMachine {
    /// `numpy.dtype('f8', False, True)`.
    mutating func pushType(_ values: [PickleRef]) throws(FormatError) {
        guard let text = document.string(values.first), let type = NumpyType(text) else {
            throw malformed("an unknown dtype")
        }
        try charge(MemoryLayout<NumpyType>.stride)
        document.types.append(type)
        try push(.dtype(document.types.count - 1))
    }

    /// State of a dtype: version, byte order, subarray, names, fields, element size, alignment,
    /// flags.
    mutating func setState(ofType index: Int, _ state: PickleRef) throws(FormatError) {
        guard let values = document.elements(state), values.count >= 5,
            let order = document.string(values[1])
        else { throw malformed("the state of a dtype") }
        document.types[index].isBigEndian = order == ">"
        let hasParts = !document.isNone(values[2]) || !document.isNone(values[3])
        if hasParts { document.types[index].kind = UInt8(ascii: "V") }
        if values.count > 5, let bytes = document.integer(values[5]), bytes >= 0 {
            guard bytes <= 1 << 28 else { throw malformed("an element of \(bytes) bytes") }
            document.types[index].itemBytes = Int(bytes)
        }
        if hasParts, document.isNone(values[2]), let names = document.elements(values[3]) {
            document.types[index].fields = try fields(
                names,
                of: values[4],
                recordBytes: document.types[index].itemBytes
            )
        }
    }

    /// The parts of a record: `{name: (dtype, offset)}`.
    private mutating func fields(
        _ names: [PickleRef],
        of parts: PickleRef,
        recordBytes: Int
    ) throws(FormatError) -> [NumpyField] {
        guard names.count <= FormatLimits.recordFieldsMax else {
            throw .tooLarge(.pickle, what: "parts of a record", limit: FormatLimits.recordFieldsMax)
        }
        var fields: [NumpyField] = []
        for ref in names {
            guard let name = document.string(ref),
                let part = document.member(parts, name).flatMap({ document.elements($0) }),
                part.count >= 2, let place = document.integer(part[1]),
                let offset = Int(exactly: place)
            else { throw malformed("a part of a record") }
            let type = try type(part[0])
            guard type.fields.isEmpty, offset >= 0, offset <= recordBytes - type.itemBytes else {
                throw malformed("part '\(name)' of a record")
            }
            let plain = NumpyField.PartType(
                kind: type.kind,
                itemBytes: type.itemBytes,
                isBigEndian: type.isBigEndian
            )
            fields.append(NumpyField(name: name, type: plain, offset: offset))
        }
        try charge(fields.count * MemoryLayout<NumpyField>.stride)
        return fields
    }

    private func type(_ ref: PickleRef?) throws(FormatError) -> NumpyType {
        guard let ref, case .dtype(let index) = document[ref] else {
            throw malformed("a dtype is missing")
        }
        return document.types[index]
    }

    /// `numpy.core.multiarray.scalar(dtype, bytes)`.
    mutating func pushScalar(_ values: [PickleRef]) throws(FormatError) {
        let type = try type(values.first)
        guard values.count == 2, let bytes = document.bytes(values[1]),
            bytes.count == type.itemBytes,
            let value = type.value(bytes)
        else { throw malformed("a NumPy scalar") }
        switch value {
        case .none: try push(.none)
        case .bool(let value): try push(.bool(value))
        case .integer(let value): try push(.integer(value))
        case .float(let value): try push(.float(value))
        case .text(let text): try push(try makeOwnText(Array(text.utf8)))
        }
    }

    /// `_reconstruct(ndarray, (0,), b'b')`: an array whose state follows.
    mutating func pushPendingArray(_ values: [PickleRef]) throws(FormatError) {
        guard let first = values.first, case .global(.array) = document[first] else {
            throw malformed("arguments of numpy _reconstruct")
        }
        try pushArray(NumpyArray())
    }

    private mutating func pushArray(_ array: NumpyArray) throws(FormatError) {
        try charge(MemoryLayout<NumpyArray>.stride + array.shape.count * 8)
        document.arrays.append(array)
        try push(.array(document.arrays.count - 1))
    }

    /// State of an array: version, shape, dtype, column-major or not, bytes or a list of objects.
    mutating func setState(ofArray index: Int, _ state: PickleRef) throws(FormatError) {
        guard let values = document.elements(state), values.count == 5,
            let isFortran = document.integer(values[3])
        else { throw malformed("the state of an array") }
        var array = NumpyArray()
        array.type = try type(values[2])
        array.isFortran = isFortran != 0
        try fill(&array, shape: values[1], from: values[4])
        document.arrays[index] = array
    }

    /// `numpy._core.numeric._frombuffer(buffer, dtype, shape, order)` of protocol 5.
    mutating func pushArray(_ values: [PickleRef]) throws(FormatError) {
        guard values.count == 4 else { throw malformed("arguments of numpy _frombuffer") }
        var array = NumpyArray()
        array.type = try type(values[1])
        array.isFortran = document.string(values[3]) == "F"
        try fill(&array, shape: values[2], from: values[0])
        try pushArray(array)
    }

    /// Checks that data and shape agree and makes the array point at the data.
    private mutating func fill(
        _ array: inout NumpyArray,
        shape: PickleRef,
        from data: PickleRef
    ) throws(FormatError) {
        guard let type = array.type else { throw malformed("a dtype is missing") }
        let bytes = try setShape(of: &array, shape)
        switch document[data] {
        case .list(let container) where type.isObject:
            guard document.containers[container].count == array.count else {
                throw malformed("an array of \(array.count) objects holds others")
            }
            array.storage = .objects(container)
        case .bytes(let start, let count) where !type.isObject && count == bytes:
            array.storage = .source(start: start)
        case .ownBytes(let index) where !type.isObject && document.owned[index].count == bytes:
            array.storage = .owned(index)
        default: throw malformed("\(document.kind(data)) as \(bytes) bytes of an array")
        }
    }

    /// Sets the shape; the bytes that the elements must take.
    private mutating func setShape(
        of array: inout NumpyArray,
        _ shape: PickleRef
    ) throws(FormatError) -> Int {
        guard let extents = document.elements(shape),
            extents.count <= FormatLimits.arrayDimensionsMax, let type = array.type
        else { throw malformed("the shape of an array") }
        var count = 1
        for extent in extents {
            guard let value = document.integer(extent), value >= 0, let extent = Int(exactly: value)
            else { throw malformed("a negative dimension of an array") }
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw malformed("an array beyond memory") }
            count = product
            array.shape.append(extent)
        }
        guard type.itemBytes > 0 || count == 0 || type.isObject else {
            throw malformed("elements without bytes")
        }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: max(1, type.itemBytes))
        guard !overflow else { throw malformed("an array beyond memory") }
        return bytes
    }

    /// joblib writes the elements of an array into the stream behind the wrapper's BUILD; the
    /// wrapper is replaced by the array.
    mutating func readJoblibArray(_ wrapper: PickleRef, _ state: PickleRef) throws(FormatError) {
        guard let shape = document.member(state, "shape") else {
            throw malformed("a joblib array without a shape")
        }
        var array = NumpyArray()
        let type = try type(document.member(state, "dtype"))
        array.type = type
        array.isFortran = document.string(document.member(state, "order")) == "F"
        let bytes = try setShape(of: &array, shape)
        if type.isObject {
            try readInnerPickle(wrapper)
            return
        }
        if !document.isNone(document.member(state, "numpy_array_alignment_bytes")) {
            let padding = Int(try byte())
            _ = try skip(padding)
        }
        array.storage = .source(start: try skip(bytes))
        document.arrays.append(array)
        document.nodes[Int(wrapper.index)] = .array(document.arrays.count - 1)
    }

    /// An array of objects is a pickle of its own in the stream.
    private mutating func readInnerPickle(_ wrapper: PickleRef) throws(FormatError) {
        guard nesting < FormatLimits.pickleNestingMax else {
            throw .tooLarge(.joblib, what: "nested pickles", limit: FormatLimits.pickleNestingMax)
        }
        var inner = PickleMachine(inside: self)
        // The inner machine goes on with the same document; giving it up here avoids a copy of it.
        document = PickleDocument(source: [])
        document = try inner.run()
        position = inner.position
        adopt(inner)
        document.nodes[Int(wrapper.index)] = document[document.root]
    }
}
