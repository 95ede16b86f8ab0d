import BorealBase
import BorealFormats
import BorealGraph
import Glibc

/// A model file and a table in a file that it can answer: what `boreal predict` and `boreal bench`
/// read before they begin.
struct ModelWithTable {
    let graph: ModelGraph
    let table: RowBatch
    /// `[graph.inputs.count]`: the column of the table that feeds each feature.
    let names: [String]

    /// - Throws: `ServerError` or `DataFileError`.
    init(model: String, data: String, architecture: String? = nil) throws {
        let told = try ArchitectureOption.read(fileOrText: architecture)
        do throws(FormatError) {
            graph = try ModelReader.read(path: model, architecture: told).graph
        } catch {
            throw ServerError(format: error)
        }
        let own = graph.inputs.map(\.name)
        // The names that a LibSVM table gives the model's inputs.
        let positions = graph.inputs.indices.map { "f\($0)" }
        table = try DataFile.read(data, features: own + positions)
        // The model's own names when the table has them all, else the first columns.
        let places = table.places
        if own.allSatisfy({ places[$0.asciiLowercased] != nil }) {
            names = own
        } else if DataFile.isSparse(data) {
            names = positions
        } else {
            names = table.columns.prefix(graph.inputs.count).map(\.name)
        }
    }

    /// As many threads as were asked for, one a core for 0.
    static func threads(_ wanted: Int) -> Int {
        wanted > 0 ? wanted : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    /// What the command line calls the outputs of a model, save `all` of `boreal predict`.
    static let roles: [String: GraphOutput.Role] = [
        "value": .value, "label": .prediction, "proba": .probabilities, "raw": .raw, "leaf": .leaf,
        "contrib": .contribution,
    ]
}
