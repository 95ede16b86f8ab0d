import BorealBase

/// A function between layers, by the names that PyTorch and Keras have for it.
enum NetworkActivation: Equatable {
    /// Nothing is done.
    case identity
    /// One of ONNX's operators of one input.
    case operation(String)
    /// One with numbers of its own.
    case parameterized(String, [String: Double])
    /// 0 below, so much above.
    case clip(low: Double, high: Double)
    /// x times its sigmoid.
    case swish
    /// With the approximation by tanh.
    case geluTanh
    /// Over the last axis of a row, or over the channels.
    case softmax(isLogarithm: Bool)

    /// An activation by its name: `relu`, `LeakyReLU`, ...; upper case and `_` do not count.
    ///
    /// - Throws: `NetworkLayerError` that names the nearest.
    init(named name: String, isKeras3: Bool = false) throws(NetworkLayerError) {
        let plain = String(name.filter { $0 != "_" }).asciiLowercased
        if plain == "hardsigmoid", !isKeras3 {
            self = .parameterized("HardSigmoid", ["alpha": 0.2, "beta": 0.5])
        } else if let known = Self.known[plain] {
            self = known
        } else {
            let nearest = NearestName.find(name, among: Self.known.keys.sorted()) ?? "relu"
            throw NetworkLayerError(
                reason: "unknown activation '\(name)'; did you mean '\(nearest)'?"
            )
        }
    }

    /// An activation that is a layer of its own.
    init(className name: String, _ config: LayerConfig) throws(NetworkLayerError) {
        switch name {
        case "LeakyReLU":
            // Keras 2 calls it alpha, Keras 3 and PyTorch negative_slope, with other defaults.
            let isTorch = config.json["negative_slope"] != nil || config.json["alpha"] == nil
            let slope = try config.number(isTorch ? "negative_slope" : "alpha", 0.01)
            self = .parameterized("LeakyRelu", ["alpha": slope])
        case "ELU": self = .parameterized("Elu", ["alpha": try config.number("alpha", 1)])
        case "Hardtanh":
            self = .clip(
                low: try config.number("min_val", -1),
                high: try config.number("max_val", 1)
            )
        case "ReLU":
            let slope = try config.number("negative_slope", 0)
            let high = try config.number("max_value", .infinity)
            guard try config.number("threshold", 0) == 0, slope == 0 || high == .infinity else {
                throw NetworkLayerError(reason: "a ReLU with a threshold or slope")
            }
            if slope != 0 {
                self = .parameterized("LeakyRelu", ["alpha": slope])
            } else {
                self = high == .infinity ? .operation("Relu") : .clip(low: 0, high: high)
            }
        case "Hardsigmoid":
            self = .parameterized("HardSigmoid", ["alpha": 1.0 / 6, "beta": 0.5])
        case "GELU":
            let isTanh = config.json["approximate"]?.string == "tanh"
            self = isTanh ? .geluTanh : .operation("Gelu")
        default:
            guard let known = Self.known[name.asciiLowercased] else {
                throw NetworkLayerError(reason: "layers of class '\(name)'")
            }
            self = known
        }
    }

    /// By their names in lower case without `_`.
    private static let known: [String: NetworkActivation] = [
        "linear": .identity, "identity": .identity, "none": .identity,
        "relu": .operation("Relu"), "tanh": .operation("Tanh"), "sigmoid": .operation("Sigmoid"),
        "softplus": .operation("Softplus"), "softsign": .operation("Softsign"),
        "gelu": .operation("Gelu"), "selu": .operation("Selu"),
        "elu": .parameterized("Elu", ["alpha": 1]),
        "leakyrelu": .parameterized("LeakyRelu", ["alpha": 0.01]),
        "exponential": .operation("Exp"), "mish": .operation("Mish"),
        "hardswish": .operation("HardSwish"),
        "hardsigmoid": .parameterized("HardSigmoid", ["alpha": 1.0 / 6, "beta": 0.5]),
        "relu6": .clip(low: 0, high: 6), "hardtanh": .clip(low: -1, high: 1),
        "silu": .swish, "swish": .swish, "gelutanh": .geluTanh,
        "softmax": .softmax(isLogarithm: false), "logsoftmax": .softmax(isLogarithm: true),
    ]
}

extension NetworkGraph {
    /// Adds an activation behind a value; the value that it makes.
    ///
    /// - Parameter axis: of a softmax.
    mutating func activation(
        _ activation: NetworkActivation,
        of value: String,
        axis: Int = -1,
        title: String
    ) -> String {
        switch activation {
        case .identity: return value
        case .operation(let name): return node(name, [value], title: title)
        case .parameterized(let name, let numbers):
            return node(name, [value], numbers.mapValues { .number($0) }, title: title)
        case .clip(let low, let high):
            let bounds = [scalar(Float(low)), scalar(Float(high))]
            return node("Clip", [value] + bounds, title: title)
        case .swish:
            return node("Mul", [value, node("Sigmoid", [value], title: title)], title: title)
        case .geluTanh:
            return node("Gelu", [value], ["approximate": .text("tanh")], title: title)
        case .softmax(let isLogarithm):
            let name = isLogarithm ? "LogSoftmax" : "Softmax"
            return node(name, [value], ["axis": .integer(axis)], title: title)
        }
    }
}
