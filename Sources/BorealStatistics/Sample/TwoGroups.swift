/// Which of two groups each row belongs to: events and others, or two samples one after the other.
public struct TwoGroups: Equatable, Sendable {
    /// `[rowCount]`: false for the first group, true for the second.
    public let isSecond: [Bool]
    /// Rows of the first group: the non-events, the expected sample.
    public let firstCount: Int
    /// Rows of the second group: the events, the actual sample.
    public let secondCount: Int

    /// - Parameter isSecond: one a row.
    public init(isSecond: [Bool]) {
        self.isSecond = isSecond
        secondCount = isSecond.count { $0 }
        firstCount = isSecond.count - secondCount
    }

    /// Two samples, the rows of the second behind those of the first.
    public init(firstCount: Int, secondCount: Int) {
        self.firstCount = firstCount
        self.secondCount = secondCount
        isSecond =
            [Bool](repeating: false, count: firstCount)
            + [Bool](repeating: true, count: secondCount)
    }

    /// - Throws: `emptyGroup` unless both groups have rows.
    func check() throws(StatisticsError) {
        if firstCount == 0 { throw .emptyGroup(0) }
        if secondCount == 0 { throw .emptyGroup(1) }
    }
}
