import BorealBase

/// Makes tensors of what a pickle of PyTorch says about them.
struct TorchTensors {
    /// The bytes of a storage and where in them it lies.
    struct Storage {
        var bytes: [UInt8]
        var range: Range<Int>
    }

    /// The pickle.
    let document: PickleDocument
    /// What errors call the file.
    let format: ModelFormat
    /// Storages by their keys, with the bytes that they must have.
    let storage: (_ key: String, _ byteCount: Int) throws(FormatError) -> Storage
    /// Counts the numbers that are read.
    private let budget = NetworkBudget()

    /// - Parameters: see the stored properties.
    init(
        document: PickleDocument,
        format: ModelFormat,
        storage: @escaping (_ key: String, _ byteCount: Int) throws(FormatError) -> Storage
    ) {
        self.document = document
        self.format = format
        self.storage = storage
    }

    /// Elements that a tensor may have beyond those of its storage, as expanded ones do.
    private static let repeatedMax = 1 << 20

    /// The pickle contradicts itself.
    private func malformed(_ reason: String) -> FormatError {
        .malformed(format, offset: 0, reason: reason)
    }

    /// True for what would be a tensor or parameter.
    func isTensor(_ ref: PickleRef) -> Bool {
        guard let name = document.object(ref)?.member?.fullName else { return false }
        return name.hasPrefix("torch._utils._rebuild_")
    }

    /// The tensor behind a reference.
    ///
    /// - Throws: `FormatError.malformed` for what is none, and where extents, strides and storage
    ///   do not fit; `.unsupportedFormat`.
    func tensor(_ ref: PickleRef) throws(FormatError) -> NetworkTensor {
        guard let object = document.object(ref), let name = object.member?.name,
            let arguments = object.arguments.flatMap({ document.elements($0) })
        else { throw malformed("\(document.kind(ref)) where a tensor is wanted") }
        switch name {
        case "_rebuild_parameter", "_rebuild_parameter_with_state":
            guard let inner = arguments.first, isTensor(inner),
                document.object(inner)?.member?.name.hasPrefix("_rebuild_tensor") == true
            else { throw malformed("a parameter without a tensor") }
            return try tensor(inner)
        case "_rebuild_tensor", "_rebuild_tensor_v2":
            guard arguments.count >= 4, let offset = document.integer(arguments[1]),
                let shape = integers(arguments[2]), let strides = integers(arguments[3])
            else { throw malformed("the arguments of \(name)") }
            return try strided(arguments[0], Int(offset), shape, strides)
        default: throw malformed("\(document.kind(ref)) where a tensor is wanted")
        }
    }

    /// Whole numbers of a tuple or list.
    private func integers(_ ref: PickleRef) -> [Int]? {
        guard let elements = document.elements(ref) else { return nil }
        let numbers = elements.compactMap { document.integer($0).map { Int($0) } }
        return numbers.count == elements.count ? numbers : nil
    }

