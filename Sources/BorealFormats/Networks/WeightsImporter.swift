import BorealBase

/// Makes a model of weights and what the caller says they are.
struct WeightsImporter {
    /// What errors and inspection call the file.
    let origin: NetworkGraph.Origin
    /// What no layer took yet.
    var weights: NetworkWeights

    /// Weights and description do not fit.
    private func malformed(_ reason: String) -> FormatError {
        .malformed(origin.format, offset: 0, reason: reason)
    }

    /// Applies the layers in their order; each takes the next weights of its kind.
    ///
    /// - Throws: `FormatError.unsupportedFormat` without an architecture, `.malformed` when it does
    ///   not fit the weights.
    mutating func read(
        _ architecture: NetworkArchitecture?
    ) throws(FormatError) -> ImportedModel {
        guard let architecture else {
            throw .unsupportedFormat(
                origin.format,
                detail: "\(NetworkAdvice.architecture). Weights: \(weights.summary)"
            )
        }
        guard !architecture.layers.isEmpty else {
            throw .unsupportedFormat(origin.format, detail: "an architecture without layers")
        }
        guard !weights.modules.isEmpty else {
            throw malformed("no weights below '\(architecture.prefix)'")
        }
        let shape = try input(architecture)
        var compiler = LayerCompiler(network: NetworkGraph(origin), layout: weights.layout)
        compiler.network.input("x", shape: shape)
        var value = LayerValue(name: "x", shape: shape)
        for (place, layer) in architecture.layers.enumerated() {
            let module = take(layer)
            let title = module?.name ?? "\(place + 1)"
            value = try compiler.apply(layer, to: value, module, title: title)
        }
        guard weights.modules.isEmpty else {
            throw malformed("weights that the architecture has no layer for: \(weights.summary)")
        }
        compiler.finish(value)
        var model = try compiler.network.imported()
        model.architecture = architecture
        return model
    }

    /// Extents of a row: what is told, or what the first matrix takes.
    private func input(_ architecture: NetworkArchitecture) throws(FormatError) -> [Int] {
        if let input = architecture.input {
            // Told with the channels first; Keras has them last.
            return weights.layout == .torch || input.count == 1
                ? input : Array(input.dropFirst()) + [input[0]]
        }
        let matrix = weights.modules.lazy.compactMap { $0.first("weight", "kernel") }
            .first { $0.shape.count == 2 }
        guard let matrix, let first = weights.modules.first,
            first.first("weight", "kernel")?.shape.count ?? 2 == 2
        else { throw malformed("say what a row is: {\"type\": \"sequential\", \"input\": ...}") }
        return [weights.layout == .torch ? matrix.shape[1] : matrix.shape[0]]
    }

    /// The next weights that a layer of this kind has.
    private mutating func take(_ layer: NetworkLayer) -> NetworkModule? {
        switch layer {
        case .dense:
            return weights.take { $0.first("weight", "kernel")?.shape.count == 2 }
        case .convolution:
            return weights.take { ($0.first("weight", "kernel")?.shape.count ?? 0) > 2 }
        case .batchNormalization:
            return weights.take { $0.first("running_mean", "moving_mean") != nil }
        case .layerNormalization:
            return weights.take {
                $0.first("running_mean", "moving_mean") == nil
                    && ($0.tensors["gamma"] != nil || $0.tensors["weight"]?.shape.count == 1)
            }
        default: return nil
        }
    }
}
