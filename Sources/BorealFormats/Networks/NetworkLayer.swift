import BorealBase

/// A layer of a network, in the terms that PyTorch and Keras share.
enum NetworkLayer: Equatable {
    /// A product with a matrix, and a bias; the answers are checked where they are told.
    case dense(units: Int?)
    /// Filters over a picture or a sequence.
    case convolution(NetworkWindow, filters: Int?, groups: Int)
    /// By the statistics of training.
    case batchNormalization(epsilon: Double)
    /// By the row's own statistics.
    case layerNormalization(epsilon: Double)
    /// A function of each number, or a softmax.
    case activation(NetworkActivation)
    /// A window's greatest number or mean.
    case pool(NetworkWindow, isGreatest: Bool)
    /// One window as great as the picture; `keepsAxes`: its axes stay with the extent 1.
    case globalPool(isGreatest: Bool, keepsAxes: Bool)
    /// One axis.
    case flatten
    /// Another shape of a row.
    case reshape([Int])
    /// Dropout and whatever else does nothing in predictions.
    case nothing
}

/// A window over one or two axes.
struct NetworkWindow: Equatable {
    /// How far windows hang over the edges.
    enum Padding: Equatable {
        /// As many on both sides of each axis.
        case both([Int])
        /// As many as keep the extent, the greater half behind.
        case same
    }

    /// Extents; empty for what the weights tell.
    var extents: [Int]
    /// Empty for 1, of pools the window's own.
    var strides: [Int] = []
    /// Beyond the edges.
    var padding = Padding.both([])
    /// Empty for 1.
    var dilations: [Int] = []
    /// Means count the padding.
    var countsPadding = false
    /// A last window may hang over the end.
    var roundsUp = false
}

/// Why a description of a network is none.
struct NetworkLayerError: Error, Equatable {
    /// The offending word, and what may stand there.
    let reason: String
}

extension NetworkLayer {
    /// The layers of one entry of a list, in the spelling of Keras or of PyTorch.
    ///
    /// - Parameters:
    ///   - name: the class: `Dense`, `Linear`, `Conv2D`, `Conv2d`, ...
    ///   - config: what the class was made with.
    ///   - isKeras3: Keras 3 has another hard sigmoid than Keras 2.
    /// - Throws: `NetworkLayerError` for classes that are not here and numbers out of range.
    static func layers(
        of name: String,
        _ config: JSON,
        isKeras3: Bool = false
    ) throws(NetworkLayerError) -> [NetworkLayer] {
        let reader = LayerConfig(name: name, json: config)
        var layers: [NetworkLayer]
        switch name {
        case "Dense": layers = [.dense(units: try reader.count("units"))]
        case "Linear": layers = [.dense(units: try reader.count("out_features", "out"))]
        case "Conv1D", "Conv2D": layers = [try reader.kerasConvolution()]
        case "Conv1d", "Conv2d": layers = [try reader.torchConvolution()]
        case "BatchNormalization":
            layers = [.batchNormalization(epsilon: try reader.number("epsilon", 1e-3))]
        case "BatchNorm1d", "BatchNorm2d":
            layers = [.batchNormalization(epsilon: try reader.number("eps", 1e-5))]
        case "LayerNormalization":
            layers = [.layerNormalization(epsilon: try reader.number("epsilon", 1e-3))]
        case "LayerNorm": layers = [.layerNormalization(epsilon: try reader.number("eps", 1e-5))]
        case "MaxPooling1D", "MaxPooling2D", "MaxPool1D", "MaxPool2D":
            layers = [.pool(try reader.kerasPool(), isGreatest: true)]
        case "AveragePooling1D", "AveragePooling2D", "AvgPool1D", "AvgPool2D":
            layers = [.pool(try reader.kerasPool(), isGreatest: false)]
        case "MaxPool1d", "MaxPool2d": layers = [.pool(try reader.torchPool(), isGreatest: true)]
        case "AvgPool1d", "AvgPool2d": layers = [.pool(try reader.torchPool(), isGreatest: false)]
        case "GlobalAveragePooling1D", "GlobalAveragePooling2D":
            layers = [.globalPool(isGreatest: false, keepsAxes: reader.flag("keepdims"))]
        case "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPool1D", "GlobalMaxPool2D":
            layers = [.globalPool(isGreatest: true, keepsAxes: reader.flag("keepdims"))]
        case "Flatten": layers = [.flatten]
        case "Reshape": layers = [.reshape(try reader.shape("target_shape"))]
        case "Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout",
            "AlphaDropout", "ActivityRegularization", "Identity", "Dropout1d", "Dropout2d",
            "InputLayer":
            layers = [.nothing]
        case "Activation": layers = []
        default:
            layers = [.activation(try NetworkActivation(className: name, reader))]
        }
        if let activation = config["activation"]?.string {
            layers.append(.activation(try NetworkActivation(named: activation, isKeras3: isKeras3)))
        } else if let inner = config["activation"], inner.object != nil {
            throw NetworkLayerError(reason: "an activation of one's own in '\(name)'")
        }
        guard !layers.isEmpty else { throw NetworkLayerError(reason: "an activation without name") }
        return layers
    }
}

