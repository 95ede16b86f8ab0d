import BorealBase

/// Settings of a session as text, for work that is promised now and done in another session.
extension TableSession {
    /// The text of a system variable as the session sees it; empty when there is none of that name.
    public func variable(_ name: String) -> String { text(name) }

    /// Sets a variable to a text that `variable` gave, without the checks of SET.
    public func restoreVariable(_ name: String, _ text: String) { values[name] = .text(text) }
}
