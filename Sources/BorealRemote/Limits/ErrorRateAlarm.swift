/// Says once that many of a provider's calls fail, and again only after they have gone well.
struct ErrorRateAlarm: Sendable {
    /// Fewer calls say nothing.
    static let callsMin = 20
    /// Above it the alarm is raised ...
    static let raisedAbove = 0.1
    /// ... and from here down it may be raised again.
    static let clearedAt = 0.05

    private var isRaised = false

    /// Looks at the last calls after one has ended.
    ///
    /// - Returns: whether somebody has to be told now.
    mutating func look(at window: LatencyWindow) -> Bool {
        let rate = window.errorRate
        if rate <= Self.clearedAt { isRaised = false }
        guard !isRaised, window.count >= Self.callsMin, rate > Self.raisedAbove else {
            return false
        }
        isRaised = true
        return true
    }
}
