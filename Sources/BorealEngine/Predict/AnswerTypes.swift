import BorealBase
import BorealGraph

/// What the answers of models are as columns of tables.
extension ModelGraph {
    /// The type of `predicted_results` where it is stored: that of the labels, or a number.
    var predictionType: ColumnType {
        guard let output = output(.prediction), output.columnNames.count == 1 else {
            // Models of several answers give a JSON array.
            return ColumnType(.text)
        }
        return columnType(of: output)
    }

    /// The type of the columns of an output.
    func columnType(of output: GraphOutput) -> ColumnType {
        switch tensorTypes[output.tensor.index].element {
        case .code:
            guard let labels = output.dictionary ?? labels, labels.count > 0 else {
                return .longLong
            }
            return labels.columnType
        case .int64: return .longLong
        case .double, .float: return .double
        }
    }
}

extension Labels {
    /// The type that holds each of the labels as it was.
    var columnType: ColumnType {
        switch self {
        case .integer: return .longLong
        case .double: return .double
        case .decimal(let texts):
            let scale = texts.map { $0.utf8.reversed().prefix { $0 != 0x2E }.count }
            let decimals = texts.contains { $0.contains(".") } ? scale.max() ?? 0 : 0
            return ColumnType(.decimal, length: 65, decimals: min(decimals, 30))
        case .text(let texts):
            return .varchar(max(texts.map(\.unicodeScalars.count).max() ?? 1, 1))
        }
    }
}
