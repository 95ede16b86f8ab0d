/// A value of a pickle by its position in the document.
struct PickleRef: Equatable, Hashable {
    let index: Int32
}

/// One value. Containers, objects and arrays live in lists of the document, so that a value which
/// is used in many places is held once, and a circle is no danger.
enum PickleNode {
    case none
    case bool(Bool)
    case integer(Int64)
    /// Beyond 64 bits; the digits are not kept.
    case bigInteger
    case float(Double)
    /// UTF-8 in the source, not yet checked.
    case text(start: Int, count: Int)
    case bytes(start: Int, count: Int)
    /// Made while reading: position among `owned`.
    case ownText(Int)
    case ownBytes(Int)
    /// Position among `containers`.
    case list(Int)
    case tuple(Int)
    case set(Int)
    /// Keys and values in turn.
    case dictionary(Int)
    case global(PickleClass)
    /// A class or function of the table of members.
    case member(PickleMember)
    /// A class of a TorchScript archive: position among `scriptedNames`.
    case scripted(Int)
    /// Position among `objects`.
    case object(Int)
    /// Position among `types`.
    case dtype(Int)
    /// Position among `arrays`.
    case array(Int)
}

/// An instance that was never made: its class, and what would have been its state.
struct PickleObject {
    let type: PickleClass
    /// The exact class when `type` is `.member`.
    var member: PickleMember?
    /// The name when `type` is `.scripted`.
    var scriptedName: String?
    var arguments: PickleRef?
    var state: PickleRef?

    /// `module.name` of the class.
    var className: String { scriptedName ?? member?.fullName ?? type.rawValue }
}

/// All values of a pickle, as data.
struct PickleDocument {
    /// The unpacked bytes that texts and arrays point into.
    let source: [UInt8]
    var nodes: [PickleNode] = []
    var containers: [[PickleRef]] = []
    var objects: [PickleObject] = []
    var owned: [[UInt8]] = []
    var types: [NumpyType] = []
    var arrays: [NumpyArray] = []
    var scriptedNames: [String] = []
    /// The value that STOP left.
    var root = PickleRef(index: 0)

    init(source: [UInt8]) { self.source = source }

    subscript(ref: PickleRef) -> PickleNode { nodes[Int(ref.index)] }

    /// The object behind a reference.
    func object(_ ref: PickleRef) -> PickleObject? {
        if case .object(let index) = self[ref] { objects[index] } else { nil }
    }

    /// The elements of a list or tuple.
    func elements(_ ref: PickleRef) -> [PickleRef]? {
        switch self[ref] {
        case .list(let index), .tuple(let index): containers[index]
        default: nil
        }
    }

    /// The member of a dictionary whose key is that text; the last one counts.
    func member(_ ref: PickleRef?, _ key: String) -> PickleRef? {
        guard let ref, case .dictionary(let index) = self[ref] else { return nil }
        let items = containers[index]
        for position in stride(from: items.count - 2, through: 0, by: -2)
        where isText(items[position], key) {
            return items[position + 1]
        }
        return nil
    }

    /// The attribute of an object: a member of the dictionary that is its state.
    func attribute(_ object: PickleObject, _ name: String) -> PickleRef? {
        member(object.state, name)
    }

    private func isText(_ ref: PickleRef, _ text: String) -> Bool {
        switch self[ref] {
        case .text(let start, let count):
            count == text.utf8.count && source[start..<start + count].elementsEqual(text.utf8)
        case .ownText(let index): owned[index].elementsEqual(text.utf8)
        default: false
        }
    }

    /// The UTF-8 of a text, or the bytes of bytes; nil for everything else.
    func bytes(_ ref: PickleRef) -> ArraySlice<UInt8>? {
        switch self[ref] {
        case .text(let start, let count), .bytes(let start, let count):
            source[start..<start + count]
        case .ownText(let index), .ownBytes(let index): owned[index][...]
        default: nil
        }
    }

    /// A text; nil when it is none or no UTF-8.
    func string(_ ref: PickleRef?) -> String? {
        guard let ref else { return nil }
        switch self[ref] {
        case .text, .ownText: return bytes(ref).flatMap { String(validating: $0, as: UTF8.self) }
        default: return nil
        }
    }

    /// A whole number, of an integer or a bool.
    func integer(_ ref: PickleRef?) -> Int64? {
        guard let ref else { return nil }
        switch self[ref] {
        case .integer(let value): return value
        case .bool(let value): return value ? 1 : 0
        default: return nil
        }
    }

    /// True for Python's `None` and for a missing value.
    func isNone(_ ref: PickleRef?) -> Bool {
        guard let ref else { return true }
        if case .none = self[ref] { return true }
        return false
    }

    /// What a value is, for messages.
    func kind(_ ref: PickleRef) -> String {
        switch self[ref] {
        case .none: "None"
        case .bool: "a bool"
        case .integer, .bigInteger: "an integer"
        case .float: "a float"
        case .text, .ownText: "a string"
        case .bytes, .ownBytes: "bytes"
        case .list: "a list"
        case .tuple: "a tuple"
        case .set: "a set"
        case .dictionary: "a dictionary"
        case .global(let type): "the class \(type.rawValue)"
        case .member(let member): "the class \(member.fullName)"
        case .scripted(let index): "the class \(scriptedNames[index])"
        case .object(let index): "an object of \(objects[index].className)"
        case .dtype: "a dtype"
        case .array: "an array"
        }
    }
}
