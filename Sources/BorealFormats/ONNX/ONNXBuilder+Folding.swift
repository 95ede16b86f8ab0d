import BorealGraph

/// Scales and shifts of a network's channels, made part of the weights beside them.
///
/// What is left is as exact: a weight is rounded once more, a product's answer once less.
extension ONNXBuilder {
    /// Operators that are looked through for the one that makes a tensor.
    private static let reachMax = 64

    /// Where the operator stands that makes a tensor; nil when it is not among the last ones.
    private func place(of id: TensorID) -> Int? {
        operators.suffix(Self.reachMax).lastIndex { $0.outputs.first == id }
    }

    /// Puts an operator in the place of one whose only reader it does the work of: what is read
    /// from now on is the reader's answer.
    mutating func replace(_ place: Int, by step: any GraphOperator) {
        operators[place] = step
        for output in step.outputs { tensorUses[output.index] = nil }
    }

    /// Makes a scale and a shift for each channel part of the product or the convolution that the
    /// node's first input comes from.
    ///
    /// - Returns: the value; nil when it comes from something else, or others read it too.
    mutating func folded(
        _ value: ONNXValue,
        by scale: [Double],
        shift: [Double],
        _ node: ONNXNode
    ) -> ONNXValue? {
        guard value.rowAxis == 0, isReadOnce(0, of: node), case .tensor(let id) = value.source,
            let place = place(of: id)
        else { return nil }
        if let step = operators[place] as? ConvolutionOperator, value.rank > 2 {
            guard let step = step.scaled(by: scale, shift: shift) else { return nil }
            replace(place, by: step)
            return value
        }
        guard value.rank == 2, let step = operators[place] as? MatrixProductOperator,
            let step = step.scaled(by: scale, shift: shift)
        else { return nil }
        replace(place, by: step)
        return value
    }

    /// Makes a constant row that is added to the answers of a product part of it.
    ///
    /// - Returns: the sum; nil when the node adds something else.
    mutating func biased(_ node: ONNXNode) throws(FormatError) -> ONNXValue? {
        for (position, other) in [(0, 1), (1, 0)] where isReadOnce(position, of: node) {
            let (value, term) = (try input(node, position), try input(node, other))
            guard case .tensor(let id) = value.source, value.rowAxis != nil,
                value.rowAxis != value.rank - 1, let place = place(of: id),
                let step = operators[place] as? MatrixProductOperator,
                let numbers = term.constant, term.type == value.type, term.rank <= value.rank,
                term.width == step.width, term.shape.last == step.width,
                value.shape.last == step.width
            else { continue }
            let ones = [Double](repeating: 1, count: step.width)
            guard let step = step.scaled(by: ones, shift: numbers.doubles) else { continue }
            replace(place, by: step)
            return value
        }
        return nil
    }

    /// Takes back the scale and the shift that the node's first input has last gone through, when
    /// the product can have them in its weights.
    ///
    /// - Returns: the product of what was not yet scaled; nil when the input comes from something
    ///   else, or others read it too.
    mutating func unscaled(
        _ product: MatrixProductOperator,
        _ value: ONNXValue,
        _ node: ONNXNode
    ) -> MatrixProductOperator? {
        guard value.rank == 2, value.rowAxis == 0, isReadOnce(0, of: node),
            let step = operators.last as? ChannelScaleOperator,
            step.output.index == types.count - 1, let product = product.replacing(step)
        else { return nil }
        operators.removeLast()
        types.removeLast()
        tensorUses[step.output.index] = nil
        return product
    }
}
