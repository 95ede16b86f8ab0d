public import BorealBase
public import BorealBoost
public import BorealGraph

/// An algorithm with its parameters read and checked: rows in, a model out.
///
/// Equal rows and parameters make equal models, to the bit, at any number of threads. What a
/// learner leaves behind is a graph, so prediction, evaluation, storage and export know nothing of
/// where a model comes from.
public protocol Learner: Sendable {
    /// What it takes as features and label.
    var intake: Intake { get }
    /// What it trains by, defaults included, under the documented names and in their order.
    var parameters: [(name: String, value: ParameterValue)] { get }
    /// `n_jobs`: the threads wanted; 0 for as many as there are.
    var threads: Int { get }
    /// `random_state`
    var seed: Int64 { get }

    /// Bytes that training takes beside the rows themselves, about.
    func memoryEstimate(rows: Int, features: Int, threads: Int) -> Int

    /// Learns.
    ///
    /// - Throws: `TrainingError` for rows that cannot be learnt from; `.cancelled`.
    func train(_ set: LearningSet, _ run: LearningRun) throws(TrainingError) -> LearnedModel
}

/// What a learner takes.
public struct Intake: Equatable, Sendable {
    /// What a row's answer is.
    public enum Label: Equatable, Sendable {
        /// There is none: `y_cols=''`.
        case none
        /// A number.
        case number
        /// One of so many classes.
        case classes(ClosedRange<Int>)
    }

    /// What a row's answer is.
    public var label: Label
    /// Whether texts are features, as categories; else a text must be a number.
    public var takesText: Bool
    /// Whether a feature may be NULL.
    public var takesMissing: Bool
    /// Whether rows may judge it while it trains.
    public var takesValidation: Bool
    /// What it wants of the columns by their names; nil when all are alike.
    public var columns: NamedColumns?

    /// - Parameters: see the stored properties.
    public init(
        label: Label,
        takesText: Bool = false,
        takesMissing: Bool = false,
        takesValidation: Bool = false,
        columns: NamedColumns? = nil
    ) {
        self.label = label
        self.takesText = takesText
        self.takesMissing = takesMissing
        self.takesValidation = takesValidation
        self.columns = columns
    }
}

/// Columns that parameters name for what is in them.
public struct NamedColumns: Equatable, Sendable {
    /// By parameter, as given: the columns that are features.
    public var features: [(parameter: String, columns: [String])]
    /// By lower-cased name: how cells become lists.
    public var lists: [String: ListForm]
    /// Where rows to judge by may stand in the training query.
    public var judges: Judges
    /// Whether there must be rows to judge by.
    public var needsJudges: Bool

    /// Rows to judge by among rows to learn from.
    public enum Judges: Equatable, Sendable {
        /// A column tells rows to learn from, 0, and rows to judge by, 1.
        case mark(String)
        /// Two columns hold the list and the label of a row to judge by, the list in the place of
        /// the feature's.
        case pair(list: String, label: String, feature: String)
    }

    /// - Parameters: see the stored properties.
    public init(
        features: [(parameter: String, columns: [String])],
        lists: [String: ListForm],
        judges: Judges,
        needsJudges: Bool
    ) {
        self.features = features
        self.lists = lists
        self.judges = judges
        self.needsJudges = needsJudges
    }

    /// Equal in all parts.
    public static func == (left: NamedColumns, right: NamedColumns) -> Bool {
        left.features.elementsEqual(right.features, by: ==) && left.lists == right.lists
            && left.judges == right.judges && left.needsJudges == right.needsJudges
    }
}

/// The rows of a training statement, in the form that its learner takes.
public struct LearningSet: Sendable {
    /// Features and labels: class numbers, values, or zeros where there is no label.
    public var data: TrainingData
    /// Rows to judge by that are not learnt from; nil without.
    public var validation: TrainingData?
    /// `[featureCount]`: the features with their dictionaries, as the graph takes them.
    public var inputs: [GraphInput]
    /// The classes in class order; nil when the label is none.
    public var labels: Labels?
    /// What the graph shall know of the statement.
    public var metadata: ModelMetadata

    /// - Parameters: see the stored properties.
    public init(
        data: TrainingData,
        validation: TrainingData? = nil,
        inputs: [GraphInput],
        labels: Labels? = nil,
        metadata: ModelMetadata = ModelMetadata()
    ) {
        self.data = data
        self.validation = validation
        self.inputs = inputs
        self.labels = labels
        self.metadata = metadata
    }

    /// Rows to learn from.
    public var rowCount: Int { data.rowCount }
}

/// What surrounds one training: threads, the wish to stop, whoever watches.
public struct LearningRun: Sendable {
    /// Threads that it may use, at least 1.
    public let threads: Int
    /// Looked at at least every 10 ms of work.
    public let cancellation: CancellationFlag
    /// Told how far training is, after each round.
    public let report: @Sendable (LearningProgress) -> Void

    /// - Parameters: see the stored properties.
    public init(
        threads: Int = 1,
        cancellation: CancellationFlag = CancellationFlag(),
        report: @escaping @Sendable (LearningProgress) -> Void = { _ in }
    ) {
        self.threads = max(1, threads)
        self.cancellation = cancellation
        self.report = report
    }

    /// - Throws: `TrainingError.cancelled` once somebody asked for the end.
    public func checkCancellation() throws(TrainingError) {
        if cancellation.isCancelled { throw .cancelled }
    }
}

/// How far training is.
public struct LearningProgress: Equatable, Sendable {
    /// What is counted: `epoch`, `tree`, `iteration`.
    public var unit: String
    /// How many are done.
    public var done: Int
    /// How many there will be at most; nil when nobody knows.
    public var total: Int?
    /// What training watches, and its value after the last one: `loss`.
    public var measure: (name: String, value: Double)?
    /// At the pace so far; nil when nobody knows.
    public var secondsLeft: Double?

    /// - Parameters: see the stored properties.
    public init(
        unit: String,
        done: Int,
        total: Int? = nil,
        measure: (name: String, value: Double)? = nil,
        secondsLeft: Double? = nil
    ) {
        self.unit = unit
        self.done = done
        self.total = total
        self.measure = measure
        self.secondsLeft = secondsLeft
    }

    /// `training epoch 3/6, loss 0.4123, 12 s left`
    public var text: String {
        var text = "training \(unit) \(done)"
        if let total { text += "/\(total)" }
        if let measure {
            text += ", \(measure.name) \((measure.value * 10_000).rounded() / 10_000)"
        }
        if let secondsLeft { text += ", \(Int(secondsLeft.rounded(.up))) s left" }
        return text
    }

    /// 0 to 1; 0 when nobody knows.
    public var fraction: Double { total.map { Double(done) / Double(max(1, $0)) } ?? 0 }

    /// Equal in all that is shown.
    public static func == (left: LearningProgress, right: LearningProgress) -> Bool {
        left.text == right.text
    }
}

/// What training leaves behind.
public struct LearnedModel: Sendable {
    /// What PREDICT runs.
    public var graph: ModelGraph
    /// What DESC MODEL EXTENDED tells of the training: iterations, losses, scores.
    public var facts: [(key: String, value: JSON)]

    /// - Parameters: see the stored properties.
    public init(graph: ModelGraph, facts: [(key: String, value: JSON)] = []) {
        self.graph = graph
        self.facts = facts
    }
}
