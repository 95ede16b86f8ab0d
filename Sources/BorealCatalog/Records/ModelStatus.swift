/// Where a version of a model is in its life. The raw values are what clients see.
public enum ModelStatus: String, Sendable, CaseIterable {
    /// The rows or the file of the model are being read.
    case loadingData = "loading_data"
    /// Training runs.
    case training
    /// Training is over, the file is not stored yet.
    case trained
    /// Stored: EVALUATE and PREDICT may use it.
    case saved
    /// A deployment is under way.
    case deploying
    /// Deployed: loaded, compiled and never evicted.
    case serving
    /// Training or upload ended in an error.
    case failed
    /// Dropped. Only somebody who bound the version before can still see it.
    case deleted

    /// True when the life of a version knows the step from this status to `next`.
    public func canBecome(_ next: ModelStatus) -> Bool {
        switch (self, next) {
        case (.deleted, _): false
        case (_, .deleted): true
        case (.loadingData, .training), (.training, .trained): true
        // An upload has no training, and a trained model is stored in its last step.
        case (.loadingData, .saved), (.trained, .saved): true
        case (.loadingData, .failed), (.training, .failed), (.trained, .failed): true
        case (.saved, .deploying), (.saved, .serving), (.serving, .deploying): true
        // A deployment that did not work out leaves the stored model as it was.
        case (.deploying, .serving), (.deploying, .saved), (.serving, .saved): true
        default: false
        }
    }

    /// True while a background job works towards `saved`.
    public var isUnfinished: Bool {
        switch self {
        case .loadingData, .training, .trained: true
        case .saved, .deploying, .serving, .failed, .deleted: false
        }
    }

    /// True when the version is stored, so that EVALUATE and PREDICT may use it.
    public var isUsable: Bool {
        switch self {
        case .saved, .deploying, .serving: true
        case .loadingData, .training, .trained, .failed, .deleted: false
        }
    }
}

/// Where an offline task is in its life. The raw values are what clients see.
public enum TaskStatus: String, Sendable, CaseIterable {
    /// Being set up, or waiting for its turn.
    case initial = "init"
    /// Running.
    case running
    /// Done.
    case finish
    /// Ended in an error.
    case fail

    /// True when the life of a task knows the step from this status to `next`.
    public func canBecome(_ next: TaskStatus) -> Bool {
        switch (self, next) {
        case (.initial, .running), (.initial, .fail): true
        case (.running, .finish), (.running, .fail): true
        default: false
        }
    }

    /// True when nothing will change any more.
    public var isFinal: Bool { self == .finish || self == .fail }
}
