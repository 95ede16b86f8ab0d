import BorealBase
import BorealBoost
import BorealGraph

/// Finds out which features the lists of `pandas_categorical` belong to.
///
/// LightGBM stores one list for each pandas category column, in column order, and does not store
/// which columns those were; its Python package asks the data frame at prediction. Here there is
/// none, so the columns are found among the features that training treated as categories.
struct PandasCategories {
    let text: LightGBMText
    /// Features named as categorical outside of the text, in a pickle's parameters.
    var namedFeatures: [Int] = []

    /// The kind of every feature.
    ///
    /// - Throws: `FormatError.malformed`, `.unsupportedFormat` when the lists fit no or several
    ///   columns.
    func kinds() throws(FormatError) -> [FeatureKind] {
        var kinds = [FeatureKind](repeating: .number, count: text.featureCount)
        let categorical = categoricalFeatures
        for feature in categorical { kinds[feature] = .integerCategory }
        guard let lists = text.pandasCategorical?.array, !lists.isEmpty else { return kinds }
        let features = try columns(for: lists, among: categorical)
        for (feature, list) in zip(features, lists) {
            kinds[feature] = .category(try dictionary(list, feature))
        }
        return kinds
    }

    /// Features split by category sets, listed as categories in the header, or named as
    /// categorical.
    private var categoricalFeatures: [Int] {
        var isCategorical = [Bool](repeating: false, count: text.featureCount)
        for tree in text.trees {
            for node in tree.splitFeature.indices
            where node < tree.decisionType.count && tree.decisionType[node] & 1 == 1 {
                let feature = Int(tree.splitFeature[node])
                if isCategorical.indices.contains(feature) { isCategorical[feature] = true }
            }
        }
        for (feature, info) in text.featureInfos.enumerated()
        where !info.hasPrefix("[") && info != "none" {
            isCategorical[feature] = true
        }
        for feature in declaredFeatures where isCategorical.indices.contains(feature) {
            isCategorical[feature] = true
        }
        return isCategorical.indices.filter { isCategorical[$0] }
    }

    /// What the parameters name: `categorical_feature` of the text, or what stood beside it in a
    /// pickle.
    private var declaredFeatures: [Int] {
        guard let value = text.parameter("categorical_feature") else { return namedFeatures }
        return value.split(separator: ",").compactMap { Int($0) }
    }

    private func columns(for lists: [JSON], among categorical: [Int]) throws(FormatError) -> [Int] {
        let declared = Set(declaredFeatures).filter { (0..<text.featureCount).contains($0) }
            .sorted()
        if declared.count == lists.count { return declared }
        if categorical.count == lists.count { return categorical }
        let sizes = lists.map { $0.array?.count ?? 0 }
        // More categorical features than lists: some are plain integers. Fewer: some lists belong
        // to ordered categories, which training treats as numbers.
        let candidates =
            categorical.count > lists.count ? categorical : Array(0..<text.featureCount)
        guard let first = assignment(sizes, candidates),
            let last = assignment(sizes.reversed(), candidates.reversed())?.reversed(),
            first == Array(last)
        else {
            throw .unsupportedFormat(
                .lightgbmText,
                detail: "\(lists.count) lists of categories that fit no one set of columns"
            )
        }
        return first
    }

    /// Gives each list the first candidate behind the one before that may hold as many categories.
    private func assignment(_ sizes: [Int], _ candidates: [Int]) -> [Int]? {
        var features: [Int] = []
        var rest = candidates[...]
        for size in sizes {
            guard let index = rest.firstIndex(where: { mayHold(size, $0) }) else { return nil }
            features.append(rest[index])
            rest = rest[(index + 1)...]
        }
        return features
    }

    /// True when training saw only codes below `count` in the feature.
    private func mayHold(_ count: Int, _ feature: Int) -> Bool {
        guard feature < text.featureInfos.count else { return true }
        let info = text.featureInfos[feature]
        if info == "none" { return true }
        if info.hasPrefix("[") {
            let bounds = info.dropFirst().dropLast().split(separator: ":").compactMap { Double($0) }
            guard bounds.count == 2, bounds[1] < Double(count), bounds[0] >= -1 else {
                return false
            }
            return bounds.allSatisfy { $0.rounded() == $0 }
        }
        return info.split(separator: ":").allSatisfy { Int($0).map { $0 < count } ?? false }
    }

    private func dictionary(_ list: JSON, _ feature: Int) throws(FormatError) -> CategoryDictionary
    {
        guard let values = list.array else {
            throw .malformed(
                .lightgbmText,
                offset: 0,
                reason: "'pandas_categorical' is no list of lists"
            )
        }
        let categories: CategoryDictionary.Categories
        let texts = values.compactMap(\.string)
        let numbers = values.compactMap { $0.double ?? $0.bool.map { $0 ? 1 : 0 } }
        if texts.count == values.count {
            categories = .text(texts)
        } else if numbers.count == values.count {
            categories = .number(numbers)
        } else {
            throw .unsupportedFormat(.lightgbmText, detail: "categories of mixed types")
        }
        do throws(GraphError) { return try CategoryDictionary(categories) } catch {
            throw .invalidModel(error)
        }
    }
}
