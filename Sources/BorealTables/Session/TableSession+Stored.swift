import BorealBase

/// Settings of a session as text, for work that is promised now and done in another session.
extension TableSession {
    /// The text of a system variable as the session sees it; empty when there is none of that name.
    public func variable(_ name: String) -> String { text(name) }

    /// Makes a database current that was current before, without looking whether it is still there.
    public func restoreDatabase(_ name: String?) { database = name }

    /// The value of `@name`; NULL when it was never set.
    public func userVariable(_ name: String) -> TableValue {
        guard let (value, type) = userVariables[name.asciiLowercased] else { return .null }
        return TableValue(value, type: type)
    }

    /// Sets a variable to a text that `variable` gave, without the checks of SET.
    public func restoreVariable(_ name: String, _ text: String) { values[name] = .text(text) }
}
