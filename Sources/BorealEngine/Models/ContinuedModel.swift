package import BorealBase
package import BorealBoost
package import BorealGraph

/// A model that training goes on from: `init_model='name'`.
package struct ContinuedModel: Sendable {
    private let name: String
    private let graph: ModelGraph
    /// Its trees.
    package let ensemble: TreeEnsemble

    /// - Throws: `invalidOption` for a model that is no ensemble of boosted trees.
    package init(_ graph: ModelGraph, name: String) throws(ServerError) {
        guard let trees = graph.treeEnsemble, trees.input == .features,
            trees.ensemble.featureCount == graph.inputs.count, !trees.ensemble.isAveraged,
            trees.ensemble.cover == .rowCount
        else {
            throw .invalidOption("init_model", "'\(name)' is no ensemble of boosted trees")
        }
        self.name = name
        self.graph = graph
        ensemble = trees.ensemble
    }

    private func refuse(_ reason: String) -> ServerError {
        .invalidOption("init_model", "'\(name)' cannot be continued: \(reason)")
    }

    /// Refuses other features and another objective, before any row is read.
    package func check(
        features: [String],
        _ parameters: TrainingParameters
    ) throws(ServerError) {
        let names = graph.inputs.map(\.name)
        guard names.map(\.asciiLowercased) == features.map(\.asciiLowercased) else {
            let shown = names.prefix(8).joined(separator: ",") + (names.count > 8 ? ",..." : "")
            throw refuse("its features are '\(shown)', in that order")
        }
        let own = Self.words(graph.metadata.objective ?? "")
        let wanted = Self.words(BoostedTrainer.objective(parameters))
        guard own == wanted else {
            let shown = own.isEmpty ? "unknown" : own.joined(separator: " ")
            throw refuse("its objective is \(shown), not \(wanted.joined(separator: " "))")
        }
    }

    /// What of an objective's line decides how scores are read; the labels tell how many classes.
    private static func words(_ line: String) -> [String] {
        line.split(separator: " ").map(String.init).enumerated().filter { index, word in
            index == 0 || word == "sqrt" || word.hasPrefix("sigmoid:")
        }.map(\.element)
    }

    /// How a feature's cells became numbers.
    func kind(of feature: Int) -> FeatureKind { graph.inputs[feature].kind }

    /// The classes of the model, and the given codes among them.
    ///
    /// - Throws: `invalidOption` when a label is new, and when the model does not know its labels
    ///   and they are not 0, 1, ...
    func classes(
        _ found: (labels: Labels, codes: [Double])
    ) throws(ServerError) -> (labels: Labels, codes: [Double]) {
        let texts = (0..<found.labels.count).map { found.labels.text(at: $0) }
        guard let own = graph.labels else {
            let count = max(2, ensemble.scoresPerRow)
            guard texts == (0..<count).map(String.init) else {
                throw refuse("it has the classes 0 to \(count - 1), which the labels are not")
            }
            return found
        }
        var places: [Double] = []
        for text in texts {
            guard let place = own.index(ofText: text) else {
                throw refuse("it does not know the label '\(text)'")
            }
            places.append(Double(place))
        }
        return (own, found.codes.map { places[Int($0)] })
    }

    /// Adds the categories that the model does not know behind those it knows.
    ///
    /// - Parameters:
    ///   - texts: the categories of the new rows, in the order of their bytes.
    ///   - feature: which feature they are of.
    /// - Returns: all categories, and for each of `texts` its place among them.
    func extended(
        _ texts: [String],
        _ feature: Int
    ) throws(ServerError) -> (texts: [String], places: [Int32]) {
        guard case .category(let dictionary) = kind(of: feature),
            case .text(var all) = dictionary.categories
        else {
            throw refuse("feature '\(graph.inputs[feature].name)' is no text there")
        }
        var places: [Int32] = []
        for text in texts {
            var copy = text
            if let code = copy.withUTF8({ dictionary.code(of: UnsafeRawBufferPointer($0)) }) {
                places.append(code)
            } else {
                places.append(Int32(all.count))
                all.append(text)
            }
        }
        return (all, places)
    }

    /// Refuses numbers where the model has text, and the reverse.
    func checkNumbers(_ feature: Int, isCategory: Bool) throws(ServerError) {
        let expected: FeatureKind = isCategory ? .integerCategory : .number
        guard kind(of: feature) == expected else {
            throw refuse(
                "feature '\(graph.inputs[feature].name)' is a \(kind(of: feature).name.rawValue) "
                    + "there, and a \(expected.name.rawValue) in these rows"
            )
        }
    }
}