    /// Elements of a storage, `strides` apart along each axis.
    private func strided(
        _ ref: PickleRef,
        _ offset: Int,
        _ shape: [Int],
        _ strides: [Int]
    ) throws(FormatError) -> NetworkTensor {
        let (number, elements, key) = try numbers(ref)
        guard shape.count == strides.count, let count = NetworkNumber.count(shape),
            strides.allSatisfy({ $0 >= 0 && $0 <= Limits.modelBytesMax }), offset >= 0,
            offset <= elements, count <= max(elements, Self.repeatedMax)
        else { throw malformed("a tensor of the shape \(shape) with the strides \(strides)") }
        var last = offset
        for (extent, stride) in zip(shape, strides) where count > 0 {
            let (reach, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
            guard !overflow, reach < elements else { last = elements; break }
            last += reach
        }
        guard count == 0 || last < elements else {
            throw malformed("a tensor that reaches beyond its \(elements) numbers")
        }
        try budget.spend(count, format)
        let storage = try storage(key, elements * number.byteCount)
        let places = ONNXBuilder.walk(shape, strides: strides, start: offset)
        var values: [Float] = []
        values.reserveCapacity(count)
        let width = number.byteCount
        for place in places {
            let at = storage.range.lowerBound + place * width
            values.append(number.value(storage.bytes, at: at))
        }
        return NetworkTensor(shape: shape, values: values)
    }

    /// A storage: `('storage', class, key, location, count)`.
    private func numbers(
        _ ref: PickleRef
    ) throws(FormatError) -> (number: NetworkNumber, count: Int, key: String) {
        guard let object = document.object(ref), object.type == .persistent,
            let parts = object.arguments.flatMap({ document.elements($0) }), parts.count >= 5,
            document.string(parts[0]) == "storage", let key = document.string(parts[2]),
            let count = document.integer(parts[4]), count >= 0,
            case .member(let type) = document[parts[1]]
        else { throw malformed("no storage of a tensor") }
        if parts.count > 5, !document.isNone(parts[5]) {
            throw .unsupportedFormat(format, detail: "views of storages of PyTorch before 0.4")
        }
        guard let number = Self.number(type.fullName) else {
            throw .unsupportedFormat(format, detail: "numbers of \(type.fullName)")
        }
        let (bytes, overflow) = Int(count).multipliedReportingOverflow(by: number.byteCount)
        guard !overflow, bytes <= Limits.modelBytesMax else {
            throw malformed("a storage of \(count) numbers")
        }
        return (number, Int(count), key)
    }

    /// What elements of a storage class are.
    static func number(_ name: String) -> NetworkNumber? {
        switch name {
        case "torch.FloatStorage": .float32
        case "torch.DoubleStorage": .float64
        case "torch.HalfStorage": .float16
        case "torch.BFloat16Storage": .bfloat16
        case "torch.LongStorage": .signed(8)
        case "torch.IntStorage": .signed(4)
        case "torch.ShortStorage": .signed(2)
        case "torch.CharStorage": .signed(1)
        case "torch.ByteStorage", "torch.BoolStorage": .unsigned(1)
        default: nil
        }
    }

    // MARK: - State dictionaries

    /// The tensors of the state dictionary: the root, or the one dictionary of tensors that it
    /// holds under one of the names that checkpoints have for it.
    ///
    /// - Throws: `FormatError.notAModel` when there is none or several.
    func stateDictionary() throws(FormatError) -> [(name: String, tensor: NetworkTensor)] {
        let root = items(document.root)
        if root.contains(where: { isTensor($0.value) }) { return try tensors(root) }
        let inner = root.map { (name: $0.key, items: items($0.value)) }
            .filter { $0.items.contains { isTensor($0.value) } }
        let known = ["state_dict", "model_state_dict", "model", "net", "weights", "params"]
        for name in known {
            if let found = inner.first(where: { $0.name == name }) {
                return try tensors(found.items)
            }
        }
        guard inner.count == 1 else {
            let names = inner.isEmpty ? root.map(\.key) : inner.map(\.name)
            let list = names.prefix(8).joined(separator: ", ")
            throw .notAModel(
                format,
                found: inner.isEmpty
                    ? "\(document.kind(document.root)) without tensors (\(list))"
                    : "several dictionaries of tensors (\(list))"
            )
        }
        return try tensors(inner[0].items)
    }

    /// The members that are tensors, in their order.
    private func tensors(
        _ items: [(key: String, value: PickleRef)]
    ) throws(FormatError) -> [(name: String, tensor: NetworkTensor)] {
        var tensors: [(name: String, tensor: NetworkTensor)] = []
        for item in items where isTensor(item.value) {
            tensors.append((item.key, try tensor(item.value)))
        }
        return tensors
    }

    /// The members of a dictionary, or of the state of an object, whose keys are text.
    func items(_ ref: PickleRef) -> [(key: String, value: PickleRef)] {
        guard case .dictionary(let index) = document[ref] else { return [] }
        let all = document.containers[index]
        return stride(from: 0, to: all.count - 1, by: 2).compactMap { place in
            document.string(all[place]).map { ($0, all[place + 1]) }
        }
    }
}
