import BorealGraph

/// A record of an estimator with its attributes at hand.
struct SklearnObject {
    let document: PickleDocument
    let format: ModelFormat
    let object: PickleObject

    /// The class's own name: `LinearRegression`.
    var name: String { object.member?.name ?? object.type.rawValue }

    /// The attribute; nil when it is not there.
    subscript(_ key: String) -> PickleRef? { document.attribute(object, key) }

    func damaged(_ what: String) -> FormatError {
        .malformed(format, offset: 0, reason: "\(object.className): \(what)")
    }

    func unsupported(_ what: String) -> FormatError {
        .unsupportedFormat(format, detail: "\(object.className) with \(what)")
    }

    /// True when the attribute is there and not None.
    func has(_ key: String) -> Bool { !document.isNone(self[key]) }

    func text(_ key: String) -> String? { document.string(self[key]) }

    func bool(_ key: String) -> Bool? { document.integer(self[key]).map { $0 != 0 } }

    func optionalNumber(_ key: String) -> Double? { document.number(self[key]) }

    func number(_ key: String) throws(FormatError) -> Double {
        guard let value = document.number(self[key]) else { throw damaged("no number '\(key)'") }
        return value
    }

    /// A count or position, never negative.
    func count(_ key: String) throws(FormatError) -> Int {
        guard let value = document.number(self[key]), let count = Int(exactly: value), count >= 0
        else { throw damaged("no count '\(key)'") }
        return count
    }

    func optionalArray(_ key: String) -> NumberArray? { document.numbers(self[key]) }

    func array(_ key: String) throws(FormatError) -> NumberArray {
        guard let array = document.numbers(self[key]) else {
            throw damaged("no numbers '\(key)'")
        }
        return array
    }

    /// An array of one dimension and `count` numbers.
    func numbers(_ key: String, count: Int) throws(FormatError) -> [Double] {
        let array = try array(key)
        guard array.values.count == count else {
            throw damaged("\(array.values.count) numbers '\(key)', not \(count)")
        }
        return array.values
    }

    /// A matrix with so many columns.
    func matrix(_ key: String, columns: Int) throws(FormatError) -> NumberArray {
        let array = try array(key)
        guard array.shape.count <= 2, array.columns == columns else {
            throw damaged("'\(key)' of shape \(array.shape), not of \(columns) columns")
        }
        return array
    }

    /// The elements of a list, tuple, or array of objects.
    func elements(_ key: String) throws(FormatError) -> [PickleRef] {
        guard let elements = document.objectElements(self[key]) else {
            throw damaged("no list '\(key)'")
        }
        return elements
    }

    func reference(_ key: String) throws(FormatError) -> PickleRef {
        guard let ref = self[key], !document.isNone(ref) else { throw damaged("no '\(key)'") }
        return ref
    }

    /// The record in an attribute.
    func record(_ key: String) throws(FormatError) -> SklearnObject {
        try record(try reference(key), key)
    }

    func record(_ ref: PickleRef, _ what: String) throws(FormatError) -> SklearnObject {
        guard let object = document.object(ref) else {
            throw damaged("'\(what)' is \(document.kind(ref))")
        }
        return SklearnObject(document: document, format: format, object: object)
    }

    /// The classes in an attribute, one list for each answer.
    func classes(_ key: String = "classes_") throws(FormatError) -> [Labels] {
        let ref = try reference(key)
        let isList = document.array(ref) == nil
        if isList, let lists = document.elements(ref),
            lists.contains(where: {
                document.objectElements($0) != nil || document.array($0) != nil
            })
        {
            var all: [Labels] = []
            for list in lists { all.append(try labels(list)) }
            return all
        }
        return [try labels(ref)]
    }

    private func labels(_ ref: PickleRef) throws(FormatError) -> Labels {
        guard let labels = document.labels(ref) else {
            throw unsupported("classes of mixed types")
        }
        guard labels.count > 0 else { throw damaged("no classes") }
        return labels
    }
}

extension PickleDocument {
    /// The elements of a list, tuple or array of objects.
    func objectElements(_ ref: PickleRef?) -> [PickleRef]? {
        guard let ref else { return nil }
        if case .array(let index) = self[ref], case .objects(let list) = arrays[index].storage {
            return containers[list]
        }
        return elements(ref)
    }

    /// The classes that an array or a list holds; truth values are 0 and 1.
    func labels(_ ref: PickleRef) -> Labels? {
        guard let values = plainValues(ref) else { return nil }
        var integers: [Int64] = []
        var texts: [String] = []
        var doubles: [Double] = []
        for value in values {
            switch value {
            case .integer(let number):
                integers.append(number)
                doubles.append(Double(number))
            case .bool(let flag):
                integers.append(flag ? 1 : 0)
                doubles.append(flag ? 1 : 0)
            case .float(let number): doubles.append(number)
            case .text(let text): texts.append(text)
            case .none: return nil
            }
        }
        if integers.count == values.count { return .integer(integers) }
        if texts.count == values.count { return .text(texts) }
        return doubles.count == values.count ? .double(doubles) : nil
    }
}

/// A version of scikit-learn, as far as it decides about arithmetic.
struct SklearnVersion: Comparable {
    let major: Int
    let minor: Int

    /// `1.3.2`; unknown versions are taken for a current one.
    init(_ text: String?) {
        let parts = (text ?? "").split(separator: ".").prefix(2).map { Int($0) }
        if parts.count == 2, let major = parts[0], let minor = parts[1] {
            self.init(major, minor)
        } else {
            self.init(1, 7)
        }
    }

    init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    static func < (left: SklearnVersion, right: SklearnVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
