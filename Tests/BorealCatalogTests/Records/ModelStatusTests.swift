import Testing

@testable import BorealCatalog

@Suite struct ModelStatusTests {
    /// Every legal step of the documented life; all others are refused.
    private static let legal: [ModelStatus: Set<ModelStatus>] = [
        .loadingData: [.training, .saved, .failed, .deleted],
        .training: [.trained, .failed, .deleted],
        .trained: [.saved, .failed, .deleted],
        .saved: [.deploying, .serving, .deleted],
        .deploying: [.serving, .saved, .deleted],
        .serving: [.saved, .deploying, .deleted],
        .failed: [.deleted],
        .deleted: [],
    ]

    @Test("the life of a model knows these steps and no others", arguments: ModelStatus.allCases)
    func transitions(from: ModelStatus) {
        let found = Set(ModelStatus.allCases.filter { from.canBecome($0) })
        #expect(found == Self.legal[from])
    }

    @Test(
        "the life of a task knows these steps and no others",
        arguments: [
            (TaskStatus.initial, Set<TaskStatus>([.running, .fail])),
            (TaskStatus.running, Set<TaskStatus>([.finish, .fail])),
            (TaskStatus.finish, Set<TaskStatus>()), (TaskStatus.fail, Set<TaskStatus>()),
        ] as [(TaskStatus, Set<TaskStatus>)]
    )
    func taskTransitions(from: TaskStatus, to: Set<TaskStatus>) {
        #expect(Set(TaskStatus.allCases.filter { from.canBecome($0) }) == to)
    }

    @Test("the words are those that clients see")
    func words() {
        #expect(
            ModelStatus.allCases.map(\.rawValue) == [
                "loading_data", "training", "trained", "saved", "deploying", "serving", "failed",
                "deleted",
            ]
        )
        #expect(TaskStatus.allCases.map(\.rawValue) == ["init", "running", "finish", "fail"])
    }
}
