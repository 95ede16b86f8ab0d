/// What a name stands for while the text of a network is followed.
indirect enum TorchValue {
    /// A value of the network, by the name that nodes read it by.
    case tensor(String)
    /// A weight.
    case constant(NetworkTensor)
    /// The input, of which nobody has said yet what a row of it is.
    case input
    /// A module: an object of the pickle.
    case module(PickleRef)
    /// A whole number, an extent among them.
    case integer(Int)
    /// A number with a fraction.
    case number(Double)
    /// True or False.
    case flag(Bool)
    /// A word, such as a mode.
    case text(String)
    /// A list or a tuple.
    case list([TorchValue])
    /// None.
    case none

    /// True for values and weights.
    var isTensor: Bool {
        switch self {
        case .tensor, .constant, .input: true
        default: false
        }
    }

    /// What it is, for messages.
    var kind: String {
        switch self {
        case .tensor, .constant, .input: "a tensor"
        case .module: "a module"
        case .integer: "a whole number"
        case .number: "a number"
        case .flag: "a truth value"
        case .text: "a text"
        case .list: "a list"
        case .none: "None"
        }
    }
}

/// The arguments of an operation: by position, and by name.
struct TorchArguments {
    /// The operation's name.
    var operation: String
    /// In order.
    var positional: [TorchValue]
    /// By their names.
    var named: [String: TorchValue]
    /// What errors call the file.
    let format: ModelFormat
    /// What errors call the place.
    var title: String

    /// The operation asks for what is not here.
    func unsupported(_ detail: String) -> FormatError {
        .unsupportedFormat(
            format,
            detail: "'\(title)' (\(operation)): \(detail); \(NetworkAdvice.torch)"
        )
    }

    /// The argument at a place or of a name; nil when it is left out.
    func value(_ place: Int, _ name: String) -> TorchValue? {
        if let value = named[name] { return value }
        return positional.indices.contains(place) ? positional[place] : nil
    }

    /// True when it is left out or None.
    func isNone(_ place: Int, _ name: String) -> Bool {
        switch value(place, name) {
        case nil, .some(.none): true
        default: false
        }
    }

    /// A whole number; one in a list counts too.
    func integer(
        _ place: Int,
        _ name: String,
        _ fallback: Int? = nil
    ) throws(FormatError) -> Int {
        switch value(place, name) {
        case .integer(let value)?: return value
        case .flag(let value)?: return value ? 1 : 0
        case .list(let values)?:
            if values.count == 1, case .integer(let value) = values[0] { return value }
        case nil, .some(.none): if let fallback { return fallback }
        default: break
        }
        throw unsupported("'\(name)' is no whole number")
    }

    /// Any number.
    func number(
        _ place: Int,
        _ name: String,
        _ fallback: Double? = nil
    ) throws(FormatError) -> Double {
        switch value(place, name) {
        case .number(let value)?: return value
        case .integer(let value)?: return Double(value)
        case .flag(let value)?: return value ? 1 : 0
        case nil, .some(.none): if let fallback { return fallback }
        default: break
        }
        throw unsupported("'\(name)' is no number")
    }

    /// Yes or no.
    func flag(_ place: Int, _ name: String, _ fallback: Bool) throws(FormatError) -> Bool {
        switch value(place, name) {
        case .flag(let value)?: return value
        case .integer(let value)?: return value != 0
        case nil, .some(.none): return fallback
        default: throw unsupported("'\(name)' is neither true nor false")
        }
    }

    /// A word.
    func text(_ place: Int, _ name: String, _ fallback: String) throws(FormatError) -> String {
        switch value(place, name) {
        case .text(let value)?: return value
        case nil, .some(.none): return fallback
        default: throw unsupported("'\(name)' is no text")
        }
    }

    /// Whole numbers; one alone counts as a list.
    func integers(
        _ place: Int,
        _ name: String,
        _ fallback: [Int]? = nil
    ) throws(FormatError) -> [Int] {
        switch value(place, name) {
        case .integer(let value)?: return [value]
        case .list(let values)?:
            var numbers: [Int] = []
            for value in values {
                guard case .integer(let number) = value else {
                    throw unsupported("'\(name)' holds \(value.kind)")
                }
                numbers.append(number)
            }
            return numbers
        case nil, .some(.none): if let fallback { return fallback }
        default: break
        }
        throw unsupported("'\(name)' is no list of whole numbers")
    }

    /// A weight.
    func weight(_ place: Int, _ name: String) throws(FormatError) -> NetworkTensor {
        guard case .constant(let tensor)? = value(place, name) else {
            throw unsupported("'\(name)' is no weight of the file")
        }
        return tensor
    }

    /// A weight that may be left out.
    func optionalWeight(_ place: Int, _ name: String) throws(FormatError) -> NetworkTensor? {
        isNone(place, name) ? nil : try weight(place, name)
    }
}