/// Reads what a layer was made with.
struct LayerConfig {
    /// What errors call it.
    let name: String
    /// Its members.
    let json: JSON

    /// Greatest extent, stride or number of units.
    private static let numberMax: Int64 = 1 << 24

    /// The value of that member is out of range.
    private func refused(_ key: String) -> NetworkLayerError {
        NetworkLayerError(reason: "'\(key)' of \(name)")
    }

    /// A count under the first of several names; nil when there is none.
    func count(_ keys: String...) throws(NetworkLayerError) -> Int? {
        for key in keys {
            guard let value = json[key], value != .null else { continue }
            guard let number = value.integer, number > 0, number <= Self.numberMax else {
                throw refused(key)
            }
            return Int(number)
        }
        return nil
    }

    /// A finite number, with a default.
    func number(_ key: String, _ fallback: Double) throws(NetworkLayerError) -> Double {
        guard let value = json[key], value != .null else { return fallback }
        guard let number = value.double, number.isFinite else { throw refused(key) }
        return number
    }

    /// Yes or no.
    func flag(_ key: String) -> Bool { json[key]?.bool ?? false }

    /// One number for all axes, or one for each; empty when there is none.
    func extents(
        _ key: String,
        least: Int64 = 1
    ) throws(NetworkLayerError) -> [Int] {
        guard let value = json[key], value != .null else { return [] }
        var numbers: [Int] = []
        for entry in value.array ?? [value] {
            guard let number = entry.integer, number >= least, number <= Self.numberMax else {
                throw refused(key)
            }
            numbers.append(Int(number))
        }
        return numbers
    }

    /// Extents of which one may be left open as -1.
    func shape(_ key: String) throws(NetworkLayerError) -> [Int] {
        let shape = try extents(key, least: -1)
        guard !shape.isEmpty, !shape.contains(0) else { throw refused(key) }
        return shape
    }

    /// Keras keeps the channels last, which is the only order here.
    private func checkOrder() throws(NetworkLayerError) {
        guard json["data_format"]?.string ?? "channels_last" == "channels_last" else {
            throw refused("data_format")
        }
    }

    /// `valid` or `same`.
    private func kerasPadding() throws(NetworkLayerError) -> NetworkWindow.Padding {
        switch json["padding"]?.string ?? "valid" {
        case "valid": return .both([])
        case "same": return .same
        default: throw refused("padding")
        }
    }

    /// In Keras' names.
    func kerasConvolution() throws(NetworkLayerError) -> NetworkLayer {
        try checkOrder()
        let window = NetworkWindow(
            extents: try extents("kernel_size"),
            strides: try extents("strides"),
            padding: try kerasPadding(),
            dilations: try extents("dilation_rate")
        )
        let groups = try count("groups") ?? 1
        return .convolution(window, filters: try count("filters"), groups: groups)
    }

    /// In PyTorch's names.
    func torchConvolution() throws(NetworkLayerError) -> NetworkLayer {
        guard json["padding_mode"]?.string ?? "zeros" == "zeros" else {
            throw refused("padding_mode")
        }
        let isSame = json["padding"]?.string == "same"
        let window = NetworkWindow(
            extents: try extents("kernel_size"),
            strides: try extents("stride"),
            padding: isSame ? .same : .both(try extents("padding", least: 0)),
            dilations: try extents("dilation")
        )
        let filters = try count("out_channels", "filters")
        return .convolution(window, filters: filters, groups: try count("groups") ?? 1)
    }

    /// In Keras' names; a window of 2 unless another is told.
    func kerasPool() throws(NetworkLayerError) -> NetworkWindow {
        try checkOrder()
        let extents = try extents("pool_size")
        return NetworkWindow(
            extents: extents.isEmpty ? [2] : extents,
            strides: try self.extents("strides"),
            padding: try kerasPadding()
        )
    }

    /// In PyTorch's names; means count the padding.
    func torchPool() throws(NetworkLayerError) -> NetworkWindow {
        let extents = try extents("kernel_size")
        guard !extents.isEmpty else { throw refused("kernel_size") }
        return NetworkWindow(
            extents: extents,
            strides: try self.extents("stride"),
            padding: .both(try self.extents("padding", least: 0)),
            dilations: try self.extents("dilation"),
            countsPadding: json["count_include_pad"]?.bool ?? true,
            roundsUp: flag("ceil_mode")
        )
    }
}
